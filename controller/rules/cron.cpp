#include "rules/cron.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace rules {
namespace {

using base::Code;
using base::Result;
using std::chrono::local_days;

constexpr std::size_t kFieldCount = 5;
constexpr std::chrono::days kLookAhead{40 * 366};
constexpr int kSunday = 0;
constexpr int kSundayToo = 7;

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays{"sun", "mon", "tue", "wed",
                                                    "thu", "fri", "sat"};

struct Field {
  std::string_view name{};
  int first = 0;
  int last = 0;
  std::span<const std::string_view> words{};  // for first, first + 1, ...
};
constexpr std::array<Field, kFieldCount> kFields{{{"minute", 0, 59},
                                                  {"hour", 0, 23},
                                                  {"day of month", 1, 31},
                                                  {"month", 1, 12, kMonths},
                                                  {"day of week", 0, 7, kWeekdays}}};

using Numbers = std::bitset<60>;

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find_first_of(separators);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::unexpected<base::Error> wrong(const Field& field, std::string_view text) {
  const std::string words =
      field.words.empty() ? ""
                          : fmt::format(", or {} to {}", field.words.front(), field.words.back());
  return base::fail(Code::kInvalid, fmt::format("the {} '{}' is not understood: give {} to {}{}, "
                                                "a range, a list, or a step such as */2",
                                                field.name, text, field.first, field.last, words));
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && text.front() != '-' ? std::optional(value) : std::nullopt;
}

Result<int> value_of(const Field& field, std::string_view text) {
  const auto word = std::ranges::find(field.words, base::lower_case(text));
  if (word != field.words.end()) {
    return field.first + static_cast<int>(word - field.words.begin());
  }
  const auto value = number(text);
  if (!value || *value < field.first || *value > field.last) return wrong(field, text);
  return *value;
}

struct Range {
  int first = 0;
  int last = 0;
};

Result<Range> range_of(const Field& field, std::string_view text, bool has_step) {
  const bool is_week = field.last == kSundayToo;
  const int last = is_week ? kSundayToo - 1 : field.last;  // no Sunday twice
  if (text == "*") return Range{field.first, last};
  const auto ends = split(text, "-");
  if (ends.size() > 2) return wrong(field, text);
  Range range;
  range.first = TRY(value_of(field, ends[0]));
  range.last = has_step ? std::max(last, range.first) : range.first;
  if (ends.size() == 2) range.last = TRY(value_of(field, ends[1]));
  // A week may end on Sunday.
  if (is_week && range.last == kSunday && range.first > kSunday) range.last = kSundayToo;
  if (range.last >= range.first) return range;
  return base::fail(Code::kInvalid,
                    fmt::format("the {} range '{}' runs backwards: write the smaller end first, or "
                                "two ranges as a list",
                                field.name, text));
}

Result<void> add_item(const Field& field, std::string_view item, Numbers& numbers) {
  const auto parts = split(item, "/");
  if (parts.size() > 2) return wrong(field, item);
  const Range range = TRY(range_of(field, parts[0], parts.size() == 2));
  const auto step = parts.size() == 2 ? number(parts[1]) : std::optional(1);
  if (!step || *step < 1) {
    return base::fail(
        Code::kInvalid,
        fmt::format("the step of the {} '{}' is not a number from 1 on", field.name, item));
  }
  // In 64 bits: a step may be as large as an int.
  for (std::int64_t at = range.first; at <= range.last; at += *step) {
    numbers.set(static_cast<std::size_t>(at));
  }
  return {};
}

Result<Numbers> numbers_of(const Field& field, std::string_view text) {
  Numbers numbers;
  for (const std::string_view item : split(text, ",")) {
    if (item.empty()) return wrong(field, text);
    TRY_VOID(add_item(field, item, numbers));
  }
  return numbers;
}

template <std::size_t N>
std::bitset<N> first_of(const Numbers& numbers) {
  std::bitset<N> kept;
  for (std::size_t at = 0; at < N; ++at) kept[at] = numbers[at];
  return kept;
}

std::vector<std::string_view> fields_of(std::string_view line) {
  auto fields = split(line, " \t");
  std::erase_if(fields, [](std::string_view field) { return field.empty(); });
  return fields;
}

}  // namespace

Result<Cron> parse_cron(std::string_view line) {
  const auto texts = fields_of(line);
  if (texts.size() != kFieldCount) {
    return base::fail(Code::kInvalid,
                      fmt::format("'{}' has {} fields: give five (minute, hour, day of month, "
                                  "month, day of week), for example '0 2 * * 6'",
                                  line, texts.size()));
  }
  std::array<Numbers, kFieldCount> sets;
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    auto numbers = numbers_of(kFields[i], texts[i]);
    if (!numbers) {
      return std::unexpected(base::wrap(fmt::format("'{}'", line), std::move(numbers).error()));
    }
    sets[i] = *numbers;
  }
  if (sets[4][kSundayToo]) sets[4].set(kSunday);
  const Cron cron{.minutes = sets[0],
                  .hours = first_of<24>(sets[1]),
                  .days = first_of<32>(sets[2]),
                  .months = first_of<13>(sets[3]),
                  .weekdays = first_of<7>(sets[4]),
                  .any_day = texts[2].starts_with('*'),
                  .any_weekday = texts[4].starts_with('*')};
  if (next_day(cron, local_days{}).has_value()) return cron;
  return base::fail(Code::kInvalid,
                    fmt::format("'{}' never comes: no day of any year fits its day of month '{}' "
                                "and month '{}'",
                                line, texts[2], texts[3]));
}

bool falls_on(const Cron& cron, local_days day) {
  const std::chrono::year_month_day date{day};
  if (!cron.months[static_cast<unsigned>(date.month())]) return false;
  const bool by_day = cron.days[static_cast<unsigned>(date.day())];
  const bool by_weekday = cron.weekdays[std::chrono::weekday{day}.c_encoding()];
  if (cron.any_day || cron.any_weekday) return by_day && by_weekday;
  return by_day || by_weekday;
}

std::optional<local_days> next_day(const Cron& cron, local_days from) {
  for (local_days day = from; day < from + kLookAhead; day += std::chrono::days{1}) {
    if (falls_on(cron, day)) return day;
  }
  return std::nullopt;
}

}  // namespace rules
