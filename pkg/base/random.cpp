#include "base/random.h"

#include <cstdint>
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

}  // namespace base
