// WallClock: what the clocks in a time zone show; internal to controller/rules. If you came here,
// you want schedule.h.
// Pure: the time-zone database of the system (package tzdata) counts as a constant. It is read once
// and knows the rules of today; a new one takes effect with the next start of the process.
// Thread-compatible.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace date {
class time_zone;
}

namespace rules {

class WallClock {
 public:
  // kInvalid if the database has no zone of that IANA name, or is missing.
  static base::Result<WallClock> create(const std::string& zone);

  std::chrono::local_seconds wall_time(base::TimePoint instant) const;

  // The instants at which the clocks show `time`, earliest first: one; two if they are put back
  // over it; the instant at which they are put forward if they skip it.
  std::vector<base::TimePoint> instants(std::chrono::local_seconds time) const;

 private:
  explicit WallClock(const date::time_zone& zone) : zone_(&zone) {}

  const date::time_zone* zone_;  // lives as long as the process
};

}  // namespace rules
