#include "runtime/rate_limit.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace runtime {

TokenBucket::TokenBucket(const Limits& limits, base::Steady now)
    : limits_(limits), tokens_(limits.burst), refilled_at_(now) {
  BASE_CHECK(limits.per_second > 0 && limits.burst >= 1);
}

bool TokenBucket::try_take(base::Steady now) {
  refill(now);
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

std::chrono::milliseconds TokenBucket::reserve(base::Steady now) {
  const auto wait = wait_for_one(now);
  tokens_ -= 1;
  return wait;
}

std::chrono::milliseconds TokenBucket::wait_for_one(base::Steady now) {
  refill(now);
  if (tokens_ >= 1) return std::chrono::milliseconds{0};
  const double seconds = (1 - tokens_) / limits_.per_second;
  // Rounded up, so that the token is there when the wait is over.
  return std::chrono::milliseconds{static_cast<std::int64_t>(std::ceil(seconds * 1000))};
}

void TokenBucket::refill(base::Steady now) {
  if (now <= refilled_at_) return;
  const std::chrono::duration<double> passed = now - refilled_at_;
  tokens_ = std::min(limits_.burst, tokens_ + passed.count() * limits_.per_second);
  refilled_at_ = now;
}

}  // namespace runtime
