#include "simulator/rate_limit.h"

#include <algorithm>

namespace simulator {
namespace {

using std::chrono::seconds;

// The wait until fewer than `limit` of `calls` lie within `window`, or nothing if that is so now.
std::optional<seconds> wait_of(const std::deque<base::Steady>& calls, int limit, seconds window,
                               base::Steady now) {
  const auto count = static_cast<std::size_t>(std::max(limit, 1));
  if (calls.size() < count) return std::nullopt;
  const base::Steady free_at = calls[calls.size() - count] + window;
  if (free_at <= now) return std::nullopt;
  return std::max(seconds{1}, std::chrono::ceil<seconds>(free_at - now));
}

}  // namespace

std::optional<seconds> RateLimit::take(const std::string& key, const RateLimits& limits,
                                       base::Steady now) {
  constexpr seconds kLong{180};
  constexpr seconds kShort{5};
  std::deque<base::Steady>& calls = calls_[key];
  while (!calls.empty() && calls.front() + kLong <= now) calls.pop_front();
  const auto long_wait = wait_of(calls, limits.per_3_minutes, kLong, now);
  const auto short_wait = wait_of(calls, limits.per_5_seconds, kShort, now);
  if (long_wait || short_wait) {
    return std::max(long_wait.value_or(seconds{0}), short_wait.value_or(seconds{0}));
  }
  calls.push_back(now);
  return std::nullopt;
}

}  // namespace simulator
