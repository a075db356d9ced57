#include "certcentral/rate_budget.h"

#include <utility>

namespace certcentral {
namespace {

using base::Code;
using base::Error;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kYield{20};

Error not_sent(Code code, std::string message) {
  return {.code = code, .message = std::move(message), .not_sent = true};
}

Error exhausted(milliseconds wait) {
  Error error = not_sent(Code::kExhausted, "wait for a turn: the budget of calls is spent");
  error.retry_after =
      wait;  // to the millisecond: all come back at once, and the soonest goes first
  return error;
}

}  // namespace

base::Result<void> RateBudget::acquire(const Turn& turn, milliseconds wait_max,
                                       std::stop_token stop) {
  const base::MutexLock lock(mutex_);
  const base::Steady deadline = clock_.steady_now() + wait_max;
  const BudgetLine::Place place = line_.join(turn);
  auto result = wait_in_line(place, deadline, stop);
  line_.leave(place);
  tell_all();
  return result;
}

base::Result<void> RateBudget::wait_in_line(const BudgetLine::Place& place, base::Steady deadline,
                                            const std::stop_token& stop) {
  const Urgency urgency = std::get<Urgency>(place);
  while (!stop.stop_requested()) {
    const base::Steady now = clock_.steady_now();
    if (line_.next_to_go(core_, now) == place) {
      core_.take(urgency, now);
      return {};
    }
    const milliseconds wait = core_.wait_for(urgency, now);
    if (now >= deadline || now + wait > deadline) return std::unexpected(exhausted(wait));
    // Zero: it could go, but somebody more urgent is about to wake and go first.
    const milliseconds pause = wait > milliseconds::zero() ? wait : kYield;
    changed_.wait_for(mutex_, stop, pause, [this, seen = changes_] { return changes_ != seen; });
  }
  return std::unexpected(not_sent(Code::kCancelled, "wait for a turn: stopping"));
}

void RateBudget::tell_all() {
  ++changes_;
  changed_.notify_all();
}

void RateBudget::note_rate_limited(std::optional<seconds> retry_after) {
  const base::MutexLock lock(mutex_);
  core_.pause(retry_after, clock_.steady_now());
  tell_all();
}

void RateBudget::note_success() {
  const base::MutexLock lock(mutex_);
  core_.note_success();
  tell_all();
}

std::size_t RateBudget::remaining() const {
  const base::MutexLock lock(mutex_);
  return core_.remaining(clock_.steady_now());
}

void RateBudget::set_limits(const RateLimits& limits) {
  const base::MutexLock lock(mutex_);
  core_.set_limits(limits);
  tell_all();
}

std::size_t RateBudget::waiting_count_for_test() const {
  const base::MutexLock lock(mutex_);
  return line_.size();
}

}  // namespace certcentral
