#include "support/fake_clock.h"

#include <gtest/gtest.h>

namespace support {
namespace {

using std::chrono::seconds;

TEST(FakeClock, StandsStillUntilItIsAdvanced) {
  FakeClock clock;
  const auto wall = clock.now();
  const auto steady = clock.steady_now();
  EXPECT_EQ(base::format_time(wall), "2026-05-01T00:00:00Z");

  clock.advance(seconds{90});

  EXPECT_EQ(clock.now() - wall, seconds{90});
  EXPECT_EQ(clock.steady_now() - steady, seconds{90});
}

TEST(FakeClock, MovesTheWallClockAloneAsNtpDoes) {
  FakeClock clock;
  const auto steady = clock.steady_now();

  clock.set_wall(FakeClock::kStart - seconds{600});

  EXPECT_EQ(clock.now(), FakeClock::kStart - seconds{600});
  EXPECT_EQ(clock.steady_now(), steady);
}

}  // namespace
}  // namespace support
