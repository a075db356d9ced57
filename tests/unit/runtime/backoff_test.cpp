#include "runtime/backoff.h"

#include <limits>

#include <gtest/gtest.h>

namespace runtime {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, DoublesUpToItsLimit) {
  const Backoff backoff{.first = 800ms, .factor = 2, .most = 30s};

  EXPECT_EQ(delay_after(backoff, 0), 0ms);
  EXPECT_EQ(delay_after(backoff, 1), 800ms);
  EXPECT_EQ(delay_after(backoff, 2), 1600ms);
  EXPECT_EQ(delay_after(backoff, 6), 25600ms);
  EXPECT_EQ(delay_after(backoff, 7), 30s);
  EXPECT_EQ(delay_after(backoff, std::numeric_limits<int>::max()), 30s);
}

TEST(Jittered, ProlongsByAtMostTheDelayItself) {
  EXPECT_EQ(jittered(1000ms, 0), 1000ms);
  EXPECT_EQ(jittered(1000ms, 0.5), 1500ms);
  EXPECT_EQ(jittered(0ms, 0.9), 0ms);
}

}  // namespace
}  // namespace runtime
