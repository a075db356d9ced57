#include "simulator/mountain_time.h"

#include <gtest/gtest.h>

namespace simulator {
namespace {

std::string utc(std::string_view local) {
  return base::format_time(utc_of_mountain_time(base::parse_time(local).value()));
}

TEST(MountainTime, IsSevenHoursBehindInWinterAndSixInSummer) {
  EXPECT_EQ(utc("2026-01-15T12:00:00Z"), "2026-01-15T19:00:00Z");
  EXPECT_EQ(utc("2026-07-15T12:00:00Z"), "2026-07-15T18:00:00Z");
}

TEST(MountainTime, ChangesOnTheSecondSundayOfMarchAndTheFirstOfNovember) {
  EXPECT_EQ(utc("2026-03-08T01:59:59Z"), "2026-03-08T08:59:59Z");
  EXPECT_EQ(utc("2026-03-08T03:00:00Z"), "2026-03-08T09:00:00Z");
  EXPECT_EQ(utc("2026-11-01T01:30:00Z"), "2026-11-01T07:30:00Z");
  EXPECT_EQ(utc("2026-11-01T02:00:00Z"), "2026-11-01T09:00:00Z");
}

}  // namespace
}  // namespace simulator
