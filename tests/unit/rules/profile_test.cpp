#include "rules/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/conditions.h"
#include "api/names.h"
#include "support/fake_clock.h"

namespace rules {
namespace {

using testing::HasSubstr;

using support::kNow;

PreflightFacts usable() {
  return {.account_id = 1,
          .account = "www.digicert.com/1",
          .key_can_approve = true,
          .product_exists = true,
          .duplicates_allowed = true,
          .organization_id = 7,
          .now = kNow};
}

const api::Condition* condition(const ProfileReport& report, std::string_view type) {
  return api::find_condition(report.status.conditions, type);
}

TEST(ReportProfile, TellsUntilWhenTheOrganizationIsValidated) {
  PreflightFacts facts = usable();
  facts.organization_validated_until = kNow + std::chrono::days{3};

  const auto report = report_profile({}, facts);

  EXPECT_TRUE(api::is_true(report.status.conditions, api::kReady));
  EXPECT_THAT(condition(report, api::kOrganizationActive)->message,
              HasSubstr("its validation ends at 2026-05-04"));
}

TEST(ReportProfile, TellsOfALapsedValidationAndLetsTheCaDecide) {
  PreflightFacts facts = usable();
  facts.organization_validated_until = kNow;

  const auto report = report_profile({}, facts);

  EXPECT_EQ(condition(report, api::kOrganizationActive)->reason, "ValidationExpired");
  EXPECT_EQ(condition(report, api::kReady)->reason, "ValidationExpired");
  EXPECT_THAT(condition(report, api::kReady)->message,
              testing::AllOf(HasSubstr("organization 7"), HasSubstr("2026-05-01"),
                             HasSubstr("in CertCentral")));
  EXPECT_EQ(report.unusable, std::nullopt) << "requests are still sent";
}

TEST(ReportProfile, SaysNothingOfAValidationThatTheCaDoesNotTell) {
  EXPECT_EQ(validation_problem(usable()), "");
  EXPECT_TRUE(api::is_true(report_profile({}, usable()).status.conditions, api::kReady));
}

TEST(ReportProfile, KeepsTheApprovalStepUnknownForAKeyThatShowsNothing) {
  PreflightFacts facts = usable();
  facts.key_can_approve = false;

  const ProfileReport report = report_profile({}, facts);
  const auto* approval = condition(report, api::kApprovalStepSkipped);

  EXPECT_EQ(approval->status, api::ConditionStatus::kUnknown);
  EXPECT_THAT(approval->message, HasSubstr("neither administrator nor manager"));
}

}  // namespace
}  // namespace rules
