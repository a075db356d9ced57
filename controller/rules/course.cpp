#include "rules/course.h"

#include <algorithm>

#include "rules/renewal.h"

namespace rules {
namespace {

using namespace std::chrono_literals;

// A duplicate that lives less than this longer than the installed one is no gain.
constexpr auto kGainMin = 24h;
// How long an order that was issued through the ledger may stay invisible.
constexpr auto kShowsWithin = 24h;
// How long nothing is begun after somebody else was faster.
constexpr auto kSupersededPause = 10min;

const OrderFacts* find_order(const Observed& seen, std::int64_t id) {
  const auto at = std::ranges::find(*seen.ca.orders, id, &OrderFacts::id);
  return at == seen.ca.orders->end() ? nullptr : &*at;
}

// The order that the certificate comes from, or would come from: what a renewal renews.
std::optional<OrderFacts> order_to_renew(const Observed& seen, const Match& match) {
  if (match.latest) return match.latest;
  if (!seen.installed || seen.installed->order_id == 0) return std::nullopt;
  const OrderFacts* installed = find_order(seen, seen.installed->order_id);
  if (installed == nullptr || installed->product != seen.profile->product ||
      installed->organization_id != seen.profile->organization_id) {
    return std::nullopt;
  }
  return *installed;
}

// An entry that buys for the group now, or did so lately and whose order does not show yet.
const LedgerEntry* entry_under_way(const Observed& seen, const OrderGroup& group) {
  const LedgerEntry* latest = latest_entry(seen.ledger, group);
  if (latest == nullptr) return nullptr;
  if (is_open(*latest)) return latest;
  const auto age = seen.now - latest->closed_at.value_or(seen.now);
  const bool superseded = latest->state == api::OrderState::kSuperseded;
  const bool has_order = superseded || latest->state == api::OrderState::kIssued;
  const bool hidden = latest->order_id != 0 && find_order(seen, latest->order_id) == nullptr;
  if (has_order && hidden && age < kShowsWithin) return latest;
  // A look at the CA has just shown that another one is coming: what is known here is older.
  return superseded && age < kSupersededPause ? latest : nullptr;
}

bool is_successor(const OrderFacts& later, const OrderFacts& order) {
  const bool linked = later.id != order.id &&
                      (later.id == order.renewed_order_id || later.renewal_of_order_id == order.id);
  return linked || succeeds(later, order);
}

// A later order that somebody has placed and that is not issued yet; or the order itself, whose
// certificate is being made anew.
std::optional<OrderFacts> on_its_way(const Observed& seen, const OrderFacts& order) {
  for (const OrderFacts& other : *seen.ca.orders) {
    const OrderState state = order_state(other.status);
    if (other.id == order.id && state == OrderState::kReissuing) return other;
    const bool comes = state == OrderState::kInProgress || state == OrderState::kReissuing;
    if (comes && is_successor(other, order)) return other;
  }
  return std::nullopt;
}

bool is_valid(const OrderFacts& order, base::TimePoint now) {
  return order_state(order.status) == OrderState::kIssued && paid_until(order) > now;
}

// An issued successor that match_orders did not take.
std::optional<Course> not_eligible(const Observed& seen, const OrderFacts& order,
                                   const Match& match) {
  for (const OrderFacts& other : *seen.ca.orders) {
    if (!is_successor(other, order) || !is_valid(other, seen.now)) continue;
    const auto at = std::ranges::find_if(match.candidates, [&](const Candidate& candidate) {
      return candidate.order.id == other.id;
    });
    if (at != match.candidates.end() && at->verdict == Verdict::kEligible) continue;
    const std::string other_why =
        seen.request.spec.order_id
            ? "spec.orderID names another order, and no link of the CA leads from that to this one"
            : "its names are not those of the request";
    return Course{.way = Way::kSuccessorNotEligible,
                  .order = other,
                  .why = at == match.candidates.end() ? other_why : at->reason};
  }
  return std::nullopt;
}

bool is_in_window(const OrderFacts& order, base::TimePoint now) {
  return now >= paid_until(order) - kRenewalOpens && now <= paid_until(order) + kRenewalCloses;
}

// The paid order still has time beyond the installed certificate: use it up first.
std::optional<Course> use_up(const Observed& seen, const Standing& standing, const Match& match) {
  if (!match.latest || !standing.usable) return std::nullopt;
  const OrderFacts& latest = *match.latest;
  const LeafFacts& leaf = *seen.installed->leaf;
  const auto before = effective_before({leaf.not_before, leaf.not_after}, seen.renewal);
  if (paid_until(latest) - leaf.not_after < before) return std::nullopt;
  if (!was_in_vain(latest, *seen.installed)) return Course{.way = Way::kDuplicate};
  const bool urgent = seen.now >= *standing.expires_soon_time;
  if (urgent && is_in_window(latest, seen.now)) return std::nullopt;
  return Course{.way = Way::kNeedsReissue, .order = latest};
}

// The regular renewal workflow, when no renewed order is there.
Course renew(const Observed& seen, const OrderFacts& order) {
  if (seen.renewal.on_no_renewed_order == api::OnNoRenewedOrder::kWait) {
    return {.way = Way::kWaitForRenewal, .order = order};
  }
  if (seen.now < paid_until(order) - kRenewalOpens) {
    const bool over = order.certificate_valid_till && *order.certificate_valid_till <= seen.now;
    return {.way = over ? Way::kNeedsReissue : Way::kTooEarly, .order = order};
  }
  return {.way = Way::kRenew, .order = order, .group = group_of(order, seen.profile->account)};
}

bool has_gain(const Observed& seen, const Standing& standing, const Match& match) {
  if (!match.latest) return false;
  return !standing.usable || brings_gain(*match.latest, *seen.installed);
}

// The names of a new order: the request's own; on the products that have them, extra names belong
// to the duplicates.
std::optional<FinalNames> names_to_buy(const Observed& seen) {
  const NamesWanted wanted = names_wanted(seen);
  if (seen.request.spec.order_id) return std::nullopt;
  if (!wanted.common_name && wanted.dns_names.empty()) return std::nullopt;
  const std::string common_name =
      wanted.common_name.value_or(wanted.dns_names.empty() ? "" : wanted.dns_names.front());
  if (allows_extra_names(seen.profile->product)) return FinalNames{common_name, {common_name}};
  return FinalNames{common_name, wanted.dns_names};
}

// A request without a usable pair, and no order to duplicate.
Course place(const Observed& seen, const Match& match) {
  const auto names = names_to_buy(seen);
  if (!names) return {};
  const OrderGroup group = make_group(seen.profile->account, seen.profile->product,
                                      seen.profile->organization_id, *names);
  if (const LedgerEntry* entry = entry_under_way(seen, group)) {
    return {.way = Way::kAwaitEntry, .entry = entry};
  }
  if (!seen.profile->places_orders) return {};
  for (const Candidate& candidate : match.candidates) {
    const OrderState state = order_state(candidate.order.status);
    const bool comes = state == OrderState::kInProgress || state == OrderState::kReissuing;
    if (candidate.verdict == Verdict::kNotIssued && comes) {
      return {.way = Way::kAwaitOrder, .order = candidate.order};
    }
    // Another order would be no better, and cost money.
    if (candidate.verdict == Verdict::kDuplicatesOff && is_valid(candidate.order, seen.now)) {
      return {};
    }
  }
  return {.way = Way::kPlace, .group = group};
}

// A copy that expires, and no order that outlives it.
std::optional<Course> follow(const Observed& seen, const Standing& standing, const Match& match) {
  const auto order = order_to_renew(seen, match);
  if (!order) return std::nullopt;
  if (const auto* entry = entry_under_way(seen, group_of(*order, seen.profile->account))) {
    return Course{.way = Way::kAwaitEntry, .entry = entry};
  }
  if (auto other = on_its_way(seen, *order)) {
    return Course{.way = Way::kAwaitOrder, .order = std::move(other)};
  }
  if (auto course = not_eligible(seen, *order, match)) return course;
  if (auto course = use_up(seen, standing, match)) return course;
  const bool over =
      seen.now > paid_until(*order) + kRenewalCloses ||
      (order_state(order->status) == OrderState::kEnded && order->status != "expired");
  if (over) return std::nullopt;
  return renew(seen, *order);
}

}  // namespace

bool was_in_vain(const OrderFacts& order, const InstalledFacts& installed) {
  return installed.no_gain_order == order.id &&
         installed.no_gain_certificate == order.certificate_id;
}

bool is_no_gain(base::TimePoint end, const LeafFacts& installed) {
  return end - installed.not_after < kGainMin;
}

bool brings_gain(const OrderFacts& order, const InstalledFacts& installed) {
  const base::TimePoint end = order.certificate_valid_till.value_or(paid_until(order));
  return !is_no_gain(end, *installed.leaf) && !was_in_vain(order, installed);
}

std::vector<std::int64_t> ledger_orders(const Observed& seen) {
  std::vector<std::int64_t> ids;
  for (const LedgerEntry& entry : seen.ledger) {
    const bool may_help = entry.order_id != 0 && entry.state != api::OrderState::kRejected;
    if (may_help) ids.push_back(entry.order_id);
  }
  return ids;
}

Course course_of(const Observed& seen, const Standing& standing, const Match& match) {
  if (standing.need == Need::kExpiring && !has_gain(seen, standing, match)) {
    if (auto course = follow(seen, standing, match)) return *std::move(course);
  } else if (match.latest) {
    return {.way = Way::kDuplicate};
  }
  // Whoever revoked the certificate did not ask for another order.
  const bool revoked = standing.reason == api::Reason::kRevoked;
  return standing.usable || revoked || serves_meanwhile(seen) ? Course{} : place(seen, match);
}

}  // namespace rules
