// runtime::Informer against a real API server.
#include <algorithm>
#include <condition_variable>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "kube/response.h"
#include "runtime/informer.h"
#include "support/control_plane.h"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using runtime::Change;
using runtime::Informer;
using support::ControlPlane;

struct Meta {
  std::string namespace_{};
  std::string name{};
  std::string uid{};
  std::string resource_version{};
};
struct Config {
  Meta meta{};
  std::string value{};
  bool has_data = false;
};

base::Result<Config> decode_config(const json& object) {
  const auto text = [&object](const char* field) { return kube::metadata_text(object, field); };
  const json data = object.value("data", json::object());
  return Config{{text("namespace"), text("name"), text("uid"), text("resourceVersion")},
                data.value("value", ""),
                object.contains("data")};
}

class RuntimeInformer : public support::ClusterTest {
 protected:
  void SetUp() override {
    ClusterTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    admin_ = connect(ControlPlane::kAdmin);
    operator_ = connect(ControlPlane::kOperator);
    space_ = cluster().make_namespace("informer");
  }

  std::unique_ptr<kube::Client> connect(std::string_view user) {
    const auto config = kube::load_config({.kubeconfig_flag = cluster().kubeconfig(user).string()});
    EXPECT_TRUE(config) << config.error().message;
    return std::move(*kube::connect(*config, {.field_manager = "test"}, "runtime-test/1", clock_));
  }

  void start(runtime::InformerOptions options = {}) {
    if (options.resource.plural.empty()) options.resource = kube::kConfigMaps;
    options.namespaces = {space_};
    options.label_selector += options.label_selector.empty() ? "test" : ",test";
    informer_ = std::make_unique<Informer<Config>>(*operator_, options, decode_config, clock_);
    informer_->on_change([this](const Change<Config>& change) {
      std::unique_lock lock(mutex_);
      changes_.push_back(change);
      changed_.notify_all();
      changed_.wait_for(lock, 60s, [&] { return change.key != held_; });
    });
    informer_->start();
    ASSERT_TRUE(informer_->wait_synced(30s, {}));
  }

  // The first change that fits, also of the past.
  template <class Condition>
  std::optional<Change<Config>> wait_change(Condition fits) {
    std::unique_lock lock(mutex_);
    auto at = changes_.end();
    changed_.wait_for(lock, 60s, [&] {
      at = std::find_if(changes_.begin(), changes_.end(), fits);
      return at != changes_.end();
    });
    if (at == changes_.end()) return std::nullopt;
    return *at;
  }

  // Returns the UID.
  std::string create(const std::string& name, const std::string& value = "1",
                     const json& labels = {{"test", "yes"}}) {
    const auto made = admin_->create(
        kube::kConfigMaps, space_,
        {{"metadata", {{"name", name}, {"labels", labels}}}, {"data", {{"value", value}}}}, {});
    EXPECT_TRUE(made) << made.error().message;
    return made ? kube::metadata_text(*made, "uid") : "";
  }
  void patch(const std::string& name, const json& change) {
    const auto done =
        admin_->patch(kube::kConfigMaps, {space_, name}, kube::PatchKind::kMerge, change, {});
    EXPECT_TRUE(done) << done.error().message;
  }
  void remove(const std::string& name) {
    const auto done = admin_->remove(kube::kConfigMaps, {space_, name}, {}, {});
    EXPECT_TRUE(done) << done.error().message;
  }

  // Blocks the informer at its next change of this key, while the world goes on; empty: go on.
  void hold(const std::string& at_key) {
    const std::lock_guard lock(mutex_);
    held_ = at_key;
    changed_.notify_all();
  }

  std::string key(const std::string& name) const { return space_ + "/" + name; }

  std::ptrdiff_t requests(const std::string& verb) {
    const auto events = cluster().audit_events(ControlPlane::kOperator);
    return std::count_if(events.begin(), events.end(), [&](const support::AuditEvent& event) {
      return event.verb == verb && event.name_space == space_;
    });
  }

  base::SystemClock clock_;
  std::unique_ptr<kube::Client> admin_;
  std::unique_ptr<kube::Client> operator_;
  std::string space_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string held_;
  std::vector<Change<Config>> changes_;
  std::unique_ptr<Informer<Config>> informer_;  // last: it ends before what its handler uses
};

TEST_F(RuntimeInformer, SeesCreateUpdateAndDelete) {
  create("before");
  start();
  EXPECT_EQ(informer_->store().size(), 1U);

  create("one");
  patch("one", {{"data", {{"value", "2"}}}});
  remove("one");

  const auto gone = wait_change([](const Change<Config>& change) { return !change.after; });
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->key, key("one"));
  EXPECT_EQ(gone->before->value, "2");
  EXPECT_EQ(changes_.size(), 4U);
  EXPECT_EQ(informer_->store().list().at(0)->meta.name, "before");
}

TEST_F(RuntimeInformer, KnowsWhenAWriteHasComeBack) {
  start();
  create("one");
  const auto seen = wait_change([&](const auto& change) { return change.key == key("one"); });
  ASSERT_TRUE(seen);

  EXPECT_TRUE(informer_->has_seen(space_, seen->after->meta.resource_version));
}

TEST_F(RuntimeInformer, SeesAnObjectComeAndGoWithItsLabels) {
  start({.label_selector = "color=red"});
  create("one", "1", {{"test", "yes"}, {"color", "blue"}});
  create("two", "1", {{"test", "yes"}, {"color", "red"}});
  ASSERT_TRUE(wait_change([&](const auto& change) { return change.key == key("two"); }));
  EXPECT_EQ(informer_->store().size(), 1U);

  patch("two", {{"metadata", {{"labels", {{"color", "blue"}}}}}});

  EXPECT_TRUE(wait_change([](const Change<Config>& change) { return !change.after; }));
  EXPECT_EQ(informer_->store().size(), 0U);
}

TEST_F(RuntimeInformer, NeverReceivesContentsIfItAskedForMetadata) {
  start({.view = kube::View::kMetadata});
  create("one", "secret");

  const auto seen = wait_change([&](const auto& change) { return change.key == key("one"); });

  ASSERT_TRUE(seen);
  EXPECT_FALSE(seen->after->has_data);
}

TEST_F(RuntimeInformer, ListsAllPagesOfALargeCollection) {
  std::string many;
  for (int i = 0; i < 600; ++i) {
    many += json{{"apiVersion", "v1"},
                 {"kind", "ConfigMap"},
                 {"metadata",
                  {{"name", "item-" + std::to_string(i)},
                   {"namespace", space_},
                   {"labels", {{"test", "yes"}}}}}}
                .dump() +
            "\n---\n";
  }
  ASSERT_TRUE(cluster().kubectl({"create", "-f", "-"}, many).ok());

  start();

  EXPECT_EQ(informer_->store().size(), 600U);
}

// The informer is blocked while the server restarts and the object is replaced, so that no watch
// sees that. The server's cache is empty after the restart: it answers the old version with 410.
TEST_F(RuntimeInformer, RecoversFromAnOutageAndSeesDeleteAndRecreateByTheUid) {
  const std::string old_uid = create("replaced");
  create("deleted");
  hold(key("gate"));
  start({.limits = {.backoff = {.first = 50ms, .factor = 2, .most = 500ms}}});
  create("gate");
  ASSERT_TRUE(wait_change([&](const auto& change) { return change.key == key("gate"); }));
  {
    const support::ServerOutage outage(ControlPlane::Server::kApiServer);
  }
  remove("replaced");
  const std::string new_uid = create("replaced", "2");
  remove("deleted");
  create("created");

  hold("");

  const auto replaced =
      wait_change([](const Change<Config>& change) { return change.recreated(); });
  ASSERT_TRUE(replaced);
  EXPECT_EQ(replaced->before->meta.uid, old_uid);
  EXPECT_EQ(replaced->after->meta.uid, new_uid);
  EXPECT_TRUE(wait_change([&](const auto& change) { return change.key == key("created"); }));
  EXPECT_EQ(informer_->store().get(key("deleted")), nullptr);
  EXPECT_EQ(informer_->store().size(), 3U);
}

TEST_F(RuntimeInformer, FollowsChangesAfterAnOutageHasEndedItsStream) {
  start({.limits = {.backoff = {.first = 50ms, .factor = 2, .most = 500ms}}});
  {
    const support::ServerOutage outage(ControlPlane::Server::kApiServer);
  }

  create("after");
  ASSERT_TRUE(wait_change([&](const auto& change) { return change.key == key("after"); }));
  remove("after");

  EXPECT_TRUE(wait_change([](const Change<Config>& change) { return !change.after; }));
  EXPECT_LE(requests("list"), 2) << "one at the start, and one for the 410";
}

}  // namespace
