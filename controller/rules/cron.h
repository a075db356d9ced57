// Cron: a line of five fields (minute, hour, day of month, month, day of week), as windows use it.
// Pure. Entry point: parse_cron. The rules are those of Vixie cron (crontab(5) in Debian).
#pragma once

#include <bitset>
#include <chrono>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace rules {

// Which minutes of which days a line means, by the wall clock of its time zone.
struct Cron {
  std::bitset<60> minutes{};
  std::bitset<24> hours{};
  std::bitset<32> days{};     // of the month, from 1
  std::bitset<13> months{};   // from 1
  std::bitset<7> weekdays{};  // from 0, Sunday
  // The field begins with '*': then the other one alone restricts the days.
  bool any_day = false;
  bool any_weekday = false;
};

// Each field: '*', numbers, ranges (1-5), lists (1,15) and steps (*/15, 8-18/2; 5/15 is 5-59/15).
// Months and days of the week also by the first three letters of their English names, in any case;
// Sunday is 0 or 7. kInvalid names the field, what is wrong, and what to give; also for a line that
// fits no day of any year, such as 31 February.
base::Result<Cron> parse_cron(std::string_view line);

// Whether the line means this day. If both day of month and day of week are restricted, one of them
// is enough.
bool falls_on(const Cron& cron, std::chrono::local_days day);

// The first such day from `from` on. nullopt if there is none in 40 years: then there is none at
// all (29 February on a given day of the week can take that long).
std::optional<std::chrono::local_days> next_day(const Cron& cron, std::chrono::local_days from);

}  // namespace rules
