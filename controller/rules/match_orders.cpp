#include "rules/match_orders.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include <fmt/format.h>

namespace rules {
namespace {

NameSet names_of(const OrderFacts& order) {
  NameSet names(order.dns_names.begin(), order.dns_names.end());
  names.insert(order.common_name);
  return names;
}

// The request's names for this order, as a set: a left-out common name is the order's.
NameSet asked_of(const OrderFacts& order, const NamesWanted& wanted) {
  NameSet asked = all_of(wanted);
  if (!wanted.common_name) asked.insert(order.common_name);
  return asked;
}

std::optional<Candidate> judge_common_name(const OrderFacts& order, const MatchQuery& query) {
  if (!query.names.common_name) return std::nullopt;
  const std::string& wanted = *query.names.common_name;
  if (wanted == order.common_name) return std::nullopt;
  const bool may_move = !allows_extra_names(order.product) && names_of(order).contains(wanted) &&
                        (allows_fewer_names(order.product) || are_twins(wanted, order.common_name));
  if (may_move) return std::nullopt;
  return Candidate{order, Verdict::kOtherCommonName,
                   fmt::format("its common name is {}, not {}", order.common_name, wanted)};
}

std::optional<Candidate> judge_extra_names(const OrderFacts& order, const MatchQuery& query) {
  const NameSet known = names_of(order);
  for (const std::string& name : asked_of(order, query.names)) {
    if (known.contains(name)) continue;
    if (!allows_extra_names(order.product)) {
      return Candidate{order, Verdict::kExtraNames,
                       fmt::format("it has no name {}, and {} allows no extra names on a duplicate",
                                   name, order.product)};
    }
    if (!is_below_wildcard(name, order.common_name)) {
      return Candidate{order, Verdict::kExtraNames,
                       fmt::format("{} is not below its wildcard {}", name, order.common_name)};
    }
  }
  return std::nullopt;
}

std::optional<Candidate> judge_missing_names(const OrderFacts& order, const MatchQuery& query) {
  if (query.names.dns_names.empty() || allows_extra_names(order.product) ||
      allows_fewer_names(order.product)) {
    return std::nullopt;
  }
  const NameSet asked = asked_of(order, query.names);
  for (const std::string& name : names_of(order)) {
    const bool free = std::ranges::any_of(
        asked, [&](const std::string& other) { return is_free_beside(name, other); });
    if (asked.contains(name) || free) continue;
    return Candidate{order, Verdict::kMissingNames,
                     fmt::format("it also has the name {}, which the request leaves out", name)};
  }
  return std::nullopt;
}

std::optional<Candidate> judge_names(const OrderFacts& order, const MatchQuery& query) {
  if (auto refused = judge_common_name(order, query)) return refused;
  if (auto refused = judge_extra_names(order, query)) return refused;
  return judge_missing_names(order, query);
}

std::optional<Candidate> judge_state(const OrderFacts& order, const MatchQuery& query) {
  if (order_state(order.status) != OrderState::kIssued) {
    return Candidate{order, Verdict::kNotIssued, fmt::format("its status is {}", order.status)};
  }
  if (!order.order_valid_till && !order.certificate_valid_till) {
    return Candidate{order, Verdict::kExpired, "the CA tells no end of its validity"};
  }
  const bool certificate_over =
      order.certificate_valid_till && *order.certificate_valid_till <= query.now;
  if (certificate_over || paid_until(order) <= query.now) {
    const auto end = certificate_over ? *order.certificate_valid_till : paid_until(order);
    return Candidate{order, Verdict::kExpired,
                     fmt::format("it expired on {}", base::format_date(end))};
  }
  return std::nullopt;
}

std::optional<Candidate> judge_owner(const OrderFacts& order, const MatchQuery& query) {
  if (order.product != query.product) {
    return Candidate{
        order, Verdict::kOtherProduct,
        fmt::format("its product is {}, the profile's is {}", order.product, query.product)};
  }
  if (order.organization_id != query.organization_id) {
    return Candidate{order, Verdict::kOtherOrganization,
                     fmt::format("its organization is {}, the profile's is {}",
                                 order.organization_id, query.organization_id)};
  }
  if (!order.allow_duplicates) {
    return Candidate{order, Verdict::kDuplicatesOff,
                     "duplicates are not allowed for it; an administrator enables them for the "
                     "account in CertCentral"};
  }
  return std::nullopt;
}

// Later orders first.
bool is_later(const OrderFacts& a, const OrderFacts& b) {
  const auto rank = [](const OrderFacts& order) {
    return std::tuple(paid_until(order), order.certificate_valid_till.value_or(base::TimePoint{}),
                      order.date_created, order.id);
  };
  return rank(a) > rank(b);
}

// True if the order is worth a judgement, and showing it to a person: it shares a name with those
// asked for. An eligible one always does. A look at the order itself, because most of ten thousand
// have nothing to do with the request.
bool is_related(const OrderFacts& order, const NameSet& asked) {
  if (asked.empty()) return true;
  return std::ranges::any_of(asked, [&](const std::string& name) {
    return name == order.common_name ||
           std::ranges::find(order.dns_names, name) != order.dns_names.end() ||
           (is_below_wildcard(name, order.common_name) && allows_extra_names(order.product));
  });
}

// The ids of `order_id` and of its renewals, directly or through others, whichever end of a link
// the CA tells. Links are hints: product, organization and names of each order are judged by
// themselves.
std::set<std::int64_t> renewal_chain(const std::vector<OrderFacts>& orders, std::int64_t order_id) {
  std::set<std::int64_t> chain{order_id};
  for (std::size_t known = 0; known < chain.size();) {
    known = chain.size();
    for (const OrderFacts& order : orders) {
      if (chain.contains(order.renewal_of_order_id)) chain.insert(order.id);
      if (order.renewed_order_id != 0 && chain.contains(order.id)) {
        chain.insert(order.renewed_order_id);
      }
    }
  }
  return chain;
}

}  // namespace

OrderState order_state(std::string_view status) {
  constexpr std::array<std::string_view, 6> kEnded{"expired", "rejected", "denied",
                                                   "revoked", "canceled", "cancelled"};
  if (status == "issued") return OrderState::kIssued;
  if (status.starts_with("reissue_")) return OrderState::kReissuing;
  if (std::ranges::find(kEnded, status) != kEnded.end()) return OrderState::kEnded;
  return OrderState::kInProgress;
}

base::TimePoint paid_until(const OrderFacts& order) {
  return order.order_valid_till.value_or(order.certificate_valid_till.value_or(base::TimePoint{}));
}

bool allows_extra_names(std::string_view product) {
  return product == "ssl_wildcard" || product == "private_ssl_wildcard";
}

bool allows_fewer_names(std::string_view product) {
  constexpr std::array<std::string_view, 5> kFlex{"ssl_basic", "ssl_ev_basic",
                                                  "ssl_securesite_flex", "ssl_ev_securesite_flex",
                                                  "private_ssl_flex"};
  return std::ranges::find(kFlex, product) != kFlex.end();
}

Candidate judge(const OrderFacts& order, const MatchQuery& query) {
  if (auto refused = judge_owner(order, query)) return *refused;
  if (auto refused = judge_names(order, query)) return *refused;
  if (auto refused = judge_state(order, query)) return *refused;
  return Candidate{order, Verdict::kEligible, {}};
}

FinalNames final_names(const OrderFacts& order, const NamesWanted& wanted) {
  FinalNames names{.common_name = wanted.common_name.value_or(order.common_name)};
  const auto& source = wanted.dns_names.empty() ? order.dns_names : wanted.dns_names;
  if (wanted.dns_names.empty()) {
    names.dns_names = without_twins(names.common_name, source);
    return names;
  }
  names.dns_names.push_back(names.common_name);
  for (const std::string& name : source) {
    if (std::ranges::find(names.dns_names, name) == names.dns_names.end()) {
      names.dns_names.push_back(name);
    }
  }
  return names;
}

bool is_in_chain(const std::vector<OrderFacts>& orders, std::int64_t wanted,
                 std::int64_t installed) {
  return renewal_chain(orders, wanted).contains(installed);
}

Match match_orders(const std::vector<OrderFacts>& orders, const MatchQuery& query) {
  Match match;
  const auto chain =
      query.order_id ? renewal_chain(orders, *query.order_id) : std::set<std::int64_t>{};
  const NameSet asked = all_of(query.names);
  for (const OrderFacts& order : orders) {
    const bool looked_at = query.order_id ? chain.contains(order.id) : is_related(order, asked);
    if (looked_at) match.candidates.push_back(judge(order, query));
  }
  std::ranges::sort(match.candidates, [](const Candidate& a, const Candidate& b) {
    return is_later(a.order, b.order);
  });
  const auto first = std::ranges::find(match.candidates, Verdict::kEligible, &Candidate::verdict);
  if (first != match.candidates.end()) {
    match.latest = first->order;
    match.names = final_names(first->order, query.names);
  }
  return match;
}

}  // namespace rules
