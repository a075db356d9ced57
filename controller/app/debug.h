// DebugViews: what the process knows and decided last, as JSON. Thread-safe.
// /debug/queue: what waits and what is worked on. /debug/store?key=NAMESPACE/NAME: objects as the
// caches have them; without a key, how many. /debug/decision?key=NAMESPACE/NAME: what the last pass
// of a request saw (no keys, no passwords), decided, and came to.
// Only callers on this machine, or in this Pod, are answered: docs/operations.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/thread_annotations.h"
#include "http/server.h"
#include "reconcile/duplicate_reconciler.h"
#include "reconcile/watches.h"
#include "rules/action.h"
#include "rules/observed.h"

namespace app {

// The last decision about each request, for as long as the request is there and is among the
// kMost that were decided about last: what ten thousand passes saw would weigh more than all else
// that is held of them. Becomes a text when somebody asks: that costs fifty times a copy.
class DecisionLog {
 public:
  static constexpr std::size_t kMost = 200;

  // `inner`, and this log beside it. This object must outlive what is returned.
  reconcile::Telemetry listen(reconcile::Telemetry inner);
  // JSON; nullopt: nothing was decided about that request lately by this process.
  std::optional<std::string> get(const std::string& key) const;

 private:
  struct Entry {
    rules::Observed seen{};
    rules::Decision made{};
    std::optional<runtime::Outcome> outcome{};  // nullopt: the pass goes on
    std::uint64_t number = 0;                   // of the decision, since the start
  };

  void note(Entry&& entry) REQUIRES(mutex_);
  void forget(const std::string& key) REQUIRES(mutex_);

  mutable base::Mutex mutex_;
  std::map<std::string, Entry> entries_ GUARDED_BY(mutex_);
  std::map<std::uint64_t, std::string> keys_ GUARDED_BY(mutex_);  // of entries_, by number
  std::uint64_t number_ GUARDED_BY(mutex_) = 0;
};

class DebugViews {
 public:
  // All must outlive it.
  DebugViews(const reconcile::Caches& caches, const reconcile::Queues& queues,
             const DecisionLog& decisions)
      : caches_(caches), queues_(queues), decisions_(decisions) {}

  // nullopt if the path is none of these, or the caller is elsewhere.
  std::optional<http::ServerResponse> answer(const http::ServerRequest& request) const;

 private:
  std::string queue() const;
  std::string store_sizes() const;
  std::optional<std::string> store(const std::string& key) const;

  const reconcile::Caches caches_;
  const reconcile::Queues queues_;
  const DecisionLog& decisions_;
};

}  // namespace app
