#include "rules/wall_clock.h"

#include <exception>

#include <date/tz.h>
#include <fmt/format.h>

namespace rules {

using std::chrono::local_seconds;
using std::chrono::seconds;

base::Result<WallClock> WallClock::create(const std::string& zone) {
  try {
    const date::time_zone* found = date::locate_zone(zone);
    // A zone is read when it is first asked; whatever is wrong with it shows here.
    static_cast<void>(found->get_info(date::sys_seconds{}));
    return WallClock(*found);
  } catch (const std::exception&) {
    return base::fail(base::Code::kInvalid,
                      fmt::format("'{}' is not in the time-zone database of this system: give an "
                                  "IANA name such as Europe/Berlin, or UTC",
                                  zone));
  }
}

local_seconds WallClock::wall_time(base::TimePoint instant) const {
  const auto whole = std::chrono::floor<seconds>(instant);
  return local_seconds{whole.time_since_epoch() + zone_->get_info(whole).offset};
}

std::vector<base::TimePoint> WallClock::instants(local_seconds time) const {
  const date::local_seconds local{time.time_since_epoch()};
  const date::local_info info = zone_->get_info(local);
  const auto by = [&](const date::sys_info& part) -> base::TimePoint {
    return date::sys_seconds{local.time_since_epoch() - part.offset};
  };
  switch (info.result) {
    case date::local_info::unique:
      return {by(info.first)};
    case date::local_info::nonexistent:
      return {info.first.end};
    case date::local_info::ambiguous:
      return {by(info.first), by(info.second)};
  }
  return {};
}

}  // namespace rules
