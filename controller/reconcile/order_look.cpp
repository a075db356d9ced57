#include "reconcile/order_look.h"

#include <optional>
#include <set>

#include "reconcile/order_facts.h"
#include "x509/csr.h"

namespace reconcile {
namespace {

// kNotFound is an observation here, not a failure.
base::Result<std::optional<certcentral::Order>> find(certcentral::CaApi& ca, std::int64_t id,
                                                     const std::stop_token& stop) {
  auto order = ca.order(id, stop);
  if (order) return std::optional(*std::move(order));
  if (order.error().code == base::Code::kNotFound) return std::nullopt;
  return std::unexpected(std::move(order).error());
}

bool carries(const certcentral::Order& order, const std::string& public_key_sha256) {
  if (order.certificate.csr.empty()) return false;
  const auto csr = x509::Csr::parse(order.certificate.csr);
  return csr && csr->public_key_sha256() == public_key_sha256;
}

// Open, or issued and not over: something that a purchase would double.
bool is_live(const rules::OrderFacts& order, base::TimePoint now) {
  switch (rules::order_state(order.status)) {
    case rules::OrderState::kInProgress:
    case rules::OrderState::kReissuing:
      return true;
    case rules::OrderState::kIssued:
      return rules::paid_until(order) > now;
    case rules::OrderState::kEnded:
      return false;
  }
  return false;
}

// Whether a row may be what we look for: the same group, and not over.
bool is_candidate(const certcentral::OrderSummary& row, const rules::LedgerEntry& entry,
                  base::TimePoint now) {
  rules::OrderFacts facts = facts_of(row);
  if (!is_live(facts, now) && facts.certificate_valid_till) return false;
  if (row.product_name_id.empty() || !row.organization_id) return true;  // only its details tell
  return rules::group_of(facts, entry.group.account).names.dns_names ==
             entry.group.names.dns_names ||
         facts.common_name == entry.group.names.common_name;
}

class Look {
 public:
  Look(certcentral::CaApi& ca, const rules::LedgerEntry& entry, base::TimePoint now,
       std::stop_token stop)
      : ca_(ca), entry_(entry), now_(now), stop_(std::move(stop)) {}

  base::Result<rules::OrderLook> run() {
    TRY_VOID(collect());
    for (const std::int64_t id : ids_) {
      const auto order = TRY(find(ca_, id, stop_));
      if (order) judge(*order);
    }
    return look_;
  }

 private:
  base::Result<void> collect() {
    if (entry_.renewal_of != 0) {
      const auto old = TRY(find(ca_, entry_.renewal_of, stop_));
      if (old) {
        old_ = facts_of(*old);
        look_.being_reissued = rules::order_state(old_->status) == rules::OrderState::kReissuing;
        if (old_->renewed_order_id != 0) ids_.insert(old_->renewed_order_id);
      }
    }
    for (const auto& found : TRY(ca_.orders_by_alternative_id(entry_.name, stop_))) {
      ids_.insert(found.order_id);
    }
    const certcentral::OrderFilter filter{.dns_name = entry_.group.names.common_name,
                                          .product_name_id = entry_.group.product};
    for (const auto& row : TRY(ca_.list_orders(filter, stop_))) {
      if (is_candidate(row, entry_, now_)) ids_.insert(row.id);
    }
    ids_.erase(entry_.renewal_of);
    return {};
  }

  void judge(const certcentral::Order& order) {
    const rules::OrderFacts facts = facts_of(order);
    if (carries(order, entry_.public_key_sha256)) {
      look_.ours = facts;
      return;
    }
    if (is_successor(facts) && is_live(facts, now_)) look_.successor = facts;
  }

  bool is_successor(const rules::OrderFacts& order) const {
    if (old_ && (order.id == old_->renewed_order_id || order.renewal_of_order_id == old_->id)) {
      return true;
    }
    if (old_) return rules::succeeds(order, *old_);
    const auto group = rules::group_of(order, entry_.group.account);
    return order.id > entry_.renewal_of && group.product == entry_.group.product &&
           group.organization_id == entry_.group.organization_id &&
           rules::NameSet(group.names.dns_names.begin(), group.names.dns_names.end()) ==
               rules::NameSet(entry_.group.names.dns_names.begin(),
                              entry_.group.names.dns_names.end());
  }

  certcentral::CaApi& ca_;
  const rules::LedgerEntry& entry_;
  const base::TimePoint now_;
  const std::stop_token stop_;
  std::optional<rules::OrderFacts> old_{};
  std::set<std::int64_t> ids_{};
  rules::OrderLook look_{};
};

}  // namespace

base::Result<rules::OrderLook> look_for_order(certcentral::CaApi& ca,
                                              const rules::LedgerEntry& entry,
                                              std::int64_t known_id, base::TimePoint now,
                                              std::stop_token stop) {
  rules::OrderLook look;
  if (known_id != 0) {
    const auto order = TRY(find(ca, known_id, stop));
    if (order) look.ours = facts_of(*order);
  } else {
    look = TRY(Look(ca, entry, now, stop).run());
  }
  look.clock_skew = ca.clock_skew().value_or(std::chrono::seconds{0});
  return look;
}

}  // namespace reconcile
