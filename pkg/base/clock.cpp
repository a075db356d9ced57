#include "base/clock.h"

#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace base {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Reads exactly `count` digits at `at` and moves it behind them.
std::optional<int> digits(std::string_view text, std::size_t& at, std::size_t count) {
  if (at + count > text.size()) return std::nullopt;
  int value = 0;
  const char* end = text.data() + at + count;
  const auto [rest, error] = std::from_chars(text.data() + at, end, value);
  if (error != std::errc{} || rest != end || text[at] == '-') return std::nullopt;
  at += count;
  return value;
}

bool literal(std::string_view text, std::size_t& at, std::string_view any_of) {
  if (at >= text.size() || any_of.find(text[at]) == std::string_view::npos) return false;
  ++at;
  return true;
}

std::optional<std::chrono::sys_days> date_at(std::string_view text, std::size_t& at) {
  const auto year = digits(text, at, 4);
  if (!year || !literal(text, at, "-")) return std::nullopt;
  const auto month = digits(text, at, 2);
  if (!month || !literal(text, at, "-")) return std::nullopt;
  const auto day = digits(text, at, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date};
}

std::optional<seconds> clock_at(std::string_view text, std::size_t& at) {
  const auto hour = digits(text, at, 2);
  if (!hour || !literal(text, at, ":")) return std::nullopt;
  const auto minute = digits(text, at, 2);
  if (!minute || !literal(text, at, ":")) return std::nullopt;
  const auto second = digits(text, at, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return seconds{*hour * 3600 + *minute * 60 + *second};
}

// Optional ".digits", cut to milliseconds.
std::optional<milliseconds> fraction_at(std::string_view text, std::size_t& at) {
  if (at >= text.size() || text[at] != '.') return milliseconds{0};
  ++at;
  int value = 0;
  int scale = 100;
  const std::size_t start = at;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) {
    value += (text[at] - '0') * scale;
  }
  if (at == start) return std::nullopt;
  return milliseconds{value};
}

std::optional<seconds> offset_at(std::string_view text, std::size_t& at) {
  if (literal(text, at, "Zz")) return seconds{0};
  if (at >= text.size()) return std::nullopt;
  const int sign = text[at] == '-' ? -1 : 1;
  if (!literal(text, at, "+-")) return std::nullopt;
  const auto hour = digits(text, at, 2);
  if (!hour || !literal(text, at, ":")) return std::nullopt;
  const auto minute = digits(text, at, 2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  return seconds{sign * (*hour * 3600 + *minute * 60)};
}

std::optional<TimePoint> rfc3339(std::string_view text) {
  std::size_t at = 0;
  const auto date = date_at(text, at);
  if (!date || !literal(text, at, "Tt ")) return std::nullopt;
  const auto clock = clock_at(text, at);
  if (!clock) return std::nullopt;
  const auto fraction = fraction_at(text, at);
  if (!fraction) return std::nullopt;
  const auto offset = offset_at(text, at);
  if (!offset || at != text.size()) return std::nullopt;
  return TimePoint{*date} + *clock + *fraction - *offset;
}

struct Unit {
  char letter;
  std::int64_t seconds;
};
constexpr std::array<Unit, 4> kUnits{{{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}}};
constexpr std::int64_t kDurationMax = std::int64_t{100} * 366 * 86400;

std::string date_text(TimePoint time) {
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(time)};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::string clock_text(TimePoint time) {
  const auto since = time - std::chrono::floor<std::chrono::days>(time);
  const std::chrono::hh_mm_ss parts{std::chrono::floor<seconds>(since)};
  return fmt::format("{:02}:{:02}:{:02}", parts.hours().count(), parts.minutes().count(),
                     parts.seconds().count());
}

}  // namespace

TimePoint SystemClock::now() const {
  return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
}

Steady SystemClock::steady_now() const {
  return std::chrono::steady_clock::now();
}

std::string format_time(TimePoint time) {
  return date_text(time) + "T" + clock_text(time) + "Z";
}

std::string format_micro_time(TimePoint time) {
  const auto millis = (time - std::chrono::floor<seconds>(time)).count();
  return date_text(time) + "T" + clock_text(time) + fmt::format(".{:03}000Z", millis);
}

std::string format_date(TimePoint time) {
  return date_text(time);
}

Result<TimePoint> parse_time(std::string_view text) {
  const auto time = rfc3339(text);
  if (!time) return fail(Code::kInvalid, fmt::format("'{}' is not an RFC 3339 instant", text));
  return *time;
}

Result<TimePoint> parse_date(std::string_view text) {
  std::size_t at = 0;
  const auto date = date_at(text, at);
  if (!date || at != text.size()) {
    return fail(Code::kInvalid, fmt::format("'{}' is not a date like 2026-04-30", text));
  }
  return TimePoint{*date};
}

Result<seconds> parse_duration(std::string_view text) {
  std::int64_t total = 0;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  while (at != end) {
    std::int64_t number = 0;
    const auto [rest, error] = std::from_chars(at, end, number);
    if (error != std::errc{} || rest == end || *at == '-' || number > kDurationMax) break;
    std::int64_t unit_seconds = 0;
    for (const Unit& unit : kUnits) {
      if (unit.letter == *rest) unit_seconds = unit.seconds;
    }
    if (unit_seconds == 0 || number > (kDurationMax - total) / unit_seconds) break;
    total += number * unit_seconds;
    at = rest + 1;
  }
  if (text.empty() || at != end) {
    return fail(Code::kInvalid,
                fmt::format("'{}' is not a duration like 30d or 1h30m (at most 100 years)", text));
  }
  return seconds{total};
}

std::string format_duration(seconds duration) {
  std::string text;
  std::int64_t left = duration.count();
  for (const Unit& unit : kUnits) {
    if (left >= unit.seconds) text += fmt::format("{}{}", left / unit.seconds, unit.letter);
    left %= unit.seconds;
  }
  return text.empty() ? "0s" : text;
}

}  // namespace base
