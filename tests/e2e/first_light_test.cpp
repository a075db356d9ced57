// The main job: two servers of one name get a duplicate each, with a key of its own.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/e2e_world.h"

namespace {

using nlohmann::json;
using support::E2eTest;
using testing::HasSubstr;

std::int64_t order_of(const json& request) {
  return request.value(json::json_pointer("/status/order/id"), std::int64_t{0});
}

class FirstLight : public E2eTest {};

TEST_F(FirstLight, GivesTwoNamespacesADuplicateEachOfOneOrder) {
  start_all();
  apply_request({});
  apply_request({.namespace_ = other(), .profile_namespace = home()});

  const json mine = wait_ready("shop", home());
  const json theirs = wait_ready("shop", other());

  expect_good_pair("shop-tls", home());
  expect_good_pair("shop-tls", other());
  const auto first = leaf("shop-tls", home());
  const auto second = leaf("shop-tls", other());
  EXPECT_NE(first.public_key_sha256(), second.public_key_sha256());
  EXPECT_NE(first.serial_number(), second.serial_number());
  EXPECT_EQ(order_of(mine), 12345);
  EXPECT_EQ(order_of(theirs), 12345);
  EXPECT_EQ(ca().count("duplicate_create"), 2U);
  EXPECT_TRUE(ca().violations().empty());
}

TEST_F(FirstLight, NeedsFourWritesAndOneEvent) {
  start_all();
  const auto writes_of = [&](bool events) {
    const auto all = cluster().audit_events(operator_user());
    return std::ranges::count_if(all, [&](const support::AuditEvent& one) {
      return one.is_write() && one.code < 300 && one.name_space == other() &&
             (one.resource == "events") == events;
    });
  };

  apply_request({.namespace_ = other(), .profile_namespace = home()});
  wait_ready("shop", other());

  ASSERT_TRUE(support::eventually([&] { return writes_of(true) >= 1; }));
  EXPECT_EQ(writes_of(false), 4) << "pending created, target created, pending deleted, status";
  EXPECT_EQ(writes_of(true), 1);
}

TEST_F(FirstLight, NeedsTwoCallsBeyondSharedLooksAndOneIfTheAnswerHasTheChain) {
  start_all();
  apply_request({.name = "first"});
  wait_ready("first");
  const auto calls_for = [&](const std::string& name) {
    const auto before = ca().journal().size();
    apply_request({.name = name});
    wait_ready(name);
    std::string calls;
    const auto journal = ca().journal();
    for (std::size_t i = before; i < journal.size(); ++i) calls += journal[i].operation + " ";
    return calls;
  };

  EXPECT_EQ(calls_for("second"), "duplicate_create duplicate_list download ");
  ASSERT_TRUE(ca().set_faults({"chain_in_answer=on"}));
  EXPECT_EQ(calls_for("third"), "duplicate_create ");
}

TEST_F(FirstLight, KeepsASecretThatSurvivesItsRequest) {
  start_all();
  apply_request({});
  wait_ready();
  const std::string before = secret_data("shop-tls", "tls.crt");

  cluster().kubectl({"delete", "dcr", "shop", "-n", home(), "--wait"});

  EXPECT_TRUE(get("dcr", "shop").is_discarded());
  EXPECT_EQ(secret_data("shop-tls", "tls.crt"), before);
}

TEST_F(FirstLight, TakesItsSecretBackWhenTheRequestIsCreatedAgain) {
  start_all();
  apply_request({});
  wait_ready();
  const auto before = leaf("shop-tls");
  cluster().kubectl({"delete", "dcr", "shop", "-n", home(), "--wait"});

  apply_request({});
  wait_ready();

  EXPECT_EQ(leaf("shop-tls").serial_number(), before.serial_number());
  EXPECT_EQ(ca().count("duplicate_create"), 1U);
}

TEST_F(FirstLight, IssuesAnewWhenTheSecretIsDeleted) {
  start_all();
  apply_request({});
  wait_ready();
  const auto before = leaf("shop-tls");

  cluster().kubectl({"delete", "secret", "shop-tls", "-n", home()});

  ASSERT_TRUE(support::eventually([&] { return get("secret", "shop-tls").is_object(); }));
  EXPECT_NE(leaf("shop-tls").public_key_sha256(), before.public_key_sha256());
  wait_ready();
}

TEST_F(FirstLight, AddsExtraNamesBelowAWildcard) {
  start_all();
  apply_profile({.name = "wildcard", .product = "ssl_wildcard"});
  apply_request({.name = "wild",
                 .profile = "wildcard",
                 .spec = "  commonName: '*.example.com'\n"
                         "  dnsNames: ['*.example.com', api.eu.example.com]\n"});

  const json ready = wait_ready("wild");

  EXPECT_EQ(order_of(ready), 12346);
  EXPECT_THAT(leaf("wild-tls").dns_names(), testing::Contains("api.eu.example.com"));
  expect_good_pair("wild-tls");
}

TEST_F(FirstLight, ShowsCandidatesAndIssuesNothingWhileSuspended) {
  start_all();
  apply_request({.spec = "  commonName: shop.example.com\n  suspend: true\n"});

  const std::string message = wait_reason("Suspended");

  EXPECT_THAT(message, HasSubstr("spec.suspend"));
  const json candidates = request().value(json::json_pointer("/status/candidates"), json::array());
  ASSERT_EQ(candidates.size(), 4U) << candidates;
  const auto find = [&](int id) {
    return *std::ranges::find_if(candidates, [&](const json& one) { return one["id"] == id; });
  };
  EXPECT_EQ(find(12345)["eligible"], true);
  EXPECT_THAT(find(12340)["reason"].get<std::string>(), HasSubstr("expired"));
  EXPECT_THAT(find(12350)["reason"].get<std::string>(), HasSubstr("organization"));
  EXPECT_THAT(find(12346)["reason"].get<std::string>(), HasSubstr("ssl_wildcard"));
  EXPECT_EQ(ca().count("duplicate_create"), 0U);
  EXPECT_FALSE(get("secret", "shop-tls").is_object());
}

TEST_F(FirstLight, WaitsForACertificateThatIsIssuedLater) {
  start_all({"issue_delay=3s@1", "chain_in_answer=off"});
  apply_request({});

  wait_ready();

  expect_good_pair("shop-tls");
  EXPECT_EQ(ca().count("duplicate_create"), 1U);
}

TEST_F(FirstLight, AdoptsADuplicateWhoseAnswerWasLost) {
  start_all({"lose_answer:duplicate_create=1"});
  apply_request({});

  wait_ready();

  expect_good_pair("shop-tls");
  EXPECT_EQ(ca().count("duplicate_create"), 1U);
}

TEST_F(FirstLight, SendsNothingMoreIntoAQueueOfApprovalsAndGoesOnOnceTheStepIsGone) {
  start_simulator();
  ASSERT_TRUE(ca().require_approval(1001, true));
  create_api_key();
  apply_profile();
  start_operator();
  apply_request({.name = "first"});
  EXPECT_THAT(wait_reason("AwaitingApproval", "first"), HasSubstr("Skip approval step"));
  apply_request({.name = "second"});
  EXPECT_THAT(wait_reason("ApprovalStepEnabled", "second"), HasSubstr("Skip approval step"));
  EXPECT_EQ(condition(get("aprofile", "basic"), "ApprovalStepSkipped")["status"], "False");
  EXPECT_EQ(ca().count("duplicate_create"), 1U);

  ASSERT_TRUE(ca().require_approval(1001, false));
  cluster().kubectl({"annotate", "aprofile", "basic", "-n", home(),
                     "duplicert.io/recheck-requested-at=2026-01-01T00:00:00Z"});

  wait_ready("second");
  EXPECT_EQ(condition(get("aprofile", "basic"), "ApprovalStepSkipped")["status"], "True");
}

TEST_F(FirstLight, GoesOnAfterAKillWithTheSameKey) {
  start_all({"issue_delay=4s@1", "chain_in_answer=off"});
  apply_request({});
  ASSERT_TRUE(support::eventually([&] { return ca().count("duplicate_create") == 1; }));

  op().signal(SIGKILL);
  stop_operator();
  start_operator();
  wait_ready();

  expect_good_pair("shop-tls");
  EXPECT_EQ(ca().count("duplicate_create"), 1U);
}

TEST_F(FirstLight, WritesNothingAndAsksForNoOrderWhenItStartsAgain) {
  start_all();
  apply_request({});
  wait_ready();
  ASSERT_EQ(stop_operator(), 0);
  const auto count_orders = [&] {
    return ca().count("order_list") + ca().count("order_info") + ca().count("duplicate_list");
  };
  const auto orders_before = count_orders();
  const auto writes_before = cluster().writes_by(operator_user(), home());

  start_operator();
  ASSERT_TRUE(support::eventually([&] {
    return fetch("--metrics-address", "/metrics").find("duplicert_certificate_ready{") !=
           std::string::npos;
  }));

  EXPECT_EQ(cluster().writes_by(operator_user(), home()), writes_before);
  EXPECT_EQ(count_orders(), orders_before);
}

TEST_F(FirstLight, ServesProbesAndMetricsAndEndsOnSigterm) {
  start_all();
  apply_request({});
  wait_ready();

  EXPECT_THAT(fetch("--health-address", "/healthz"), HasSubstr("200"));
  EXPECT_THAT(fetch("--health-address", "/readyz?verbose"), HasSubstr("[+]caches ok"));
  const std::string metrics = fetch("--metrics-address", "/metrics");
  EXPECT_THAT(metrics, HasSubstr("duplicert_duplicates_issued_total"));
  EXPECT_THAT(metrics, HasSubstr("controller_runtime_reconcile_total"));
  EXPECT_THAT(metrics, HasSubstr("duplicert_ca_requests_total"));
  EXPECT_THAT(metrics, HasSubstr("duplicert_ca_rate_limit_remaining{account=\"127.0.0.1:"));
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(stop_operator(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{20});
}

TEST_F(FirstLight, LeaksNoKeyIntoLogsMetricsStatusOrEvents) {
  start_all();
  apply_request({});
  wait_ready();

  const std::string key = secret_data("shop-tls", "tls.key");
  const auto api_key = ca().api_key();
  ASSERT_TRUE(api_key);
  std::string seen = op().output() + fetch("--metrics-address", "/metrics") + request().dump();
  seen += cluster().kubectl({"get", "events", "-n", home(), "-o", "json"}).out;
  EXPECT_EQ(seen.find(api_key->expose()), std::string::npos);
  EXPECT_THAT(seen, HasSubstr(R"("level":"debug","message":"called the CA")"));
  // Any line of the key's body, as PEM or base64 of it.
  const std::string line = key.substr(key.find('\n') + 1, 40);
  EXPECT_EQ(seen.find(line), std::string::npos);
  EXPECT_EQ(seen.find("PRIVATE KEY"), std::string::npos);
}

}  // namespace
