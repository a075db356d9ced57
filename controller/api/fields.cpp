#include "api/fields.h"

#include <algorithm>
#include <iterator>
#include <sstream>

#include <nlohmann/json.hpp>

namespace api {
namespace {

using nlohmann::json;

// "Kind: path path ...;", of crds/: a test holds it against them (UPDATE_GOLDEN=1 rewrites it).
constexpr std::string_view kKnown =
#include "api/crd_fields.inc"
    ;

std::vector<std::string> known_fields(std::string_view kind) {
  const auto begin = kKnown.find(std::string(kind) + ":");
  if (begin == std::string_view::npos) return {};
  const auto first = begin + kind.size() + 1;
  std::istringstream words{std::string(kKnown.substr(first, kKnown.find(';', first) - first))};
  return {std::istream_iterator<std::string>(words), {}};
}

void add_fields(const json& schema, const std::string& path, std::vector<std::string>& found) {
  if (!schema.is_object()) return;
  found.push_back(path);
  const json& object = schema.contains("items") ? schema["items"] : schema;
  if (!object.is_object() || !object.contains("properties")) return;
  for (const auto& [name, property] : object["properties"].items()) {
    add_fields(property, path + "." + name, found);
  }
}

}  // namespace

std::vector<std::string> fields_of(const json& schema) {
  std::vector<std::string> found;
  for (const char* part : {"spec", "status"}) {
    const json::json_pointer at{std::string("/properties/") + part};
    if (schema.contains(at)) add_fields(schema[at], part, found);
  }
  std::ranges::sort(found);
  return found;
}

SchemaGap compare_schema(std::string_view kind, const json& schema) {
  auto known = known_fields(kind);
  std::ranges::sort(known);
  const auto served = fields_of(schema);
  SchemaGap gap;
  std::ranges::set_difference(known, served, std::back_inserter(gap.missing));
  std::ranges::set_difference(served, known, std::back_inserter(gap.unknown));
  return gap;
}

}  // namespace api
