// EventRecorder: Kubernetes Events, for people who run `kubectl describe`. Entry point: record().
// Thread-safe. Best effort: it never blocks its caller and never fails; what does not fit into the
// queue, or is refused by the API server, is dropped and counted.
// Events are state changes, not a log: record() is not called in a loop. Repeats are merged
// (event_series.h).
#pragma once

#include <deque>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/thread_annotations.h"
#include "kube/client.h"
#include "metrics/registry.h"
#include "runtime/event_series.h"

namespace runtime {

struct EventRecorderOptions {
  std::string controller{};  // reportingController, for example "duplicert.example.org/operator"
  std::string instance{};    // reportingInstance: this process, at most 128 characters
  std::size_t queue_most = 1000;                                  // client-go's (tools/events)
  std::chrono::milliseconds flush_most{std::chrono::seconds{5}};  // at stop()
};

// Series: events_recorded_total, events_dropped_total{reason="queue_full"|"refused"|"spam"}, both
// with the prefix given here.
struct EventMetrics {
  EventMetrics(metrics::Registry& registry, const std::string& prefix);
  metrics::Counter written{};
  metrics::Counter queue_full{};
  metrics::Counter refused{};
  metrics::Counter spam{};
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
  void run(const std::stop_token& stop);
  void flush();
  std::deque<Event> take_waiting(const std::stop_token& stop);
  void write(const std::vector<EventCall>& calls, const std::stop_token& stop);
  bool write_one(const EventCall& call, const std::stop_token& stop);

  // Constant after construction, or with their own synchronisation.
  kube::Client& client_;
  const EventRecorderOptions options_;
  const EventMetrics metrics_;
  const base::Clock& clock_;

  base::Mutex mutex_;
  base::ConditionVariable changed_;
  std::deque<Event> waiting_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;

  EventSeries series_;  // the thread's own
  std::jthread thread_;
};

}  // namespace runtime
