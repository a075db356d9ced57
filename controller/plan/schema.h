// Schema: checks an object against the schema of its CRD, as far as structure goes: unknown fields,
// types, required fields, patterns, enums, lengths and ranges. CEL rules are the API server's.
// Pure. Entry point: check_schema.
#pragma once

#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "api/validate.h"

namespace plan {

// The schema of a kind of ours that people write (compiled in from crds/), without its status, or
// nullptr.
const nlohmann::json* schema_of(std::string_view kind);
// The whole schema of any kind of ours, or nullptr.
const nlohmann::json* crd_schema_of(std::string_view kind);

// What is wrong with `object`, in the order of its fields; each message tells the value and what is
// allowed.
std::vector<api::Violation> check_schema(const nlohmann::json& schema,
                                         const nlohmann::json& object);

}  // namespace plan
