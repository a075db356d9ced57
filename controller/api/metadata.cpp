#include "api/metadata.h"

#include <algorithm>

namespace api {

std::string key_of(const ObjectMeta& meta) {
  return meta.namespace_ + "/" + meta.name;
}

std::optional<std::string> annotation(const ObjectMeta& meta, const std::string& name) {
  const auto found = meta.annotations.find(name);
  if (found == meta.annotations.end()) return std::nullopt;
  return found->second;
}

bool is_controlled_by(const ObjectMeta& meta, const std::string& owner_uid) {
  return std::ranges::any_of(meta.owner_references, [&](const OwnerReference& owner) {
    return owner.controller && owner.uid == owner_uid;
  });
}

}  // namespace api
