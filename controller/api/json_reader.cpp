#include "api/json_reader.h"

#include <limits>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace api {
namespace {

using nlohmann::json;

// nlohmann's words, with an article.
std::string kind_of(const json& value) {
  const std::string_view name = value.type_name();
  return fmt::format("{} {}", name == "array" || name == "object" ? "an" : "a", name);
}

std::string expected(std::string_view what, const json& value) {
  return fmt::format("expected {}, got {}", what, kind_of(value));
}

}  // namespace

const json* JsonReader::member(std::string_view name) const {
  if (error_ || !object_.is_object()) return nullptr;
  const auto found = object_.find(name);
  if (found == object_.end() || found->is_null()) return nullptr;
  return &*found;
}

const json* JsonReader::required_member(std::string_view name) {
  const json* found = member(name);
  if (found == nullptr) fail(path_of(name), "is required");
  return found;
}

std::string JsonReader::Path::text() const {
  const std::string before = parent == nullptr ? std::string() : parent->text();
  if (index) return fmt::format("{}[{}]", before, *index);
  if (is_key) return fmt::format("{}[{}]", before, name);
  return before.empty() ? std::string(name) : fmt::format("{}.{}", before, name);
}

void JsonReader::fail(const Path& path, std::string_view message) {
  if (error_) return;
  error_ = base::Error{.code = base::Code::kInvalid,
                       .message = fmt::format("{}: {}", path.text(), message)};
}

void JsonReader::fail_enum(const Path& path, const std::string& text,
                           std::span<const std::string_view> names) {
  fail(path, fmt::format("'{}' is not one of {}", text, fmt::join(names, ", ")));
}

bool JsonReader::is_array(const json& value, const Path& path) {
  if (!value.is_array()) fail(path, expected("an array", value));
  return value.is_array();
}

bool JsonReader::is_object(const json& value, const Path& path) {
  if (!value.is_object()) fail(path, expected("an object", value));
  return value.is_object();
}

std::size_t JsonReader::size_of(const json& array) {
  return array.size();
}

const json& JsonReader::element(const json& array, std::size_t index) {
  return array[index];
}

void JsonReader::read(const json& value, const Path& path, std::string& out) {
  if (!value.is_string()) return fail(path, expected("a string", value));
  out = value.get_ref<const std::string&>();
}

void JsonReader::read(const json& value, const Path& path, bool& out) {
  if (!value.is_boolean()) return fail(path, expected("a boolean", value));
  out = value.get<bool>();
}

void JsonReader::read(const json& value, const Path& path, std::int64_t& out) {
  if (!value.is_number_integer()) return fail(path, expected("an integer", value));
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > kMax) {
    return fail(path, fmt::format("{} is too large", value.dump()));
  }
  out = value.get<std::int64_t>();
}

void JsonReader::read(const json& value, const Path& path, std::int32_t& out) {
  std::int64_t wide = 0;
  read(value, path, wide);
  if (error_) return;
  if (!std::in_range<std::int32_t>(wide)) return fail(path, fmt::format("{} is too large", wide));
  out = static_cast<std::int32_t>(wide);
}

void JsonReader::read(const json& value, const Path& path, std::chrono::seconds& out) {
  std::string text;
  read(value, path, text);
  if (error_) return;
  const auto duration = base::parse_duration(text);
  if (!duration) return fail(path, duration.error().message);
  out = *duration;
}

void JsonReader::read(const json& value, const Path& path, base::TimePoint& out) {
  std::string text;
  read(value, path, text);
  if (error_) return;
  const auto time = base::parse_time(text);
  if (!time) return fail(path, time.error().message);
  out = *time;
}

void JsonReader::read(const json& value, const Path& path,
                      std::map<std::string, std::string>& out) {
  if (!is_object(value, path)) return;
  for (const auto& [key, item] : value.items()) {
    if (!item.is_null()) read(item, Path{.parent = &path, .name = key, .is_key = true}, out[key]);
  }
}

}  // namespace api
