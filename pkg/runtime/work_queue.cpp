#include "runtime/work_queue.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace runtime {
namespace {

// Longest sleep while delayed keys wait, so that a clock that jumps is noticed.
constexpr std::chrono::milliseconds kNap{1000};

double seconds(base::Steady::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

metrics::Labels labels_of(const std::string& name) {
  return {{"name", name}, {"controller", name}};
}

// Bounds of client-go: 10 ns to 1000 s (util/workqueue/metrics.go).
std::vector<double> duration_buckets() { return metrics::exponential_buckets(10e-9, 10, 12); }

}  // namespace

QueueMetrics::QueueMetrics(metrics::Registry& registry, const std::string& name)
    : adds(registry.counter({"workqueue_adds_total", "Total number of adds handled by workqueue"},
                            labels_of(name))),
      retries(registry.counter(
          {"workqueue_retries_total", "Total number of retries handled by workqueue"},
          labels_of(name))),
      queue_duration(registry.histogram(
          {"workqueue_queue_duration_seconds",
           "How long in seconds an item stays in workqueue before being requested"},
          duration_buckets(), labels_of(name))),
      work_duration(registry.histogram(
          {"workqueue_work_duration_seconds",
           "How long in seconds processing an item from workqueue takes"},
          duration_buckets(), labels_of(name))),
      unfinished_work(registry.gauge(
          {"workqueue_unfinished_work_seconds",
           "How many seconds of work is in progress and has not been observed by work_duration"},
          labels_of(name))),
      longest_running(registry.gauge(
          {"workqueue_longest_running_processor_seconds",
           "How many seconds the longest running processor for workqueue has been running"},
          labels_of(name))),
      registry_(registry),
      name_(name) {}

metrics::Gauge QueueMetrics::depth(int priority) const {
  metrics::Labels labels = labels_of(name_);
  labels["priority"] = std::to_string(priority);
  return registry_.gauge({"workqueue_depth", "Current depth of workqueue by priority"}, labels);
}

WorkQueue::WorkQueue(const std::string& name, const Backoff& backoff, const base::Clock& clock,
                     metrics::Registry& registry)
    : clock_(clock), metrics_(registry, name), core_(backoff) {
  depth_.emplace(kPriorityUser, metrics_.depth(kPriorityUser));
  sampler_ = registry.add_sampler([this] { sample(); });
}

void WorkQueue::add(const std::string& key, const Urgency& urgency) {
  insert(key, std::chrono::milliseconds{0}, urgency);
}

void WorkQueue::add_after(const std::string& key, std::chrono::milliseconds delay,
                          const Urgency& urgency) {
  insert(key, delay, urgency);
}

void WorkQueue::add_rate_limited(const std::string& key, const Urgency& urgency) {
  std::chrono::milliseconds delay{0};
  {
    const base::MutexLock lock(mutex_);
    delay = core_.fail(key);
  }
  insert(key, delay, urgency);
}

void WorkQueue::insert(const std::string& key, std::chrono::milliseconds delay,
                       const Urgency& urgency) {
  {
    const base::MutexLock lock(mutex_);
    if (shut_down_) return;
    const base::Steady now = clock_.steady_now();
    // A delay of centuries must not wrap around.
    const auto bounded = std::clamp(delay, std::chrono::milliseconds{0}, kDelayMost);
    const bool is_new = core_.add(key, now + bounded, urgency);
    if (is_new) metrics_.adds.add();
    if (delay.count() > 0) metrics_.retries.add();
  }
  changed_.notify_one();
}

void WorkQueue::forget(const std::string& key) {
  const base::MutexLock lock(mutex_);
  core_.forget(key);
}

int WorkQueue::failures(const std::string& key) const {
  const base::MutexLock lock(mutex_);
  return core_.failures(key);
}

std::optional<QueueItem> WorkQueue::pop(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!shut_down_ && !stop.stop_requested()) {
    const base::Steady now = clock_.steady_now();
    if (auto item = core_.take(now)) {
      started_[item->key] = now;
      metrics_.queue_duration.observe(seconds(item->waited));
      return item;
    }
    // The wait itself returns at a stop request; its predicate is this loop.
    const auto due = core_.next_due();
    const auto nap = due ? std::min<base::Steady::duration>(*due - now, kNap) : kIdle;
    bool woken = false;
    changed_.wait_for(lock, stop, nap, [&woken] { return std::exchange(woken, true); });
  }
  return std::nullopt;
}

void WorkQueue::done(const std::string& key) {
  {
    const base::MutexLock lock(mutex_);
    const auto started = started_.extract(key);
    core_.done(key);
    if (started) metrics_.work_duration.observe(seconds(clock_.steady_now() - started.mapped()));
  }
  changed_.notify_all();
}

void WorkQueue::shut_down() {
  {
    const base::MutexLock lock(mutex_);
    shut_down_ = true;
  }
  changed_.notify_all();
}

std::size_t WorkQueue::active() const {
  const base::MutexLock lock(mutex_);
  return core_.taken();
}

bool WorkQueue::wait_idle(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, at_most, [this] { return core_.taken() == 0; });
}

void WorkQueue::sample() {
  const base::MutexLock lock(mutex_);
  const base::Steady now = clock_.steady_now();
  double total = 0;
  double longest = 0;
  for (const auto& [key, started] : started_) {
    const double running = seconds(now - started);
    total += running;
    longest = std::max(longest, running);
  }
  metrics_.unfinished_work.set(total);
  metrics_.longest_running.set(longest);
  for (const auto& [priority, count] : core_.depth(now)) {
    depth_[priority].set(static_cast<double>(count));
  }
}

}  // namespace runtime
