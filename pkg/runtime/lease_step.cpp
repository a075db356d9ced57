#include "runtime/lease_step.h"

#include <algorithm>
#include <utility>

#include "runtime/backoff.h"
#include "runtime/identity.h"

namespace runtime {
namespace {

using Role = LeaseState::Role;
using std::chrono::milliseconds;

LeaseTransition proceed(LeaseState state, LeaseCall call) {
  return {.state = std::move(state), .call = std::move(call), .news = LeaseNews::kNone};
}

LeaseTransition end(LeaseState state, LeaseNews news) {
  state.role = Role::kEnded;
  state.held_until = {};
  return {.state = std::move(state), .call = LeaseEnd{}, .news = news};
}

LeaseTransition wait(LeaseState state, const LeaseContext& context) {
  const milliseconds period = context.limits.retry_period;
  if (state.role == Role::kStandby) {
    // client-go: jitter factor 1.2, so that standbys do not all try at once. Half its period, so
    // that a lease that was released is taken over within 3 s for one small read a second.
    return proceed(std::move(state), LeaseWait{jittered(period / 2, 1.2 * context.jitter)});
  }
  const base::Steady end_at = state.role == Role::kLeader ? state.held_until : state.give_up_at;
  const auto left = std::chrono::ceil<milliseconds>(end_at - context.now);
  return proceed(std::move(state), LeaseWait{std::clamp(left, milliseconds{0}, period)});
}

// Sends `record` with the precondition that nobody has written since we looked.
LeaseTransition put(LeaseState state, LeaseRecord record, const LeaseContext& context) {
  state.sent = std::move(record);
  state.sent_at = context.now;
  const LeasePut call{.record = state.sent, .resource_version = state.seen.resource_version};
  return proceed(std::move(state), call);
}

LeaseRecord own_record(const LeaseState& state, const LeaseContext& context) {
  const LeaseRecord& old = state.seen.record;
  const bool is_new = state.seen.resource_version.empty();
  const bool same_holder = !is_new && old.holder == context.identity;
  return {
      .holder = context.identity,
      .duration = std::chrono::duration_cast<std::chrono::seconds>(context.limits.lease_duration),
      .acquire_time = same_holder ? old.acquire_time : context.wall_now,
      .renew_time = context.wall_now,
      .transitions = is_new ? 0 : old.transitions + (same_holder ? 0 : 1)};
}

// As client-go releases: no holder, and one second, so that older clients take over soon too.
LeaseRecord released_record(const LeaseState& state, const LeaseContext& context) {
  LeaseRecord record = state.seen.record;
  record.holder.clear();
  record.duration = std::chrono::seconds{1};
  record.acquire_time = context.wall_now;
  record.renew_time = context.wall_now;
  return record;
}

bool may_take(const LeaseState& state, const LeaseContext& context) {
  const LeaseRecord& record = state.seen.record;
  if (record.holder.empty() || record.holder == context.identity) return true;
  const auto duration =
      record.duration.count() > 0 ? milliseconds{record.duration} : context.limits.lease_duration;
  return context.now >= state.changed_at + duration;
}

// Notes the version; false: it is older than one seen before.
bool goes_on(LeaseState& state, const std::string& version) {
  if (version.empty()) return true;
  const auto order = compare_resource_versions(version, state.newest_version);
  if (order && *order < 0) return false;
  state.newest_version = version;
  return true;
}

LeaseTransition take(LeaseState state, const LeaseTick&, const LeaseContext& context) {
  state.has_read = false;
  const bool leads = state.role == Role::kLeader;
  if (leads && context.now >= state.held_until) return end(std::move(state), LeaseNews::kLost);
  if (state.role == Role::kEnded ||
      (state.role == Role::kReleasing && context.now >= state.give_up_at)) {
    return end(std::move(state), LeaseNews::kNone);
  }
  if (!leads || state.must_read) return proceed(std::move(state), LeaseGet{});
  LeaseRecord record = own_record(state, context);
  return put(std::move(state), std::move(record), context);
}

LeaseTransition take(LeaseState state, const LeaseRead& read, const LeaseContext& context) {
  state.has_read = true;
  state.must_read = false;
  if (!goes_on(state, read.lease.resource_version)) {
    return end(std::move(state), LeaseNews::kGoneBack);
  }
  state.seen.resource_version = read.lease.resource_version;
  const bool exists = !read.lease.resource_version.empty();
  if (exists && read.lease.record != state.seen.record) {
    state.seen.record = read.lease.record;
    state.changed_at = context.now;
  }
  const bool is_ours = state.seen.record.holder == context.identity;
  switch (state.role) {
    case Role::kEnded:
      return end(std::move(state), LeaseNews::kNone);
    case Role::kReleasing: {
      if (!exists || !is_ours) return end(std::move(state), LeaseNews::kNone);
      LeaseRecord record = released_record(state, context);
      return put(std::move(state), std::move(record), context);
    }
    case Role::kLeader:
      if (!is_ours || context.now >= state.held_until) {
        return end(std::move(state), LeaseNews::kLost);
      }
      break;
    case Role::kStandby:
      if (!may_take(state, context)) return wait(std::move(state), context);
      break;
  }
  LeaseRecord record = own_record(state, context);
  return put(std::move(state), std::move(record), context);
}

LeaseTransition take(LeaseState state, const LeaseWritten& written, const LeaseContext& context) {
  if (state.role == Role::kReleasing || state.role == Role::kEnded) {
    return end(std::move(state), LeaseNews::kNone);
  }
  if (!goes_on(state, written.resource_version)) {
    return end(std::move(state), LeaseNews::kGoneBack);
  }
  state.seen = {.record = state.sent, .resource_version = written.resource_version};
  state.changed_at = context.now;
  // From before the write was sent: the others count from when they see it, which is later.
  const base::Steady held_until = state.sent_at + context.limits.renew_deadline;
  if (context.now >= held_until) {
    // The answer took so long that it is worth nothing.
    if (state.role == Role::kLeader) return end(std::move(state), LeaseNews::kLost);
    return wait(std::move(state), context);
  }
  const bool is_new = state.role == Role::kStandby;
  state.role = Role::kLeader;
  state.held_until = held_until;
  LeaseTransition transition = wait(std::move(state), context);
  if (is_new) transition.news = LeaseNews::kStarted;
  return transition;
}

LeaseTransition take(LeaseState state, const LeaseCallFailed&, const LeaseContext& context) {
  const bool has_read = state.has_read;
  state.must_read = true;
  if (state.role == Role::kEnded) return end(std::move(state), LeaseNews::kNone);
  if (state.role == Role::kLeader && context.now >= state.held_until) {
    return end(std::move(state), LeaseNews::kLost);
  }
  // A write without a fresh look failed: look at once. Never twice without a wait, or a write that
  // is always refused would turn into a tight loop.
  const bool look_now = state.role != Role::kStandby && !has_read;
  state.has_read = true;
  if (look_now) return proceed(std::move(state), LeaseGet{});
  return wait(std::move(state), context);
}

LeaseTransition take(LeaseState state, const LeaseStop&, const LeaseContext& context) {
  if (state.role != Role::kLeader) return end(std::move(state), LeaseNews::kNone);
  state.role = Role::kReleasing;
  state.held_until = {};
  state.has_read = false;
  state.give_up_at = context.now + context.limits.renew_deadline;
  if (state.must_read) return proceed(std::move(state), LeaseGet{});
  LeaseRecord record = released_record(state, context);
  return put(std::move(state), std::move(record), context);
}

}  // namespace

LeaseTransition lease_step(LeaseState state, const LeaseInput& input, const LeaseContext& context) {
  return std::visit([&](const auto& seen) { return take(std::move(state), seen, context); }, input);
}

}  // namespace runtime
