#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "api/codec_shared.h"
#include "api/names.h"

namespace api {

using nlohmann::json;

// What we read; managedFields and the rest are not looked at.
template <Is<ObjectMeta> T>
void fields(JsonReader& io, T& meta) {
  io.required("name", meta.name);
  io.field("namespace", meta.namespace_);
  io.field("uid", meta.uid);
  io.field("resourceVersion", meta.resource_version);
  io.field("generation", meta.generation);
  io.field("creationTimestamp", meta.creation_time);
  io.field("deletionTimestamp", meta.deletion_time);
  io.field("labels", meta.labels);
  io.field("annotations", meta.annotations);
  io.field("ownerReferences", meta.owner_references);
}

// What a client may set.
template <Is<ObjectMeta> T>
void fields(JsonWriter& io, T& meta) {
  io.required("name", meta.name);
  io.field("namespace", meta.namespace_);
  io.field("uid", meta.uid);
  io.field("resourceVersion", meta.resource_version);
  io.field("labels", meta.labels);
  io.field("annotations", meta.annotations);
  io.field("ownerReferences", meta.owner_references);
}

namespace {

base::Result<void> check_member(const json& object, const char* name, std::string_view expected) {
  const auto found = object.find(name);
  if (found == object.end() || *found == expected) return {};
  return base::fail(base::Code::kInvalid,
                    fmt::format("{}: expected {}, got {}", name, expected, found->dump()));
}

}  // namespace

base::Result<void> check_kind(const json& object, std::string_view kind) {
  if (!object.is_object()) return base::fail(base::Code::kInvalid, "expected a JSON object");
  TRY_VOID(check_member(object, "apiVersion", kApiVersion));
  return check_member(object, "kind", kind);
}

base::Result<ObjectMeta> decode_metadata(const json& object) {
  ObjectMeta meta;
  std::optional<base::Error> error;
  JsonReader(object, error).required("metadata", meta);
  if (error) return std::unexpected(*error);
  meta.annotations.erase(std::string(kLastAppliedAnnotation));
  return meta;
}

json encode_frame(std::string_view kind, const ObjectMeta& meta) {
  json object{{"apiVersion", kApiVersion}, {"kind", kind}};
  JsonWriter(object).required("metadata", meta);
  return object;
}

}  // namespace api
