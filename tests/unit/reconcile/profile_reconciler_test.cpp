// Read your own writes, for profiles: nothing is done from a cache that is older than the status
// that this process wrote last, but not for ever; and a status is written over exactly the version
// that it was computed from. What to report is decided by rules::report_profile, which has tests of
// its own.
#include "reconcile/profile_reconciler.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "reconcile/resources.h"
#include "support/fake_clock.h"
#include "unit/reconcile/effects.h"

namespace reconcile {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;
using Verdict = runtime::WriteGate::Verdict;

// An API server with one profile and its Secret, whose watch says nothing until it is let go.
class HeldApi final : public http::Transport {
 public:
  HeldApi() {
    profile_ = {
        {"apiVersion", "duplicert.io/v1beta1"},
        {"kind", "AutomationProfile"},
        {"metadata",
         {{"namespace", "web"}, {"name", "corp"}, {"uid", "u"}, {"resourceVersion", "10"}}},
        {"spec",
         {{"account", {{"url", "https://ca.test/v2"}, {"apiKeySecretRef", {{"name", "key"}}}}},
          {"product", "ssl_basic"},
          {"organization", {{"id", 7}}}}}};
  }

  base::Result<http::Response> send(const http::Request& request, std::stop_token) override {
    const std::lock_guard lock(mutex_);
    const std::string path = request.url.substr(0, request.url.find('?'));
    calls_.push_back(request.method + path.substr(path.rfind('/')));
    if (path.ends_with("/automationprofiles")) {
      const json list{{"metadata", {{"resourceVersion", "10"}}}, {"items", {profile_}}};
      return http::Response{.status = 200, .body = list.dump()};
    }
    if (path.ends_with("/secrets/key")) {
      return http::Response{
          .status = 200,
          .body = R"({"metadata": {"resourceVersion": "3"}, "data": {"api-key": "a2V5"}})"};
    }
    if (request.method != "PUT") return http::Response{.status = 404};
    const json body = json::parse(request.body);
    const json version = profile_["metadata"]["resourceVersion"];
    if (body["metadata"].value("resourceVersion", version) != version) {
      return http::Response{.status = 409, .body = R"({"kind": "Status", "reason": "Conflict"})"};
    }
    profile_["status"] = body["status"];
    profile_["metadata"]["resourceVersion"] = std::to_string(++version_);
    if (std::exchange(lose_answer_, false)) return base::fail(base::Code::kUnavailable, "lost");
    return http::Response{.status = 200, .body = profile_.dump()};
  }

  base::Result<http::Response> stream(const http::Request&, const http::BodySink& sink,
                                      std::stop_token stop) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [this] { return shows_; });
    const json event{{"type", "MODIFIED"}, {"object", profile_}};
    lock.unlock();
    if (!stop.stop_requested()) (void)sink(event.dump() + "\n");
    lock.lock();
    changed_.wait(lock, stop, [] { return false; });
    return base::fail(base::Code::kCancelled, "stopped");
  }

  // The watch shows the newest profile.
  void show() {
    const std::lock_guard lock(mutex_);
    shows_ = true;
    changed_.notify_all();
  }
  // The next write is done, and its answer lost.
  void lose_answer() {
    const std::lock_guard lock(mutex_);
    lose_answer_ = true;
  }
  json conditions() {
    const std::lock_guard lock(mutex_);
    return profile_["status"]["conditions"];
  }
  std::vector<std::string> take_calls() {
    const std::lock_guard lock(mutex_);
    return std::exchange(calls_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::string> calls_;
  json profile_;
  int version_ = 10;
  bool shows_ = false;
  bool lose_answer_ = false;
};

class ProfileReconcilerTest : public testing::Test {
 protected:
  ProfileReconcilerTest() {
    informer_.start();
    EXPECT_TRUE(informer_.wait_synced(10s, {}));
    api_->take_calls();
  }

  runtime::Outcome reconcile() { return reconciler_.reconcile("web/corp", {}); }
  // The first pass: it looks, asks the CA, and writes its status.
  void write_once() {
    reconcile();
    EXPECT_THAT(api_->take_calls(), ElementsAre("GET/key", "PUT/status"));
    EXPECT_GT(std::exchange(ca_calls_, 0), 0);
  }
  // A pass that waits for the cache: it asks nobody anything.
  void expect_it_waits() {
    const runtime::Outcome outcome = reconcile();
    EXPECT_EQ(outcome.kind, runtime::Outcome::Kind::kAfter);
    EXPECT_LT(outcome.delay, 1s);
    EXPECT_THAT(api_->take_calls(), IsEmpty());
    EXPECT_EQ(std::exchange(ca_calls_, 0), 0);
  }
  // A pass that works: it reads the Secret at least.
  void expect_it_works() {
    reconcile();
    EXPECT_THAT(api_->take_calls(), Contains("GET/key"));
  }

  support::FakeClock clock_;
  HeldApi* api_ = new HeldApi;  // owned by client_
  kube::Client client_{{.server = "https://api.test", .field_manager = "us"},
                       std::unique_ptr<http::Transport>(api_),
                       std::make_unique<kube::TokenSource>(base::SecretString(), "", clock_),
                       clock_};
  int ca_calls_ = 0;
  Accounts accounts_{
      {.allowed_hosts = {"ca.test"},
       .on_call = [](auto, auto, double) {},
       .connect = [this](const AccountAccess&) -> base::Result<std::unique_ptr<http::Transport>> {
         return std::make_unique<effects::Answering>([this](const auto&) {
           ++ca_calls_;
           return http::Response{.status = 503};
         });
       }},
      clock_};
  ProfileStates states_;
  runtime::Informer<api::AutomationProfile> informer_{
      client_,
      {.resource = kProfiles},
      [](const json& object) { return api::decode_automation_profile(object); },
      clock_};
  std::vector<Verdict> stale_;
  ProfileReconciler reconciler_{informer_,
                                client_,
                                accounts_,
                                states_,
                                clock_,
                                {.changed = [](const auto&) {},
                                 .reported = [](const auto&, bool) {},
                                 .gone = [](const auto&) {},
                                 .refresh_watches = [] {},
                                 .stale = [this](Verdict verdict) { stale_.push_back(verdict); }}};
};

TEST_F(ProfileReconcilerTest, DoesNothingUntilTheCacheShowsItsOwnWrite) {
  write_once();
  EXPECT_THAT(stale_, IsEmpty()) << "there was no write to wait for";

  expect_it_waits();
  clock_.advance(29s);
  expect_it_waits();

  EXPECT_THAT(stale_, ElementsAre(Verdict::kWait, Verdict::kWait));
}

TEST_F(ProfileReconcilerTest, WorksAgainOnceTheCacheShowsItsOwnWrite) {
  write_once();
  expect_it_waits();

  api_->show();
  for (int i = 0; i < 500 && !informer_.has_seen("web", "11"); ++i) {
    std::this_thread::sleep_for(10ms);
  }
  ASSERT_TRUE(informer_.has_seen("web", "11"));

  expect_it_works();
  EXPECT_THAT(stale_, ElementsAre(Verdict::kWait));
}

// The gate does not know of such a write. Told again from what the cache shows, each condition
// would be dated anew without a change of its status.
TEST_F(ProfileReconcilerTest, DatesNoConditionAnewAfterAWriteWhoseAnswerWasLost) {
  api_->lose_answer();
  EXPECT_EQ(reconcile().kind, runtime::Outcome::Kind::kFailed);
  const json first = api_->conditions();
  ASSERT_FALSE(first.empty());
  clock_.advance(10s);

  const runtime::Outcome outcome = reconcile();

  EXPECT_EQ(api_->conditions(), first);
  EXPECT_EQ(outcome.error.code, base::Code::kConflict);
}

TEST_F(ProfileReconcilerTest, GivesUpAfter30SecondsAndSaysSoOnce) {
  write_once();
  expect_it_waits();
  clock_.advance(runtime::WriteGate::kWaitMax);

  expect_it_works();

  EXPECT_THAT(stale_, ElementsAre(Verdict::kWait, Verdict::kGaveUp));
}

}  // namespace
}  // namespace reconcile
