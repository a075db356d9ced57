#include "certcentral/budget_line.h"

#include <gtest/gtest.h>

namespace certcentral {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr base::Steady kStart{hours{1}};

class BudgetLineTest : public testing::Test {
 protected:
  BudgetLine::Place go(base::Steady now = kStart) {
    const auto next = line_.next_to_go(core_, now);
    EXPECT_TRUE(next);
    if (!next) return {};
    core_.take(std::get<Urgency>(*next), now);
    line_.leave(*next);
    return *next;
  }

  BudgetCore core_{{.requests_per_3_minutes = 100, .requests_per_5_seconds = 100}};
  BudgetLine line_;
};

TEST_F(BudgetLineTest, NobodyGoesWhenNobodyWaits) {
  EXPECT_FALSE(line_.next_to_go(core_, kStart));
}

TEST_F(BudgetLineTest, TheMostUrgentGoFirstThenTheSoonestThenTheFirstToCome) {
  const auto expires = [](int in_hours) { return base::TimePoint{hours{in_hours}}; };
  line_.join({.urgency = Urgency::kBackground});
  const auto later = line_.join({.urgency = Urgency::kExpiring, .needed_by = expires(2)});
  const auto sooner = line_.join({.urgency = Urgency::kExpiring, .needed_by = expires(1)});
  const auto sooner_too = line_.join({.urgency = Urgency::kExpiring, .needed_by = expires(1)});
  const auto money = line_.join({.urgency = Urgency::kMoney});

  EXPECT_EQ(go(), money);
  EXPECT_EQ(go(), sooner);
  EXPECT_EQ(go(), sooner_too);
  EXPECT_EQ(go(), later);
  EXPECT_EQ(std::get<Urgency>(go()), Urgency::kBackground);
}

TEST_F(BudgetLineTest, WhoeverIsBelowATenthGoesBeforeThoseWhoHaveMore) {
  for (int i = 0; i < 40; ++i) line_.join({.urgency = Urgency::kExpiring});
  for (int i = 0; i < 40; ++i) line_.join({.urgency = Urgency::kBackground});
  std::size_t background = 0;

  for (int i = 0; i < 20; ++i) background += std::get<Urgency>(go()) == Urgency::kBackground;

  EXPECT_EQ(background, 10U);
  EXPECT_EQ(std::get<Urgency>(go()), Urgency::kExpiring);
}

TEST_F(BudgetLineTest, WhatTheMoreUrgentMayNotUseHoldsUpNobody) {
  while (core_.wait_for(Urgency::kMoney, kStart) == std::chrono::milliseconds::zero()) {
    core_.take(Urgency::kMoney, kStart);
  }
  line_.join({.urgency = Urgency::kMoney});
  const auto background = line_.join({.urgency = Urgency::kBackground});

  EXPECT_EQ(go(), background);
}

}  // namespace
}  // namespace certcentral
