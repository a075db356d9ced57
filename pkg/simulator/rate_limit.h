// RateLimit: the two rolling windows that CertCentral counts calls in, per API key
// (dev.digicert.com, services-api/rate-limits: 1000 in 3 minutes and 100 in 5 seconds).
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"

namespace simulator {

struct RateLimits {
  int per_3_minutes = 1000;
  int per_5_seconds = 100;
};

// Thread-compatible. Refused calls do not count.
class RateLimit {
 public:
  // Counts one call of `key` at `now`. Gives nothing if it is allowed, else the time until the
  // next one is, at least one second.
  std::optional<std::chrono::seconds> take(const std::string& key, const RateLimits& limits,
                                           base::Steady now);

 private:
  std::map<std::string, std::deque<base::Steady>> calls_;
};

}  // namespace simulator
