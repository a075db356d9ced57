// RateBudget: lets the calls of one API key go one by one, the most urgent first, within what
// CertCentral allows. The thin shell around budget_core.h; one for each key, shared by all who use
// it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>

#include "base/clock.h"
#include "base/result.h"
#include "base/thread_annotations.h"
#include "certcentral/budget_core.h"
#include "certcentral/budget_line.h"

namespace certcentral {

// Thread-safe. `clock` must outlive the budget.
class RateBudget {
 public:
  RateBudget(const base::Clock& clock, const RateLimits& limits) : clock_(clock), core_(limits) {}

  // Blocks until it is this caller's turn, counts the call, and returns; the caller then makes the
  // call. A less urgent caller passes a more urgent one only within its own share of the budget.
  // kExhausted with retry_after if the turn cannot come within `wait_max`: the caller gives its
  // thread back instead of holding it; kCancelled once `stop` is requested. Both with not_sent.
  base::Result<void> acquire(const Turn& turn, std::chrono::milliseconds wait_max,
                             std::stop_token stop);

  // What the CA answered to a call: a 429 pauses everybody (see BudgetCore::pause).
  void note_rate_limited(std::optional<std::chrono::seconds> retry_after);
  void note_success();

  // For the metric ca_rate_limit_remaining.
  std::size_t remaining() const;
  void set_limits(const RateLimits& limits);

  std::size_t waiting_count_for_test() const;

 private:
  base::Result<void> wait_in_line(const BudgetLine::Place& place, base::Steady deadline,
                                  const std::stop_token& stop) REQUIRES(mutex_);
  void tell_all() REQUIRES(mutex_);

  // Constant after construction.
  const base::Clock& clock_;
  // Own synchronisation.
  mutable base::Mutex mutex_;
  base::ConditionVariable changed_;
  // Guarded by mutex_.
  BudgetCore core_ GUARDED_BY(mutex_);
  BudgetLine line_ GUARDED_BY(mutex_);
  std::uint64_t changes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace certcentral
