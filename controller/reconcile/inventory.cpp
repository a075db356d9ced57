#include "reconcile/inventory.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "reconcile/order_facts.h"

namespace reconcile {
namespace {

using certcentral::OrderSummary;

const std::string kOrdersLook = "orders";
// How far an incremental look reaches back behind the one before: the CA may list an order late,
// and its clock is not ours.
constexpr std::chrono::minutes kOverlap{15};
// More changed orders than this are listed as a whole: each of them would be a call.
constexpr std::size_t kChangesMax = 20;

bool is_newer(const OrderSummary& a, const OrderSummary& b) {
  return std::tie(a.date_created, a.id) > std::tie(b.date_created, b.id);
}

// What status-changes tells about an order that `rows` do not show.
bool is_news(const certcentral::StatusChange& change,
             const std::map<std::int64_t, OrderSummary>& rows) {
  const auto known = rows.find(change.order_id);
  if (known == rows.end()) return true;
  const bool same_certificate =
      !change.certificate_id || change.certificate_id == known->second.certificate.id;
  return change.status_text != known->second.status_text || !same_certificate;
}

std::map<std::int64_t, OrderSummary> by_id(const std::vector<OrderSummary>& rows) {
  std::map<std::int64_t, OrderSummary> found;
  for (const OrderSummary& row : rows) found.insert_or_assign(row.id, row);
  return found;
}

// Later orders that look like `order`: one of them may be its renewal.
std::vector<std::int64_t> may_renew(const OrderList& listed, const rules::OrderFacts& order) {
  std::vector<std::int64_t> ids;
  for (const OrderSummary& row : listed.rows) {
    if (row.certificate.common_name == order.common_name && row.product_name_id == order.product &&
        row.organization_id.value_or(0) == order.organization_id &&
        row.date_created.value_or(base::TimePoint{}) > order.date_created && !is_over(row)) {
      ids.push_back(row.id);
    }
  }
  return ids;
}

}  // namespace

LooksSince Inventory::usual() const {
  const base::Steady now = clock_.steady_now();
  return {.list = now - kListingAgeMax, .details = now - options_.full_interval};
}

SharedOrders Inventory::list() const {
  const base::MutexLock lock(mutex_);
  return list_;
}

base::Result<SharedOrders> Inventory::orders(certcentral::CaApi& ca, base::Steady since,
                                             std::stop_token stop) {
  const auto is_fresh = [&] {
    const auto known = list();
    return known && known->looked_at >= since;
  };
  TRY_VOID(looks_.once(kOrdersLook, is_fresh, [&] { return look(ca, stop); }));
  return list();
}

base::Result<void> Inventory::look(certcentral::CaApi& ca, std::stop_token stop) {
  const auto known = list();
  auto made = std::make_shared<OrderList>();
  made->looked_at = clock_.steady_now();
  made->looked_at_time = clock_.now();
  const bool whole = !known || known->rows.size() < options_.one_page ||
                     made->looked_at - known->fully_looked_at >= options_.full_interval;
  if (!whole) {
    made->fully_looked_at = known->fully_looked_at;
    made->rows = TRY(newer(ca, *known, stop));
  }
  if (made->rows.empty()) {
    made->fully_looked_at = made->looked_at;
    made->rows = TRY(ca.list_orders({}, stop));
  }
  const base::MutexLock lock(mutex_);
  states_.clear();
  for (const OrderSummary& row : made->rows) states_[row.id] = state_of(row);
  // Details may have been newer than the list: now it has caught up with them.
  for (auto& [id, details] : details_) {
    const auto state = states_.find(id);
    if (state != states_.end() && state->second == state_of(row_of(*details.order))) {
      details.state = state->second;
    }
  }
  list_ = std::move(made);
  return {};
}

// All rows again, after asking only for what is new and what has changed; empty: too much of it,
// all are to be listed.
base::Result<std::vector<OrderSummary>> Inventory::newer(certcentral::CaApi& ca,
                                                         const OrderList& known,
                                                         std::stop_token stop) {
  const base::TimePoint from = known.looked_at_time - kOverlap;
  const auto created = TRY(ca.list_orders({.created_from = from}, stop));
  const auto minutes = std::chrono::ceil<std::chrono::minutes>(clock_.now() - from);
  const auto changes = TRY(ca.status_changes(minutes, stop));
  auto rows = by_id(known.rows);
  for (const OrderSummary& row : created) rows.insert_or_assign(row.id, row);
  const auto news = std::ranges::count_if(
      changes, [&](const certcentral::StatusChange& change) { return is_news(change, rows); });
  if (static_cast<std::size_t>(news) > kChangesMax) return std::vector<OrderSummary>{};
  for (const certcentral::StatusChange& change : changes) {
    if (!is_news(change, rows)) continue;
    const auto order = this->order(ca, change.order_id, clock_.steady_now(), stop);
    if (!order && order.error().code == base::Code::kNotFound) continue;
    if (!order) return std::unexpected(order.error());
    rows.insert_or_assign(change.order_id, row_of(**order));
  }
  std::vector<OrderSummary> all;
  all.reserve(rows.size());
  for (auto& [id, row] : rows) all.push_back(std::move(row));
  std::ranges::sort(all, is_newer);
  return all;
}

bool Inventory::holds(const Details& known, base::Steady since) const {
  if (known.looked_at < since) return false;
  const auto forgotten = forgotten_.find(known.order->id);
  if (forgotten != forgotten_.end() && known.looked_at <= forgotten->second) return false;
  const auto state = states_.find(known.order->id);
  if (state != states_.end() && state->second != known.state) return false;
  return known.order->allow_duplicates.value_or(true) ||
         clock_.steady_now() - known.looked_at <= kDetailsAgeMax;
}

base::Result<SharedOrder> Inventory::order(certcentral::CaApi& ca, std::int64_t id,
                                           base::Steady since, std::stop_token stop) {
  SharedOrder found;
  const auto is_fresh = [&] {
    const base::MutexLock lock(mutex_);
    const auto known = details_.find(id);
    if (known == details_.end() || !holds(known->second, since)) return false;
    found = known->second.order;
    return true;
  };
  const auto ask = [&]() -> base::Result<void> {
    const base::Steady began = clock_.steady_now();
    found = std::make_shared<const certcentral::Order>(TRY(ca.order(id, stop)));
    const base::MutexLock lock(mutex_);
    const auto state = states_.find(id);
    details_[id] = {found, began,
                    state == states_.end() ? state_of(row_of(*found)) : state->second};
    return {};
  };
  TRY_VOID(looks_.once(fmt::format("order {}", id), is_fresh, ask));
  return found;
}

base::Result<rules::OrderFacts> Inventory::facts(certcentral::CaApi& ca, std::int64_t id,
                                                 const LooksSince& since, std::stop_token stop) {
  return facts_of(*TRY(order(ca, id, since.details, stop)));
}

base::Result<std::vector<rules::OrderFacts>> Inventory::orders_for(certcentral::CaApi& ca,
                                                                   const rules::MatchQuery& query,
                                                                   const LooksSince& since,
                                                                   std::stop_token stop) {
  const rules::NameSet asked = rules::all_of(query.names);
  std::vector<rules::OrderFacts> found;
  rules::MatchQuery by_names = query;
  by_names.order_id.reset();
  const SharedOrders listed = TRY(orders(ca, since.list, stop));
  for (const OrderSummary& row : listed->rows) {
    const bool wanted = row.id == query.order_id;
    const bool incomplete = is_incomplete(row) && !is_over(row);
    const bool shares =
        shares_a_name(row.certificate.common_name, row.certificate.dns_names, asked);
    if (!wanted && !incomplete && !shares) continue;
    rules::OrderFacts known = facts_of(row);
    // What the listing alone rules out needs no further call.
    if (wanted || incomplete ||
        rules::judge(known, by_names).verdict == rules::Verdict::kEligible) {
      known = TRY(facts(ca, known.id, since, stop));
    }
    if (!wanted && !shares_a_name(known.common_name, known.dns_names, asked)) continue;
    found.push_back(std::move(known));
  }
  if (query.order_id) TRY_VOID(follow_renewals(ca, since, *listed, found, stop));
  return found;
}

// Follows the CA's links from order to renewal; each step is judged like any other order. A link
// may be missing in the older order, and is then looked for in the later ones.
base::Result<void> Inventory::follow_renewals(certcentral::CaApi& ca, const LooksSince& since,
                                              const OrderList& listed,
                                              std::vector<rules::OrderFacts>& found,
                                              std::stop_token stop) {
  const auto is_found = [&](std::int64_t id) {
    return std::ranges::find(found, id, &rules::OrderFacts::id) != found.end();
  };
  for (std::size_t i = 0; i < found.size(); ++i) {
    const rules::OrderFacts order = found[i];
    std::vector<std::int64_t> hints = may_renew(listed, order);
    if (order.renewed_order_id != 0) hints = {order.renewed_order_id};
    for (const std::int64_t id : hints) {
      if (is_found(id)) continue;
      auto successor = facts(ca, id, since, stop);
      if (!successor && successor.error().code == base::Code::kNotFound) continue;  // only a hint
      const rules::OrderFacts next = TRY(std::move(successor));
      if (id == order.renewed_order_id || next.renewal_of_order_id == order.id)
        found.push_back(next);
    }
  }
  return {};
}

void Inventory::forget(std::int64_t order_id) {
  const base::MutexLock lock(mutex_);
  forgotten_[order_id] = clock_.steady_now();
}

}  // namespace reconcile
