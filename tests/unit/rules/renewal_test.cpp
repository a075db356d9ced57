#include "rules/renewal.h"

#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace rules {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

constexpr base::TimePoint kStart = support::FakeClock::kStart;

Validity lasting(seconds life) {
  return {.not_before = kStart, .not_after = kStart + life};
}

api::EffectiveRenewal before(seconds time) {
  return {.before = time};
}

TEST(EffectiveBefore, IsThePolicysTime) {
  EXPECT_EQ(effective_before(lasting(days{365}), before(days{30})), days{30});
}

TEST(EffectiveBefore, IsAtMostTwoThirdsOfTheLifetime) {
  EXPECT_EQ(effective_before(lasting(days{30}), before(days{30})), days{20});
  EXPECT_EQ(effective_before(lasting(days{30}), {.before_percentage = 99}), days{20});
}

TEST(EffectiveBefore, TakesThePercentageWhenThereIsOne) {
  EXPECT_EQ(effective_before(lasting(days{200}), {.before = days{7}, .before_percentage = 10}),
            days{20});
}

TEST(EffectiveBefore, IsNothingForACertificateThatNeverWasValid) {
  EXPECT_EQ(effective_before(lasting(-days{1}), before(days{30})), seconds{0});
}

TEST(RenewalTime, MovesEarlierByAtMostAFivePercentThatTheSeedAloneDecides) {
  const base::TimePoint unmoved = renewal_time(lasting(days{365}), before(days{30}), 0);
  EXPECT_EQ(unmoved, kStart + days{335});

  for (std::uint64_t seed = 0; seed < 5000; seed += 7) {
    const base::TimePoint moved = renewal_time(lasting(days{365}), before(days{30}), seed);
    EXPECT_LE(moved, unmoved);
    EXPECT_GE(moved, unmoved - hours{36});
    EXPECT_EQ(moved, renewal_time(lasting(days{365}), before(days{30}), seed));
  }
  EXPECT_EQ(renewal_time(lasting(days{365}), before(days{30}), 1000), unmoved - hours{36});
}

TEST(RenewalTime, LiesBetweenIssuanceAndExpiryForEveryLifetime) {
  for (const seconds life : {seconds{1}, seconds{59}, seconds{hours{1}}, seconds{days{1}},
                             seconds{days{47}}, seconds{days{397}}, seconds{days{1100}}}) {
    const base::TimePoint due = renewal_time(lasting(life), before(days{1096}), 1000);
    EXPECT_GT(due, kStart) << life;
    EXPECT_LE(due, kStart + life) << life;
  }
}

TEST(RenewalTime, IsInWholeSeconds) {
  const Validity odd{.not_before = kStart,
                     .not_after = kStart + days{90} + std::chrono::milliseconds{250}};

  const base::TimePoint due = renewal_time(odd, before(days{30}), 17);

  EXPECT_EQ(std::chrono::floor<seconds>(due), due);
}

}  // namespace
}  // namespace rules
