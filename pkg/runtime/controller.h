// Controller: workers that take keys from a queue and give them to a Reconciler.
// Entry points: Controller::start, queue(), stop. What follows from an Outcome is one pure
// function, plan_requeue().
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/thread_annotations.h"
#include "metrics/registry.h"
#include "runtime/reconciler.h"
#include "runtime/work_queue.h"

namespace runtime {

struct ControllerOptions {
  std::string name{};  // unique in the process: a label of its metrics, a field of its logs
  int workers = 1;
  Backoff backoff = QueueCore::kDefaultBackoff;
  // After errors that only a change of credentials or permissions ends (Retry::kSlow). The first
  // tries are soon: an API server that has just started knows no roles yet.
  Backoff slow{.first = std::chrono::seconds{5}, .factor = 3.0, .most = std::chrono::minutes{5}};
};

// What to do with a key after its pass.
struct Requeue {
  enum class Call { kNone, kAfter, kRateLimited, kSlow };
  Call call = Call::kNone;
  std::chrono::milliseconds delay{0};  // kAfter only
  bool forget = false;                 // ends the count of failures
  // Label value of controller_runtime_reconcile_total; empty: not counted (we are stopping).
  std::string_view result = "success";

  bool operator==(const Requeue&) const = default;
};

// Pure. The only place that knows what an Outcome means for the queue:
//   done: forget. after(d): forget, then add after d.
//   error: kObserveAgain - rate limited, which starts at 5 ms; kBackOff - after retry_after, else
//   rate limited; kSlow - slow, which starts at 5 s; kNever - not before something changes;
//   kSilent - nothing.
Requeue plan_requeue(const Outcome& outcome);

// controller-runtime's metrics (pkg/internal/controller/metrics), with label controller, at 0 from
// the start.
struct ControllerMetrics {
  ControllerMetrics(metrics::Registry& registry, const ControllerOptions& options);

  // Counts the end of a pass.
  void count(const Outcome& outcome, const Requeue& requeue) const;

  metrics::Counter success{}, requeue_after{}, error{};  // controller_runtime_reconcile_total
  metrics::Counter errors{};
  metrics::Counter terminal_errors{};  // Retry::kNever
  metrics::Counter panics{};           // exceptions that reached the worker
  metrics::Histogram seconds{};
  metrics::Gauge active_workers{};
};

// Thread-safe: whoever begins to lead starts it, and a signal that comes just then stops it.
class Controller {
 public:
  // All three must outlive the controller.
  Controller(const ControllerOptions& options, Reconciler& reconciler, const base::Clock& clock,
             metrics::Registry& registry);
  ~Controller();  // stop(0) if it still runs
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  // Takes keys from before start() on, so that a standby's queue is warm.
  WorkQueue& queue() { return queue_; }
  // Starts the workers. Once only; after stop() they end at once.
  void start();
  // Starts no new pass, waits up to `drain` for the running ones, then requests their stop and
  // waits until they have returned. True if all ended by themselves. Final; may be called twice.
  bool stop(std::chrono::milliseconds drain);

 private:
  void work();
  void pass(const QueueItem& item);
  Outcome reconcile_safely(const std::string& key);
  void carry_out(const QueueItem& item, const Outcome& outcome, const Requeue& requeue);

  const ControllerOptions options_;
  Reconciler& reconciler_;
  const base::Clock& clock_;
  ControllerMetrics metrics_;
  WorkQueue queue_;
  std::stop_source passes_;  // stops the running passes, later than the queue
  base::Mutex mutex_;
  std::vector<std::jthread> workers_ GUARDED_BY(mutex_);
};

}  // namespace runtime
