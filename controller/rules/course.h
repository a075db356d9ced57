// Course: which way a need is met, once the account's orders are known: a free duplicate, waiting
// for an order that is on its way, or a purchase. Pure. Entry point: course_of.
// Rules: docs/rules.md, "When a certificate is due".
#pragma once

#include <optional>
#include <string>

#include "rules/ledger.h"
#include "rules/match_orders.h"
#include "rules/observed.h"
#include "rules/standing.h"

namespace rules {

enum class Way {
  kDuplicate,             // of match.latest
  kAwaitEntry,            // `entry` of the ledger is open, or its order does not show yet
  kAwaitOrder,            // `order` is on its way at the CA
  kSuccessorNotEligible,  // `order` has followed, and cannot be duplicated for this request
  kNeedsReissue,          // `order` is paid for longer than its certificate lives
  kWaitForRenewal,        // nobody has renewed, and the policy is to wait
  kTooEarly,              // the renewal of `order` may be placed later
  kRenew,                 // buy: the renewal of `order`
  kPlace,                 // buy: a new order
  kNoOrder,               // nothing matches, and nothing may be bought
};

struct Course {
  Way way = Way::kNoOrder;
  std::optional<OrderFacts> order{};
  std::string why{};                  // kSuccessorNotEligible
  const LedgerEntry* entry{};         // kAwaitEntry; points into Observed::ledger
  std::optional<OrderGroup> group{};  // kRenew, kPlace
};

// Only when seen.ca.orders is there.
Course course_of(const Observed& seen, const Standing& standing, const Match& match);

// True if the certificate that a duplicate of `order` gets is worth replacing the installed one:
// a day or more of further validity, and not tried in vain before.
bool brings_gain(const OrderFacts& order, const InstalledFacts& installed);

// True if that end is no gain over the installed pair.
bool is_no_gain(base::TimePoint end, const LeafFacts& installed);

// A duplicate of that order with that primary certificate was tried without gain.
bool was_in_vain(const OrderFacts& order, const InstalledFacts& installed);

// Orders that the ledger knows by number, for questions to the CA: its listings may lag.
std::vector<std::int64_t> ledger_orders(const Observed& seen);

}  // namespace rules
