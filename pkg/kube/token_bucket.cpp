#include "kube/token_bucket.h"

#include <algorithm>

namespace kube {

using std::chrono::duration;
using std::chrono::nanoseconds;

TokenBucket::TokenBucket(double per_second, int burst)
    : per_second_(per_second), burst_(std::max(burst, 1)), tokens_(burst_) {}

nanoseconds TokenBucket::reserve(base::Steady now) {
  if (per_second_ <= 0) return nanoseconds{0};
  const base::MutexLock lock(mutex_);
  const double passed = std::max(duration<double>(now - filled_at_).count(), 0.0);
  tokens_ = std::min(burst_, tokens_ + passed * per_second_) - 1;
  filled_at_ = now;
  if (tokens_ >= 0) return nanoseconds{0};
  return std::chrono::ceil<nanoseconds>(duration<double>(-tokens_ / per_second_));
}

}  // namespace kube
