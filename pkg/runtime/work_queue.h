// WorkQueue: the keys that need a pass, shared by event handlers and workers. Thread-safe.
// Entry points: add, pop, done. QueueCore has the semantics; this adds the lock and the metrics.
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/thread_annotations.h"
#include "metrics/registry.h"
#include "runtime/queue_core.h"

namespace runtime {

// client-go's metrics of one queue (util/workqueue/metrics.go), at 0 from the start:
// workqueue_depth{priority}, _adds_total, _queue_duration_seconds, _work_duration_seconds,
// _retries_total, and, sampled, _unfinished_work_seconds and _longest_running_processor_seconds.
// Labels name and controller are both the queue's name, as in controller-runtime.
struct QueueMetrics {
  QueueMetrics(metrics::Registry& registry, const std::string& name);

  metrics::Counter adds{};
  metrics::Counter retries{};  // every add with a delay
  metrics::Histogram queue_duration{};
  metrics::Histogram work_duration{};
  metrics::Gauge unfinished_work{};
  metrics::Gauge longest_running{};
  // One per priority; levels appear as they are used.
  metrics::Gauge depth(int priority) const;

 private:
  metrics::Registry& registry_;
  std::string name_;
};

class WorkQueue {
 public:
  // `clock` and `registry` must outlive the queue. `name` becomes a label value.
  WorkQueue(const std::string& name, const Backoff& backoff, const base::Clock& clock,
            metrics::Registry& registry);

  // After shut_down() all four do nothing.
  void add(const std::string& key, const Urgency& urgency = {});
  void add_after(const std::string& key, std::chrono::milliseconds delay,
                 const Urgency& urgency = {});
  // Counts a failure and adds the key after its own exponential back-off.
  void add_rate_limited(const std::string& key, const Urgency& urgency = {});
  // The same with another back-off.
  void add_slowly(const std::string& key, const Backoff& backoff, const Urgency& urgency = {});
  // Ends the count of failures.
  void forget(const std::string& key);
  int failures(const std::string& key) const;
  // Whether nothing is due and nothing is worked on: whoever can wait may use the processor.
  bool is_idle() const;
  // What waits and what is worked on, for /debug/queue.
  std::vector<QueueView> view() const;

  // Blocks until a key is due, and hands it to this caller alone until done().
  // nullopt once the queue is shut down or `stop` is requested. Keys that wait then are dropped:
  // work is level-based, the next start finds it again.
  // A clock that jumps (tests) is noticed within a second.
  std::optional<QueueItem> pop(const std::stop_token& stop);
  // The worker has finished with `key`, whatever came out of it.
  void done(const std::string& key);

  // Wakes every pop(). Final.
  void shut_down();
  // Blocks until no worker has a key; false if that takes longer than `at_most`.
  bool wait_idle(std::chrono::milliseconds at_most);

 private:
  void insert(const std::string& key, std::chrono::milliseconds delay, const Urgency& urgency)
      REQUIRES(mutex_);
  void wait_for_change(const std::stop_token& stop) REQUIRES(mutex_);
  void sample();

  // Constant after construction, or with their own synchronisation.
  const base::Clock& clock_;
  const QueueMetrics metrics_;

  mutable base::Mutex mutex_;
  base::ConditionVariable changed_;  // for pop()
  base::ConditionVariable idle_;     // for wait_idle()
  QueueCore core_ GUARDED_BY(mutex_);
  std::map<std::string, base::Steady> started_ GUARDED_BY(mutex_);
  std::map<int, metrics::Gauge> depth_ GUARDED_BY(mutex_);
  std::uint64_t changes_ GUARDED_BY(mutex_) = 0;
  bool shut_down_ GUARDED_BY(mutex_) = false;

  metrics::Registry::Sampler sampler_;  // last: its end waits for a running sample()
};

}  // namespace runtime
