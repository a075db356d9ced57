// US Mountain time, in which status-changes reads its filter
// (dev.digicert.com, services-api/orders/status-change-list). Pure.
#pragma once

#include "base/clock.h"

namespace simulator {

// The instant that a clock in Denver shows as `local` (its fields taken as if they were UTC).
// Summer time runs from the second Sunday of March to the first Sunday of November, both at
// 02:00; of the hour that occurs twice the first is meant.
base::TimePoint utc_of_mountain_time(base::TimePoint local);

}  // namespace simulator
