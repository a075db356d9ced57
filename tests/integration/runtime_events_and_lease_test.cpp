// runtime::EventRecorder and runtime::LeaderElector against a real API server.
#include <condition_variable>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "kube/response.h"
#include "runtime/event_recorder.h"
#include "runtime/leader_elector.h"
#include "support/control_plane.h"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class RuntimeCluster : public support::ClusterTest {
 protected:
  void SetUp() override {
    ClusterTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    const auto config = kube::load_config({.kubeconfig_flag = cluster().kubeconfig().string()});
    ASSERT_TRUE(config) << config.error().message;
    client_ =
        std::move(*kube::connect(*config, {.field_manager = "test"}, "runtime-test/1", clock_));
    space_ = cluster().make_namespace("runtime");
  }

  base::SystemClock clock_;
  metrics::Registry registry_;
  std::unique_ptr<kube::Client> client_;
  std::string space_;
};

class RuntimeEvents : public RuntimeCluster {
 protected:
  void record(const std::vector<runtime::Event>& events) {
    runtime::EventRecorder recorder(*client_,
                                    {.controller = "example.test/runtime", .instance = "runtime-1"},
                                    runtime::EventMetrics(registry_, "test"), clock_);
    for (const runtime::Event& event : events) recorder.record(event);
    recorder.stop();
  }

  static runtime::Event event(const kube::Resource& resource, const kube::ObjectKey& key) {
    return {.regarding = {.resource = resource, .key = key, .uid = "uid-of-" + key.name},
            .reason = "Tested",
            .action = "Test",
            .note = "All is well."};
  }

  std::vector<json> events_about(const std::string& namespace_, const std::string& uid) {
    const auto list = client_->list_all(kube::kEvents, namespace_, {}, {});
    EXPECT_TRUE(list) << list.error().message;
    std::vector<json> found;
    for (const json& item : list->at("items")) {
      if (item["regarding"].value("uid", "") == uid) found.push_back(item);
    }
    return found;
  }
};

TEST_F(RuntimeEvents, AreMergedIntoASeries) {
  const auto tested = event(kube::kConfigMaps, {space_, "one"});

  record({tested, tested, tested});

  const auto found = events_about(space_, "uid-of-one");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0]["series"]["count"], 3);
  EXPECT_EQ(found[0]["reason"], "Tested");
  EXPECT_EQ(found[0]["note"], "All is well.");
  EXPECT_EQ(found[0]["reportingController"], "example.test/runtime");
  EXPECT_THAT(registry_.expose(), testing::HasSubstr("reason=\"refused\"} 0"));
}

TEST_F(RuntimeEvents, OfAClusterScopedObjectStandInDefault) {
  record({event(kube::kNamespaces, {"", space_})});

  EXPECT_EQ(events_about("default", "uid-of-" + space_).size(), 1U);
}

TEST_F(RuntimeEvents, AreShownByDescribe) {
  const auto made =
      client_->create(kube::kConfigMaps, space_, {{"metadata", {{"name", "two"}}}}, {});
  ASSERT_TRUE(made);
  auto tested = event(kube::kConfigMaps, {space_, "two"});
  tested.regarding.uid = kube::metadata_text(*made, "uid");
  tested.type = runtime::EventType::kWarning;

  record({tested});

  const auto described = cluster().kubectl({"describe", "configmap", "two", "-n", space_});
  EXPECT_THAT(described.out, testing::ContainsRegex("Warning +Tested .*All is well."));
}

class RuntimeLease : public RuntimeCluster {
 protected:
  // One process that wants to lead.
  struct Candidate {
    std::mutex mutex;
    std::condition_variable changed;
    bool started = false;
    bool lost = false;
    std::unique_ptr<runtime::LeaderElector> elector;

    bool wait(bool Candidate::* what) {
      std::unique_lock lock(mutex);
      return changed.wait_for(lock, 60s, [&] { return this->*what; });
    }
    void set(bool Candidate::* what) {
      const std::lock_guard lock(mutex);
      this->*what = true;
      changed.notify_all();
    }
  };

  std::unique_ptr<Candidate> candidate() {
    auto made = std::make_unique<Candidate>();
    Candidate* self = made.get();
    made->elector = std::make_unique<runtime::LeaderElector>(
        *client_,
        runtime::LeaderElectorOptions{
            .lease = {space_, "leader"},
            .identity = runtime::make_identity(),
            .limits = {.lease_duration = 6s, .renew_deadline = 4s, .retry_period = 200ms}},
        runtime::LeaderCallbacks{.on_started = [self] { self->set(&Candidate::started); },
                                 .on_lost = [self] { self->set(&Candidate::lost); }},
        clock_, registry_);
    made->elector->start();
    return made;
  }
};

TEST_F(RuntimeLease, PassesFromOneToTheOther) {
  const auto first = candidate();
  ASSERT_TRUE(first->wait(&Candidate::started));
  const auto second = candidate();
  EXPECT_TRUE(first->elector->holds_lease());
  EXPECT_FALSE(second->elector->holds_lease());

  first->elector->stop();

  EXPECT_TRUE(second->wait(&Candidate::started));
  EXPECT_FALSE(first->elector->holds_lease());
  EXPECT_FALSE(first->lost);
  const auto lease = client_->get(kube::kLeases, {space_, "leader"}, {});
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->at("spec").at("leaseTransitions"), 1);
}

TEST_F(RuntimeLease, IsLostInALongOutageOfTheApiServer) {
  const auto only = candidate();
  ASSERT_TRUE(only->wait(&Candidate::started));

  const support::ServerOutage outage(support::ControlPlane::Server::kApiServer);

  EXPECT_TRUE(only->wait(&Candidate::lost));
  EXPECT_FALSE(only->elector->holds_lease());
}

}  // namespace
