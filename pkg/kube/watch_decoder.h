// WatchDecoder: bytes of a watch's body -> events. Pure; owned by one thread.
// Source: kubernetes.io/docs/reference/using-api/api-concepts, "Efficient detection of changes".
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "kube/json.h"

namespace kube {

// kBookmark carries only apiVersion, kind and metadata.resourceVersion: advance, touch nothing.
enum class WatchType { kAdded, kModified, kDeleted, kBookmark };

// Receives one event. `object` may be moved from. An error ends the watch and is returned.
using WatchSink = std::function<base::Result<void>(WatchType type, nlohmann::json&& object)>;

class WatchDecoder {
 public:
  // The longest event. Objects in etcd are limited to 1.5 MiB; JSON escapes can multiply that.
  static constexpr std::size_t kLineBytesMax = std::size_t{16} << 20U;

  explicit WatchDecoder(ManagedFields managed_fields = ManagedFields::kKeep)
      : managed_fields_(managed_fields) {}

  // Adds bytes, and gives each event that is now complete to `sink`, in order. An incomplete line
  // is kept for the next call, so any cutting of the stream gives the same events. Events of an
  // unknown type and empty lines are skipped.
  // Errors: an ERROR event becomes its Status's error (kExpired for 410: list again); kCorrupt for
  // a line that is longer than kLineBytesMax, no JSON, too deep, or without an object; the sink's
  // own. After an error the decoder is of no further use.
  base::Result<void> feed(std::string_view bytes, const WatchSink& sink);

 private:
  const ManagedFields managed_fields_;
  std::string partial_{};
};

}  // namespace kube
