// TokenBucket: at most `burst` at once and `per_second` in the long run. Pure: the caller says what
// time it is. Thread-compatible.
#pragma once

#include <chrono>

#include "base/clock.h"

namespace base {

class TokenBucket {
 public:
  struct Limits {
    double per_second = 0;  // 0: no limit
    double burst = 1;       // below 1 counts as 1
  };
  // Starts full.
  explicit TokenBucket(const Limits& limits);

  // Takes one token if there is one.
  bool try_take(Steady now);
  // Takes one token, perhaps a future one, and returns how long to wait for it: whoever reserves
  // first is served first.
  std::chrono::nanoseconds reserve(Steady now);

 private:
  void refill(Steady now);

  Limits limits_;
  double tokens_;  // below 0: promised to those who wait
  Steady filled_at_{};
};

}  // namespace base
