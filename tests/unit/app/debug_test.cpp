#include "app/debug.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/fake_clock.h"

namespace app {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class DebugTest : public testing::Test {
 protected:
  json get(const std::string& path, const std::string& key = {}) const {
    http::ServerRequest request{.method = "GET", .path = path, .from_loopback = true};
    if (!key.empty()) request.query.emplace("key", key);
    const auto answer = views_.answer(request);
    return answer ? json::parse(answer->body) : json();
  }

  static rules::Observed seen() {
    rules::Observed seen;
    seen.request.meta = {.namespace_ = "team-a", .name = "shop"};
    seen.pending = rules::PendingFacts{.public_key_sha256 = "abc", .order_id = 12345};
    return seen;
  }

  support::FakeClock clock_;
  metrics::Registry registry_;
  runtime::Store<api::DuplicateCertificateRequest> requests_;
  runtime::Store<api::AutomationProfile> profiles_;
  runtime::Store<reconcile::NamespaceMeta> namespaces_;
  runtime::Store<reconcile::SecretMeta> secrets_;
  runtime::Store<api::CertificateOrder> entries_;
  reconcile::ProfileStates states_;
  runtime::WorkQueue queue_{"request", {}, clock_, registry_};
  runtime::WorkQueue profile_queue_{"profile", {}, clock_, registry_};
  runtime::WorkQueue entry_queue_{"order", {}, clock_, registry_};
  DecisionLog decisions_;
  const DebugViews views_{{requests_, profiles_, namespaces_, secrets_, entries_, states_},
                          {queue_, profile_queue_, entry_queue_},
                          decisions_};
};

TEST_F(DebugTest, AnswersCallersOnThisMachineAlone) {
  http::ServerRequest request{.method = "GET", .path = "/debug/queue", .from_loopback = true};
  EXPECT_TRUE(views_.answer(request));

  request.from_loopback = false;
  EXPECT_FALSE(views_.answer(request));
}

TEST_F(DebugTest, ShowsWhatWaitsAndWhatIsWorkedOn) {
  queue_.add("team-a/taken");
  queue_.pop({});
  queue_.add_after("team-a/later", 90s);
  queue_.add_rate_limited("team-a/failed");

  const json requests = get("/debug/queue")["requests"];

  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0]["key"], "team-a/failed");
  EXPECT_EQ(requests[0]["failures"], 1);
  EXPECT_EQ(requests[1]["state"], "waiting");
  EXPECT_EQ(requests[1]["dueInSeconds"], 90);
  EXPECT_EQ(requests[2]["state"], "at work");
}

TEST_F(DebugTest, ShowsObjectsAsTheCachesHaveThem) {
  api::DuplicateCertificateRequest request;
  request.meta = {.namespace_ = "team-a", .name = "shop", .resource_version = "7"};
  request.spec.common_name = "shop.example.com";
  requests_.upsert(std::make_shared<const api::DuplicateCertificateRequest>(request));

  EXPECT_EQ(get("/debug/store")["requests"], 1);
  const json found = get("/debug/store", "team-a/shop");
  EXPECT_EQ(found["request"]["spec"]["commonName"], "shop.example.com");
  EXPECT_EQ(found["request"]["metadata"]["resourceVersion"], "7");
  EXPECT_TRUE(get("/debug/store", "team-a/other").is_null());
}

TEST_F(DebugTest, ShowsTheLastDecisionAndItsOutcomeUntilTheRequestIsGone) {
  int counted = 0;
  const auto hooks = decisions_.listen({.concluded = [&](const auto&, const auto&) { ++counted; }});
  EXPECT_TRUE(get("/debug/decision", "team-a/shop").is_null());

  hooks.concluded(seen(), {.action = rules::DropPending{}, .message = "why", .rule = "some_rule"});
  hooks.ended("team-a/shop", runtime::Outcome::after(5s));

  const json view = get("/debug/decision", "team-a/shop");
  EXPECT_EQ(view["decision"]["rule"], "some_rule");
  EXPECT_EQ(view["decision"]["action"], "drop_pending");
  EXPECT_EQ(view["observed"]["pending"]["publicKeySHA256"], "abc");
  EXPECT_EQ(view["outcome"], "the next pass comes after 5000 ms, or with a change");
  EXPECT_EQ(counted, 1);

  hooks.gone("team-a/shop");
  EXPECT_TRUE(get("/debug/decision", "team-a/shop").is_null());
}

TEST_F(DebugTest, KeepsTheLatestDecisionsAlone) {
  const auto hooks = decisions_.listen({});
  rules::Observed one = seen();
  const auto decide = [&](const std::string& name) {
    one.request.meta.name = name;
    hooks.concluded(one, {.action = rules::DropPending{}});
  };
  decide("first");
  decide("second");
  for (std::size_t i = 2; i < DecisionLog::kMost; ++i) decide(std::to_string(i));
  decide("first");  // again: "second" is now the oldest
  decide("last");

  EXPECT_FALSE(get("/debug/decision", "team-a/first").is_null());
  EXPECT_TRUE(get("/debug/decision", "team-a/second").is_null());
  EXPECT_FALSE(get("/debug/decision", "team-a/2").is_null());
  EXPECT_FALSE(get("/debug/decision", "team-a/last").is_null());
}

}  // namespace
}  // namespace app
