#include "certcentral/budget_core.h"

#include <algorithm>

#include "base/check.h"

namespace certcentral {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kLongWindow = seconds{198};  // 3 min and a tenth
constexpr milliseconds kShortWindow{5'500};         // 5 s and a tenth
constexpr seconds kFirstPause{5};
constexpr seconds kLongestPause{180};

std::size_t index_of(Urgency urgency) {
  return static_cast<std::size_t>(urgency);
}

std::size_t at_least_one(int limit) {
  return static_cast<std::size_t>(std::max(limit, 1));
}

// What each urgency keeps. All shares together never exceed the limit.
std::size_t share_of(std::size_t limit) {
  return std::min(std::max<std::size_t>(limit / 10, 1), limit / kUrgencyCount);
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

// A call goes within its own share, or if the others' unused shares stay free. Either way total use
// plus unused shares never exceeds the limit, so that a share is there whenever it is asked for.
bool BudgetCore::Window::admits(const Usage& use, Urgency urgency) const {
  const std::size_t share = share_of(limit);
  if (use.by_urgency[index_of(urgency)] < share) return use.total < limit;
  std::size_t promised = use.total;
  for (const std::size_t used : use.by_urgency) promised += used < share ? share - used : 0;
  return promised < limit;
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

std::size_t BudgetCore::Window::used_at(base::Steady now) const {
  const auto is_counted = [&](const Call& call) { return call.at + length > now; };
  return static_cast<std::size_t>(std::ranges::count_if(calls, is_counted));
}

BudgetCore::BudgetCore(const RateLimits& limits)
    : windows_{Window{.length = kLongWindow}, Window{.length = kShortWindow}},
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
    const std::size_t used = window.used_at(now);
    least = std::min(least, used < window.limit ? window.limit - used : 0);
  }
  return least;
}

}  // namespace certcentral
