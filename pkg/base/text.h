// Small changes of ASCII text. Pure.
#pragma once

#include <string>
#include <string_view>

namespace base {

// The letters A to Z made small, and a to z made capital; other bytes stay as they are.
std::string lower_case(std::string_view text);
std::string upper_case(std::string_view text);

// Without the blanks, tabs and line ends at either end.
std::string_view trimmed(std::string_view text);

}  // namespace base
