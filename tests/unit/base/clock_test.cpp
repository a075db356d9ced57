#include "base/clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace base {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TimePoint at(std::chrono::sys_days day, std::chrono::milliseconds time = 0ms) {
  return TimePoint{day} + time;
}

constexpr std::chrono::sys_days kDay{std::chrono::year{2026} / 4 / 30};

TEST(Time, ReadsAnyOffsetAndFraction) {
  EXPECT_EQ(parse_time("2026-04-30T09:15:00Z"), at(kDay, 9h + 15min));
  EXPECT_EQ(parse_time("2026-04-30T09:15:00.1239+02:00"), at(kDay, 7h + 15min + 123ms));
  EXPECT_EQ(parse_time("2026-04-29t23:15:00-10:00"), at(kDay, 9h + 15min));
}

TEST(Time, RefusesWhatIsNoInstant) {
  for (const char* text :
       {"", "2026-04-30", "2026-02-30T00:00:00Z", "2026-04-30T25:00:00Z", "2026-04-30T09:15:00",
        "2026-04-30T09:15:00Zx", "2026-04-30T09:15:00.Z"}) {
    const auto time = parse_time(text);
    ASSERT_FALSE(time) << text;
    EXPECT_THAT(time.error().message, HasSubstr(text));
  }
}

TEST(Time, IsWrittenAsKubernetesWritesIt) {
  EXPECT_EQ(format_time(at(kDay, 9h + 5s + 7ms)), "2026-04-30T09:00:05Z");
  EXPECT_EQ(format_micro_time(at(kDay, 9h + 5s + 7ms)), "2026-04-30T09:00:05.007000Z");
  EXPECT_EQ(format_date(at(kDay, 23h)), "2026-04-30");
  EXPECT_EQ(parse_date("2026-04-30"), at(kDay));
}

TEST(Duration, ReadsTheUnitsOfTheApi) {
  EXPECT_EQ(parse_duration("30d"), std::chrono::seconds{30 * 24h});
  EXPECT_EQ(parse_duration("1h30m5s"), std::chrono::seconds{1h + 30min + 5s});
  EXPECT_EQ(format_duration(36h), "1d12h");
  EXPECT_EQ(format_duration(0s), "0s");
}

TEST(Duration, RefusesOtherUnitsSignsAndOverflow) {
  for (const char* text : {"", "5", "d", "-5d", "5w", "1d 2h", "999999999d", "36601d"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

}  // namespace
}  // namespace base
