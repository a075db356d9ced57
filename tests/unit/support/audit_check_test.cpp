#include "support/audit_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

json condition(const std::string& type, const std::string& status) {
  return {{"type", type},
          {"status", status},
          {"reason", "Pending"},
          {"observedGeneration", 2},
          {"lastTransitionTime", "2026-01-01T00:00:00Z"}};
}

// Vectors, because a braced list of one json is that json, no array.
json object(const std::vector<json>& conditions) {
  return {{"kind", "DuplicateCertificateRequest"},
          {"metadata", {{"name", "shop"}, {"uid", "1"}, {"generation", 2}}},
          {"status", {{"observedGeneration", 2}, {"conditions", conditions}}}};
}

std::vector<std::string> broken(const std::vector<json>& conditions) {
  return support::StatusRules().broken_by(object(conditions));
}

TEST(StatusRules, AreContentWithAReadyAndWithAWaitingRequest) {
  EXPECT_THAT(broken({condition("Ready", "True")}), IsEmpty());
  EXPECT_THAT(broken({condition("Ready", "True"), condition("Renewing", "True")}), IsEmpty());
  EXPECT_THAT(broken({condition("Ready", "False"), condition("Stalled", "True")}), IsEmpty());
  EXPECT_THAT(broken({condition("Ready", "Unknown"), condition("Reconciling", "True")}), IsEmpty());
}

TEST(StatusRules, NameEachRuleThatIsBroken) {
  EXPECT_THAT(broken({condition("Reconciling", "True")}), ElementsAre(HasSubstr("F2")));
  EXPECT_THAT(broken({condition("Ready", "True"), condition("Stalled", "True")}),
              ElementsAre(HasSubstr("F4")));
  EXPECT_THAT(broken({condition("Ready", "False"), condition("Reconciling", "True"),
                      condition("Stalled", "True")}),
              ElementsAre(HasSubstr("F5")));
  EXPECT_THAT(broken({condition("Ready", "False")}), ElementsAre(HasSubstr("F11")));
  EXPECT_THAT(broken({condition("Ready", "True"), condition("Renewing", "False")}),
              ElementsAre(HasSubstr("present and not True")));
}

TEST(StatusRules, HoldGenerationsAgainstEachOther) {
  json ahead = object({condition("Ready", "True")});
  ahead["status"]["observedGeneration"] = 3;
  ahead["status"]["conditions"][0]["observedGeneration"] = 3;
  EXPECT_THAT(support::StatusRules().broken_by(ahead), testing::Contains(HasSubstr("F6")));

  json behind = object({condition("Ready", "True")});
  behind["status"]["conditions"][0]["observedGeneration"] = 1;
  EXPECT_THAT(support::StatusRules().broken_by(behind), ElementsAre(HasSubstr("F9")));
}

TEST(StatusRules, LetATransitionTimeMoveOnlyWithTheStatus) {
  json later = object({condition("Ready", "True")});
  later["status"]["conditions"][0]["lastTransitionTime"] = "2026-01-01T00:01:00Z";
  json other = later;
  other["metadata"]["uid"] = "2";
  support::StatusRules rules;

  EXPECT_THAT(rules.broken_by(object({condition("Ready", "True")})), IsEmpty());
  EXPECT_THAT(rules.broken_by(other), IsEmpty()) << "another object";
  EXPECT_THAT(rules.broken_by(later), ElementsAre(HasSubstr("lastTransitionTime")));
}

TEST(StatusRules, FindAPrivateKey) {
  json leaked = object({condition("Ready", "True")});
  leaked["status"]["csr"] = "-----BEGIN PRIVATE KEY-----";

  EXPECT_THAT(support::StatusRules().broken_by(leaked), ElementsAre(HasSubstr("private key")));
}

}  // namespace
