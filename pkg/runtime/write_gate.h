// WriteGate: keeps a key from being worked on from a cache that is older than our own last write
// of it (KEP-5647). Pure; owned by whoever works on the key.
//
// Bounded: a version that never arrives (an API server that was restored from a backup, a watch
// that hangs) must not stall a key for ever, so the gate gives up after a while.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"

namespace runtime {

class WriteGate {
 public:
  static constexpr std::chrono::seconds kWaitMax{30};

  // Our write made this version; empty: nothing to wait for.
  void wrote(std::string resource_version);
  // The version that the gate waits for; empty: none, it is open.
  const std::string& awaits() const { return version_; }

  enum class Verdict {
    kOpen,    // the cache has our write: go on
    kWait,    // look again soon
    kGaveUp,  // waited for kWaitMax: go on, and rely on reads. Said once for each write
  };
  // `has_seen` tells whether the cache holds everything up to a version.
  Verdict check(const std::function<bool(const std::string& version)>& has_seen, base::Steady now);

 private:
  std::string version_{};
  std::optional<base::Steady> waits_since_{};
};

}  // namespace runtime
