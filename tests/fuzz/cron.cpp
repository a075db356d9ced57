// Windows of a schedule: "CRON LINE\nTIME ZONE". What is accepted fits a day, and opens.
#include "rules/cron.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "rules/schedule.h"

namespace {

constexpr base::TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 28}};

void check_days(const rules::Cron& cron) {
  const std::chrono::local_days today{std::chrono::year{2026} / 3 / 28};
  const auto day = rules::next_day(cron, today);
  if (!day || !rules::falls_on(cron, *day)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), count);
  const std::string line(text.substr(0, text.find('\n')));
  const std::string zone(line.size() < text.size() ? text.substr(line.size() + 1) : "UTC");
  const auto cron = rules::parse_cron(line);
  if (cron) check_days(*cron);

  const std::vector<api::Window> windows{
      {.cron = line, .time_zone = zone, .duration = std::chrono::hours{1}}};
  const bool is_sound = rules::window_problems(windows).empty();
  if (is_sound && !cron) std::abort();
  const auto open = rules::next_open(windows, kNow);
  if (open.has_value() != is_sound) std::abort();
  if (!open) return 0;
  if (*open < kNow || rules::next_open(windows, *open) != open) std::abort();
  return 0;
}
