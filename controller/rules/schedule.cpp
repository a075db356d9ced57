#include "rules/schedule.h"

#include <algorithm>

#include <fmt/format.h>

#include "rules/cron.h"
#include "rules/rule.h"
#include "rules/wall_clock.h"

namespace rules {
namespace {

using base::TimePoint;
using std::chrono::days;
using std::chrono::local_days;

struct Opener {
  Cron cron{};
  WallClock clock;
  std::chrono::seconds duration{};
};

std::optional<Opener> opener_of(const api::Window& window) {
  const auto cron = parse_cron(window.cron);
  const auto clock = WallClock::create(window.time_zone);
  if (!cron || !clock) return std::nullopt;
  return Opener{.cron = *cron, .clock = *clock, .duration = window.duration};
}

// Calls visit(instant) for each opening on the wall clock's `day`; it returns true to go no
// further.
template <class Visit>
bool each_opening(const Opener& opener, local_days day, const Visit& visit) {
  if (!falls_on(opener.cron, day)) return false;
  for (std::size_t hour = 0; hour < opener.cron.hours.size(); ++hour) {
    for (std::size_t minute = 0; minute < opener.cron.minutes.size(); ++minute) {
      if (!opener.cron.hours[hour] || !opener.cron.minutes[minute]) continue;
      const auto time = day + std::chrono::hours{hour} + std::chrono::minutes{minute};
      for (const TimePoint instant : opener.clock.instants(time)) {
        if (visit(instant)) return true;
      }
    }
  }
  return false;
}

// Days of the wall clock around `instant`: clocks that are put forward or back never cross more
// than one midnight.
local_days day_of(const Opener& opener, TimePoint instant) {
  return std::chrono::floor<days>(opener.clock.wall_time(instant));
}

bool is_open(const Opener& opener, TimePoint now) {
  const local_days first = day_of(opener, now - opener.duration) - days{1};
  for (local_days day = day_of(opener, now) + days{1}; day >= first; day -= days{1}) {
    const bool open = each_opening(opener, day, [&](TimePoint start) {
      return start <= now && now < start + opener.duration;
    });
    if (open) return true;
  }
  return false;
}

std::optional<TimePoint> first_opening_after(const Opener& opener, TimePoint now) {
  std::optional<TimePoint> first;
  const auto look_at = [&](local_days day) {
    each_opening(opener, day, [&](TimePoint start) {
      if (start > now && (!first || start < *first)) first = start;
      return false;
    });
  };
  auto day = next_day(opener.cron, day_of(opener, now) - days{1});
  while (day && !first) {
    look_at(*day);
    // Clocks that are put back over midnight show the first times of a day before the last ones of
    // the day before.
    look_at(*day + days{1});
    day = next_day(opener.cron, *day + days{1});
  }
  return first;
}

}  // namespace

std::vector<std::string> window_problems(const std::vector<api::Window>& windows) {
  std::vector<std::string> problems;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const auto note = [&](std::string_view field, const base::Error& error) {
      problems.push_back(fmt::format("spec.schedule.windows[{}].{}: {}", i, field, error.message));
    };
    const auto cron = parse_cron(windows[i].cron);
    if (!cron) note("cron", cron.error());
    const auto clock = WallClock::create(windows[i].time_zone);
    if (!clock) note("timeZone", clock.error());
  }
  return problems;
}

std::optional<TimePoint> next_open(const std::vector<api::Window>& windows, TimePoint from) {
  if (windows.empty()) return from;
  std::optional<TimePoint> first;
  for (const api::Window& window : windows) {
    const auto opener = opener_of(window);
    if (!opener) continue;
    if (is_open(*opener, from)) return from;
    const auto opens = first_opening_after(*opener, from);
    if (opens && (!first || *opens < *first)) first = opens;
  }
  return first;
}

Start start_of(const Observed& seen) {
  const TimePoint from =
      std::max(seen.now, seen.request.spec.schedule.not_before.value_or(seen.now));
  const auto opens = next_open(seen.windows, from);
  const bool outside = opens != from;
  const bool has_leaf = seen.installed && seen.installed->leaf;
  const bool too_late = has_leaf && (!opens || *opens >= seen.installed->leaf->not_after);
  if (outside && too_late) return {.at = from, .window_ignored = true};
  return {.at = opens, .by_window = outside};
}

bool is_under_way(const Observed& seen) {
  if (!seen.pending || !seen.pending->submitted_at || seen.pending->refusal) return false;
  return seen.ca.post != CaView::Post::kNotSent || seen.pending->sends > 1;
}

std::optional<std::string> ignored_window(const Observed& seen) {
  const Start start = start_of(seen);
  if (!start.window_ignored || is_under_way(seen)) return std::nullopt;
  return fmt::format(
      "work starts outside the windows of spec.schedule: the next one would come only after the "
      "certificate has ended, at {}. Give a window that comes more often, or a longer "
      "spec.renewal.before",
      base::format_time(seen.installed->leaf->not_after));
}

// Only what begins: whatever was sent to the CA is followed and installed at any time.
MaybeDecision waiting_for_schedule(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  if (is_under_way(seen)) return std::nullopt;
  const Start start = start_of(seen);
  if (start.at == seen.now) return std::nullopt;
  const bool own = !seen.request.spec.schedule.windows.empty();
  const std::string windows =
      own || !seen.profile
          ? "spec.schedule.windows"
          : fmt::format("spec.schedule.windows of AutomationProfile {}", seen.profile->name);
  if (!start.at) {
    return decision(
        Wait{}, api::Reason::kWaitingForSchedule,
        fmt::format("{}; no window of {} ever opens: correct it", standing.need_text, windows));
  }
  const std::string why = start.by_window ? fmt::format("when the next window of {} opens", windows)
                                          : "which is spec.schedule.notBefore";
  return decision(Wait{start.at}, api::Reason::kWaitingForSchedule,
                  fmt::format("{}; work on it starts at {}, {}", standing.need_text,
                              base::format_time(*start.at), why));
}

}  // namespace rules
