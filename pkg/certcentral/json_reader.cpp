#include "certcentral/json_reader.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace certcentral {
namespace {

using base::Code;
using base::fail;

std::string text_of_value(const Json& value) {
  if (value.is_string()) return std::string(base::trimmed(value.get_ref<const std::string&>()));
  if (value.is_number()) return value.dump();
  return {};
}

bool is_digits(const std::string& text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](unsigned char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::int64_t> int_of_text(const std::string& text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

std::string name_of_value(const Json& value) {
  std::string name = base::lower_case(text_of_value(value));
  if (name.ends_with('.')) name.pop_back();
  return name;
}

bool is_numbered(const Json& object) {
  for (auto member = object.begin(); member != object.end(); ++member) {
    if (!is_digits(member.key())) return false;
  }
  return true;
}

}  // namespace

base::Result<Json> parse_json(std::string_view what, std::string_view text) {
  Json json = Json::parse(text.begin(), text.end(), nullptr, false);
  if (json.is_discarded()) {
    return fail(Code::kCorrupt, std::string(what) + ": the answer is not JSON");
  }
  return json;
}

base::Result<Json> parse_object(std::string_view what, std::string_view text) {
  Json json = TRY(parse_json(what, text));
  if (!json.is_object()) {
    return fail(Code::kCorrupt, std::string(what) + ": the answer is not a JSON object");
  }
  return json;
}

const Json* find(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto member = object.find(key);
  return member == object.end() || member->is_null() ? nullptr : &*member;
}

const Json* find_object(const Json& object, const char* key) {
  const Json* member = find(object, key);
  if (member == nullptr || member->is_object()) return member;
  const bool is_list = member->is_array() && !member->empty() && member->front().is_object();
  return is_list ? &member->front() : nullptr;
}

std::vector<const Json*> list_of(const Json& object, const char* key) {
  const Json* member = find(object, key);
  std::vector<const Json*> list;
  if (member == nullptr) return list;
  if (member->is_array() || (member->is_object() && is_numbered(*member))) {
    for (const Json& item : *member) list.push_back(&item);
  } else {
    list.push_back(member);
  }
  return list;
}

std::string text_of(const Json& object, const char* key) {
  const Json* member = find(object, key);
  return member == nullptr ? std::string() : text_of_value(*member);
}

std::optional<std::int64_t> int_of(const Json& object, const char* key) {
  const Json* member = find(object, key);
  if (member == nullptr) return std::nullopt;
  return int_of_text(text_of_value(*member));
}

std::optional<std::int64_t> id_of(const Json& object, const char* key) {
  const auto id = int_of(object, key);
  return id && *id > 0 ? id : std::nullopt;
}

int small_int_of(const Json& object, const char* key) {
  constexpr std::int64_t kMax = std::numeric_limits<int>::max();
  return static_cast<int>(std::clamp<std::int64_t>(int_of(object, key).value_or(0), 0, kMax));
}

std::optional<bool> bool_of(const Json& object, const char* key) {
  const Json* member = find(object, key);
  if (member == nullptr) return std::nullopt;
  if (member->is_boolean()) return member->get<bool>();
  const std::string text = name_of_value(*member);
  if (text == "1" || text == "true") return true;
  if (text == "0" || text == "false") return false;
  return std::nullopt;
}

std::optional<base::TimePoint> start_of(const Json& object, const char* key) {
  const std::string text = text_of(object, key);
  if (const auto day = base::parse_date(text)) return *day;
  const auto instant = base::parse_time(text);
  return instant ? std::optional(*instant) : std::nullopt;
}

std::optional<base::TimePoint> end_of(const Json& object, const char* key) {
  const std::string text = text_of(object, key);
  if (const auto day = base::parse_date(text)) {
    return *day + std::chrono::days(1) - std::chrono::seconds(1);
  }
  const auto instant = base::parse_time(text);
  return instant ? std::optional(*instant) : std::nullopt;
}

std::vector<std::string> names_of(const Json& object, const char* key) {
  std::vector<std::string> names;
  for (const Json* item : list_of(object, key)) {
    std::string name = name_of_value(*item);
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

std::string name_text_of(const Json& object, const char* key) {
  const Json* member = find(object, key);
  return member == nullptr ? std::string() : name_of_value(*member);
}

std::string upper_text_of(const Json& object, const char* key) {
  return base::upper_case(text_of(object, key));
}

}  // namespace certcentral
