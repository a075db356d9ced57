#include "kube/request.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "http/url.h"
#include "kube/response.h"

namespace kube {
namespace {

using base::Code;
using base::Result;
using http::QueryParameters;
using nlohmann::json;

constexpr std::size_t kFieldManagerBytesMax = 128;
constexpr const char* kJson = "application/json";

std::unexpected<base::Error> invalid(std::string why) {
  return base::fail(Code::kInvalid, "build API request: " + std::move(why));
}

// "/api/v1/namespaces/x/secrets"; without `namespace_` all namespaces, or a cluster-scoped kind.
Result<std::string> collection_path(const Resource& resource, const std::string& namespace_) {
  if (!namespace_.empty() && !is_dns_label(namespace_)) {
    return invalid("'" + namespace_ + "' is not a namespace");
  }
  if (!namespace_.empty() && !resource.namespaced) {
    return invalid(resource.plural + " have no namespace");
  }
  std::string path = resource.group.empty() ? "/api/" : "/apis/" + resource.group + "/";
  path += resource.version + "/";
  if (!namespace_.empty()) path += "namespaces/" + namespace_ + "/";
  return path + resource.plural;
}

Result<std::string> object_path(const Resource& resource, const ObjectKey& key,
                                Subresource subresource = Subresource::kNone) {
  if (!is_dns_subdomain(key.name)) return invalid("'" + key.name + "' is not an object's name");
  if (resource.namespaced && key.namespace_.empty()) {
    return invalid(resource.plural + " '" + key.name + "' without a namespace");
  }
  const std::string path = TRY(collection_path(resource, key.namespace_));
  return path + "/" + key.name + (subresource == Subresource::kStatus ? "/status" : "");
}

Result<QueryParameters> write_query(const WriteOptions& options) {
  const std::string& manager = options.field_manager;
  const bool printable = std::all_of(manager.begin(), manager.end(),
                                     [](unsigned char c) { return c >= 0x20 && c < 0x7F; });
  if (manager.empty() || manager.size() > kFieldManagerBytesMax || !printable) {
    return invalid("the field manager must be 1 to 128 printable characters");
  }
  return QueryParameters{{"fieldManager", manager}};
}

Result<std::string> body_of(const json& value) {
  try {
    return value.dump();
  } catch (const json::exception&) {
    return invalid("the body holds text that is not UTF-8");
  }
}

http::Header accept(View view, const char* metadata_kind) {
  if (view == View::kWhole) return {"Accept", kJson};
  return {"Accept", std::string(kJson) + ";as=" + metadata_kind + ";g=meta.k8s.io;v=v1," + kJson};
}

void add_if_set(QueryParameters& query, const char* name, const std::string& value) {
  if (!value.empty()) query.emplace_back(name, value);
}

// A request with a JSON body.
Result<ApiRequest> with_body(std::string method, std::string path, const json& body,
                             const char* content_type = kJson, View answer = View::kWhole) {
  std::string text = TRY(body_of(body));
  return ApiRequest{
      .method = std::move(method),
      .path = std::move(path),
      .headers = {accept(answer, "PartialObjectMetadata"), {"Content-Type", content_type}},
      .body = std::move(text)};
}

const char* name_of(Propagation propagation) {
  switch (propagation) {
    case Propagation::kBackground:
      return "Background";
    case Propagation::kForeground:
      return "Foreground";
    case Propagation::kOrphan:
      return "Orphan";
  }
  return "Background";
}

}  // namespace

Result<ApiRequest> get_request(const Resource& resource, const ObjectKey& key, View view) {
  std::string path = TRY(object_path(resource, key));
  return ApiRequest{
      .method = "GET", .path = std::move(path), .headers = {accept(view, "PartialObjectMetadata")}};
}

ApiRequest openapi_request(const Resource& resource) {
  return {.method = "GET",
          .path = "/openapi/v3/apis/" + resource.api_version(),
          .headers = {{"Accept", "application/json"}}};
}

Result<ApiRequest> list_request(const Resource& resource, const std::string& namespace_,
                                const ListOptions& options) {
  if (!options.continue_token.empty() && !options.resource_version.empty()) {
    return invalid("a continue token excludes a resource version");
  }
  QueryParameters query;
  add_if_set(query, "labelSelector", options.label_selector);
  add_if_set(query, "fieldSelector", options.field_selector);
  if (options.limit > 0) query.emplace_back("limit", std::to_string(options.limit));
  add_if_set(query, "continue", options.continue_token);
  add_if_set(query, "resourceVersion", options.resource_version);
  if (!options.resource_version.empty() && options.resource_version != "0") {
    query.emplace_back("resourceVersionMatch", "NotOlderThan");
  }
  const std::string path = TRY(collection_path(resource, namespace_));
  return ApiRequest{.method = "GET",
                    .path = path + http::query_string(query),
                    .headers = {accept(options.view, "PartialObjectMetadataList")}};
}

Result<ApiRequest> watch_request(const Resource& resource, const std::string& namespace_,
                                 const WatchOptions& options) {
  QueryParameters query = {{"watch", "1"}, {"allowWatchBookmarks", "true"}};
  query.emplace_back("timeoutSeconds", std::to_string(options.timeout.count()));
  if (options.initial_events) {
    if (!options.resource_version.empty()) return invalid("initial events exclude a version");
    query.emplace_back("sendInitialEvents", "true");
    query.emplace_back("resourceVersionMatch", "NotOlderThan");
  }
  add_if_set(query, "resourceVersion", options.resource_version);
  add_if_set(query, "labelSelector", options.label_selector);
  add_if_set(query, "fieldSelector", options.field_selector);
  const std::string path = TRY(collection_path(resource, namespace_));
  return ApiRequest{.method = "GET",
                    .path = path + http::query_string(query),
                    .headers = {accept(options.view, "PartialObjectMetadata")}};
}

Result<ApiRequest> create_request(const Resource& resource, const std::string& namespace_,
                                  const json& object, const WriteOptions& options) {
  if (resource.namespaced && namespace_.empty()) {
    return invalid("create " + resource.plural + " without a namespace");
  }
  const auto query = TRY(write_query(options));
  const std::string path = TRY(collection_path(resource, namespace_));
  return with_body("POST", path + http::query_string(query), object, kJson, options.answer);
}

Result<ApiRequest> apply_request(const Resource& resource, const ObjectKey& key, const json& object,
                                 const WriteOptions& options) {
  if (!object.is_object()) return invalid("apply " + key.text() + ": not an object");
  auto query = TRY(write_query(options));
  query.emplace_back("force", options.force == Force::kYes ? "true" : "false");
  json body = object;
  body["apiVersion"] = resource.api_version();
  body["kind"] = resource.kind;
  json& metadata = body["metadata"];
  if (!metadata.is_null() && !metadata.is_object()) {
    return invalid("apply " + key.text() + ": metadata is not an object");
  }
  metadata["name"] = key.name;
  if (!key.namespace_.empty()) metadata["namespace"] = key.namespace_;
  const std::string path = TRY(object_path(resource, key, options.subresource));
  return with_body("PATCH", path + http::query_string(query), body, "application/apply-patch+yaml");
}

Result<ApiRequest> patch_request(const Resource& resource, const ObjectKey& key, PatchKind kind,
                                 const json& patch, const WriteOptions& options) {
  const auto query = TRY(write_query(options));
  const char* const type =
      kind == PatchKind::kMerge ? "application/merge-patch+json" : "application/json-patch+json";
  const std::string path = TRY(object_path(resource, key, options.subresource));
  return with_body("PATCH", path + http::query_string(query), patch, type, options.answer);
}

Result<ApiRequest> replace_request(const Resource& resource, const ObjectKey& key,
                                   const json& object, const WriteOptions& options) {
  if (metadata_text(object, "resourceVersion").empty()) {
    return invalid("replace " + key.text() + " without metadata.resourceVersion");
  }
  const auto query = TRY(write_query(options));
  const std::string path = TRY(object_path(resource, key, options.subresource));
  return with_body("PUT", path + http::query_string(query), object, kJson, options.answer);
}

Result<ApiRequest> delete_request(const Resource& resource, const ObjectKey& key,
                                  const DeleteOptions& options) {
  json body = {{"apiVersion", "v1"},
               {"kind", "DeleteOptions"},
               {"propagationPolicy", name_of(options.propagation)}};
  if (!options.uid.empty()) body["preconditions"]["uid"] = options.uid;
  if (!options.resource_version.empty()) {
    body["preconditions"]["resourceVersion"] = options.resource_version;
  }
  const std::string path = TRY(object_path(resource, key));
  return with_body("DELETE", path, body);
}

}  // namespace kube
