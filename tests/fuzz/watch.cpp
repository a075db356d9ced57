// Bytes of a watch: any cutting gives the same events, and nothing brings the decoder down.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "kube/watch_decoder.h"

namespace {

// The events of `text`, fed in pieces of `piece` bytes, as one string.
std::string events_of(std::string_view text, std::size_t piece) {
  std::string events;
  kube::WatchDecoder decoder;
  const auto sink = [&](kube::WatchType type, nlohmann::json&& object) -> base::Result<void> {
    events += std::to_string(static_cast<int>(type)) +
              object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    return {};
  };
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (!decoder.feed(text.substr(at, piece), sink)) return events + "error";
  }
  return events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), count);
  if (events_of(text, count + 1) != events_of(text, 7)) std::abort();
  return 0;
}
