// JSON text to values and back, as nlohmann::json does it, in a third of the time for what the API
// server sends and takes: long texts without an escape. Entry points: read_json and write_json.
// Pure.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"

namespace kube {

// The value that json::parse gives, but kCorrupt for a text that is none or is nested deeper than
// `nesting_max`. Of members of the same name the last one stays. A message never quotes the text.
base::Result<nlohmann::json> read_json(std::string_view text, int nesting_max);

// What value.dump() gives. Throws json::exception, as dump() does, for a text that is not UTF-8.
std::string write_json(const nlohmann::json& value);

}  // namespace kube
