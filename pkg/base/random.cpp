#include "base/random.h"

#include <sys/random.h>

#include "base/bytes.h"
#include "base/check.h"

namespace base {

double random_unit() {
  std::uint64_t bits = 0;
  BASE_CHECK(getrandom(&bits, sizeof bits, 0) == static_cast<ssize_t>(sizeof bits));
  return static_cast<double>(bits >> 11U) * 0x1.0p-53;
}

std::string random_hex(std::size_t count) {
  std::string bytes((count + 1) / 2, '\0');
  BASE_CHECK(getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  return to_hex(bytes).substr(0, count);
}

std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  return hash;
}

}  // namespace base
