#include "certcentral/budget_core.h"

#include <algorithm>

#include "base/check.h"

namespace certcentral {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// 3 min and 5 s, and how much longer one call may take to arrive than another: 2 % of the budget.
constexpr milliseconds kLongWindow = seconds{183};
constexpr milliseconds kShortWindow = seconds{6};
constexpr seconds kFirstPause{5};
constexpr seconds kLongestPause{180};

std::size_t index_of(Urgency urgency) {
  return static_cast<std::size_t>(urgency);
}

std::size_t at_least_one(int limit) {
  return static_cast<std::size_t>(std::max(limit, 1));
}

// A part of the limit for each urgency: at least one call, all of them never more than the limit.
std::size_t part_of(std::size_t limit, std::size_t parts) {
  return std::min(std::max<std::size_t>(limit / parts, 1), limit / kUrgencyCount);
}

}  // namespace

std::string_view name_of(Urgency urgency) {
  switch (urgency) {
    case Urgency::kMoney:
      return "money";
    case Urgency::kExpiring:
      return "expiring";
    case Urgency::kNew:
      return "new";
    case Urgency::kBackground:
      return "background";
  }
  return "background";
}

RateLimits smaller(const RateLimits& a, const RateLimits& b) {
  return {.requests_per_3_minutes = std::min(a.requests_per_3_minutes, b.requests_per_3_minutes),
          .requests_per_5_seconds = std::min(a.requests_per_5_seconds, b.requests_per_5_seconds)};
}

void BudgetCore::Usage::add(Urgency urgency) {
  ++by_urgency[index_of(urgency)];
  ++total;
}

void BudgetCore::Usage::remove(Urgency urgency) {
  --by_urgency[index_of(urgency)];
  --total;
}

std::size_t BudgetCore::Window::share() const {
  return part_of(limit, 10);
}

std::size_t BudgetCore::Window::held_for(Urgency urgency) const {
  if (kind == Length::kShort) return share();
  return part_of(limit, urgency == Urgency::kMoney ? 100 : 200);
}

// A call goes within what is held for it, or if what is held for the others stays free. Either way
// total use plus what is held never exceeds the limit, so that it is there when it is asked for.
bool BudgetCore::Window::admits(const Usage& use, Urgency urgency) const {
  if (use.by_urgency[index_of(urgency)] < held_for(urgency)) return use.total < limit;
  std::size_t promised = use.total;
  for (std::size_t i = 0; i < kUrgencyCount; ++i) {
    const std::size_t held = held_for(static_cast<Urgency>(i));
    promised += use.by_urgency[i] < held ? held - use.by_urgency[i] : 0;
  }
  return promised < limit;
}

// Of the calls, which are in the order of time, only those at the front can have left the window.
BudgetCore::Usage BudgetCore::Window::usage_at(base::Steady now) const {
  Usage use = usage;
  for (const Call& call : calls) {
    if (call.at + length > now) break;
    use.remove(call.urgency);
  }
  return use;
}

bool BudgetCore::Window::is_below_share(Urgency urgency, base::Steady now) const {
  return usage_at(now).by_urgency[index_of(urgency)] < share();
}

milliseconds BudgetCore::Window::wait_for(Urgency urgency, base::Steady now) const {
  Usage use = usage;
  base::Steady ready = now;
  for (const Call& call : calls) {
    const base::Steady end = call.at + length;
    if (end > now && admits(use, urgency)) break;
    ready = std::max(ready, end);
    use.remove(call.urgency);
  }
  return std::chrono::ceil<milliseconds>(ready - now);
}

void BudgetCore::Window::forget(base::Steady now) {
  while (!calls.empty() && calls.front().at + length <= now) {
    usage.remove(calls.front().urgency);
    calls.pop_front();
  }
}

BudgetCore::BudgetCore(const RateLimits& limits)
    : windows_{Window{.kind = Length::kLong, .length = kLongWindow},
               Window{.kind = Length::kShort, .length = kShortWindow}},
      next_pause_(kFirstPause) {
  set_limits(limits);
}

void BudgetCore::set_limits(const RateLimits& limits) {
  windows_[0].limit = at_least_one(limits.requests_per_3_minutes);
  windows_[1].limit = at_least_one(limits.requests_per_5_seconds);
}

milliseconds BudgetCore::wait_for(Urgency urgency, base::Steady now) const {
  milliseconds longest{0};
  if (paused_until_ > now) longest = std::chrono::ceil<milliseconds>(paused_until_ - now);
  for (const Window& window : windows_) longest = std::max(longest, window.wait_for(urgency, now));
  return longest;
}

bool BudgetCore::is_below_share(Urgency urgency, base::Steady now) const {
  return std::ranges::all_of(
      windows_, [&](const Window& window) { return window.is_below_share(urgency, now); });
}

void BudgetCore::take(Urgency urgency, base::Steady now) {
  BASE_CHECK(wait_for(urgency, now) == milliseconds::zero());
  for (Window& window : windows_) {
    window.forget(now);
    window.calls.push_back({now, urgency});
    window.usage.add(urgency);
  }
}

void BudgetCore::pause(std::optional<seconds> retry_after, base::Steady now) {
  const bool is_paused = paused_until_ > now;
  if (!retry_after && is_paused) return;
  const seconds length = retry_after.value_or(next_pause_);
  if (!retry_after) next_pause_ = std::min(next_pause_ * 2, kLongestPause);
  paused_until_ = std::max(paused_until_, now + length);
}

void BudgetCore::note_success() {
  next_pause_ = kFirstPause;
}

std::size_t BudgetCore::remaining(base::Steady now) const {
  if (paused_until_ > now) return 0;
  std::size_t least = windows_[0].limit;
  for (const Window& window : windows_) {
    const std::size_t used = window.usage_at(now).total;
    least = std::min(least, used < window.limit ? window.limit - used : 0);
  }
  return least;
}

}  // namespace certcentral
