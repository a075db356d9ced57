// Digests of texts. Pure.
#pragma once

#include <string>
#include <string_view>

namespace x509 {

// SHA-256 (FIPS 180-4) of the bytes, as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace x509
