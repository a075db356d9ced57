// The form in which the simulator knows API keys. Pure.
#pragma once

#include <string>
#include <string_view>

namespace simulator {

// Lower-case hex of SHA-256 over the key.
std::string key_hash(std::string_view key);
// What the journal shows of it: the first eight digits.
std::string short_hash(std::string_view hash);

}  // namespace simulator
