// The ledger of orders as the rules see it: what is bought, once for all copies that need it. Pure.
// Rules: docs/rules.md, "Buying once".
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "api/certificate_order.h"
#include "api/enums.h"
#include "api/reason.h"
#include "base/clock.h"
#include "rules/match_orders.h"
#include "rules/names.h"

namespace rules {

// A renewal may be placed from 90 days before to 7 days after the end of the order.
// CertCentral: knowledge base, SO23295 ("when can I renew").
inline constexpr std::chrono::days kRenewalOpens{90};
inline constexpr std::chrono::days kRenewalCloses{7};

// Everything that is bought for one group goes under one lock: new orders and renewals alike.
struct OrderGroup {
  std::string account{};  // "<host>/<account id>"
  std::string product{};
  std::int64_t organization_id = 0;
  FinalNames names{};  // without twins; dns_names holds the common name first, then sorted ones

  bool operator==(const OrderGroup&) const = default;
};

// The group with these names, in the one form that compares.
OrderGroup make_group(const std::string& account, const std::string& product,
                      std::int64_t organization_id, const FinalNames& names);
// The group that a renewal of `order` belongs to.
OrderGroup group_of(const OrderFacts& order, const std::string& account);
// What the name of an entry is made of, by a hash.
std::string text_of(const OrderGroup& group);

// A CertificateOrder. Of one group at most one entry is open; the next generation is made when the
// one before is closed, and a closed one is never opened again.
struct LedgerEntry {
  std::string name{};  // also the attempt id
  int generation = 1;
  OrderGroup group{};
  api::OrderKind kind = api::OrderKind::kRenewal;
  std::int64_t renewal_of = 0;  // 0: a new order
  std::string public_key_sha256{};
  std::string profile{};  // "<namespace>/<name>"
  std::string inputs{};   // the fingerprint of the profile when the entry was made

  api::OrderState state = api::OrderState::kOpen;
  std::int64_t order_id = 0;  // 0: not known
  std::optional<base::TimePoint> submitted_at{};
  int submissions = 0;  // how often it may have been sent
  std::optional<base::TimePoint> closed_at{};
  std::optional<base::TimePoint> next_attempt{};
  api::Reason reason = api::Reason::kAwaitingRenewedOrder;  // of its conditions
  std::string message{};
  bool being_deleted = false;

  bool operator==(const LedgerEntry&) const = default;
};

inline bool is_open(const LedgerEntry& entry) {
  return !api::is_closed(entry.state);
}

// The object as the rules see it.
LedgerEntry entry_of(const api::CertificateOrder& object);

// The newest entry of the group, or nullptr.
const LedgerEntry* latest_entry(std::span<const LedgerEntry> ledger, const OrderGroup& group);
const LedgerEntry* find_entry(std::span<const LedgerEntry> ledger, std::string_view name);
// Refusals and rejections of the group in a row up to `generation`, that one included.
int refusals_up_to(std::span<const LedgerEntry> ledger, const LedgerEntry& entry);

// True if `later` stands where `order` stood: the same product, organization and names (twins
// aside), and newer.
bool succeeds(const OrderFacts& later, const OrderFacts& order);

}  // namespace rules
