#include "rules/backoff.h"

#include <gtest/gtest.h>

namespace rules {
namespace {

using namespace std::chrono_literals;

TEST(TransientBackoff, DoublesFromFiveSecondsToHalfAnHour) {
  EXPECT_EQ(transient_backoff(1, 0), 5s);
  EXPECT_EQ(transient_backoff(2, 0), 10s);
  EXPECT_EQ(transient_backoff(5, 0), 80s);
  EXPECT_EQ(transient_backoff(10, 0), 30min);
  EXPECT_EQ(transient_backoff(1'000'000'000, 0), 30min);
}

TEST(TransientBackoff, AddsUpToAQuarterByJitter) {
  EXPECT_EQ(transient_backoff(2, 0.5), 11250ms);
  EXPECT_EQ(transient_backoff(2, 1), 12500ms);
  EXPECT_EQ(transient_backoff(2, 7), 12500ms);
  EXPECT_EQ(transient_backoff(2, -1), 10s);
}

TEST(TransientBackoff, WaitsEvenIfNoFailureWasCounted) {
  EXPECT_EQ(transient_backoff(0, 0), 5s);
  EXPECT_EQ(transient_backoff(-5, 0), 5s);
}

TEST(RefusalBackoff, DoublesFromSixHoursToADay) {
  EXPECT_EQ(refusal_backoff(1, false), 6h);
  EXPECT_EQ(refusal_backoff(2, false), 12h);
  EXPECT_EQ(refusal_backoff(3, false), 24h);
  EXPECT_EQ(refusal_backoff(99, false), 24h);
}

TEST(RefusalBackoff, IsAnHourWhenTheCertificateIsAboutToEnd) {
  EXPECT_EQ(refusal_backoff(1, true), 1h);
  EXPECT_EQ(refusal_backoff(9, true), 1h);
}

TEST(PollInterval, GrowsWithTheAgeFromTwoSecondsToFiveMinutes) {
  EXPECT_EQ(poll_interval(0s), 2s);
  EXPECT_EQ(poll_interval(8s), 2s);
  EXPECT_EQ(poll_interval(60s), 15s);
  EXPECT_EQ(poll_interval(20min), 5min);
  EXPECT_EQ(poll_interval(72h), 5min);
}

TEST(SettleWindow, DoublesWithEachSend) {
  EXPECT_EQ(settle_window(180s, 1), 3min);
  EXPECT_EQ(settle_window(180s, 2), 6min);
  EXPECT_EQ(settle_window(180s, 3), 12min);
  EXPECT_EQ(settle_window(180s, 0), 3min);
}

}  // namespace
}  // namespace rules
