#include "runtime/watch_step.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace runtime {
namespace {

using Phase = WatchState::Phase;
using std::chrono::milliseconds;

// One step under way: what each of the handlers below starts from.
struct Step {
  WatchState state;
  base::Steady now;
  double jitter;
  const WatchLimits& limits;
};

// The call that brings a state forward once its stream has ended.
WatchCall call_of(Phase phase) {
  return phase == Phase::kWatching ? WatchCall::kOpenStream : WatchCall::kListPage;
}

WatchTransition go_on(WatchState state, std::vector<StoreOp> ops = {}) {
  const WatchCall call = call_of(state.phase);
  return {.state = std::move(state), .ops = std::move(ops), .call = call, .delay{}};
}

WatchTransition keep_reading(WatchState state, std::vector<StoreOp> ops = {}) {
  return {
      .state = std::move(state), .ops = std::move(ops), .call = WatchCall::kKeepReading, .delay{}};
}

// Counts a failure. True if it is the first in a while.
bool count_failure(Step& step) {
  const bool long_ago = step.now - step.state.failed_at > step.limits.forget_failures_after;
  if (long_ago) step.state.failures = 0;
  step.state.failed_at = step.now;
  return ++step.state.failures == 1;
}

WatchTransition back_off(Step step, milliseconds at_least) {
  count_failure(step);
  const auto delay = jittered(delay_after(step.limits.backoff, step.state.failures), step.jitter);
  WatchTransition transition = go_on(std::move(step.state));
  transition.delay = std::max(delay, at_least);
  return transition;
}

WatchTransition list_again(Step step) {
  WatchState& state = step.state;
  // A continue token that expired means that the pages come too slowly (client-go's pager).
  state.whole_list = state.phase == Phase::kListing;
  state.phase = Phase::kEmpty;
  state.resource_version.clear();
  state.continue_token.clear();
  if (count_failure(step)) return go_on(std::move(state));
  const auto delay = jittered(delay_after(step.limits.backoff, state.failures - 1), step.jitter);
  WatchTransition transition = go_on(std::move(state));
  transition.delay = delay;
  return transition;
}

WatchTransition take(Step step, const WatchBegan&) {
  BASE_CHECK(step.state.phase == Phase::kEmpty);
  return go_on(std::move(step.state));
}

WatchTransition take(Step step, const PageListed& page) {
  WatchState& state = step.state;
  BASE_CHECK(state.phase != Phase::kWatching);
  std::vector<StoreOp> ops;
  if (state.phase == Phase::kEmpty) ops.push_back(StoreOp::kInit);
  ops.push_back(StoreOp::kBuffer);
  state.continue_token = page.continue_token;
  state.phase = Phase::kListing;
  if (page.continue_token.empty()) {
    ops.push_back(StoreOp::kInitDone);
    state.phase = Phase::kWatching;
    state.resource_version = page.resource_version;
    state.whole_list = false;
  }
  return go_on(std::move(state), std::move(ops));
}

WatchTransition take(Step step, const StreamOpened&) {
  BASE_CHECK(step.state.phase == Phase::kWatching);
  step.state.stream_began_at = step.now;
  step.state.stream_was_silent = true;
  return keep_reading(std::move(step.state));
}

WatchTransition take(Step step, const EventArrived& event) {
  BASE_CHECK(step.state.phase == Phase::kWatching);
  step.state.stream_was_silent = false;
  if (!event.resource_version.empty()) step.state.resource_version = event.resource_version;
  switch (event.type) {
    case EventArrived::Type::kAdded:
    case EventArrived::Type::kModified:
      return keep_reading(std::move(step.state), {StoreOp::kApply});
    case EventArrived::Type::kDeleted:
      return keep_reading(std::move(step.state), {StoreOp::kDelete});
    case EventArrived::Type::kBookmark:
      break;
  }
  return keep_reading(std::move(step.state));
}

WatchTransition take(Step step, const StreamEnded&) {
  BASE_CHECK(step.state.phase == Phase::kWatching);
  const bool too_short = step.now - step.state.stream_began_at < step.limits.shortest_stream;
  if (too_short && step.state.stream_was_silent) return back_off(std::move(step), milliseconds{0});
  return go_on(std::move(step.state));
}

WatchTransition take(Step step, const WatchFailed& failed) {
  switch (failed.why) {
    case WatchFailed::Why::kExpired:
      return list_again(std::move(step));
    case WatchFailed::Why::kThrottled:
    case WatchFailed::Why::kOther:
      break;
  }
  return back_off(std::move(step), failed.retry_after.value_or(std::chrono::seconds{0}));
}

}  // namespace

WatchTransition watch_step(WatchState state, const WatchInput& input, base::Steady now,
                           double jitter, const WatchLimits& limits) {
  BASE_CHECK(jitter >= 0 && jitter < 1);
  Step step{std::move(state), now, jitter, limits};
  return std::visit([&step](const auto& seen) { return take(std::move(step), seen); }, input);
}

}  // namespace runtime
