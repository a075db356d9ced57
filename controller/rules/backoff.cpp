#include "rules/backoff.h"

#include <algorithm>

namespace rules {
namespace {

using namespace std::chrono_literals;

// 2^n for n >= 0, bounded so that no product below can overflow.
std::int64_t power_of_two(int n) {
  return std::int64_t{1} << std::clamp(n, 0, 20);
}

}  // namespace

std::chrono::milliseconds transient_backoff(int failures, double jitter) {
  const std::chrono::milliseconds base =
      std::min<std::chrono::milliseconds>(5s * power_of_two(failures - 1), 30min);
  const double factor = 1.0 + std::clamp(jitter, 0.0, 1.0) * 0.25;
  return std::chrono::milliseconds{
      static_cast<std::int64_t>(static_cast<double>(base.count()) * factor)};
}

std::chrono::seconds refusal_backoff(int refusals, bool urgent) {
  if (urgent) return 1h;
  return std::min<std::chrono::seconds>(6h * power_of_two(refusals - 1), 24h);
}

std::chrono::seconds poll_interval(std::chrono::seconds age) {
  return std::clamp<std::chrono::seconds>(age / 4, 2s, 5min);
}

std::chrono::seconds settle_window(std::chrono::seconds window, int sends) {
  return window * power_of_two(sends - 1);
}

}  // namespace rules
