// The Date header (RFC 9110 section 5.6.7). Pure.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace certcentral {

// Reads an IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT"; nullopt for anything else.
std::optional<base::TimePoint> parse_http_date(std::string_view text);

}  // namespace certcentral
