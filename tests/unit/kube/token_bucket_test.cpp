#include "kube/token_bucket.h"

#include <gtest/gtest.h>

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const base::Steady kStart{std::chrono::hours{1}};

TEST(TokenBucket, LetsABurstPassAndThenKeepsTheRate) {
  kube::TokenBucket bucket(10, 2);

  EXPECT_EQ(bucket.reserve(kStart), milliseconds{0});
  EXPECT_EQ(bucket.reserve(kStart), milliseconds{0});
  EXPECT_EQ(bucket.reserve(kStart), milliseconds{100});
  EXPECT_EQ(bucket.reserve(kStart), milliseconds{200});
}

TEST(TokenBucket, RefillsUpToTheBurst) {
  kube::TokenBucket bucket(10, 2);
  for (int i = 0; i < 2; ++i) bucket.reserve(kStart);

  const auto later = kStart + seconds{100};

  EXPECT_EQ(bucket.reserve(later), milliseconds{0});
  EXPECT_EQ(bucket.reserve(later), milliseconds{0});
  EXPECT_GT(bucket.reserve(later), milliseconds{0});
}

TEST(TokenBucket, IsOffAtRateZero) {
  kube::TokenBucket bucket(0, 0);

  for (int i = 0; i < 100; ++i) EXPECT_EQ(bucket.reserve(kStart), milliseconds{0});
}

}  // namespace
