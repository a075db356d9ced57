// PackOut, PackIn: the fields of typed objects as base::Packed, for caches. They use the same field
// lists as the codec (json_reader.h), so that no field can be forgotten. Internal to the code that
// packs; to pack an object call pack() and unpack() beside its struct.
// Owned by one call. BASE_CHECK if the bytes are not those of that struct.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "api/json_reader.h"
#include "api/metadata.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/packed.h"

namespace api {

// Names of our labels, annotations, conditions, reasons and so on.
base::PackWords pack_words();

class PackOut {
 public:
  template <class T>
  void field(std::string_view /*name*/, const T& value) {
    write(value);
  }
  template <class T>
  void required(std::string_view /*name*/, const T& value) {
    write(value);
  }
  base::Packed packed() const { return out_.packed(); }

 private:
  void write(const std::string& value) { out_.text(value); }
  void write(bool value) { out_.number(value ? 1 : 0); }
  void write(std::int32_t value) { out_.number(value); }
  void write(std::int64_t value) { out_.number(value); }
  void write(std::chrono::seconds value) { out_.number(value.count()); }
  void write(base::TimePoint value) { out_.number(value.time_since_epoch().count()); }

  template <class K, class V>
  void write(const std::pair<K, V>& value) {
    write(value.first);
    write(value.second);
  }

  template <class T>
  void write(const std::optional<T>& value) {
    write(value.has_value());
    if (value) write(*value);
  }

  template <class List>
  void write_all(const List& values) {
    out_.number(static_cast<std::int64_t>(values.size()));
    for (const auto& value : values) write(value);
  }
  template <class T>
  void write(const std::vector<T>& values) {
    write_all(values);
  }
  void write(const std::set<std::string>& values) { write_all(values); }
  void write(const std::map<std::string, std::string>& values) { write_all(values); }

  template <class E>
    requires std::is_enum_v<E>
  void write(E value) {
    out_.number(static_cast<std::int64_t>(value));
  }

  template <class T>
    requires std::is_class_v<T>
  void write(const T& value) {
    fields(*this, value);
  }

  base::PackWriter out_{pack_words()};
};

class PackIn {
 public:
  explicit PackIn(const base::Packed& packed) : in_(packed, pack_words()) {}
  ~PackIn() { BASE_CHECK(in_.at_end()); }
  PackIn(const PackIn&) = delete;
  PackIn& operator=(const PackIn&) = delete;

  // `value` must be as it was made.
  template <class T>
  void field(std::string_view /*name*/, T& value) {
    read(value);
  }
  template <class T>
  void required(std::string_view /*name*/, T& value) {
    read(value);
  }

 private:
  void read(std::string& value) { value = in_.text(); }
  void read(bool& value) { value = in_.number() != 0; }
  void read(std::int32_t& value) { value = static_cast<std::int32_t>(in_.number()); }
  void read(std::int64_t& value) { value = in_.number(); }
  void read(std::chrono::seconds& value) { value = std::chrono::seconds{in_.number()}; }
  void read(base::TimePoint& value) {
    value = base::TimePoint{base::TimePoint::duration{in_.number()}};
  }

  template <class T>
  void read(std::optional<T>& value) {
    if (in_.number() != 0) read(value.emplace());
  }

  template <class T>
  void read(std::vector<T>& values) {
    values.resize(static_cast<std::size_t>(in_.number()));
    for (T& value : values) read(value);
  }
  void read(std::set<std::string>& values) {
    for (std::int64_t left = in_.number(); left > 0; --left)
      values.insert(values.end(), in_.text());
  }
  void read(std::map<std::string, std::string>& values) {
    for (std::int64_t left = in_.number(); left > 0; --left) {
      std::string name = in_.text();
      values.emplace_hint(values.end(), std::move(name), in_.text());
    }
  }

  template <class E>
    requires std::is_enum_v<E>
  void read(E& value) {
    value = static_cast<E>(in_.number());
  }

  template <class T>
    requires std::is_class_v<T>
  void read(T& value) {
    fields(*this, value);
  }

  base::PackReader in_;
};

// All of it: what is read of JSON and what is written to it differ (codec_metadata.cpp).
void fields(PackOut& io, const ObjectMeta& meta);
void fields(PackIn& io, ObjectMeta& meta);

}  // namespace api
