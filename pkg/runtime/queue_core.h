// QueueCore: the work queue without threads and without a clock. Entry points: add, take, done.
// Thread-compatible: WorkQueue puts a lock and a condition variable around it.
//
// The semantics are those of client-go's workqueue and controller-runtime's priorityqueue: a key is
// held at most once; a key that is added while a worker has it is handed out once more after
// done(); a key is never with two workers. A second add keeps the earlier time and the higher
// urgency.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/clock.h"
#include "runtime/backoff.h"

namespace runtime {

// Levels of priority; any number in between is allowed.
inline constexpr int kPriorityUrgent = 100;
inline constexpr int kPriorityUser = 0;          // someone changed something
inline constexpr int kPriorityBackground = -50;  // first listings, routine looks

// What goes first: the higher priority, then the earlier `due`, then who came first.
struct Urgency {
  int priority = kPriorityUser;
  // When the work would be too late, for example a certificate's end. It delays nothing.
  base::TimePoint due = base::TimePoint::max();

  bool operator==(const Urgency&) const = default;
};

// The more urgent of both, part by part.
Urgency more_urgent(const Urgency& a, const Urgency& b);

// A key that was handed out.
struct QueueItem {
  std::string key{};
  Urgency urgency{};
  base::Steady::duration waited{0};  // since it was due
};

// One key as a person sees it.
struct QueueView {
  std::string key{};
  enum class State { kTaken, kDue, kDelayed } state = State::kDue;
  base::Steady::duration due_in{0};  // kDelayed only
  int priority = kPriorityUser;
  int failures = 0;  // in a row
};

class QueueCore {
 public:
  // client-go's per-item limits (util/workqueue/default_rate_limiters.go).
  static constexpr Backoff kDefaultBackoff{
      .first = std::chrono::milliseconds{5}, .factor = 2.0, .most = std::chrono::seconds{1000}};
  explicit QueueCore(const Backoff& backoff = kDefaultBackoff) : backoff_(backoff) {}
  // Its parts point at each other's nodes, which a move keeps.
  QueueCore(QueueCore&&) = default;
  QueueCore& operator=(QueueCore&&) = default;

  // Makes `key` due at `at` (now or earlier: at once).
  // True if that made a new entry, false if the key was waiting already.
  bool add(const std::string& key, base::Steady at, const Urgency& urgency = {});
  // Counts a failure of `key` and returns the delay after which it should be added.
  std::chrono::milliseconds fail(const std::string& key);
  // The key did well (or is gone): its next failure counts as the first.
  void forget(const std::string& key);
  int failures(const std::string& key) const;

  // Hands out the most urgent key that is due and with no worker; nullopt if there is none.
  std::optional<QueueItem> take(base::Steady now);
  // Ends what take() began. The key must have been taken (BASE_CHECK).
  void done(const std::string& key);

  // Whether any key could be handed out now, or is with a worker.
  bool has_work(base::Steady now) const;
  // When the next delayed key becomes due; nullopt if none waits.
  std::optional<base::Steady> next_due() const;

  // How many keys could be handed out now, by priority; levels that were used stay, at 0.
  // Delayed keys and those with a worker do not count, as in client-go's depth.
  const std::map<int, std::size_t>& depth(base::Steady now);
  // Every key that waits or has a worker, by name. A key that does both counts as taken.
  std::vector<QueueView> view(base::Steady now) const;
  std::size_t size() const { return entries_.size(); }  // delayed ones too
  std::size_t taken() const { return taken_.size(); }

 private:
  struct Entry {
    Urgency urgency{};
    base::Steady at{};
    std::uint64_t sequence = 0;  // order of becoming due
    bool ready = false;          // in ready_; else in delayed_, or held back by a worker
  };
  struct Rank {
    Urgency urgency{};
    std::uint64_t sequence = 0;
    const std::string* key = nullptr;
    bool operator<(const Rank& other) const;  // what goes first
  };
  struct Due {
    base::Steady at{};
    const std::string* key = nullptr;
    bool operator<(const Due& other) const {
      return at != other.at ? at < other.at : *key < *other.key;
    }
  };

  // Everywhere below `key` is the one in entries_, which does not move.
  void delay(const std::string& key, const Entry& entry);
  void promote(base::Steady now);
  void raise(const std::string& key, Entry& entry, const Urgency& urgency);
  void rank(const std::string& key, Entry& entry);
  void unrank(const std::string& key, const Entry& entry);

  Backoff backoff_;
  std::map<std::string, Entry> entries_;
  std::set<Rank> ready_;   // what is due, best first
  std::set<Due> delayed_;  // what is not due yet, by time
  std::set<std::string> taken_;
  std::map<int, std::size_t> depth_;  // of ready_
  std::map<std::string, int> failures_;
  std::uint64_t sequence_ = 0;
};

}  // namespace runtime
