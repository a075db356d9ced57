// Reconciler: what a Controller calls for each key. Outcome: what it wants to happen next.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "runtime/queue_core.h"

namespace runtime {

// The end of a pass. Made by done(), after() or failed().
struct Outcome {
  enum class Kind { kDone, kAfter, kFailed };

  Kind kind = Kind::kDone;
  std::chrono::milliseconds delay{0};  // kAfter only
  // How urgent the pass after `delay` is; nullopt: as urgent as this one was.
  std::optional<Urgency> urgency{};
  base::Error error{};  // kFailed only

  // Nothing more to do until something changes.
  static Outcome done() { return {}; }
  // Look again after `delay`, or earlier if something changes.
  static Outcome after(std::chrono::milliseconds delay, std::optional<Urgency> urgency = {}) {
    return {.kind = Kind::kAfter, .delay = delay, .urgency = urgency, .error = {}};
  }
  // The pass did not come to its end; base::retry_of(error) decides when the next one comes.
  static Outcome failed(base::Error error) {
    return {.kind = Kind::kFailed, .delay{}, .urgency{}, .error = std::move(error)};
  }
};

// Thread-safe: called by several workers at once, but never for one key at the same time.
class Reconciler {
 public:
  virtual ~Reconciler() = default;

  // Brings the object `key` ("namespace/name") closer to what is wanted. It may be gone by now.
  // Level-based: nothing is said about what changed. Returns soon after `stop` is requested.
  // Exceptions of libraries that escape are turned into kInternal for this key alone.
  virtual Outcome reconcile(const std::string& key, std::stop_token stop) = 0;
};

}  // namespace runtime
