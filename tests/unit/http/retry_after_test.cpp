#include "http/retry_after.h"

#include <gtest/gtest.h>

namespace {

using std::chrono::seconds;

// Sun, 06 Nov 1994 08:49:37 GMT is 784111777 seconds after the epoch.
constexpr base::TimePoint kNow{seconds{784'111'777}};

TEST(RetryAfter, ReadsSeconds) {
  EXPECT_EQ(http::parse_retry_after("0", kNow), seconds{0});
  EXPECT_EQ(http::parse_retry_after("120", kNow), seconds{120});
  EXPECT_EQ(http::parse_retry_after(" 5 ", kNow), seconds{5});
}

TEST(RetryAfter, ReadsADateAsTimeFromNow) {
  EXPECT_EQ(http::parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", kNow), seconds{60});
  EXPECT_EQ(
      http::parse_retry_after("Sun, 06 Nov 1994 08:49:38 GMT", kNow + std::chrono::milliseconds{1}),
      seconds{1});
}

TEST(RetryAfter, IsZeroForADateInThePast) {
  EXPECT_EQ(http::parse_retry_after("Sun, 06 Nov 1994 08:49:36 GMT", kNow), seconds{0});
}

TEST(RetryAfter, IsBounded) {
  EXPECT_EQ(http::parse_retry_after("99999999", kNow), http::kRetryAfterMax);
  EXPECT_EQ(http::parse_retry_after("99999999999999999999999999", kNow), http::kRetryAfterMax);
  EXPECT_EQ(http::parse_retry_after("Sun, 06 Nov 2094 08:49:37 GMT", kNow), http::kRetryAfterMax);
}

TEST(RetryAfter, IgnoresAnythingElse) {
  for (const char* text : {"", "-1", "1.5", "soon", "12x", "Sun, 31 Feb 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET",
                           "Xxx, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                           "Sun, 06 Nox 1994 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_EQ(http::parse_retry_after(text, kNow), std::nullopt) << text;
  }
}

}  // namespace
