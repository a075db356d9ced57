// Schema: checks an object against the schema of its CRD, as far as structure goes: unknown fields,
// types, required fields, patterns, enums, lengths, ranges, and the rules of the CRD, in its own
// words. Rules that compare with the object before (oldSelf) are the API server's. Pure.
// Entry point: check_schema.
#pragma once

#include <string>
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
// allowed. As at the API server, defaults count, and a rule is looked at where all below it is
// right.
std::vector<api::Violation> check_schema(const nlohmann::json& schema,
                                         const nlohmann::json& object);
// The rules that `object` breaks, each as it stands in the CRD.
std::vector<std::string> broken_rules(const nlohmann::json& schema, const nlohmann::json& object);
// Whether a rule needs the object before.
bool is_transition_rule(const nlohmann::json& rule);

}  // namespace plan
