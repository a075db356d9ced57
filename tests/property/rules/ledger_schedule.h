// What may go wrong in a ledger_world, as plain values: who needs an order, what the CA does with
// what is sent, when processes crash. Entry point: Schedule.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"
#include "rules/order_decide.h"
#include "support/observed_builder.h"

namespace ledger_world {

using base::TimePoint;
using rules::Observed;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;
using support::kNow;
using Outcome = rules::OrderPost::Outcome;
using State = api::OrderState;

inline constexpr seconds kOrderWindow{60};
inline constexpr seconds kDuplicateWindow{8};
inline constexpr seconds kMarkAgeMax{10};
inline constexpr int kStepsMax = 1500;
inline constexpr TimePoint kNever = kNow + days{3650};

// What a request is: a copy that expires, a new one whose profile buys, or one that waits.
enum class Kind { kRenews, kNew, kWaits };
// The order that they share: ends soon, is over since two days, or was never bought.
enum class Start { kEnding, kOver, kNoOrder };
enum class Fate { kAccepted, kAnswerLost, kRequestLost, kArrivesLate, kNotSent, kRefused };
enum class Leave { kNobody, kDeleted, kSuspended };

// What the test may get wrong on purpose, to show that it would be noticed.
enum class Mistake {
  kNone,
  kMarkAfterPost,
  kPostBeforeLedger,
  kNoPrecondition,
  kNoLook,
  kAdoptByName,
  kOldMarks,
  kNoSettleWindow,
};

struct Schedule {
  int requests = 1;
  std::array<Kind, 4> kinds{};
  Start start = Start::kEnding;
  seconds listing_lag{0};  // with the time in flight below the settle window
  seconds issue_delay{0};
  std::array<Fate, 3> posts{};  // of the first order POSTs; later ones are accepted
  seconds outage_from{0};
  seconds outage_to{0};
  std::optional<seconds> person_renews_at{};
  bool rejects_first = false;  // an approver, the first order of ours
  Leave leaves = Leave::kNobody;
  seconds leaves_at{0};  // the first request
  bool two_leaders = false;
  seconds calm_at{0};             // then faults stop and one process is left
  int crash_percent = 0;          // at each boundary, before calm_at
  int switch_percent = 0;         // the other process gets its turn
  int stale_percent = 0;          // a pass sees the ledger as it was before
  std::array<int, 2> crash_at{};  // counted boundaries; 0: no crash
  Mistake mistake = Mistake::kNone;
};

struct Result {
  std::string violation{};  // empty: all is well
  int boundaries = 0;
  int orders = 0;  // of ours that took effect
  bool outcome_unknown = false;
};

}  // namespace ledger_world
