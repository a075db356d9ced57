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
WatchCall call_of(const WatchState& state, const WatchLimits& limits) {
  if (state.phase == Phase::kWatching) return WatchCall::kOpenStream;
  const bool streams = limits.streamed_lists && !state.by_pages && state.phase == Phase::kEmpty;
  return streams ? WatchCall::kOpenList : WatchCall::kListPage;
}

WatchTransition go_on(Step step, std::vector<StoreOp> ops = {}) {
  const WatchCall call = call_of(step.state, step.limits);
  return {.state = std::move(step.state), .ops = std::move(ops), .call = call, .delay{}};
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
  WatchTransition transition = go_on(std::move(step));
  transition.delay = std::max(delay, at_least);
  return transition;
}

// Servers send bookmarks; one that says nothing may not know our version yet (see the header).
bool was_silent_for_long(const Step& step) {
  return step.state.phase == Phase::kWatching && step.state.stream_was_silent &&
         step.now - step.state.stream_began_at >= step.limits.longest_silence;
}

void forget_version(WatchState& state) {
  state.phase = Phase::kEmpty;
  state.resource_version.clear();
  state.continue_token.clear();
}

WatchTransition list_again(Step step) {
  WatchState& state = step.state;
  forget_version(state);
  if (count_failure(step)) return go_on(std::move(step));
  const auto delay = jittered(delay_after(step.limits.backoff, state.failures - 1), step.jitter);
  WatchTransition transition = go_on(std::move(step));
  transition.delay = delay;
  return transition;
}

WatchTransition take(Step step, const WatchBegan&) {
  BASE_CHECK(step.state.phase == Phase::kEmpty);
  return go_on(std::move(step));
}

WatchTransition take(Step step, const PageListed& page) {
  WatchState& state = step.state;
  BASE_CHECK(state.phase == Phase::kEmpty || state.phase == Phase::kListing);
  std::vector<StoreOp> ops;
  if (state.phase == Phase::kEmpty) ops.push_back(StoreOp::kInit);
  ops.push_back(StoreOp::kBuffer);
  state.continue_token = page.continue_token;
  state.phase = Phase::kListing;
  if (page.continue_token.empty()) {
    ops.push_back(StoreOp::kInitDone);
    state.phase = Phase::kWatching;
    state.resource_version = page.resource_version;
  }
  return go_on(std::move(step), std::move(ops));
}

WatchTransition take(Step step, const StreamOpened&) {
  BASE_CHECK(step.state.phase != Phase::kListing);
  step.state.stream_began_at = step.now;
  step.state.stream_was_silent = true;
  if (step.state.phase == Phase::kWatching) return keep_reading(std::move(step.state));
  step.state.phase = Phase::kStreaming;
  return keep_reading(std::move(step.state), {StoreOp::kInit});
}

// Versions do not count before the end: initial events come in no order.
WatchTransition take_initial(Step step, const EventArrived& event) {
  switch (event.type) {
    case EventArrived::Type::kAdded:
    case EventArrived::Type::kModified:
      return keep_reading(std::move(step.state), {StoreOp::kBuffer});
    case EventArrived::Type::kDeleted:
      return keep_reading(std::move(step.state), {StoreOp::kUnbuffer});
    case EventArrived::Type::kBookmark:
      return keep_reading(std::move(step.state));
    case EventArrived::Type::kInitialEventsEnd:
      break;
  }
  step.state.phase = Phase::kWatching;
  step.state.resource_version = event.resource_version;
  return go_on(std::move(step), {StoreOp::kInitDone});
}

WatchTransition take(Step step, const EventArrived& event) {
  if (step.state.phase == Phase::kStreaming) return take_initial(std::move(step), event);
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
    case EventArrived::Type::kInitialEventsEnd:
      break;
  }
  return keep_reading(std::move(step.state));
}

// A stream of initial events that ended before their end, however that was.
void fall_back_to_pages(WatchState& state) {
  if (state.phase != Phase::kStreaming) return;
  state.by_pages = true;
  forget_version(state);
}

WatchTransition take(Step step, const StreamEnded&) {
  if (step.state.phase == Phase::kStreaming) {
    fall_back_to_pages(step.state);
    return go_on(std::move(step));
  }
  BASE_CHECK(step.state.phase == Phase::kWatching);
  if (was_silent_for_long(step)) {
    forget_version(step.state);
    return go_on(std::move(step));
  }
  const bool too_short = step.now - step.state.stream_began_at < step.limits.shortest_stream;
  if (too_short && step.state.stream_was_silent) return back_off(std::move(step), milliseconds{0});
  return go_on(std::move(step));
}

WatchTransition take(Step step, const WatchFailed& failed) {
  const bool was_streaming = step.state.phase == Phase::kStreaming;
  fall_back_to_pages(step.state);
  switch (failed.why) {
    case WatchFailed::Why::kExpired:
      return list_again(std::move(step));
    case WatchFailed::Why::kRefused:  // it cannot stream lists: no reason to wait
      if (was_streaming) return go_on(std::move(step));
      break;
    case WatchFailed::Why::kThrottled:
    case WatchFailed::Why::kOther:
      break;
  }
  if (was_silent_for_long(step)) forget_version(step.state);
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
