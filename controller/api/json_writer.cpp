#include "api/json_writer.h"

#include <nlohmann/json.hpp>

namespace api {

using nlohmann::json;

json& JsonWriter::child(std::string_view name) {
  return object_[std::string(name)];
}

void JsonWriter::drop_if_empty(std::string_view name) {
  const auto found = object_.find(name);
  const bool empty_text = found->is_string() && found->get_ref<const std::string&>().empty();
  if (found->empty() || empty_text) object_.erase(found);
}

void JsonWriter::make_array(json& value) {
  value = json::array();
}

void JsonWriter::make_object(json& value) {
  value = json::object();
}

json& JsonWriter::append(json& array) {
  return array.emplace_back();
}

void JsonWriter::write(json& out, const std::string& value) {
  out = value;
}

void JsonWriter::write(json& out, bool value) {
  out = value;
}

void JsonWriter::write(json& out, std::int32_t value) {
  out = value;
}

void JsonWriter::write(json& out, std::int64_t value) {
  out = value;
}

void JsonWriter::write(json& out, std::chrono::seconds value) {
  out = base::format_duration(value);
}

void JsonWriter::write(json& out, base::TimePoint value) {
  out = base::format_time(value);
}

void JsonWriter::write(json& out, const std::map<std::string, std::string>& value) {
  out = value;
}

void JsonWriter::write_text(json& out, std::string_view text) {
  out = text;
}

}  // namespace api
