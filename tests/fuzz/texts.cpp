// Small texts from outside: URLs, Retry-After, instants, durations, base64.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "http/retry_after.h"
#include "http/url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), count);
  (void)http::split_url(text);
  (void)http::percent_decode(text);
  if (const auto after = http::parse_retry_after(text, {}); after && after->count() < 0)
    std::abort();
  if (const auto time = base::parse_time(text)) {
    if (base::parse_time(base::format_time(*time)) !=
        std::chrono::floor<std::chrono::seconds>(*time)) {
      std::abort();
    }
  }
  if (const auto duration = base::parse_duration(text)) {
    if (base::parse_duration(base::format_duration(*duration)) != *duration) std::abort();
  }
  if (const auto decoded = base::from_base64(text)) {
    if (base::from_base64(base::to_base64(*decoded)) != *decoded) std::abort();
  }
  return 0;
}
