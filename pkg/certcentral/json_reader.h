// Reads JSON of CertCentral without trusting its types: numbers and booleans may come as strings,
// an absent object as an empty list, a list of one as the thing itself. Pure; for the codec's .cpp
// files only. A value of a hopeless type reads as absent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/clock.h"
#include "base/result.h"

namespace certcentral {

using Json = nlohmann::json;

// kCorrupt, naming `what`, if `text` is not JSON.
base::Result<Json> parse_json(std::string_view what, std::string_view text);
// Also kCorrupt if it is not an object.
base::Result<Json> parse_object(std::string_view what, std::string_view text);

// The member, or nullptr if `object` is no object, has no such member, or it is null.
const Json* find(const Json& object, const char* key);
// The member if it is an object, or the first of a list of objects; else nullptr.
const Json* find_object(const Json& object, const char* key);
// The members of a list; an object counts as its only member, unless its keys are all numbers (a
// list as PHP writes it at times), an absent one as none.
std::vector<const Json*> list_of(const Json& object, const char* key);

// A string, trimmed of blanks; a number as its digits; else empty.
std::string text_of(const Json& object, const char* key);
// A whole number, also one inside a string.
std::optional<std::int64_t> int_of(const Json& object, const char* key);
// An int_of that is a usable id: greater than 0.
std::optional<std::int64_t> id_of(const Json& object, const char* key);
int small_int_of(const Json& object, const char* key);
// true, false, 0, 1, and the same as strings.
std::optional<bool> bool_of(const Json& object, const char* key);

// A day counts from its first second (start) or to its last (end); a full instant counts as it is.
std::optional<base::TimePoint> start_of(const Json& object, const char* key);
std::optional<base::TimePoint> end_of(const Json& object, const char* key);

// Lower case, without blanks and the final dot; empty entries are dropped (older answers have " ").
std::vector<std::string> names_of(const Json& object, const char* key);
std::string name_text_of(const Json& object, const char* key);
std::string upper_text_of(const Json& object, const char* key);

}  // namespace certcentral
