// Field lists of the structs that several kinds share, and the frame of a whole object.
// Internal to the codec.
#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "api/codec.h"
#include "api/conditions.h"
#include "api/json_reader.h"
#include "api/json_writer.h"
#include "api/metadata.h"
#include "api/spec_parts.h"

namespace api {

template <class Io, Is<Condition> T>
void fields(Io& io, T& condition) {
  io.required("type", condition.type);
  io.required("status", condition.status);
  io.required("reason", condition.reason);
  io.required("message", condition.message);
  io.field("observedGeneration", condition.observed_generation);
  io.required("lastTransitionTime", condition.last_transition_time);
}

template <class Io, Is<PrivateKeySpec> T>
void fields(Io& io, T& key) {
  io.field("algorithm", key.algorithm);
  io.field("size", key.size);
}

template <class Io, Is<Window> T>
void fields(Io& io, T& window) {
  io.required("cron", window.cron);
  io.field("timeZone", window.time_zone);
  io.required("duration", window.duration);
}

template <class Io, Is<LabelRequirement> T>
void fields(Io& io, T& requirement) {
  io.required("key", requirement.key);
  io.required("operator", requirement.operator_);
  io.field("values", requirement.values);
}

template <class Io, Is<LabelSelector> T>
void fields(Io& io, T& selector) {
  io.field("matchLabels", selector.match_labels);
  io.field("matchExpressions", selector.match_expressions);
}

template <class Io, Is<OwnerReference> T>
void fields(Io& io, T& owner) {
  io.required("apiVersion", owner.api_version);
  io.required("kind", owner.kind);
  io.required("name", owner.name);
  io.required("uid", owner.uid);
  io.field("controller", owner.controller);
}

// kInvalid if apiVersion or kind are present and name something else than `kind` of our group.
base::Result<void> check_kind(const nlohmann::json& object, std::string_view kind);

// {apiVersion, kind, metadata}: see encode_object() in codec.h.
nlohmann::json encode_frame(std::string_view kind, const ObjectMeta& meta);

// The JSON of a struct that has a field list. Only where <nlohmann/json.hpp> is included.
template <class T, class Json = nlohmann::json>
Json to_json_object(const T& value) {
  Json object = Json::object();
  JsonWriter writer(object);
  fields(writer, value);
  return object;
}

// The members "spec" (required) and "status" of `object`.
template <class Kind>
base::Result<void> read_spec_and_status(const nlohmann::json& object, Kind& value) {
  std::optional<base::Error> error;
  JsonReader reader(object, error);
  reader.required("spec", value.spec);
  reader.field("status", value.status);
  if (error) return std::unexpected(*error);
  return {};
}

// An object of a kind with the members meta, spec and status.
template <class Kind>
base::Result<Kind> decode_object(const nlohmann::json& object, std::string_view kind) {
  TRY_VOID(check_kind(object, kind));
  Kind value;
  value.meta = TRY(decode_metadata(object));
  TRY_VOID(read_spec_and_status(object, value));
  return value;
}

}  // namespace api
