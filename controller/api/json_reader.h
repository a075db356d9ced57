// JsonReader: reads the fields of typed objects from JSON. Internal to the codec.
// A struct's fields are listed once, in a function template fields(io, value), which serves both
// JsonReader and JsonWriter; so the two directions cannot drift apart.
// Owned by one call. The first failure wins, and everything after it is skipped.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "api/enums.h"
#include "base/clock.h"
#include "base/result.h"

namespace api {

// A parameter `T&` of fields() is X& when reading and const X& when writing.
template <class T, class X>
concept Is = std::same_as<std::remove_const_t<T>, X>;

class JsonReader {
 public:
  // `object` and `error` must outlive the reader.
  JsonReader(const nlohmann::json& object, std::optional<base::Error>& error)
      : object_(object), error_(error) {}

  // Members that may be absent (or null): then `value` stays as it is.
  template <class T>
  void field(std::string_view name, T& value) {
    if (const nlohmann::json* json = member(name)) read(*json, path_of(name), value);
  }

  // Members that must be there: kInvalid "path: is required".
  template <class T>
  void required(std::string_view name, T& value) {
    if (const nlohmann::json* json = required_member(name)) read(*json, path_of(name), value);
  }

 private:
  // Where a value stands: "spec.dnsNames[1]". A chain of what is on the stack, because the text is
  // wanted only when something is wrong.
  struct Path {
    std::string text() const;

    const Path* parent = nullptr;  // null: the object that is read
    std::string_view name{};
    std::optional<std::size_t> index{};  // an item of a list
    bool is_key = false;                 // a name in a map
  };

  JsonReader(const nlohmann::json& object, const Path* path, std::optional<base::Error>& error)
      : object_(object), path_(path), error_(error) {}
  const nlohmann::json* member(std::string_view name) const;
  const nlohmann::json* required_member(std::string_view name);
  Path path_of(std::string_view name) const { return {.parent = path_, .name = name}; }
  void fail(const Path& path, std::string_view message);

  // False, and an error, unless `json` has that shape.
  bool is_array(const nlohmann::json& json, const Path& path);
  bool is_object(const nlohmann::json& json, const Path& path);
  static std::size_t size_of(const nlohmann::json& array);
  static const nlohmann::json& element(const nlohmann::json& array, std::size_t index);
  void fail_enum(const Path& path, const std::string& text,
                 std::span<const std::string_view> names);

  void read(const nlohmann::json& json, const Path& path, std::string& value);
  void read(const nlohmann::json& json, const Path& path, bool& value);
  void read(const nlohmann::json& json, const Path& path, std::int32_t& value);
  void read(const nlohmann::json& json, const Path& path, std::int64_t& value);
  void read(const nlohmann::json& json, const Path& path, std::chrono::seconds& value);
  void read(const nlohmann::json& json, const Path& path, base::TimePoint& value);
  void read(const nlohmann::json& json, const Path& path,
            std::map<std::string, std::string>& value);

  template <class T>
  void read(const nlohmann::json& json, const Path& path, std::optional<T>& value) {
    read(json, path, value.emplace());
  }

  template <class T>
  void read(const nlohmann::json& json, const Path& path, std::vector<T>& value) {
    if (!is_array(json, path)) return;
    value.resize(size_of(json));
    for (std::size_t index = 0; index < value.size(); ++index) {
      read(element(json, index), Path{.parent = &path, .index = index}, value[index]);
    }
  }

  template <class E>
    requires std::is_enum_v<E>
  void read(const nlohmann::json& json, const Path& path, E& value) {
    std::string text;
    read(json, path, text);
    if (error_) return;
    if (const auto parsed = parse_enum<E>(text)) {
      value = *parsed;
    } else {
      fail_enum(path, text, names_of<E>());
    }
  }

  template <class T>
    requires std::is_class_v<T>
  void read(const nlohmann::json& json, const Path& path, T& value) {
    if (!is_object(json, path)) return;
    JsonReader nested(json, &path, error_);
    fields(nested, value);
  }

  const nlohmann::json& object_;
  const Path* const path_ = nullptr;
  std::optional<base::Error>& error_;
};

}  // namespace api
