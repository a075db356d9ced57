#include "certcentral/http_date.h"

#include <array>
#include <charconv>
#include <chrono>

namespace certcentral {
namespace {

constexpr std::size_t kLength = std::string_view("Sun, 06 Nov 1994 08:49:37 GMT").size();
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// -1 if it is not a number of just these characters.
int number_of(std::string_view digits) {
  int number = -1;
  const char* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, number);
  return read.ec == std::errc() && read.ptr == end ? number : -1;
}

unsigned month_of(std::string_view name) {
  for (unsigned i = 0; i < kMonths.size(); ++i) {
    if (kMonths[i] == name) return i + 1;
  }
  return 0;
}

bool has_separators(std::string_view text) {
  return text.substr(3, 2) == ", " && text[7] == ' ' && text[11] == ' ' && text[16] == ' ' &&
         text[19] == ':' && text[22] == ':' && text.substr(25) == " GMT";
}

}  // namespace

std::optional<base::TimePoint> parse_http_date(std::string_view text) {
  if (text.size() != kLength || !has_separators(text)) return std::nullopt;
  const int day = number_of(text.substr(5, 2));
  const int hour = number_of(text.substr(17, 2));
  const int minute = number_of(text.substr(20, 2));
  const int second = number_of(text.substr(23, 2));
  if (day < 1 || hour < 0 || minute < 0 || second < 0) return std::nullopt;
  if (hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{number_of(text.substr(12, 4))},
                                         std::chrono::month{month_of(text.substr(8, 3))},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second};
}

}  // namespace certcentral
