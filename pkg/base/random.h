// Random: jitter and names. Keys never come from here; OpenSSL makes those.
#pragma once

#include <string>

namespace base {

// Thread-safe. A number in [0, 1), from the system's generator.
double random_unit();
// Thread-safe. `count` lower-case hexadecimal digits, from the system's generator.
std::string random_hex(std::size_t count);

}  // namespace base
