// Fields: holds the schema of a CRD as a cluster has it against the one that this code knows.
// Pure. A field that is missing there would be dropped by the API server whenever it is written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace api {

// Paths such as "spec.profileRef.name" or "status.candidates.id"; items of a list count as the
// list.
struct SchemaGap {
  std::vector<std::string> missing{};  // the CRD is older than this code
  std::vector<std::string> unknown{};  // the CRD is newer

  bool operator==(const SchemaGap&) const = default;
};

// `schema` is that of the kind, in OpenAPI, with properties spec and status.
// For a kind that is none of ours everything is unknown.
SchemaGap compare_schema(std::string_view kind, const nlohmann::json& schema);

// The paths of spec, status and all below them, sorted.
std::vector<std::string> fields_of(const nlohmann::json& schema);

}  // namespace api
