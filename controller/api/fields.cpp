#include "api/fields.h"

#include <algorithm>
#include <iterator>

#include <nlohmann/json.hpp>

namespace api {
namespace {

using nlohmann::json;

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

SchemaGap compare_schemas(const json& known, const json& served) {
  const auto ours = fields_of(known);
  const auto theirs = fields_of(served);
  SchemaGap gap;
  std::ranges::set_difference(ours, theirs, std::back_inserter(gap.missing));
  std::ranges::set_difference(theirs, ours, std::back_inserter(gap.unknown));
  return gap;
}

}  // namespace api
