#include "base/token_bucket.h"

#include <algorithm>

namespace base {

using std::chrono::duration;
using std::chrono::nanoseconds;

TokenBucket::TokenBucket(const Limits& limits)
    : limits_{.per_second = limits.per_second, .burst = std::max(limits.burst, 1.0)},
      tokens_(limits_.burst) {}

bool TokenBucket::try_take(Steady now) {
  if (limits_.per_second <= 0) return true;
  refill(now);
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

nanoseconds TokenBucket::reserve(Steady now) {
  if (limits_.per_second <= 0) return nanoseconds{0};
  refill(now);
  tokens_ -= 1;
  if (tokens_ >= 0) return nanoseconds{0};
  // Rounded up, so that the token is there when the wait is over.
  return std::chrono::ceil<nanoseconds>(duration<double>(-tokens_ / limits_.per_second));
}

void TokenBucket::refill(Steady now) {
  if (now <= filled_at_) return;
  const duration<double> passed = now - filled_at_;
  tokens_ = std::min(limits_.burst, tokens_ + passed.count() * limits_.per_second);
  filled_at_ = now;
}

}  // namespace base
