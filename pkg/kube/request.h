// Builders of requests to the API server: values in, method, path, headers and body out. Pure.
// Entry points: the *_request functions; Client sends what they make.
// Source: kubernetes.io/docs/reference/using-api/api-concepts and .../server-side-apply.
// All return kInvalid if a namespace or name is not a DNS name (so that no "../" can enter a path),
// is missing where one is needed, or a body is not valid UTF-8.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "http/transport.h"
#include "kube/resource.h"

namespace kube {

// An HTTP request without the server's address.
struct ApiRequest {
  std::string method{};
  std::string path{};  // with the query, percent-encoded
  std::vector<http::Header> headers{};
  std::string body{};
};

// Whole objects, or PartialObjectMetadata: apiVersion, kind and metadata only.
enum class View { kWhole, kMetadata };

struct ListOptions {
  std::string label_selector{};
  std::string field_selector{};
  std::int64_t limit = 0;  // items per page; 0: all at once
  std::string continue_token{};
  // "" is the most recent state, "0" whatever a cache of the server has. Sent with
  // resourceVersionMatch=NotOlderThan unless it is "" or "0". Must be empty with a continue token.
  std::string resource_version{};
  View view = View::kWhole;
};

struct WatchOptions {
  std::string label_selector{};
  std::string field_selector{};
  std::string resource_version{};
  std::chrono::seconds timeout{290};  // after which the server ends the stream
  // Begin with an ADDED event for each object that there is, and a bookmark that says that these
  // were all (is_end_of_initial_events): a list that nobody holds whole. The version must be empty.
  // kInvalid from a server that cannot do it (before Kubernetes 1.32, or switched off).
  bool initial_events = false;
  View view = View::kWhole;
};

enum class PatchKind { kMerge, kJson };  // RFC 7396, RFC 6902
enum class Subresource { kNone, kStatus };
// Whether an apply takes over fields that another manager owns, or gets kConflict.
enum class Force { kNo, kYes };
enum class Propagation { kBackground, kForeground, kOrphan };

struct WriteOptions {
  std::string field_manager{};  // 1 to 128 printable characters; kInvalid without one
  Subresource subresource = Subresource::kNone;
  Force force = Force::kNo;    // apply only
  View answer = View::kWhole;  // what the answer tells of the object as stored
};

struct DeleteOptions {
  std::string uid{};               // precondition, "" for none: kConflict if it differs
  std::string resource_version{};  // precondition, "" for none
  Propagation propagation = Propagation::kBackground;
};

base::Result<ApiRequest> get_request(const Resource& resource, const ObjectKey& key,
                                     View view = View::kWhole);
// The OpenAPI 3 document of all kinds of a group and version; of `resource` no other part counts.
ApiRequest openapi_request(const Resource& resource);
// `namespace_` "" means all namespaces.
base::Result<ApiRequest> list_request(const Resource& resource, const std::string& namespace_,
                                      const ListOptions& options);
base::Result<ApiRequest> watch_request(const Resource& resource, const std::string& namespace_,
                                       const WatchOptions& options);
// POST; the name comes from the object (metadata.name or generateName).
base::Result<ApiRequest> create_request(const Resource& resource, const std::string& namespace_,
                                        const nlohmann::json& object, const WriteOptions& options);
// Server-side apply; apiVersion, kind, metadata.name and namespace are set from the arguments.
base::Result<ApiRequest> apply_request(const Resource& resource, const ObjectKey& key,
                                       const nlohmann::json& object, const WriteOptions& options);
base::Result<ApiRequest> patch_request(const Resource& resource, const ObjectKey& key,
                                       PatchKind kind, const nlohmann::json& patch,
                                       const WriteOptions& options);
// PUT. kInvalid without metadata.resourceVersion: without it the API server overwrites some kinds,
// Secrets among them, unconditionally.
base::Result<ApiRequest> replace_request(const Resource& resource, const ObjectKey& key,
                                         const nlohmann::json& object, const WriteOptions& options);
base::Result<ApiRequest> delete_request(const Resource& resource, const ObjectKey& key,
                                        const DeleteOptions& options);

}  // namespace kube
