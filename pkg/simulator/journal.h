// Journal: what the simulator remembers of each call. Values only; never a key, only the first
// eight hexadecimal digits of its SHA-256.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace simulator {

struct Call {
  std::int64_t id = 0;   // counts up from 1
  base::TimePoint at{};  // by the simulator's clock
  std::string method{};
  std::string path{};         // without the base URL, "order/certificate/12345/duplicate"
  std::string query{};        // decoded, "a=1&b=2", in order of name
  std::string operation{};    // "duplicate_create"; "unknown" when no route fits
  int http_status = 0;        // what was sent, or would have been
  std::string key_hash{};     // "" without a key
  std::string fault{};        // the switches that had a hand in it, comma separated
  bool took_effect = false;   // a write that changed the state
  bool answered = true;       // false: the connection was closed instead
  std::int64_t order_id = 0;  // the order that it was about, or made; 0: none
  int duration_ms = 0;
};

// Empty fields match everything.
struct CallFilter {
  std::string method{};
  std::string path{};       // a part of the path
  std::string operation{};  // the whole name
  std::int64_t after_id = 0;
  std::size_t limit = 10'000;
};

// Something that a client of duplicates must never do.
struct Violation {
  std::int64_t id = 0;
  base::TimePoint at{};
  std::string operation{};  // "certificate_revoke", "second_renewal", ...
  std::string path{};
  std::string key_hash{};
  std::string detail{};
};

}  // namespace simulator
