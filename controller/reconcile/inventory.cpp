#include "reconcile/inventory.h"

#include <algorithm>

#include <fmt/format.h>

#include "reconcile/order_facts.h"
#include "x509/csr.h"

namespace reconcile {
namespace {

const std::string kOrdersLook = "orders";

// Nothing can come of such an order: its details are not worth a call. DV orders, which have no
// organization, are never ours and have no duplicates.
bool is_over(const certcentral::OrderSummary& order) {
  return certcentral::is_closed(order.status) ||
         order.product_name_id.find("_dv_") != std::string::npos;
}

// A row that shows no names, product or organization tells nothing: only the details do.
bool is_incomplete(const certcentral::OrderSummary& order) {
  return order.product_name_id.empty() || !order.organization_id ||
         (order.certificate.common_name.empty() && order.certificate.dns_names.empty());
}

bool shares_a_name(const rules::OrderFacts& order, const rules::NameSet& asked) {
  return std::ranges::any_of(asked, [&](const std::string& name) {
    return name == order.common_name || rules::are_twins(name, order.common_name) ||
           std::ranges::find(order.dns_names, name) != order.dns_names.end() ||
           rules::is_below_wildcard(name, order.common_name);
  });
}

// A CSR never changes for a certificate id, and parsing checks a signature: do it once.
std::string key_of(const certcentral::Duplicate& entry, std::map<std::int64_t, std::string>& keys) {
  if (entry.csr.empty()) return {};
  const auto known = keys.find(entry.id);
  if (entry.id != 0 && known != keys.end()) return known->second;
  const auto csr = x509::Csr::parse(entry.csr);
  const std::string key = csr ? csr->public_key_sha256() : "";
  if (entry.id != 0) keys[entry.id] = key;  // 0: the CA did not say
  return key;
}

}  // namespace

template <class Fresh>
bool Inventory::take_look(const std::string& what, const Fresh& fresh) {
  while (true) {
    if (fresh()) return false;
    if (looking_.insert(what).second) return true;
    changed_.wait(mutex_);
  }
}

void Inventory::end_look(const std::string& what) {
  const base::MutexLock lock(mutex_);
  looking_.erase(what);
  changed_.notify_all();
}

base::Result<std::vector<certcentral::OrderSummary>> Inventory::summaries(certcentral::CaApi& ca,
                                                                          std::stop_token stop) {
  const base::Steady began = clock_.steady_now();
  {
    const base::MutexLock lock(mutex_);
    const auto fresh = [&] { return listed_at_ && began - *listed_at_ <= kListingAgeMax; };
    if (!take_look(kOrdersLook, fresh)) return summaries_;
  }
  auto listed = ca.list_orders({}, stop);
  if (listed) {
    const base::MutexLock lock(mutex_);
    listed_at_ = began;
    summaries_ = *listed;
  }
  end_look(kOrdersLook);
  return listed;
}

base::Result<rules::OrderFacts> Inventory::details(certcentral::CaApi& ca, std::int64_t order_id,
                                                   std::stop_token stop) {
  const std::string what = fmt::format("order {}", order_id);
  const base::Steady began = clock_.steady_now();
  {
    const base::MutexLock lock(mutex_);
    const auto fresh = [&] {
      const auto known = details_.find(order_id);
      return known != details_.end() && began - known->second.looked_at <= kDetailsAgeMax;
    };
    if (!take_look(what, fresh)) return details_[order_id].facts;
  }
  auto order = ca.order(order_id, stop);
  if (order) {
    const base::MutexLock lock(mutex_);
    details_[order_id] = {order_facts(*order), began};
  }
  end_look(what);
  if (!order) return std::unexpected(std::move(order).error());
  return order_facts(*order);
}

base::Result<rules::OrderFacts> Inventory::order(certcentral::CaApi& ca, std::int64_t order_id,
                                                 std::stop_token stop) {
  return details(ca, order_id, stop);
}

base::Result<std::vector<rules::OrderFacts>> Inventory::orders_for(certcentral::CaApi& ca,
                                                                   const rules::MatchQuery& query,
                                                                   std::stop_token stop) {
  const rules::NameSet asked = rules::all_of(query.names);
  std::vector<rules::OrderFacts> found;
  rules::MatchQuery by_names = query;
  by_names.order_id.reset();
  for (const auto& summary : TRY(summaries(ca, stop))) {
    rules::OrderFacts facts = order_facts(summary);
    const bool wanted = facts.id == query.order_id;
    const bool incomplete = !is_over(summary) && is_incomplete(summary);
    if (!wanted && !incomplete && !shares_a_name(facts, asked)) continue;
    // What the listing alone rules out needs no further call.
    if (wanted || incomplete ||
        rules::judge(facts, by_names).verdict == rules::Verdict::kEligible) {
      facts = TRY(details(ca, facts.id, stop));
    }
    if (!wanted && !shares_a_name(facts, asked)) continue;
    found.push_back(std::move(facts));
  }
  if (query.order_id) TRY_VOID(follow_renewals(ca, found, stop));
  return found;
}

// Follows the CA's links from order to renewal; each step is judged like any other order.
base::Result<void> Inventory::follow_renewals(certcentral::CaApi& ca,
                                              std::vector<rules::OrderFacts>& found,
                                              std::stop_token stop) {
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::int64_t next = found[i].renewed_order_id;
    if (next == 0 || std::ranges::find(found, next, &rules::OrderFacts::id) != found.end())
      continue;
    auto successor = details(ca, next, stop);
    if (!successor && successor.error().code == base::Code::kNotFound) continue;  // only a hint
    found.push_back(TRY(std::move(successor)));
  }
  return {};
}

base::Result<void> Inventory::look_at_duplicates(certcentral::CaApi& ca, std::int64_t order_id,
                                                 std::stop_token stop) {
  const base::Steady began = clock_.steady_now();
  const auto listed = TRY(ca.list_duplicates(order_id, stop));
  const base::MutexLock lock(mutex_);
  Listing& listing = duplicates_[order_id];
  listing.looked_at = began;
  listing.entries.clear();
  for (const certcentral::Duplicate& entry : listed) {
    listing.entries.push_back({key_of(entry, listing.keys),
                               {.certificate_id = entry.id,
                                .status = entry.status,
                                .issued = entry.looks_issued() && entry.id != 0,
                                .valid_till = entry.valid_till.value_or(base::TimePoint{})}});
  }
  return {};
}

std::vector<rules::ListedDuplicate> Inventory::with_key(std::int64_t order_id,
                                                        const std::string& public_key_sha256) {
  std::vector<rules::ListedDuplicate> found;
  const base::MutexLock lock(mutex_);
  for (const KnownDuplicate& entry : duplicates_[order_id].entries) {
    if (entry.public_key_sha256 == public_key_sha256) found.push_back(entry.listed);
  }
  return found;
}

base::Result<std::vector<rules::ListedDuplicate>> Inventory::duplicates_of(
    certcentral::CaApi& ca, std::int64_t order_id, const std::string& public_key_sha256,
    base::Steady not_before, std::stop_token stop) {
  const std::string what = fmt::format("duplicates of {}", order_id);
  bool look = false;
  {
    const base::MutexLock lock(mutex_);
    look = take_look(what, [&] {
      const auto known = duplicates_.find(order_id);
      return known != duplicates_.end() && known->second.looked_at >= not_before;
    });
  }
  if (look) {
    const auto looked = look_at_duplicates(ca, order_id, stop);
    end_look(what);
    if (!looked) return std::unexpected(looked.error());
  }
  return with_key(order_id, public_key_sha256);
}

void Inventory::forget(std::int64_t order_id) {
  const base::MutexLock lock(mutex_);
  details_.erase(order_id);
}

}  // namespace reconcile
