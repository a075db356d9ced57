// JsonWriter: writes the fields of typed objects as JSON. Internal to the codec; see json_reader.h.
// Absent optionals and empty texts, lists, maps and objects are left out, unless required.
// Owned by one call.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "api/enums.h"
#include "base/clock.h"

namespace api {

class JsonWriter {
 public:
  // Adds members to `object`, which must be a JSON object and outlive the writer.
  explicit JsonWriter(nlohmann::json& object) : object_(object) {}

  template <class T>
  void field(std::string_view name, const T& value) {
    write(child(name), value);
    drop_if_empty(name);
  }

  template <class T>
  void required(std::string_view name, const T& value) {
    write(child(name), value);
  }

 private:
  // The new member, null.
  nlohmann::json& child(std::string_view name);
  void drop_if_empty(std::string_view name);

  static void make_array(nlohmann::json& json);
  static void make_object(nlohmann::json& json);
  static nlohmann::json& append(nlohmann::json& array);

  static void write(nlohmann::json& json, const std::string& value);
  static void write(nlohmann::json& json, bool value);
  static void write(nlohmann::json& json, std::int32_t value);
  static void write(nlohmann::json& json, std::int64_t value);
  static void write(nlohmann::json& json, std::chrono::seconds value);
  static void write(nlohmann::json& json, base::TimePoint value);
  static void write(nlohmann::json& json, const std::map<std::string, std::string>& value);
  static void write_text(nlohmann::json& json, std::string_view text);

  template <class T>
  static void write(nlohmann::json& json, const std::optional<T>& value) {
    if (value) write(json, *value);
  }

  template <class T>
  static void write(nlohmann::json& json, const std::vector<T>& value) {
    make_array(json);
    for (const T& item : value) write(append(json), item);
  }

  template <class E>
    requires std::is_enum_v<E>
  static void write(nlohmann::json& json, E value) {
    write_text(json, name_of(value));
  }

  template <class T>
    requires std::is_class_v<T>
  static void write(nlohmann::json& json, const T& value) {
    make_object(json);
    JsonWriter nested(json);
    fields(nested, value);
  }

  nlohmann::json& object_;
};

}  // namespace api
