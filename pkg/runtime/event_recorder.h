// EventRecorder: Kubernetes Events, for people who run `kubectl describe`. Entry point: record().
// Thread-safe. Best effort: it never blocks its caller and never fails; what does not fit into the
// queue, or is refused by the API server, is dropped and counted. Warnings go first, and in a full
// queue one takes the place of the oldest Normal Event.
// Events are state changes, not a log: record() is not called in a loop. Repeats are merged
// (event_series.h).
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/clock.h"
#include "base/thread_annotations.h"
#include "kube/client.h"
#include "metrics/registry.h"
#include "runtime/event_series.h"

namespace runtime {

struct EventRecorderOptions {
  std::string controller{};  // reportingController, for example "duplicert.example.org/operator"
  std::string instance{};    // reportingInstance: this process, at most 128 characters
  // Ten times client-go's (tools/events): one thread writes them, so that a burst of ten thousand
  // has thousands of them wait, at about half a kilobyte each.
  std::size_t queue_most = 10'000;
  std::chrono::milliseconds flush_most{std::chrono::seconds{5}};  // at stop()
};

// <prefix>_events_written_total and <prefix>_events_dropped_total{reason}, at 0 from the start.
struct EventMetrics {
  EventMetrics(metrics::Registry& registry, const std::string& prefix);
  metrics::Counter written{};
  metrics::Counter queue_full{};  // reason queue_full
  metrics::Counter refused{};     // reason refused, by the API server, after all tries, at the end
  metrics::Counter too_frequent{};  // reason too_frequent, for one object
};

class EventRecorder {
 public:
  // `client` and `clock` must outlive the recorder. Starts its thread.
  EventRecorder(kube::Client& client, EventRecorderOptions options, EventMetrics metrics,
                const base::Clock& clock);
  ~EventRecorder();  // stop()
  EventRecorder(const EventRecorder&) = delete;
  EventRecorder& operator=(const EventRecorder&) = delete;

  void record(Event event);
  // Writes what waits, and the final counts of open series, for at most flush_most; then ends.
  // Later events are dropped. May be called twice.
  void stop();

 private:
  struct Waiting {
    Event event{};
    base::TimePoint recorded_at{};
  };

  void run(const std::stop_token& stop);
  bool make_room(EventType type) REQUIRES(mutex_);
  std::optional<Waiting> wait_for_one(const std::stop_token& stop);
  void take(Waiting waiting, const std::stop_token& stop);
  void write(const std::vector<EventCall>& calls, const std::stop_token& stop);
  base::Result<void> write_once(const EventCall& call);

  // Constant after construction, or with their own synchronisation.
  kube::Client& client_;
  const EventRecorderOptions options_;
  const EventMetrics metrics_;
  const base::Clock& clock_;
  std::stop_source calls_;  // cancels the calls of a flush that takes too long

  base::Mutex mutex_;
  base::ConditionVariable changed_;
  std::deque<Waiting> warnings_ GUARDED_BY(mutex_);
  std::deque<Waiting> normals_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  bool flushed_ GUARDED_BY(mutex_) = false;

  EventSeries series_;   // the thread's own
  std::jthread thread_;  // last: it ends before what it uses
};

// The body of a create.
// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
nlohmann::json event_body(const EventCall& call, const EventRecorderOptions& options);
// The merge patch of a count.
nlohmann::json series_patch(const EventCall& call);

}  // namespace runtime
