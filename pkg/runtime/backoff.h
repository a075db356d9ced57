// Exponential back-off as a value. Pure.
#pragma once

#include <chrono>

namespace runtime {

struct Backoff {
  std::chrono::milliseconds first{800};
  double factor = 2.0;
  std::chrono::milliseconds most{std::chrono::seconds{30}};
};

// The delay before the next try after `failures` failures in a row: `first` after one, then times
// `factor` for each more, never above `most`; 0 for none. Does not overflow.
std::chrono::milliseconds delay_after(const Backoff& backoff, int failures);

// `delay` prolonged by `unit` (in [0, 1)) of itself, so that many clients do not come at once.
std::chrono::milliseconds jittered(std::chrono::milliseconds delay, double unit);

}  // namespace runtime
