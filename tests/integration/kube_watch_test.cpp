// kube::Client::watch against a real API server.
#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "kube/client.h"
#include "kube/response.h"
#include "support/control_plane.h"

namespace {

using base::Code;
using base::Result;
using kube::Client;
using kube::kConfigMaps;
using kube::metadata_text;
using kube::WatchType;
using nlohmann::json;
using std::chrono::seconds;

struct Seen {
  WatchType type = WatchType::kAdded;
  json object{};
};

class KubeWatch : public support::ClusterTest {
 protected:
  void SetUp() override {
    ClusterTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    const auto config = kube::load_config({.kubeconfig_flag = cluster().kubeconfig().string()});
    ASSERT_TRUE(config) << config.error().message;
    client_ = std::move(
        *kube::connect(*config, {.field_manager = "kube-watch-test"}, "kube-watch-test/1", clock_));
    space_ = cluster().make_namespace("kube-watch");
    start_version_ =
        metadata_text(*client_->list_all(kConfigMaps, space_, {}, {}), "resourceVersion");
  }

  Result<void> watch(const kube::WatchOptions& options, std::stop_token stop = {}) {
    return client_->watch(
        kConfigMaps, space_, options,
        [this](WatchType type, json&& object) -> Result<void> {
          seen_.push_back({type, std::move(object)});
          return {};
        },
        std::move(stop));
  }

  json create(const std::string& name) {
    return *client_->create(kConfigMaps, space_, {{"metadata", {{"name", name}}}}, {});
  }

  base::SystemClock clock_{};
  std::unique_ptr<Client> client_{};
  std::string space_{};
  std::string start_version_{};
  std::vector<Seen> seen_{};
};

TEST_F(KubeWatch, SeesEachChangeAfterItsResourceVersion) {
  const std::string uid = metadata_text(create("one"), "uid");
  ASSERT_TRUE(client_->patch(kConfigMaps, {space_, "one"}, kube::PatchKind::kMerge,
                             {{"data", {{"a", "1"}}}}, {}));
  ASSERT_TRUE(client_->remove(kConfigMaps, {space_, "one"}, {.uid = uid}, {}));

  const auto ended = watch({.field_selector = "metadata.name=one",
                            .resource_version = start_version_,
                            .timeout = seconds{1}});

  ASSERT_TRUE(ended) << ended.error().message;
  ASSERT_EQ(seen_.size(), 3U);
  EXPECT_EQ(seen_[0].type, WatchType::kAdded);
  EXPECT_EQ(seen_[1].type, WatchType::kModified);
  EXPECT_EQ(seen_[2].type, WatchType::kDeleted);
}

// The server sends a bookmark about 2 s before the end if something newer than the last event has
// happened, here to an object that the watch does not select.
TEST_F(KubeWatch, LearnsFromABookmarkThatTimeHasPassed) {
  const std::string seen_version = metadata_text(create("one"), "resourceVersion");
  std::string bookmark;

  const auto ended = client_->watch(kConfigMaps, space_,
                                    {.field_selector = "metadata.name=one",
                                     .resource_version = start_version_,
                                     .timeout = seconds{5}},
                                    [&](WatchType type, json&& object) -> Result<void> {
                                      if (type == WatchType::kAdded) create("two");
                                      if (type == WatchType::kBookmark)
                                        bookmark = metadata_text(object, "resourceVersion");
                                      return {};
                                    },
                                    {});

  ASSERT_TRUE(ended) << ended.error().message;
  EXPECT_NE(bookmark, "");
  EXPECT_NE(bookmark, seen_version);
}

TEST_F(KubeWatch, SeesMetadataOnlyWhenAsked) {
  create("one");

  const auto ended = watch({.field_selector = "metadata.name=one",
                            .resource_version = start_version_,
                            .timeout = seconds{2},
                            .view = kube::View::kMetadata});

  ASSERT_TRUE(ended) << ended.error().message;
  ASSERT_FALSE(seen_.empty());
  EXPECT_EQ(seen_[0].object["kind"], "PartialObjectMetadata");
  EXPECT_EQ(metadata_text(seen_[0].object, "name"), "one");
}

const kube::Resource kDefinitions{.group = "apiextensions.k8s.io",
                                  .version = "v1",
                                  .plural = "customresourcedefinitions",
                                  .kind = "CustomResourceDefinition",
                                  .namespaced = false};

// A definition of a new kind in the group `group`.
json definition_of(const std::string& group) {
  json definition = json::parse(R"({
      "spec": {"scope": "Namespaced",
               "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
               "versions": [{"name": "v1", "served": true, "storage": true,
                             "schema": {"openAPIV3Schema": {"type": "object"}}}]}})");
  definition["spec"]["group"] = group;
  return definition;
}

bool is_established(const json& definition) {
  const json conditions = definition.value("/status/conditions"_json_pointer, json::array());
  return std::any_of(conditions.begin(), conditions.end(), [](const json& condition) {
    return condition["type"] == "Established" && condition["status"] == "True";
  });
}

// The server's history of a kind begins when the kind is made, so version 1 is long gone for it.
TEST_F(KubeWatch, ExpiresForAResourceVersionThatIsTooOld) {
  const std::string group = space_ + ".example";
  const kube::ObjectKey key{.name = "widgets." + group};
  const kube::Resource widgets{
      .group = group, .version = "v1", .plural = "widgets", .kind = "Widget"};
  ASSERT_TRUE(client_->apply(kDefinitions, key, definition_of(group), kube::Force::kYes, {}));
  while (!is_established(*client_->get(kDefinitions, key, {}))) {
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }

  const auto watch_widgets = [&] {
    return client_->watch(widgets, "", {.resource_version = "1", .timeout = seconds{5}},
                          [](WatchType, json&&) -> Result<void> { return {}; }, {});
  };
  auto ended = watch_widgets();
  while (!ended && ended.error().code == Code::kExhausted) {  // its cache is still being filled
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    ended = watch_widgets();
  }

  EXPECT_TRUE(client_->remove(kDefinitions, key, {}, {}));
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Code::kExpired) << ended.error().message;
}

TEST_F(KubeWatch, EndsSoonAfterAStop) {
  std::stop_source source;
  std::jthread stopper([&source] {
    std::this_thread::sleep_for(std::chrono::milliseconds{300});
    source.request_stop();
  });
  const auto before = std::chrono::steady_clock::now();

  const auto ended =
      watch({.resource_version = start_version_, .timeout = seconds{60}}, source.get_token());

  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Code::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - before, seconds{5});
}

}  // namespace
