// The approval step: what a person does by hand, what an approver says, and validations that have
// lapsed at the CA.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/e2e_world.h"
#include "x509/csr.h"

namespace {

using nlohmann::json;
using support::E2eTest;
using testing::AllOf;
using testing::HasSubstr;

class Approval : public E2eTest {
 protected:
  void start_with_the_step() {
    start_simulator();
    ASSERT_TRUE(ca().require_approval(1001, true));
    create_api_key();
    apply_profile();
    start_operator();
  }
  void annotate(const std::string& kind, const std::string& name, const std::string& text) {
    cluster().kubectl({"annotate", "--overwrite", kind, name, "-n", home(), text});
  }
  json admin(std::string_view method, std::string_view path, const json& body = nullptr) {
    const auto answer = ca().admin(method, path, body.is_null() ? "" : body.dump());
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? json::parse(*answer, nullptr, false) : json{};
  }
  std::int64_t pending_request() {
    const json pending = admin("GET", "/requests?status=pending");
    EXPECT_EQ(pending["requests"].size(), 1U) << pending.dump();
    return pending["requests"][0].value("id", 0);
  }
  std::size_t duplicates() { return ca().count("duplicate_create"); }
};

TEST_F(Approval, ACsrThatAnAdministratorSubmitsByHandIsFoundByItsKeyAndInstalled) {
  start_with_the_step();
  apply_request({.name = "first"});
  wait_reason("AwaitingApproval", "first");
  apply_request({.name = "second"});
  EXPECT_THAT(wait_reason("ApprovalStepEnabled", "second"),
              AllOf(HasSubstr("Skip approval step"), HasSubstr("submit the CSR in status.csr")));
  const std::string csr = request("second")["status"].value("csr", "");
  const auto parsed = x509::Csr::parse(csr);
  ASSERT_TRUE(parsed) << csr;
  ASSERT_EQ(duplicates(), 1U);

  admin("POST", "/orders/12345/duplicates", {{"csr", csr}});
  stop_operator();  // looks again when it starts, instead of in five minutes
  start_operator();

  const json ready = wait_ready("second");
  EXPECT_FALSE(ready["status"].contains("csr"));
  expect_good_pair("second-tls");
  EXPECT_EQ(leaf("second-tls").public_key_sha256(), parsed->public_key_sha256());
  EXPECT_TRUE(get("secret", "second-pending").is_discarded());
  EXPECT_EQ(duplicates(), 1U) << "the operator has sent nothing for it";
}

TEST_F(Approval, WhatAnApproverRejectsIsNotAskedForAgainBeforeSomethingChanges) {
  start_with_the_step();
  apply_request({.name = "first"});
  wait_reason("AwaitingApproval", "first");
  const std::string key = request("first")["status"].value("csr", "");
  ASSERT_NE(key, "");

  ASSERT_TRUE(ca().reject_request(pending_request(), "not this one"));

  EXPECT_THAT(wait_reason("ApprovalRejected", "first"),
              AllOf(HasSubstr("not this one"), HasSubstr("renew-requested-at")));
  const json pending = get("secret", "first-pending");
  EXPECT_TRUE(pending["metadata"]["annotations"].contains("duplicert.io/request-id"));
  EXPECT_EQ(condition(request("first"), "Stalled")["status"], "True");
  EXPECT_EQ(duplicates(), 1U);

  annotate("dcr", "first", "duplicert.io/renew-requested-at=2026-01-01T00:00:00Z");
  wait_reason("ApprovalStepEnabled", "first");
  const std::string other_key = request("first")["status"].value("csr", "");
  EXPECT_NE(other_key, key) << "a new key";
  EXPECT_EQ(duplicates(), 1U);

  ASSERT_TRUE(ca().require_approval(1001, false));
  annotate("aprofile", "basic", "duplicert.io/recheck-requested-at=2026-01-01T00:00:00Z");
  wait_ready("first");
  EXPECT_EQ(duplicates(), 2U);
}

TEST_F(Approval, OneProbeShowsThatTheStepIsStillThereAndNoneFollowsWhileItWaits) {
  start_with_the_step();
  apply_request({.name = "first"});
  wait_reason("AwaitingApproval", "first");
  for (const char* name : {"second", "third"}) {
    apply_request({.name = name});
    wait_reason("ApprovalStepEnabled", name);
  }

  annotate("aprofile", "basic", "duplicert.io/recheck-requested-at=2026-01-01T00:00:00Z");
  wait_reason("AwaitingApproval", "second");  // none expires: the first by name
  annotate("aprofile", "basic", "duplicert.io/recheck-requested-at=2026-01-02T00:00:00Z");
  stop_operator();
  start_operator();

  wait_reason("ApprovalStepEnabled", "third");
  EXPECT_EQ(duplicates(), 2U);
}

TEST_F(Approval, ALapsedDomainValidationIsToldAndTriedAgainWhenAsked) {
  start_simulator();
  create_api_key();
  apply_profile();
  const auto validate = [&](const char* until) {
    admin("PUT", "/domains",
          {{"account_id", 1001}, {"name", "example.com"}, {"dcv_expires", until}});
  };
  validate("2026-01-01T00:00:00Z");
  start_operator();
  apply_request({});

  EXPECT_THAT(wait_reason("ValidationExpired"),
              AllOf(HasSubstr("domain_not_validated"), HasSubstr("validated again")));
  EXPECT_EQ(condition(request(), "Stalled")["status"], "True");

  validate("2036-01-01T00:00:00Z");
  annotate("dcr", "shop", "duplicert.io/renew-requested-at=2026-01-01T00:00:00Z");
  wait_ready();
  EXPECT_EQ(duplicates(), 1U);
}

TEST_F(Approval, ALapsedValidationOfTheOrganizationIsToldOnTheProfileAndTheRequest) {
  start_simulator();
  create_api_key();
  admin("PUT", "/organizations/550011", {{"validated_until", "2026-01-01T00:00:00Z"}});
  apply_profile();
  start_operator();
  apply_request({});

  EXPECT_THAT(wait_reason("ValidationExpired"),
              AllOf(HasSubstr("organization 550011"), HasSubstr("2026-01-01")));
  const json active = condition(get("aprofile", "basic"), "OrganizationActive");
  EXPECT_EQ(active["reason"], "ValidationExpired") << active.dump();

  admin("PUT", "/organizations/550011", {{"validated_until", "2036-01-01T00:00:00Z"}});
  annotate("aprofile", "basic", "duplicert.io/recheck-requested-at=2026-01-01T00:00:00Z");
  wait_ready();
}

}  // namespace
