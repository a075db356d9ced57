// decide_order: what happens next with one entry of the ledger (CertificateOrder). Pure: every fact
// is an input, and every input has an output. Money leaves only by SendOrder, and only after a look
// at the CA in the same pass that showed neither our order nor another one for the same names.
// Rules: docs/rules.md, "Buying once".
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "rules/ledger.h"

namespace rules {

// Closed entries are kept this long: the fuse and the backoff count them.
inline constexpr std::chrono::days kLedgerKept{30};
// A settle window is over only after so many looks, the last one after its end.
inline constexpr int kSettleLooksMin = 3;
// An order may have been sent so often; then a person must look.
inline constexpr int kOrderSendsMax = 2;
// Our clock and the CA's may differ by this much when money is spent.
inline constexpr std::chrono::minutes kClockSkewMax{5};

// What a live look at the CA showed, begun in this pass.
struct OrderLook {
  std::optional<OrderFacts> ours{};       // it carries our public key
  std::optional<OrderFacts> successor{};  // another order for the same names, open or issued
  bool being_reissued = false;            // the order to renew is getting a new certificate
  std::chrono::seconds clock_skew{0};     // the CA's clock minus ours
};

// How our POST ended, as far as this process knows.
struct OrderPost {
  enum class Outcome {
    kUnknown,   // the CA may have the order
    kAccepted,  // it said so
    kRefused,   // a clear no
    kNotSent,   // nothing happened at the CA: no byte was sent, its rate limit, or a bad key
  };
  Outcome outcome = Outcome::kUnknown;
  std::int64_t order_id = 0;  // kAccepted
  api::Reason reason = api::Reason::kCaRejected;
  std::string message{};
  std::optional<std::chrono::milliseconds> retry_after{};
};

// What this process remembers of its looks since it first saw the entry as sent, on its own
// monotonic clock.
struct Settling {
  std::chrono::seconds since_first_look{0};
  int looks = 0;  // successful ones
};

struct OrderObserved {
  LedgerEntry entry{};
  int refusals = 0;                         // of the group in a row before this entry
  bool is_latest = false;                   // no entry of the group has a later generation
  bool sponsored = false;                   // by a request whose profile can be used, and pays
  std::chrono::seconds unsponsored_for{0};  // on the monotonic clock
  // A profile of the account through which the CA can be asked.
  bool has_profile = false;
  std::string profile_problem{};
  std::string profile{};    // "<namespace>/<name>" of the profile that asks and pays
  int orders_per_day = 10;  // its limits.ordersPerDay
  int orders_today = 0;     // sent through it within 24 h, this entry not counted
  bool urgent = false;      // a certificate that waits for it is about to end
  std::optional<OrderLook> look{};
  std::optional<base::Error> ca_error{};  // a question that failed in this pass
  std::optional<OrderPost> post{};        // of the last submission
  Settling settling{};
  bool lease_is_certain = true;
  int failures = 0;
  double jitter = 0;
  std::chrono::seconds settle_window{3600};  // --order-settle-window
  base::TimePoint now{};
};

// Nothing before `until`; what the status says meanwhile is in the decision.
struct OrderWait {
  std::optional<base::TimePoint> until{};
};
struct OrderAskLook {};
// Mark the entry as sent, then POST.
struct OrderSend {
  int submissions = 1;
};
// Write the state. Closing is for good.
struct OrderRecord {
  api::OrderState state = api::OrderState::kOpen;
  std::int64_t order_id = 0;
  std::optional<base::TimePoint> valid_till{};
  int submissions = 0;  // kOpen, kSubmitted: how often it may have been sent
};
// The entry is old and closed.
struct OrderForget {};

using OrderAction = std::variant<OrderWait, OrderAskLook, OrderSend, OrderRecord, OrderForget>;
std::string_view name_of(const OrderAction& action);

struct OrderDecision {
  OrderAction action{};
  api::Reason reason = api::Reason::kAwaitingRenewedOrder;
  std::string message{};
  std::string_view rule{};
  std::optional<base::TimePoint> next_attempt{};  // for all who wait
  bool surplus = false;  // an order of ours turned up after another had won: a person must know
};

OrderDecision decide_order(const OrderObserved& seen);

std::vector<std::string_view> order_rule_names();

}  // namespace rules
