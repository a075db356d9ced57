#include "certcentral/budget_core.h"

#include <algorithm>
#include <array>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace certcentral {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::Steady kStart{std::chrono::hours{1}};
constexpr std::array kAll{Urgency::kMoney, Urgency::kExpiring, Urgency::kNew, Urgency::kBackground};

bool may_go(const BudgetCore& core, Urgency urgency, base::Steady now = kStart) {
  return core.wait_for(urgency, now) == milliseconds::zero();
}

// Takes as many calls as it gets at `now`, at most `count_max`.
int take_all(BudgetCore& core, Urgency urgency, base::Steady now = kStart, int count_max = 10'000) {
  int count = 0;
  while (count < count_max && may_go(core, urgency, now)) {
    core.take(urgency, now);
    ++count;
  }
  return count;
}

TEST(BudgetCore, AnUrgencyAloneLeavesTheOthersTheirShares) {
  BudgetCore core;

  EXPECT_EQ(take_all(core, Urgency::kBackground), 70);  // of 100 in 5 s
}

TEST(BudgetCore, EachKeepsATenthWhateverTheOthersTake) {
  for (const Urgency greedy : kAll) {
    BudgetCore core;
    take_all(core, greedy);
    for (const Urgency other : kAll) {
      if (other == greedy) continue;
      EXPECT_EQ(take_all(core, other), 10) << name_of(greedy) << name_of(other);
    }
    EXPECT_EQ(core.remaining(kStart), 0U);
  }
}

TEST(BudgetCore, TheShortWindowRollsOn) {
  BudgetCore core;
  take_all(core, Urgency::kNew);

  EXPECT_FALSE(may_go(core, Urgency::kNew, kStart + seconds(5)));
  EXPECT_EQ(core.wait_for(Urgency::kNew, kStart), seconds(6));
  EXPECT_TRUE(may_go(core, Urgency::kNew, kStart + seconds(6)));
}

TEST(BudgetCore, TheLongWindowHoldsBackASteadyStream) {
  BudgetCore core({.requests_per_3_minutes = 100, .requests_per_5_seconds = 100});
  base::Steady now = kStart;
  int count = 0;
  for (; now < kStart + seconds(180); now += seconds(1)) {
    count += take_all(core, Urgency::kNew, now, 1);
  }

  EXPECT_EQ(count, 97);  // one is held for each of the others
  EXPECT_TRUE(may_go(core, Urgency::kNew, kStart + seconds(183)));
}

TEST(BudgetCore, AStreamOfOneUrgencyUsesAlmostAllOfTheLongWindow) {
  BudgetCore core({.requests_per_3_minutes = 1000, .requests_per_5_seconds = 1000});

  EXPECT_EQ(take_all(core, Urgency::kExpiring, kStart), 700);
  EXPECT_EQ(take_all(core, Urgency::kExpiring, kStart + seconds(6)), 280);
  EXPECT_EQ(take_all(core, Urgency::kMoney, kStart + seconds(6)), 10);
}

TEST(BudgetCore, TellsWhoHasUsedLessThanATenth) {
  BudgetCore core({.requests_per_3_minutes = 100, .requests_per_5_seconds = 100});
  for (int i = 0; i < 9; ++i) core.take(Urgency::kNew, kStart);
  EXPECT_TRUE(core.is_below_share(Urgency::kNew, kStart));

  core.take(Urgency::kNew, kStart);

  EXPECT_FALSE(core.is_below_share(Urgency::kNew, kStart));
  EXPECT_TRUE(core.is_below_share(Urgency::kMoney, kStart));
  EXPECT_TRUE(core.is_below_share(Urgency::kNew, kStart + seconds(183)));
}

TEST(BudgetCore, WaitIsExactlyAsLongAsItSays) {
  std::mt19937 random(11);
  BudgetCore core({.requests_per_3_minutes = 40, .requests_per_5_seconds = 12});
  base::Steady now = kStart;
  for (int i = 0; i < 2000; ++i) {
    const Urgency urgency = kAll.at(random() % kAll.size());
    const milliseconds wait = core.wait_for(urgency, now);
    if (wait > milliseconds::zero()) {
      ASSERT_FALSE(may_go(core, urgency, now + wait - milliseconds(1)));
    }
    now += wait;
    ASSERT_TRUE(may_go(core, urgency, now));
    core.take(urgency, now);
    now += milliseconds(random() % 400);
  }
}

// However callers mix, no window of CertCentral's own length ever holds more than its limit, and an
// urgency is never made to wait for what is held for it.
TEST(BudgetCore, NeverExceedsALimitAndNeverBreaksAShare) {
  std::mt19937 random(5);
  for (int round = 0; round < 30; ++round) {
    const RateLimits limits{.requests_per_3_minutes = 4 + static_cast<int>(random() % 200),
                            .requests_per_5_seconds = 4 + static_cast<int>(random() % 30)};
    const auto share = static_cast<std::size_t>(std::max(limits.requests_per_5_seconds / 10, 1));
    BudgetCore core(limits);
    std::vector<std::pair<base::Steady, Urgency>> taken;
    base::Steady now = kStart;
    const auto used = [&](milliseconds length, const Urgency* only) {
      return static_cast<std::size_t>(std::ranges::count_if(taken, [&](const auto& call) {
        return call.first + length > now && (only == nullptr || call.second == *only);
      }));
    };
    for (int i = 0; i < 600; ++i, now += milliseconds(random() % 300)) {
      const Urgency urgency = kAll.at(std::min<std::size_t>(random() % 8, 3));
      const bool has_share = used(seconds(6), &urgency) < share && used(seconds(183), &urgency) < 1;
      const bool goes = may_go(core, urgency, now);
      ASSERT_TRUE(goes || !has_share) << "round " << round << " call " << i;
      if (!goes) continue;
      core.take(urgency, now);
      taken.emplace_back(now, urgency);
      ASSERT_LE(used(seconds(5), nullptr), static_cast<std::size_t>(limits.requests_per_5_seconds));
      ASSERT_LE(used(seconds(180), nullptr),
                static_cast<std::size_t>(limits.requests_per_3_minutes));
    }
  }
}

TEST(BudgetCore, RemainingIsTheTighterWindow) {
  BudgetCore core({.requests_per_3_minutes = 50, .requests_per_5_seconds = 20});
  EXPECT_EQ(core.remaining(kStart), 20U);

  for (int i = 0; i < 8; ++i) core.take(Urgency::kNew, kStart);

  EXPECT_EQ(core.remaining(kStart), 12U);
  EXPECT_EQ(core.remaining(kStart + seconds(6)), 20U);
  EXPECT_EQ(core.remaining(kStart + seconds(200)), 20U);
}

TEST(BudgetCore, A429WithRetryAfterPausesEverybodyThatLong) {
  BudgetCore core;
  core.pause(seconds(17), kStart);

  for (const Urgency urgency : kAll) EXPECT_EQ(core.wait_for(urgency, kStart), seconds(17));
  EXPECT_EQ(core.remaining(kStart), 0U);
  EXPECT_TRUE(may_go(core, Urgency::kMoney, kStart + seconds(17)));
}

TEST(BudgetCore, A429WithoutRetryAfterPausesLongerEachTime) {
  BudgetCore core;
  base::Steady now = kStart;
  std::vector<milliseconds> pauses;
  for (int i = 0; i < 8; ++i) {
    core.pause(std::nullopt, now);
    pauses.push_back(core.wait_for(Urgency::kMoney, now));
    now += pauses.back();
  }

  const std::vector<milliseconds> expected{seconds(5),  seconds(10),  seconds(20),  seconds(40),
                                           seconds(80), seconds(160), seconds(180), seconds(180)};
  EXPECT_EQ(pauses, expected);
}

TEST(BudgetCore, ASuccessForgetsEarlierPauses) {
  BudgetCore core;
  core.pause(std::nullopt, kStart);
  core.note_success();

  core.pause(std::nullopt, kStart + seconds(60));

  EXPECT_EQ(core.wait_for(Urgency::kMoney, kStart + seconds(60)), seconds(5));
}

TEST(BudgetCore, SeveralAnswersToOneBurstAreOnePause) {
  BudgetCore core;
  for (int i = 0; i < 5; ++i) core.pause(std::nullopt, kStart);

  EXPECT_EQ(core.wait_for(Urgency::kMoney, kStart), seconds(5));
}

TEST(BudgetCore, AShorterRetryAfterDoesNotEndALongerPause) {
  BudgetCore core;
  core.pause(seconds(60), kStart);
  core.pause(seconds(1), kStart);

  EXPECT_EQ(core.wait_for(Urgency::kMoney, kStart), seconds(60));
}

TEST(BudgetCore, SmallerLimitsHoldAtOnce) {
  BudgetCore core;
  for (int i = 0; i < 30; ++i) core.take(Urgency::kNew, kStart);

  core.set_limits({.requests_per_3_minutes = 1000, .requests_per_5_seconds = 20});

  EXPECT_FALSE(may_go(core, Urgency::kMoney));
  EXPECT_EQ(core.remaining(kStart), 0U);
}

TEST(BudgetCore, TheSmallestLimitsLetSomethingThrough) {
  for (int limit = -1; limit < 5; ++limit) {
    BudgetCore core({.requests_per_3_minutes = limit, .requests_per_5_seconds = limit});
    for (const Urgency urgency : kAll) {
      EXPECT_EQ(take_all(core, urgency, kStart + std::chrono::hours(static_cast<int>(urgency)), 1),
                1)
          << limit;
    }
  }
}

TEST(Smaller, TakesEachLimitOnItsOwn) {
  EXPECT_EQ(smaller({10, 5}, {7, 9}), (RateLimits{7, 5}));
}

}  // namespace
}  // namespace certcentral
