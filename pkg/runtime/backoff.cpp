#include "runtime/backoff.h"

#include <algorithm>
#include <cmath>

namespace runtime {

std::chrono::milliseconds delay_after(const Backoff& backoff, int failures) {
  if (failures <= 0) return std::chrono::milliseconds{0};
  // In floating point, so that many failures end at infinity and not in an overflow.
  const double delay =
      static_cast<double>(backoff.first.count()) * std::pow(backoff.factor, failures - 1);
  const double most = static_cast<double>(backoff.most.count());
  return std::chrono::milliseconds{static_cast<std::int64_t>(std::min(delay, most))};
}

std::chrono::milliseconds jittered(std::chrono::milliseconds delay, double unit) {
  const double longer = static_cast<double>(delay.count()) * (1.0 + unit);
  return std::chrono::milliseconds{static_cast<std::int64_t>(longer)};
}

}  // namespace runtime
