// Schedule: when scheduled work may start. Pure. Rules: docs/rules.md, "Schedules".
// A window opens at each instant at which the clocks of its time zone show a time that its cron
// line means, and stays open for its duration, in elapsed time. A time that the clocks skip when
// they are put forward counts as the instant at which that happens; a time that they show twice
// opens the window twice. Windows may overlap, and be longer than their interval: always open.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/spec_parts.h"
#include "base/clock.h"
#include "rules/observed.h"

namespace rules {

// What is wrong with the cron lines and time zones, one text each:
// "spec.schedule.windows[1].cron: ...". Durations are checked by api::validate.
std::vector<std::string> window_problems(const std::vector<api::Window>& windows);

// The first instant from `from` on at which one of the windows is open: `from` itself if one is
// open then, or if there are no windows. A window with a problem never opens; nullopt if no window
// opens within 40 years.
std::optional<base::TimePoint> next_open(const std::vector<api::Window>& windows,
                                         base::TimePoint from);

// When work on a request may start.
struct Start {
  std::optional<base::TimePoint> at{};  // `now`: at once; nullopt: never
  bool by_window = false;               // it waits for a window, not for notBefore
  // The next window would come only after the installed certificate has ended, so that none is
  // waited for: serving an expired certificate is worse.
  bool window_ignored = false;
};
Start start_of(const Observed& seen);

// Whether the pending key was sent to the CA, or may have been: that goes on outside windows.
bool is_under_way(const Observed& seen);

// For an Event, when new work starts outside its windows; nullopt if it does not.
std::optional<std::string> ignored_window(const Observed& seen);

}  // namespace rules
