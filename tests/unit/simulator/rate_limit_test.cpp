#include "simulator/rate_limit.h"

#include <gtest/gtest.h>

namespace simulator {
namespace {

using std::chrono::seconds;

TEST(RateLimit, RefusesTheCallBeyondTheShortWindowAndTellsHowLong) {
  RateLimit rate;
  const RateLimits limits{1000, 3};
  const base::Steady start{seconds{100}};
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(rate.take("key", limits, start));

  EXPECT_EQ(rate.take("key", limits, start + seconds{1}), seconds{4});
  EXPECT_FALSE(rate.take("key", limits, start + seconds{5}));
}

TEST(RateLimit, RefusesTheCallBeyondTheLongWindow) {
  RateLimit rate;
  const RateLimits limits{4, 100};
  const base::Steady start{seconds{100}};
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(rate.take("key", limits, start + seconds{10 * i}));

  EXPECT_EQ(rate.take("key", limits, start + seconds{60}), seconds{120});
  EXPECT_FALSE(rate.take("key", limits, start + seconds{180}));
}

TEST(RateLimit, CountsEachKeyAlone) {
  RateLimit rate;
  const RateLimits limits{1000, 1};
  const base::Steady start{seconds{100}};

  EXPECT_FALSE(rate.take("a", limits, start));
  EXPECT_FALSE(rate.take("b", limits, start));
  EXPECT_TRUE(rate.take("a", limits, start));
}

TEST(RateLimit, DoesNotCountRefusedCalls) {
  RateLimit rate;
  const RateLimits limits{1000, 1};
  const base::Steady start{seconds{100}};
  EXPECT_FALSE(rate.take("key", limits, start));

  for (int i = 0; i < 50; ++i) EXPECT_TRUE(rate.take("key", limits, start + seconds{4}));

  EXPECT_FALSE(rate.take("key", limits, start + seconds{5}));
}

}  // namespace
}  // namespace simulator
