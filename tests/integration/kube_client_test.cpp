// kube::Client against a real API server: each verb, its preconditions and its errors.
#include <chrono>
#include <string>
#include <unistd.h>
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
using kube::Force;
using kube::kConfigMaps;
using kube::kSecrets;
using kube::metadata_text;
using kube::ObjectKey;
using kube::WatchType;
using nlohmann::json;
using testing::HasSubstr;

constexpr std::string_view kManager = "kube-client-test";

class KubeClient : public support::ClusterTest {
 protected:
  void SetUp() override {
    ClusterTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    client_ = client_of(std::string(support::ControlPlane::kAdmin));
    space_ = cluster().make_namespace("kube-client");
  }

  std::unique_ptr<Client> client_of(const std::string& user, const std::string& manager = "") {
    const auto config = kube::load_config({.kubeconfig_flag = cluster().kubeconfig(user).string()});
    EXPECT_TRUE(config) << config.error().message;
    auto client =
        kube::connect(*config, {.field_manager = manager.empty() ? std::string(kManager) : manager},
                      "kube-client-test/1", clock_);
    EXPECT_TRUE(client) << client.error().message;
    return std::move(*client);
  }

  ObjectKey key(const std::string& name) const { return {space_, name}; }

  json create(const std::string& name, const json& data = json::object()) {
    const json object = {{"metadata", {{"name", name}}}, {"data", data}};
    auto created = client_->create(kConfigMaps, space_, object, {});
    EXPECT_TRUE(created) << created.error().message;
    return *created;
  }

  base::SystemClock clock_{};
  std::unique_ptr<Client> client_{};
  std::string space_{};
};

json labelled(const char* value) {
  return {{"metadata", {{"labels", {{"part", value}}}}}};
}

TEST_F(KubeClient, CreatesAndReads) {
  const json created = create("one", {{"a", "1"}});

  const auto read = client_->get(kConfigMaps, key("one"), {});

  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ((*read)["data"]["a"], "1");
  EXPECT_EQ(metadata_text(*read, "uid"), metadata_text(created, "uid"));
  EXPECT_EQ((*read)["metadata"]["managedFields"][0]["manager"], kManager);
}

TEST_F(KubeClient, TellsAlreadyExistsFromNotFound) {
  create("one");
  const json same = {{"metadata", {{"name", "one"}}}};

  const auto again = client_->create(kConfigMaps, space_, same, {});
  const auto nowhere = client_->create(kConfigMaps, "no-such-namespace", same, {});
  const auto absent = client_->get(kConfigMaps, key("two"), {});

  EXPECT_EQ(again.error().code, Code::kAlreadyExists);
  EXPECT_EQ(again.error().reason, "AlreadyExists");
  EXPECT_EQ(nowhere.error().code, Code::kNotFound);
  EXPECT_EQ(absent.error().code, Code::kNotFound);
  EXPECT_THAT(absent.error().message, HasSubstr("get configmaps " + space_ + "/two: "));
}

TEST_F(KubeClient, ReadsMetadataOnly) {
  create("one", {{"a", "1"}});

  const auto read = client_->get(kConfigMaps, key("one"), {}, kube::View::kMetadata);
  const auto list = client_->list(kConfigMaps, space_, {.view = kube::View::kMetadata}, {});

  ASSERT_TRUE(read && list);
  EXPECT_EQ((*read)["kind"], "PartialObjectMetadata");
  EXPECT_FALSE(read->contains("data"));
  EXPECT_EQ((*list)["kind"], "PartialObjectMetadataList");
}

TEST_F(KubeClient, ListsAllPagesBySelector) {
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    create(name);
    ASSERT_TRUE(client_->patch(kConfigMaps, key(name), kube::PatchKind::kMerge, labelled("x"), {}));
  }
  const kube::ListOptions by_label{.label_selector = "part in (x,y)", .limit = 2};

  const auto page = client_->list(kConfigMaps, space_, by_label, {});
  const auto all = client_->list_all(kConfigMaps, space_, by_label, {});
  const auto named =
      client_->list_all(kConfigMaps, space_, {.field_selector = "metadata.name=c"}, {});

  ASSERT_TRUE(page && all && named);
  EXPECT_EQ((*page)["items"].size(), 2U);
  EXPECT_NE(metadata_text(*page, "continue"), "");
  ASSERT_EQ((*all)["items"].size(), 5U);
  EXPECT_EQ(metadata_text((*all)["items"][4], "name"), "e");
  // Other tests write meanwhile.
  EXPECT_GE(std::stoll(metadata_text(*all, "resourceVersion")),
            std::stoll(metadata_text(*page, "resourceVersion")));
  EXPECT_EQ((*named)["items"].size(), 1U);
}

TEST_F(KubeClient, CallsABadContinueTokenWhatItIs) {
  const auto list = client_->list(kConfigMaps, space_, {.limit = 2, .continue_token = "x"}, {});

  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().code, Code::kInvalid);
}

TEST_F(KubeClient, ReplacesOnlyTheVersionThatItSaw) {
  json object = create("one");
  object["data"]["a"] = "1";

  const auto first = client_->replace(kConfigMaps, key("one"), object, {});
  const auto stale = client_->replace(kConfigMaps, key("one"), object, {});

  ASSERT_TRUE(first) << first.error().message;
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().code, Code::kConflict);
  EXPECT_EQ(stale.error().reason, "Conflict");
}

TEST_F(KubeClient, PatchesBothWays) {
  create("one", {{"a", "1"}, {"b", "2"}});

  const auto merged = client_->patch(kConfigMaps, key("one"), kube::PatchKind::kMerge,
                                     {{"data", {{"a", nullptr}}}}, {});
  const auto tested =
      client_->patch(kConfigMaps, key("one"), kube::PatchKind::kJson,
                     json::parse(R"([{"op":"replace","path":"/data/b","value":"3"}])"), {});

  ASSERT_TRUE(merged && tested);
  EXPECT_FALSE((*merged)["data"].contains("a"));
  EXPECT_EQ((*tested)["data"]["b"], "3");
}

TEST_F(KubeClient, DeletesOnlyWhatThePreconditionsSay) {
  const json object = create("one");

  const auto other_uid = client_->remove(kConfigMaps, key("one"), {.uid = "other"}, {});
  const auto stale = client_->remove(kConfigMaps, key("one"), {.resource_version = "1"}, {});
  const auto right = client_->remove(kConfigMaps, key("one"),
                                     {.uid = metadata_text(object, "uid"),
                                      .resource_version = metadata_text(object, "resourceVersion")},
                                     {});
  const auto gone = client_->remove(kConfigMaps, key("one"), {}, {});

  EXPECT_EQ(other_uid.error().code, Code::kConflict);
  EXPECT_EQ(stale.error().code, Code::kConflict);
  EXPECT_TRUE(right) << right.error().message;
  EXPECT_EQ(gone.error().code, Code::kNotFound);
}

TEST_F(KubeClient, AppliesAndTakesBackWhatItLeavesOut) {
  const auto first =
      client_->apply(kConfigMaps, key("one"), {{"data", {{"a", "1"}, {"b", "2"}}}}, Force::kNo, {});
  const auto second =
      client_->apply(kConfigMaps, key("one"), {{"data", {{"a", "1"}}}}, Force::kNo, {});

  ASSERT_TRUE(first && second);
  EXPECT_EQ((*second)["data"], json({{"a", "1"}}));
  EXPECT_EQ((*second)["metadata"]["managedFields"][0]["operation"], "Apply");
}

TEST_F(KubeClient, ConflictsOverAFieldUnlessForced) {
  const auto other = client_of("admin", "someone-else");
  ASSERT_TRUE(other->apply(kConfigMaps, key("one"), {{"data", {{"a", "1"}}}}, Force::kNo, {}));

  const json ours = {{"data", {{"a", "2"}}}};
  const auto polite = client_->apply(kConfigMaps, key("one"), ours, Force::kNo, {});
  const auto forced = client_->apply(kConfigMaps, key("one"), ours, Force::kYes, {});

  ASSERT_FALSE(polite);
  EXPECT_EQ(polite.error().code, Code::kConflict);
  EXPECT_THAT(polite.error().message, HasSubstr("FieldManagerConflict .data.a"));
  EXPECT_THAT(polite.error().message, HasSubstr("someone-else"));
  ASSERT_TRUE(forced) << forced.error().message;
  EXPECT_EQ((*forced)["data"]["a"], "2");
}

TEST_F(KubeClient, AppliesASecretThatHoldsExactlyItsBytes) {
  const json object = {{"type", "Opaque"}, {"data", {{"key", "AP9c"}}}};

  const auto applied = client_->apply(kSecrets, key("one"), object, Force::kYes, {});

  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ((*applied)["data"]["key"], "AP9c");
}

TEST_F(KubeClient, RefusesToApplyIntoAnObjectThatIsGone) {
  const json object = {{"metadata", {{"uid", "11111111-2222-3333-4444-555555555555"}}}};

  const auto applied = client_->apply(kConfigMaps, key("one"), object, Force::kYes, {});

  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, Code::kConflict);
}

TEST_F(KubeClient, AppliesTheStatusAndNothingElse) {
  const kube::Resource namespaces = kube::kNamespaces;
  const json status = {
      {"metadata", {{"labels", {{"ignored", "yes"}}}}},
      {"status",
       {{"conditions",
         {{{"type", "Tested"}, {"status", "True"}, {"lastTransitionTime", nullptr}}}}}}};

  const auto applied = client_->apply_status(namespaces, {.name = space_}, status, {});

  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ((*applied)["status"]["conditions"][0]["type"], "Tested");
  EXPECT_EQ((*applied)["status"]["phase"], "Active");
}

TEST_F(KubeClient, ReportsWhatIsInvalid) {
  const json object = {{"metadata", {{"name", "one"}}}, {"data", {{"bad key", "1"}}}};

  const auto created = client_->create(kConfigMaps, space_, object, {});

  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, Code::kInvalid);
  EXPECT_EQ(created.error().http_status, 422);
}

TEST_F(KubeClient, IsForbiddenForAStranger) {
  const auto stranger = client_of(std::string(support::ControlPlane::kStranger));

  const auto read = stranger->get(kSecrets, key("one"), {});

  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::kPermissionDenied);
  EXPECT_EQ(read.error().reason, "Forbidden");
}

TEST_F(KubeClient, IsUnauthenticatedWithAWrongToken) {
  const kube::Config config{.server = cluster().url(),
                            .ca_pem = cluster().ca_pem(),
                            .token = base::SecretString("wrong")};
  const auto unknown = kube::connect(config, {.field_manager = "x"}, "x", clock_);

  EXPECT_EQ((*unknown)->get(kSecrets, key("one"), {}).error().code, Code::kUnauthenticated);
}

TEST_F(KubeClient, TrustsNoOtherCa) {
  const kube::Config config{.server = cluster().url(),
                            .token = base::SecretString(cluster().token_for("admin"))};
  const auto without_ca = kube::connect(config, {.field_manager = "x"}, "x", clock_);
  ASSERT_TRUE(without_ca) << without_ca.error().message;

  const auto read = (*without_ca)->get(kSecrets, key("one"), {});

  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::kUnavailable);
  EXPECT_TRUE(read.error().not_sent);
}

}  // namespace
