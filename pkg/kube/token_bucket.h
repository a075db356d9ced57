// TokenBucket: how long a request must wait so that a rate is kept. Internal to pkg/kube.
#pragma once

#include <chrono>

#include "base/clock.h"
#include "base/thread_annotations.h"

namespace kube {

// Thread-safe. Full at first: `burst` requests pass at once, then `per_second` in the long run.
class TokenBucket {
 public:
  // `per_second` 0: no limit. `burst` below 1 counts as 1.
  TokenBucket(double per_second, int burst);

  // Takes one token, perhaps a future one, and returns how long to wait for it. Waiting callers
  // are served in the order of their calls.
  std::chrono::nanoseconds reserve(base::Steady now);

 private:
  const double per_second_;
  const double burst_;
  base::Mutex mutex_{};
  double tokens_ GUARDED_BY(mutex_);
  base::Steady filled_at_ GUARDED_BY(mutex_){};
};

}  // namespace kube
