// parse_json: text of the API server -> value. Pure, thread-safe. simdjson reads the text, a fifth
// of the work of nlohmann's own parser.
#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"

namespace kube {

// Deepest nesting of JSON that is read; the API server's own limit is far above any real object.
inline constexpr int kNestingMax = 100;

// metadata.managedFields are half of an object, and most readers have no use for them.
enum class ManagedFields { kKeep, kDrop };

// kCorrupt if it is no JSON (RFC 8259, of which numbers must fit into 64 bits), or has more than
// kNestingMax levels; the message never quotes the text. Of members of one name the last counts.
// Texts may be Secrets: no copy of one stays behind.
base::Result<nlohmann::json> parse_json(std::string_view text,
                                        ManagedFields managed_fields = ManagedFields::kKeep);

}  // namespace kube
