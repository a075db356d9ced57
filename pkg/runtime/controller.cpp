#include "runtime/controller.h"

#include <exception>

#include "base/check.h"
#include "base/log.h"

namespace runtime {
namespace {

// controller-runtime's bounds (pkg/internal/controller/metrics), thinned to half of its 40.
std::vector<double> pass_buckets() {
  return {0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 4, 5, 7, 10, 20, 30, 60};
}

constexpr std::string_view kSuccess = "success";
constexpr std::string_view kRequeueAfter = "requeue_after";
constexpr std::string_view kError = "error";
constexpr std::string_view kRequeue = "requeue";

Requeue after_error(const base::Error& error) {
  using enum Requeue::Call;
  switch (base::retry_of(error)) {
    case base::Retry::kObserveAgain:
      return {.call = kRateLimited, .delay{}, .forget = false, .result = kError};
    case base::Retry::kBackOff:
      // Retry-After: 0 must not make a tight loop.
      if (error.retry_after && error.retry_after->count() > 0) {
        return {.call = kAfter, .delay = *error.retry_after, .forget = false, .result = kError};
      }
      return {.call = kRateLimited, .delay{}, .forget = false, .result = kError};
    case base::Retry::kSlow:
      return {.call = kSlow, .delay{}, .forget = false, .result = kError};
    case base::Retry::kNever:
      return {.call = kNone, .delay{}, .forget = true, .result = kError};
    case base::Retry::kSilent:
      return {.call = kNone, .delay{}, .forget = false, .result = ""};
  }
  return {};
}

metrics::Counter result_counter(metrics::Registry& registry, const std::string& controller,
                                std::string_view result) {
  return registry.counter(
      {"controller_runtime_reconcile_total", "Total number of reconciliations per controller"},
      {{"controller", controller}, {"result", std::string(result)}});
}

}  // namespace

Requeue plan_requeue(const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::kDone:
      return {.call = Requeue::Call::kNone, .delay{}, .forget = true, .result = kSuccess};
    case Outcome::Kind::kAfter:
      return {.call = Requeue::Call::kAfter,
              .delay = outcome.delay,
              .forget = true,
              .result = kRequeueAfter};
    case Outcome::Kind::kFailed:
      return after_error(outcome.error);
  }
  return {};
}

ControllerMetrics::ControllerMetrics(metrics::Registry& registry, const ControllerOptions& options)
    : success(result_counter(registry, options.name, kSuccess)),
      requeue_after(result_counter(registry, options.name, kRequeueAfter)),
      error(result_counter(registry, options.name, kError)) {
  const metrics::Labels labels{{"controller", options.name}};
  errors = registry.counter({"controller_runtime_reconcile_errors_total",
                             "Total number of reconciliation errors per controller"},
                            labels);
  terminal_errors =
      registry.counter({"controller_runtime_terminal_reconcile_errors_total",
                        "Total number of terminal reconciliation errors per controller"},
                       labels);
  panics = registry.counter({"controller_runtime_reconcile_panics_total",
                             "Total number of reconciliation panics per controller"},
                            labels);
  // These two stay at 0: there is no outcome "requeue", and no deadline for a whole pass, because
  // each call has one of its own. Dashboards of controller-runtime ask for them.
  result_counter(registry, options.name, kRequeue);
  registry.counter({"controller_runtime_reconcile_timeouts_total",
                    "Total number of reconciliation timeouts per controller"},
                   labels);
  seconds = registry.histogram({"controller_runtime_reconcile_time_seconds",
                                "Length of time per reconciliation per controller"},
                               pass_buckets(), labels);
  active_workers = registry.gauge(
      {"controller_runtime_active_workers", "Number of currently used workers per controller"},
      labels);
  registry
      .gauge({"controller_runtime_max_concurrent_reconciles",
              "Maximum number of concurrent reconciles per controller"},
             labels)
      .set(options.workers);
}

void ControllerMetrics::count(const Outcome& outcome, const Requeue& requeue) const {
  if (requeue.result == kSuccess) success.add();
  if (requeue.result == kRequeueAfter) requeue_after.add();
  if (requeue.result != kError) return;
  error.add();
  errors.add();
  if (base::retry_of(outcome.error) == base::Retry::kNever) terminal_errors.add();
}

Controller::Controller(const ControllerOptions& options, Reconciler& reconciler,
                       const base::Clock& clock, metrics::Registry& registry)
    : options_(options),
      reconciler_(reconciler),
      clock_(clock),
      metrics_(registry, options),
      queue_(options.name, options.backoff, clock, registry) {
  BASE_CHECK(options.workers > 0);
}

Controller::~Controller() {
  stop(std::chrono::milliseconds{0});
}

void Controller::start() {
  const base::MutexLock lock(mutex_);
  BASE_CHECK(workers_.empty());
  for (int i = 0; i < options_.workers; ++i) {
    workers_.emplace_back([this] { work(); });
  }
}

bool Controller::stop(std::chrono::milliseconds drain) {
  queue_.shut_down();
  const bool drained = queue_.wait_idle(drain);
  passes_.request_stop();
  std::vector<std::jthread> workers;
  {
    const base::MutexLock lock(mutex_);
    workers.swap(workers_);
  }
  for (std::jthread& worker : workers) worker.join();
  return drained;
}

void Controller::work() {
  // The queue's end stops a worker; the passes' own stop comes later.
  while (const auto item = queue_.pop(std::stop_token{})) {
    metrics_.active_workers.add(1);
    pass(*item);
    metrics_.active_workers.add(-1);
  }
}

void Controller::pass(const QueueItem& item) {
  const base::Steady started = clock_.steady_now();
  const Outcome outcome = reconcile_safely(item.key);
  const std::chrono::duration<double> took = clock_.steady_now() - started;
  metrics_.seconds.observe(took.count());
  const Requeue requeue = plan_requeue(outcome);
  metrics_.count(outcome, requeue);
  carry_out(item, outcome, requeue);
  queue_.done(item.key);
}

Outcome Controller::reconcile_safely(const std::string& key) {
  // Only std::exception: anything else ends the process, which is safe at any point.
  try {
    return reconciler_.reconcile(key, passes_.get_token());
  } catch (const std::exception& thrown) {
    metrics_.panics.add();
    return Outcome::failed({.code = base::Code::kInternal,
                            .message = std::string("exception in a pass: ") + thrown.what()});
  }
}

void Controller::carry_out(const QueueItem& item, const Outcome& outcome, const Requeue& requeue) {
  if (requeue.result == kError) {
    base::log_warn("pass failed", {{"controller", options_.name},
                                   {"key", item.key},
                                   {"code", base::name_of(outcome.error.code)},
                                   {"error", outcome.error.message}});
  }
  if (requeue.forget) queue_.forget(item.key);
  const Urgency urgency = outcome.urgency.value_or(item.urgency);
  switch (requeue.call) {
    case Requeue::Call::kNone:
      return;
    case Requeue::Call::kAfter:
      queue_.add_after(item.key, requeue.delay, urgency);
      return;
    case Requeue::Call::kRateLimited:
      queue_.add_rate_limited(item.key, urgency);
      return;
    case Requeue::Call::kSlow:
      queue_.add_slowly(item.key, options_.slow, urgency);
      return;
  }
}

}  // namespace runtime
