// EventSeries: which calls record an Event: a new object, or a count on one that is there.
// Pure: events and `now` in, calls out. Thread-compatible.
//
// The rules are those of client-go's tools/events: the first of its kind makes an object; its first
// repeat makes that a series (count 2); further repeats are counted in memory and written every
// 30 min and once more when the series has been silent for 6 min. Unlike there the note is part of
// what is "the same", so that a new message is never swallowed; against notes that change all the
// time there is the old core API's limit: per object 25 at once, then one per 5 min
// (tools/record/events_cache.go).
// API: events.k8s.io/v1 Event, kubernetes.io/docs/reference/kubernetes-api/cluster-resources.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/token_bucket.h"
#include "kube/resource.h"

namespace runtime {

// The object that an event is about.
struct ObjectReference {
  kube::Resource resource{};
  kube::ObjectKey key{};
  std::string uid{};
  std::string resource_version{};  // optional

  bool operator==(const ObjectReference&) const = default;
};

enum class EventType { kNormal, kWarning };

struct Event {
  ObjectReference regarding{};
  EventType type = EventType::kNormal;
  std::string reason{};  // PascalCase, specific, at most 128 characters
  std::string action{};  // what the controller did or tried, PascalCase, at most 128 characters
  std::string note{};    // for people; cut to 1024 bytes. Never the content of a Secret.

  bool operator==(const Event&) const = default;
};

// A call on events.k8s.io/v1. Its name is unique: "<object's name>.<hex of nanoseconds>".
struct EventCall {
  enum class Verb { kCreate, kCount };
  Verb verb = Verb::kCreate;
  kube::ObjectKey key{};  // of the Event; namespace "default" for a cluster-scoped object
  Event event{};
  base::TimePoint first_time{};
  int count = 1;  // kCount: of the series
  base::TimePoint last_time{};
};

class EventSeries {
 public:
  static constexpr std::chrono::minutes kSilence{6};
  static constexpr std::chrono::minutes kHeartbeat{30};
  static constexpr std::size_t kNoteBytesMax = 1024;
  // The most series that are open, and objects whose limit is remembered (client-go's caches have
  // such a bound too). Beyond it the oldest half is closed, or forgotten.
  static constexpr std::size_t kOpenMost = 256;
  static constexpr std::size_t kBudgetsMost = 1024;
  static constexpr std::chrono::seconds kSweepSpacing{1};

  struct Now {
    base::TimePoint wall{};  // of an event: when it happened, which may be before the last one's
    base::Steady steady{};
  };

  // The calls that are due with this event: those of sweep(), and at most one for the event. None
  // for it if it is counted in memory, or dropped because its object has had too many.
  std::vector<EventCall> record(Event event, const Now& now);
  // Final counts of series that have ended, and heartbeats that are due. It walks over all that is
  // remembered, so not more often than every kSweepSpacing: in between it is nothing.
  std::vector<EventCall> sweep(const Now& now);
  // All counts that are not written yet; ends all series.
  std::vector<EventCall> flush();
  // Events that the limit per object has dropped, since the start.
  std::size_t dropped() const { return dropped_; }
  std::size_t open() const { return series_.size(); }

 private:
  struct Series {
    EventCall call{};
    int written = 1;  // count that the API server has
    base::Steady last_seen{};
    base::Steady written_at{};
  };

  struct Budget {
    explicit Budget(const base::TokenBucket::Limits& limits) : bucket(limits) {}
    base::TokenBucket bucket;
    base::Steady used_at{};
  };

  void count(Series& series, const Now& now, std::vector<EventCall>& calls);
  static EventCall written(Series& series, base::Steady now);
  std::string unique_name(const ObjectReference& regarding, base::TimePoint now);
  bool allowed(const Event& event, base::Steady now);
  void close_oldest(const Now& now, std::vector<EventCall>& calls);

  std::map<std::string, Series> series_;   // by everything that makes events the same
  std::map<std::string, Budget> budgets_;  // by UID
  std::optional<base::Steady> swept_at_{};
  std::int64_t last_stamp_ = 0;
  std::size_t dropped_ = 0;
};

}  // namespace runtime
