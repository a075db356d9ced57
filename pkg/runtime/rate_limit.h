// TokenBucket: at most `burst` at once and `per_second` in the long run. Pure: the caller says what
// time it is. Thread-compatible.
#pragma once

#include "base/clock.h"

namespace runtime {

class TokenBucket {
 public:
  // Starts full. Both numbers are positive.
  struct Limits {
    double per_second = 10;
    double burst = 100;
  };
  TokenBucket(const Limits& limits, base::Steady now);

  // Takes one token if there is one.
  bool try_take(base::Steady now);
  // Takes one token in any case and returns how long the caller must wait until it has come.
  std::chrono::milliseconds reserve(base::Steady now);
  // How long until try_take() can succeed; 0 if it can now.
  std::chrono::milliseconds wait_for_one(base::Steady now);

 private:
  void refill(base::Steady now);

  Limits limits_;
  double tokens_;  // below 0: promised to those who wait
  base::Steady refilled_at_;
};

}  // namespace runtime
