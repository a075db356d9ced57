// Resource and ObjectKey: which kind of object, and which object. Pure values.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kube {

// One kind of object as the API server serves it.
struct Resource {
  std::string group{};  // "" for the core group
  std::string version{};
  std::string plural{};  // as in URLs: "secrets"
  std::string kind{};    // as in objects: "Secret"
  bool namespaced = true;

  // "v1" or "group/version", as in an object's apiVersion.
  std::string api_version() const;
  bool operator==(const Resource&) const = default;
};

inline const Resource kNamespaces{
    .version = "v1", .plural = "namespaces", .kind = "Namespace", .namespaced = false};
inline const Resource kSecrets{.version = "v1", .plural = "secrets", .kind = "Secret"};
inline const Resource kConfigMaps{.version = "v1", .plural = "configmaps", .kind = "ConfigMap"};
inline const Resource kEvents{
    .group = "events.k8s.io", .version = "v1", .plural = "events", .kind = "Event"};
inline const Resource kLeases{
    .group = "coordination.k8s.io", .version = "v1", .plural = "leases", .kind = "Lease"};

// Names one object of a known kind. Ordered by namespace, then name.
struct ObjectKey {
  std::string namespace_{};  // "" for a cluster-scoped object
  std::string name{};

  // "namespace/name", or "name" without a namespace: the form of logs and work queues.
  std::string text() const;
  // The reverse of text(). kInvalid if there is no name, or more than one slash.
  static base::Result<ObjectKey> parse(std::string_view text);
  auto operator<=>(const ObjectKey&) const = default;
  bool operator==(const ObjectKey&) const = default;
};

// True for an RFC 1123 label: 1 to 63 of a-z, 0-9 and '-', not at the ends. Namespaces are labels.
bool is_dns_label(std::string_view text);
// True for dot-separated RFC 1123 labels, at most 253 characters: names of most objects.
bool is_dns_subdomain(std::string_view text);

}  // namespace kube
