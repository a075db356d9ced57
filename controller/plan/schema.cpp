#include "plan/schema.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "api/names.h"
#include "plan/cel.h"
#include "plan/crds.h"
#include "plan/manifest.h"

namespace plan {
namespace {

using nlohmann::json;
using Found = std::vector<api::Violation>;

// Long values are cut in messages.
constexpr std::size_t kShownMax = 80;

std::string shown(const json& value) {
  std::string text = value.is_string() ? "'" + value.get<std::string>() + "'"
                                       : value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > kShownMax) text = text.substr(0, kShownMax) + "...";
  return text;
}

// Characters, as the API server counts them: bytes that do not continue a UTF-8 sequence.
std::size_t length_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

bool has_type(const json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return value.is_number_integer();
  return type != "number" || value.is_number();
}

// The object without nulls and with the defaults of its fields, as the API server stores it.
json completed(const json& schema, json object) {
  if (object.is_array() && schema.contains("items")) {
    for (json& item : object) item = completed(schema["items"], std::move(item));
  }
  if (!object.is_object()) return object;
  for (auto at = object.begin(); at != object.end();) {
    at = at->is_null() ? object.erase(at) : std::next(at);
  }
  const json properties = schema.value("properties", json::object());
  for (const auto& [name, member] : properties.items()) {
    if (!object.contains(name) && member.contains("default")) object[name] = member["default"];
    if (object.contains(name)) object[name] = completed(member, std::move(object[name]));
  }
  return object;
}

class Checker {
 public:
  explicit Checker(Found& found) : found_(found) {}

  void check(const json& schema, const json& value, const std::string& path) {
    const std::string type = schema.value("type", "");
    if (!has_type(value, type)) {
      return add(path,
                 fmt::format("expected {}, got {} {}", type, value.type_name(), shown(value)));
    }
    const std::size_t before = found_.size();
    if (value.is_object()) check_object(schema, value, path);
    if (value.is_array()) check_array(schema, value, path);
    if (value.is_string()) check_text(schema, value.get_ref<const std::string&>(), path);
    if (value.is_number_integer()) check_number(schema, value.get<std::int64_t>(), path);
    if (found_.size() != before) return;
    check_rules(schema, value, path);
    // Where there is a rule as well, its words are the better ones.
    if (found_.size() == before && value.is_string()) {
      check_pattern(schema, value.get_ref<const std::string&>(), path);
    }
  }

  const std::vector<std::string>& broken() const { return broken_; }

 private:
  void add(const std::string& path, std::string message) {
    found_.push_back({.field = path, .message = std::move(message)});
  }

  void check_object(const json& schema, const json& value, const std::string& path) {
    const auto properties = schema.find("properties");
    if (properties == schema.end()) return check_map(schema, value, path);
    for (const json& name : schema.value("required", json::array())) {
      const auto at = value.find(name.get<std::string>());
      if (at == value.end() || at->is_null()) {
        add(join(path, name.get<std::string>()), "is required");
      }
    }
    for (const auto& [name, member] : value.items()) {
      const auto known = properties->find(name);
      if (known != properties->end()) {
        if (!member.is_null()) check(*known, member, join(path, name));
      } else if (path.starts_with("spec")) {
        add(join(path, name), fmt::format("there is no such field; {} has {}", path,
                                          fmt::join(names_in(*properties), ", ")));
      }
    }
  }

  void check_map(const json& schema, const json& value, const std::string& path) {
    const auto values = schema.find("additionalProperties");
    if (values == schema.end() || !values->is_object()) return;
    for (const auto& [name, member] : value.items()) {
      check(*values, member, fmt::format("{}[{}]", path, name));
    }
  }

  void check_array(const json& schema, const json& value, const std::string& path) {
    const auto count = static_cast<std::int64_t>(value.size());
    check_bounds(schema, "Items", count, path, "items");
    const auto items = schema.find("items");
    if (items == schema.end()) return;
    for (std::size_t i = 0; i < value.size(); ++i) {
      check(*items, value[i], fmt::format("{}[{}]", path, i));
      const bool set = schema.value("x-kubernetes-list-type", "") == "set";
      if (set && std::find(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(i),
                           value[i]) != value.begin() + static_cast<std::ptrdiff_t>(i)) {
        add(fmt::format("{}[{}]", path, i), fmt::format("{} is there twice", shown(value[i])));
      }
    }
  }

  void check_text(const json& schema, const std::string& value, const std::string& path) {
    const std::size_t before = found_.size();
    check_bounds(schema, "Length", static_cast<std::int64_t>(length_of(value)), path, "characters");
    if (found_.size() != before) return;
    const json allowed = schema.value("enum", json::array());
    if (!allowed.empty() && std::ranges::find(allowed, json(value)) == allowed.end()) {
      return add(path, fmt::format("{} is not one of {}", shown(value),
                                   fmt::join(allowed.get<std::vector<std::string>>(), ", ")));
    }
  }

  void check_pattern(const json& schema, const std::string& value, const std::string& path) {
    const std::string pattern = schema.value("pattern", "");
    if (!pattern.empty() && !patterns_.fit(pattern, value).value_or(true)) {
      add(path, fmt::format("{} does not fit the pattern {}", shown(value), pattern));
    }
  }

  void check_number(const json& schema, std::int64_t value, const std::string& path) {
    const auto min = schema.find("minimum");
    const auto max = schema.find("maximum");
    if (min != schema.end() && value < min->get<std::int64_t>()) {
      add(path, fmt::format("{} is too small: give at least {}", value, min->dump()));
    }
    if (max != schema.end() && value > max->get<std::int64_t>()) {
      add(path, fmt::format("{} is too large: give at most {}", value, max->dump()));
    }
    const json allowed = schema.value("enum", json::array());
    if (!allowed.empty() && std::ranges::find(allowed, json(value)) == allowed.end()) {
      add(path, fmt::format("{} is not one of {}", value, allowed.dump()));
    }
  }

  void check_bounds(const json& schema, const std::string& what, std::int64_t count,
                    const std::string& path, std::string_view unit) {
    const std::int64_t min = schema.value("min" + what, std::int64_t{0});
    const std::int64_t max = schema.value("max" + what, std::int64_t{-1});
    if (count < min) add(path, fmt::format("has {} {}: give at least {}", count, unit, min));
    if (max >= 0 && count > max)
      add(path, fmt::format("has {} {}: give at most {}", count, unit, max));
  }

  void check_rules(const json& schema, const json& value, const std::string& path) {
    const auto rules = schema.find("x-kubernetes-validations");
    if (rules == schema.end()) return;
    for (const json& rule : *rules) {
      if (is_transition_rule(rule)) continue;
      const std::string text = rule.value("rule", "");
      const auto holds = cel_.evaluate(text, value);
      if (holds && *holds == true) continue;
      broken_.push_back(text);
      const std::string field = rule.value("fieldPath", "");
      add(field.empty() ? path : join(path, field.substr(1)),
          holds ? words_of(rule, value) : fmt::format("{}: {}", text, holds.error().message));
    }
  }

  std::string words_of(const json& rule, const json& value) {
    const auto words = cel_.evaluate(rule.value("messageExpression", "''"), value);
    if (words && words->is_string() && *words != "") return words->get<std::string>();
    return rule.value("message", "does not hold: " + rule.value("rule", ""));
  }

  static std::string join(const std::string& path, const std::string& name) {
    return path.empty() ? name : path + "." + name;
  }

  static std::vector<std::string> names_in(const json& properties) {
    std::vector<std::string> names;
    for (const auto& [name, schema] : properties.items()) names.push_back(name);
    return names;
  }

  Found& found_;
  std::vector<std::string> broken_{};
  Patterns patterns_{};
  Cel cel_{};
};

using Schemas = std::map<std::string, json, std::less<>>;

Schemas load_schemas() {
  Schemas schemas;
  for (const Crd& crd : kCrds) {
    auto parsed = parse_manifests(std::string(crd.yaml), "crds");
    if (!parsed || parsed->empty()) continue;
    schemas.emplace(crd.kind,
                    parsed->front().object["spec"]["versions"][0]["schema"]["openAPIV3Schema"]);
  }
  return schemas;
}

const Schemas& all_schemas() {
  static const Schemas schemas = load_schemas();
  return schemas;
}

Schemas load_manifest_schemas() {
  Schemas schemas = all_schemas();
  schemas.erase(std::string(api::kCertificateOrderKind));
  for (auto& [kind, schema] : schemas) schema["properties"]["status"] = json::object();
  return schemas;
}

const json* find_schema(const Schemas& schemas, std::string_view kind) {
  const auto at = schemas.find(kind);
  return at == schemas.end() ? nullptr : &at->second;
}

}  // namespace

const json* schema_of(std::string_view kind) {
  static const Schemas schemas = load_manifest_schemas();
  return find_schema(schemas, kind);
}

const json* crd_schema_of(std::string_view kind) {
  return find_schema(all_schemas(), kind);
}

Found check_schema(const json& schema, const json& object) {
  Found found;
  Checker(found).check(schema, completed(schema, object), "");
  return found;
}

std::vector<std::string> broken_rules(const json& schema, const json& object) {
  Found found;
  Checker checker(found);
  checker.check(schema, completed(schema, object), "");
  return checker.broken();
}

bool is_transition_rule(const json& rule) {
  return rule.value("rule", "").find("oldSelf") != std::string::npos;
}

}  // namespace plan
