// How the status of a profile is written: over exactly the version that it was computed from.
#include "reconcile/profile_reconciler.h"

#include <algorithm>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "api/names.h"
#include "reconcile/resources.h"
#include "support/fake_clock.h"
#include "unit/runtime/fake_api.h"

namespace reconcile {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using runtime_test::Answer;
using runtime_test::FakeApi;

constexpr const char* kPath =
    "/apis/duplicert.io/v1beta1/namespaces/team-a/automationprofiles/basic/status";

json new_profile() {
  return {{"apiVersion", "duplicert.io/v1beta1"},
          {"kind", "AutomationProfile"},
          {"metadata",
           {{"name", "basic"},
            {"namespace", "team-a"},
            {"uid", "uid-profile"},
            {"generation", 1},
            {"resourceVersion", "7"}}},
          {"spec",
           {{"product", "ssl_basic"},
            {"organization", {{"id", 7}}},
            {"account", {{"apiKeySecretRef", {{"name", "certcentral"}}}}}}}};
}

// A profile whose Secret is missing: its status needs no answer of the CA. The watch shows it as it
// was in the beginning, whatever is written.
class ProfileReconcilerTest : public testing::Test {
 protected:
  ProfileReconcilerTest() {
    profiles_.start();
    EXPECT_TRUE(profiles_.wait_synced(10s, {}));
  }
  ~ProfileReconcilerTest() override { profiles_.stop(); }

  Answer respond(const http::Request& request) {
    if (FakeApi::path_of(request) == kPath) return write(json::parse(request.body));
    if (request.url.find("/secrets/") != std::string::npos) {
      return Answer::json({{"kind", "Status"}, {"reason", "NotFound"}, {"code", 404}}, 404);
    }
    if (request.url.find("watch=") != std::string::npos) {
      return {.body = "", .end = Answer::End::kOpen};
    }
    return Answer::json({{"kind", "AutomationProfileList"},
                         {"metadata", {{"resourceVersion", "7"}}},
                         {"items", json::array({new_profile()})}});
  }

  // As the API server: a version that is given must be the present one.
  Answer write(const json& body) {
    const std::string given = body["metadata"].value("resourceVersion", version());
    if (given != version()) {
      return Answer::json({{"kind", "Status"}, {"reason", "Conflict"}, {"code", 409}}, 409);
    }
    stored_["status"] = body["status"];
    stored_["metadata"]["resourceVersion"] = std::to_string(std::stoi(version()) + 1);
    return std::exchange(lose_answer_, false) ? Answer::none() : Answer::json(stored_);
  }
  std::string version() const { return stored_["metadata"]["resourceVersion"]; }

  // What a pass does; the watch calls on a thread of its own.
  std::size_t reads_and_writes() const {
    return static_cast<std::size_t>(std::ranges::count_if(api_.calls(), [](const auto& call) {
      return call.starts_with("PATCH") || call.find("/secrets/") != std::string::npos;
    }));
  }
  runtime::Outcome reconcile() { return reconciler_.reconcile("team-a/basic", {}); }

  json stored_ = new_profile();
  bool lose_answer_ = false;
  support::FakeClock clock_{};
  FakeApi api_{[this](const http::Request& request) { return respond(request); }};
  const std::unique_ptr<kube::Client> client_ = api_.client(clock_);
  runtime::Informer<api::AutomationProfile> profiles_{
      *client_,
      {.resource = kProfiles},
      [](const json& object) { return api::decode_automation_profile(object); },
      clock_};
  Accounts accounts_{{}, clock_};
  ProfileStates states_{};
  ProfileReconciler reconciler_{profiles_,
                                *client_,
                                accounts_,
                                states_,
                                clock_,
                                {.changed = [](const std::string&) {},
                                 .reported = [](const std::string&, bool) {},
                                 .gone = [](const std::string&) {},
                                 .refresh_watches = [] {}}};
};

// The write took effect, its answer was lost, and the cache does not show it yet: told again from
// what the cache shows, each condition would be dated anew without a change of its status.
TEST_F(ProfileReconcilerTest, DatesNoConditionAnewAfterAWriteWhoseAnswerWasLost) {
  lose_answer_ = true;
  EXPECT_EQ(reconcile().kind, runtime::Outcome::Kind::kFailed);
  const json first = stored_["status"]["conditions"];
  ASSERT_FALSE(first.empty());
  clock_.advance(10s);

  const runtime::Outcome outcome = reconcile();

  EXPECT_EQ(stored_["status"]["conditions"], first);
  EXPECT_EQ(outcome.kind, runtime::Outcome::Kind::kAfter) << "a conflict is no failure";
  EXPECT_EQ(outcome.delay, 50ms);
}

TEST_F(ProfileReconcilerTest, AsksNobodyBeforeItHasSeenItsOwnStatus) {
  ASSERT_EQ(reconcile().error.message, "");
  const std::size_t before = reads_and_writes();
  clock_.advance(10s);

  const runtime::Outcome outcome = reconcile();

  EXPECT_EQ(reads_and_writes(), before);
  EXPECT_EQ(outcome.delay, 50ms);
}

}  // namespace
}  // namespace reconcile
