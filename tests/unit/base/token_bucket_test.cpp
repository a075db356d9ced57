#include "base/token_bucket.h"

#include <gtest/gtest.h>

namespace base {
namespace {

using namespace std::chrono_literals;

constexpr Steady kNow{1h};

TEST(TokenBucket, GivesItsBurstAtOnceAndThenItsRate) {
  TokenBucket bucket({.per_second = 2, .burst = 3});

  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.try_take(kNow));
  EXPECT_FALSE(bucket.try_take(kNow));
  EXPECT_FALSE(bucket.try_take(kNow + 499ms));
  EXPECT_TRUE(bucket.try_take(kNow + 500ms));
}

TEST(TokenBucket, HoldsNoMoreThanItsBurst) {
  TokenBucket bucket({.per_second = 10, .burst = 2});

  EXPECT_TRUE(bucket.try_take(kNow + 1h));
  EXPECT_TRUE(bucket.try_take(kNow + 1h));
  EXPECT_FALSE(bucket.try_take(kNow + 1h));
}

TEST(TokenBucket, ReservationsQueueUp) {
  TokenBucket bucket({.per_second = 4, .burst = 2});

  EXPECT_EQ(bucket.reserve(kNow), 0ms);
  EXPECT_EQ(bucket.reserve(kNow), 0ms);
  EXPECT_EQ(bucket.reserve(kNow), 250ms);
  EXPECT_EQ(bucket.reserve(kNow), 500ms);
  EXPECT_EQ(bucket.reserve(kNow + 500ms), 250ms);
  EXPECT_FALSE(bucket.try_take(kNow + 999ms)) << "what is reserved belongs to others";
  EXPECT_TRUE(bucket.try_take(kNow + 1s));
}

TEST(TokenBucket, IgnoresAClockThatGoesBack) {
  TokenBucket bucket({.per_second = 1, .burst = 1});
  bucket.try_take(kNow);

  EXPECT_FALSE(bucket.try_take(kNow - 30min));
  EXPECT_TRUE(bucket.try_take(kNow + 1s));
}

TEST(TokenBucket, OfRateZeroIsNoLimit) {
  TokenBucket bucket({.per_second = 0, .burst = 0});

  for (int i = 0; i < 100; ++i) EXPECT_EQ(bucket.reserve(kNow), 0ns);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(bucket.try_take(kNow));
}

}  // namespace
}  // namespace base
