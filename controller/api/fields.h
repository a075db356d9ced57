// Fields: holds the schema of a CRD as a cluster has it against the one that we know. Pure.
// A field that is missing there would be dropped by the API server whenever it is written.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace api {

// Paths such as "spec.profileRef.name" or "status.candidates.id"; items of a list count as the
// list.
struct SchemaGap {
  std::vector<std::string> missing{};  // the served one is older
  std::vector<std::string> unknown{};  // the served one is newer

  bool operator==(const SchemaGap&) const = default;
};

// Both are schemas of a kind in OpenAPI, with properties spec and status.
SchemaGap compare_schemas(const nlohmann::json& known, const nlohmann::json& served);

// The paths of spec, status and all below them, sorted.
std::vector<std::string> fields_of(const nlohmann::json& schema);

}  // namespace api
