#include "runtime/rate_limit.h"

#include <gtest/gtest.h>

namespace runtime {
namespace {

using namespace std::chrono_literals;

const base::Steady kNow{1h};

TEST(TokenBucket, GivesItsBurstAtOnceAndThenItsRate) {
  TokenBucket bucket({.per_second = 2, .burst = 3}, kNow);

  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.try_take(kNow));
  EXPECT_FALSE(bucket.try_take(kNow));
  EXPECT_FALSE(bucket.try_take(kNow + 499ms));
  EXPECT_TRUE(bucket.try_take(kNow + 500ms));
}

TEST(TokenBucket, HoldsNoMoreThanItsBurst) {
  TokenBucket bucket({.per_second = 10, .burst = 2}, kNow);

  EXPECT_TRUE(bucket.try_take(kNow + 1h));
  EXPECT_TRUE(bucket.try_take(kNow + 1h));
  EXPECT_FALSE(bucket.try_take(kNow + 1h));
}

TEST(TokenBucket, ReservationsQueueUp) {
  TokenBucket bucket({.per_second = 4, .burst = 1}, kNow);

  EXPECT_EQ(bucket.reserve(kNow), 0ms);
  EXPECT_EQ(bucket.reserve(kNow), 250ms);
  EXPECT_EQ(bucket.reserve(kNow), 500ms);
  EXPECT_EQ(bucket.reserve(kNow + 500ms), 250ms);
}

TEST(TokenBucket, ATokenIsThereWhenTheWaitIsOver) {
  TokenBucket bucket({.per_second = 3, .burst = 1}, kNow);
  bucket.try_take(kNow);

  const auto wait = bucket.wait_for_one(kNow);

  EXPECT_FALSE(bucket.try_take(kNow + wait - 1ms));
  EXPECT_TRUE(bucket.try_take(kNow + wait));
}

TEST(TokenBucket, IgnoresAClockThatGoesBack) {
  TokenBucket bucket({.per_second = 1, .burst = 1}, kNow);
  bucket.try_take(kNow);

  EXPECT_FALSE(bucket.try_take(kNow - 1h));
  EXPECT_TRUE(bucket.try_take(kNow + 1s));
}

}  // namespace
}  // namespace runtime
