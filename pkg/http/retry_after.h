// The Retry-After header (RFC 9110 section 10.2.3). Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace http {

// Nobody may silence us for longer than this, whatever the header says.
inline constexpr std::chrono::seconds kRetryAfterMax = std::chrono::hours{24};

// Reads "120" or an IMF-fixdate ("Sun, 06 Nov 1994 08:49:37 GMT"), as seconds from `now`, rounded
// up, from 0 to kRetryAfterMax. nullopt if it is neither; the two obsolete date formats are not
// read.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, base::TimePoint now);

}  // namespace http
