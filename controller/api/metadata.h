// ObjectMeta: the part of a Kubernetes object's metadata that Duplicert uses, typed and stripped.
// Plain values. Source: kubernetes.io, reference/kubernetes-api/common-definitions/object-meta.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace api {

// Whom an object belongs to; with `controller` true, who manages it.
struct OwnerReference {
  std::string api_version{};
  std::string kind{};
  std::string name{};
  std::string uid{};
  bool controller = false;

  bool operator==(const OwnerReference&) const = default;
};

// managedFields and kubectl's last-applied annotation are dropped when an object is decoded: they
// are most of an object's size and nobody here reads them.
struct ObjectMeta {
  std::string namespace_{};
  std::string name{};
  std::string uid{};               // empty: read from a file, not from a cluster
  std::string resource_version{};  // empty as above
  std::int64_t generation = 0;     // moves with the spec only
  base::TimePoint creation_time{};
  std::optional<base::TimePoint> deletion_time{};
  std::map<std::string, std::string> labels{};
  std::map<std::string, std::string> annotations{};
  std::vector<OwnerReference> owner_references{};

  bool operator==(const ObjectMeta&) const = default;
};

// The work queue's form: "namespace/name".
std::string key_of(const ObjectMeta& meta);

// The annotation's value; nullopt if the object does not carry it.
std::optional<std::string> annotation(const ObjectMeta& meta, const std::string& name);

// True if an owner reference with `controller: true` names this UID.
bool is_controlled_by(const ObjectMeta& meta, const std::string& owner_uid);

}  // namespace api
