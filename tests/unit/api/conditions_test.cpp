#include "api/conditions.h"

#include <chrono>

#include <gtest/gtest.h>

namespace {

using api::Condition;
using api::ConditionStatus;
constexpr base::TimePoint kEarlier{std::chrono::hours{1}};
constexpr base::TimePoint kNow{std::chrono::hours{2}};

Condition ready(ConditionStatus status, std::string reason, base::TimePoint time) {
  return {
      .type = "Ready", .status = status, .reason = std::move(reason), .last_transition_time = time};
}

TEST(Conditions, KeepTheirTimeWhileTheStatusStays) {
  api::Conditions conditions{ready(ConditionStatus::kFalse, "Pending", kEarlier)};

  api::set_condition(conditions, ready(ConditionStatus::kFalse, "RateLimited", kNow));

  EXPECT_EQ(conditions, (api::Conditions{ready(ConditionStatus::kFalse, "RateLimited", kEarlier)}));
}

TEST(Conditions, TakeTheTimeOfAChangeOfStatus) {
  api::Conditions conditions{ready(ConditionStatus::kFalse, "Pending", kEarlier)};

  api::set_condition(conditions, ready(ConditionStatus::kTrue, "Issued", kNow));

  EXPECT_EQ(conditions, (api::Conditions{ready(ConditionStatus::kTrue, "Issued", kNow)}));
}

TEST(Conditions, AreAddedAndRemovedByType) {
  api::Conditions conditions{ready(ConditionStatus::kFalse, "Pending", kEarlier)};

  api::set_condition(conditions, {.type = "Stalled", .status = ConditionStatus::kTrue});
  ASSERT_NE(api::find_condition(conditions, "Stalled"), nullptr);
  EXPECT_TRUE(api::is_true(conditions, "Stalled"));
  EXPECT_FALSE(api::is_true(conditions, "Ready"));

  api::remove_condition(conditions, "Stalled");
  EXPECT_EQ(api::find_condition(conditions, "Stalled"), nullptr);
  EXPECT_EQ(conditions.size(), 1U);
}

}  // namespace
