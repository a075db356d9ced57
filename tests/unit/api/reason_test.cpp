#include "api/reason.h"

#include <regex>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace {

using api::Reason;
using api::ReasonClass;

TEST(Reasons, TableFollowsTheEnum) {
  const auto reasons = api::all_reasons();

  ASSERT_EQ(reasons.size(), static_cast<std::size_t>(Reason::kWindowIgnored) + 1);
  for (std::size_t index = 0; index < reasons.size(); ++index) {
    EXPECT_EQ(static_cast<std::size_t>(reasons[index]), index);
  }
}

TEST(Reasons, NamesAreUniqueWordsThatReadBack) {
  std::set<std::string_view> seen;
  for (const Reason reason : api::all_reasons()) {
    const auto name = api::name_of(reason);
    EXPECT_TRUE(std::regex_match(std::string(name), std::regex("[A-Z][A-Za-z]+"))) << name;
    EXPECT_TRUE(seen.insert(name).second) << name;
    EXPECT_EQ(api::parse_reason(name), reason);
  }
}

TEST(Reasons, OfOtherVersionsAreNotRead) {
  EXPECT_EQ(api::parse_reason("Later"), std::nullopt);
}

TEST(Reasons, HaveTheClassThatUsersRelyOn) {
  EXPECT_EQ(api::class_of(Reason::kIssued), ReasonClass::kNone);
  EXPECT_EQ(api::class_of(Reason::kAwaitingApproval), ReasonClass::kProgress);
  EXPECT_EQ(api::class_of(Reason::kNoMatchingOrder), ReasonClass::kGrace);
  EXPECT_EQ(api::class_of(Reason::kApprovalStepEnabled), ReasonClass::kPerson);
  EXPECT_EQ(api::class_of(Reason::kCertificateMismatch), ReasonClass::kPersonAfterADay);
  EXPECT_EQ(api::class_of(Reason::kSurplusOrder), ReasonClass::kEventOnly);
}

}  // namespace
