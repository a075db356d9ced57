// Windows against a scan of every minute, whose clock is the C library's: no code in common.
#include "rules/schedule.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "property/runtime/seed.h"

namespace rules_properties {
namespace {

using base::TimePoint;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

// Both changes of the clocks, at an hour, at half an hour, over midnight, and none.
constexpr std::array kZones{"Europe/Berlin",
                            "America/New_York",
                            "Australia/Lord_Howe",
                            "America/Havana",
                            "Africa/Cairo",
                            "Asia/Kathmandu",
                            "UTC",
                            "Pacific/Chatham"};

// A field as a set of numbers and as text that means it.
struct Field {
  std::set<int> numbers{};
  std::string text{};
  bool any = false;
};

Field make_field(property::Dice& dice, int first, int last, int chance_of_any) {
  Field field;
  if (dice.chance(chance_of_any)) {
    field.any = true;
    field.text = "*";
    for (int at = first; at <= last; ++at) field.numbers.insert(at);
    return field;
  }
  for (int left = 1 + dice.number(3); left > 0; --left) {
    const int from = first + dice.number(last - first + 1);
    const int to = std::min(last, from + dice.number(4));
    const int step = 1 + dice.number(3);
    for (int at = from; at <= to; at += step) field.numbers.insert(at);
    field.text += fmt::format("{}{}-{}/{}", field.text.empty() ? "" : ",", from, to, step);
  }
  return field;
}

struct Line {
  Field minute{};
  Field hour{};
  Field day{};
  Field month{};
  Field weekday{};

  std::string text() const {
    return fmt::format("{} {} {} {} {}", minute.text, hour.text, day.text, month.text,
                       weekday.text);
  }
  // `wall`: seconds since 1970 as if the wall clock showed UTC.
  bool means(std::time_t wall) const {
    std::tm parts{};
    gmtime_r(&wall, &parts);
    if (!minute.numbers.contains(parts.tm_min) || !hour.numbers.contains(parts.tm_hour))
      return false;
    if (!month.numbers.contains(parts.tm_mon + 1)) return false;
    const bool by_day = day.numbers.contains(parts.tm_mday);
    const bool by_weekday = weekday.numbers.contains(parts.tm_wday);
    return day.any || weekday.any ? by_day && by_weekday : by_day || by_weekday;
  }
};

Line make_line(property::Dice& dice) {
  return {.minute = make_field(dice, 0, 59, 10),
          .hour = make_field(dice, 0, 23, 30),
          .day = make_field(dice, 1, 31, 60),
          .month = make_field(dice, 1, 12, 80),
          .weekday = make_field(dice, 0, 6, 60)};
}

// Makes the C library's local time that of a zone, as long as it lives.
class LocalZone {
 public:
  explicit LocalZone(const char* zone) {
    setenv("TZ", zone, 1);
    tzset();
  }
  ~LocalZone() {
    unsetenv("TZ");
    tzset();
  }
  static std::time_t wall_time(std::time_t instant) {
    std::tm parts{};
    localtime_r(&instant, &parts);
    return instant + parts.tm_gmtoff;
  }
};

// Every minute of [from, to) at which the window opens: the wall clock shows a time that the line
// means, or has just jumped over one.
std::set<std::time_t> openings(const Line& line, const char* zone, std::time_t from,
                               std::time_t to) {
  const LocalZone local(zone);
  std::set<std::time_t> found;
  std::time_t before = LocalZone::wall_time(from - 60);
  for (std::time_t at = from; at < to; at += 60) {
    const std::time_t wall = LocalZone::wall_time(at);
    for (std::time_t shown = std::min(before + 60, wall); shown <= wall; shown += 60) {
      if (line.means(shown)) found.insert(at);
    }
    before = wall;
  }
  return found;
}

std::time_t seconds_of(TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

// The first minute at or after `from` at which a window of `length` is open, by the scan.
std::optional<std::time_t> scan(const std::set<std::time_t>& starts, std::time_t from,
                                std::time_t length) {
  const auto next = starts.upper_bound(from);
  if (next != starts.begin() && from < *std::prev(next) + length) return from;
  return next == starts.end() ? std::nullopt : std::optional(*next);
}

// Instants of interest: around the changes of the clocks in 2026 and 2027, and anywhere.
TimePoint make_instant(property::Dice& dice) {
  using namespace std::chrono;
  constexpr std::array kChanges{
      sys_days{2026y / 3 / 29}, sys_days{2026y / 10 / 25}, sys_days{2026y / 3 / 8},
      sys_days{2026y / 11 / 1}, sys_days{2026y / 4 / 5},   sys_days{2026y / 10 / 4},
      sys_days{2026y / 4 / 24}, sys_days{2026y / 10 / 30}, sys_days{2026y / 9 / 27}};
  if (dice.chance(30)) return TimePoint{sys_days{2026y / 1 / 1}} + minutes{dice.number(500'000)};
  const auto change = kChanges[static_cast<std::size_t>(dice.number(kChanges.size()))];
  return TimePoint{change} + minutes{dice.number(3 * 1440)} - days{1};
}

TEST(NextOpen, IsTheFirstMinuteOfAScan) {
  property::repeat(300, [](property::Dice& dice) {
    const char* zone = kZones[static_cast<std::size_t>(dice.number(kZones.size()))];
    const Line line = make_line(dice);
    const minutes length{1 + dice.number(dice.chance(50) ? 90 : 3000)};
    const std::vector<api::Window> windows{{line.text(), zone, length}};
    if (!rules::window_problems(windows).empty()) return;  // such as 31 February
    const TimePoint base = make_instant(dice);
    const std::time_t end = seconds_of(base + days{10});
    const auto starts = openings(line, zone, seconds_of(base - length - days{1}), end);

    for (int i = 0; i < 40; ++i) {
      const TimePoint from = base + minutes{dice.number(4 * 1440)};
      const auto expected = scan(starts, seconds_of(from), std::chrono::seconds{length}.count());
      const auto found = rules::next_open(windows, from);
      ASSERT_TRUE(found);
      const bool agrees = expected ? seconds_of(*found) == *expected : seconds_of(*found) >= end;
      ASSERT_TRUE(agrees) << line.text() << " " << zone << " for " << length << " from "
                          << base::format_time(from) << ": " << base::format_time(*found);
      ASSERT_EQ(rules::next_open(windows, *found), found) << "it is open when it opens";
    }
  });
}

}  // namespace
}  // namespace rules_properties
