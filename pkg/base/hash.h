// stable_hash: for jitter seeds and cache keys, not for security. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace base {

// 64-bit FNV-1a: the same in every process and version.
std::uint64_t stable_hash(std::string_view text);

}  // namespace base
