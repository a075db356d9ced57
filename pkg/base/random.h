// Random: jitter and names. Keys never come from here; OpenSSL makes those.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace base {

// Thread-safe. A number in [0, 1), from the system's generator.
double random_unit();
// Thread-safe. `count` lower-case hexadecimal digits, from the system's generator.
std::string random_hex(std::size_t count);
// Pure, stable across processes and versions: 64-bit FNV-1a. For jitter seeds, not for security.
std::uint64_t stable_hash(std::string_view text);

}  // namespace base
