#include "kube/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

using kube::ApiRequest;
using kube::ObjectKey;
using nlohmann::json;

const kube::Resource kWidgets{
    .group = "example.test", .version = "v1", .plural = "widgets", .kind = "Widget"};
const ObjectKey kKey{"team-a", "one"};
const kube::WriteOptions kAsUs{.field_manager = "us"};

// "METHOD path", or the error.
std::string line_of(const base::Result<ApiRequest>& request) {
  return request ? request->method + " " + request->path : "error: " + request.error().message;
}

std::string header_of(const ApiRequest& request, const std::string& name) {
  for (const http::Header& header : request.headers) {
    if (header.name == name) return header.value;
  }
  return "";
}

TEST(ApiRequests, ReadOneObject) {
  EXPECT_EQ(line_of(get_request(kube::kSecrets, kKey)),
            "GET /api/v1/namespaces/team-a/secrets/one");
  EXPECT_EQ(line_of(get_request(kWidgets, kKey)),
            "GET /apis/example.test/v1/namespaces/team-a/widgets/one");
  EXPECT_EQ(line_of(get_request(kube::kNamespaces, {.name = "team-a"})),
            "GET /api/v1/namespaces/team-a");
}

TEST(ApiRequests, ListWithSelectorsAndPages) {
  EXPECT_EQ(line_of(list_request(kube::kSecrets, "", {})), "GET /api/v1/secrets");
  EXPECT_EQ(line_of(list_request(kube::kSecrets, "team-a",
                                 {.label_selector = "a.b/c in (d,e)",
                                  .field_selector = "metadata.name=x",
                                  .limit = 2,
                                  .continue_token = "t/="})),
            "GET /api/v1/namespaces/team-a/secrets?labelSelector=a.b%2Fc%20in%20%28d%2Ce%29"
            "&fieldSelector=metadata.name%3Dx&limit=2&continue=t%2F%3D");
}

TEST(ApiRequests, ListAtAResourceVersionIsNeverExact) {
  EXPECT_EQ(line_of(list_request(kWidgets, "", {.limit = 5, .resource_version = "12"})),
            "GET /apis/example.test/v1/widgets?limit=5&resourceVersion=12"
            "&resourceVersionMatch=NotOlderThan");
  EXPECT_EQ(line_of(list_request(kWidgets, "", {.resource_version = "0"})),
            "GET /apis/example.test/v1/widgets?resourceVersion=0");
  EXPECT_FALSE(list_request(kWidgets, "", {.continue_token = "t", .resource_version = "1"}));
}

TEST(ApiRequests, WatchWithBookmarksAndTimeout) {
  EXPECT_EQ(
      line_of(watch_request(kWidgets, "", {.label_selector = "a=b", .resource_version = "12"})),
      "GET /apis/example.test/v1/widgets?watch=1&allowWatchBookmarks=true&timeoutSeconds=290"
      "&resourceVersion=12&labelSelector=a%3Db");
}

TEST(ApiRequests, AskForMetadataOnly) {
  const auto list = list_request(kWidgets, "", {.view = kube::View::kMetadata});
  const auto watch = watch_request(kWidgets, "", {.view = kube::View::kMetadata});
  const auto get = get_request(kWidgets, kKey, kube::View::kMetadata);

  EXPECT_EQ(header_of(*list, "Accept"),
            "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json");
  for (const auto& request : {watch, get}) {
    EXPECT_EQ(header_of(*request, "Accept"),
              "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json");
  }
}

TEST(ApiRequests, CreateWithAFieldManager) {
  const auto request = create_request(kWidgets, "team-a", {{"a", 1}}, kAsUs);

  EXPECT_EQ(line_of(request),
            "POST /apis/example.test/v1/namespaces/team-a/widgets?fieldManager=us");
  EXPECT_EQ(request->body, R"({"a":1})");
  EXPECT_EQ(header_of(*request, "Content-Type"), "application/json");
}

TEST(ApiRequests, ApplyFillsInWhatTheKeySays) {
  const json object = {{"metadata", {{"labels", {{"a", "b"}}}}}, {"spec", {{"size", 1}}}};

  const auto request =
      apply_request(kWidgets, kKey, object, {.field_manager = "us", .force = kube::Force::kYes});

  EXPECT_EQ(line_of(request),
            "PATCH /apis/example.test/v1/namespaces/team-a/widgets/one"
            "?fieldManager=us&force=true");
  EXPECT_EQ(header_of(*request, "Content-Type"), "application/apply-patch+yaml");
  EXPECT_EQ(json::parse(request->body),
            json::parse(R"({"apiVersion":"example.test/v1","kind":"Widget","spec":{"size":1},
              "metadata":{"name":"one","namespace":"team-a","labels":{"a":"b"}}})"));
}

TEST(ApiRequests, ApplyToTheStatusSubresource) {
  EXPECT_EQ(
      line_of(apply_request(kWidgets, kKey, json::object(),
                            {.field_manager = "us", .subresource = kube::Subresource::kStatus})),
      "PATCH /apis/example.test/v1/namespaces/team-a/widgets/one/status"
      "?fieldManager=us&force=false");
}

TEST(ApiRequests, PatchNamesItsKind) {
  const auto merge =
      patch_request(kWidgets, kKey, kube::PatchKind::kMerge, {{"a", nullptr}}, kAsUs);
  const auto patch = patch_request(kWidgets, kKey, kube::PatchKind::kJson, json::array(), kAsUs);

  EXPECT_EQ(header_of(*merge, "Content-Type"), "application/merge-patch+json");
  EXPECT_EQ(merge->body, R"({"a":null})");
  EXPECT_EQ(header_of(*patch, "Content-Type"), "application/json-patch+json");
}

TEST(ApiRequests, ReplaceOnlyWithAResourceVersion) {
  const json with = {{"metadata", {{"resourceVersion", "7"}}}};

  EXPECT_EQ(line_of(replace_request(kube::kLeases, kKey, with, kAsUs)),
            "PUT /apis/coordination.k8s.io/v1/namespaces/team-a/leases/one?fieldManager=us");
  EXPECT_FALSE(replace_request(kube::kSecrets, kKey, json::object(), kAsUs));
}

TEST(ApiRequests, WritesSayWhatTheAnswerIsToHold) {
  const json object = {{"metadata", {{"name", "one"}, {"resourceVersion", "7"}}}};
  kube::WriteOptions brief = kAsUs;
  brief.answer = kube::View::kMetadata;
  const auto brief_answer = testing::StartsWith("application/json;as=PartialObjectMetadata;");

  EXPECT_EQ(header_of(*create_request(kWidgets, "team-a", object, kAsUs), "Accept"),
            "application/json");
  EXPECT_THAT(header_of(*create_request(kWidgets, "team-a", object, brief), "Accept"),
              brief_answer);
  EXPECT_THAT(header_of(*replace_request(kWidgets, kKey, object, brief), "Accept"), brief_answer);
  EXPECT_THAT(
      header_of(*patch_request(kWidgets, kKey, kube::PatchKind::kMerge, object, brief), "Accept"),
      brief_answer);
}

TEST(ApiRequests, DeleteWithPreconditions) {
  const auto request = delete_request(kube::kSecrets, kKey, {.uid = "u", .resource_version = "7"});
  const auto plain =
      delete_request(kube::kSecrets, kKey, {.propagation = kube::Propagation::kForeground});

  EXPECT_EQ(line_of(request), "DELETE /api/v1/namespaces/team-a/secrets/one");
  EXPECT_EQ(json::parse(request->body)["preconditions"],
            json::parse(R"({"uid":"u","resourceVersion":"7"})"));
  EXPECT_EQ(json::parse(request->body)["propagationPolicy"], "Background");
  EXPECT_FALSE(json::parse(plain->body).contains("preconditions"));
  EXPECT_EQ(json::parse(plain->body)["propagationPolicy"], "Foreground");
}

TEST(ApiRequests, LetNoNameLeaveItsPathSegment) {
  for (const char* name : {"", "..", "../x", "a/b", "a?b", "a#b", "A", "a b", "%2e%2e"}) {
    EXPECT_FALSE(get_request(kube::kSecrets, {"team-a", name})) << name;
    EXPECT_FALSE(get_request(kube::kSecrets, {name, "one"})) << name;
    EXPECT_FALSE(apply_request(kube::kSecrets, {"team-a", name}, json::object(), kAsUs)) << name;
    EXPECT_FALSE(delete_request(kube::kSecrets, {"team-a", name}, {})) << name;
    EXPECT_FALSE(create_request(kube::kSecrets, name, json::object(), kAsUs)) << name;
  }
  EXPECT_FALSE(list_request(kube::kSecrets, "..", {}));
  EXPECT_FALSE(watch_request(kube::kSecrets, "a.b", {}));
  EXPECT_FALSE(get_request(kube::kNamespaces, {"team-a", "one"}));
}

TEST(ApiRequests, RefuseAWriteWithoutAProperFieldManager) {
  for (const std::string& manager : {std::string(), std::string(129, 'a'), std::string("a\nb")}) {
    EXPECT_FALSE(create_request(kWidgets, "team-a", json::object(), {.field_manager = manager}));
    EXPECT_FALSE(apply_request(kWidgets, kKey, json::object(), {.field_manager = manager}));
  }
}

TEST(ApiRequests, RefuseABodyThatIsNotUtf8) {
  const auto request = create_request(kWidgets, "team-a", {{"a", "\xFF"}}, kAsUs);

  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().code, base::Code::kInvalid);
}

}  // namespace
