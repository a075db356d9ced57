#include "runtime/work_queue.h"

#include <algorithm>
#include <vector>

namespace runtime {
namespace {

// Longest sleep while delayed keys wait, so that a clock that jumps is noticed.
constexpr std::chrono::seconds kNapMost{1};
// Longer delays are cut, so that no sum of instants wraps around.
constexpr std::chrono::milliseconds kDelayMost = std::chrono::years{10};

double seconds(base::Steady::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

metrics::Labels labels_of(const std::string& name) {
  return {{"name", name}, {"controller", name}};
}

// Bounds of client-go: 10 ns to 1000 s (util/workqueue/metrics.go).
std::vector<double> duration_buckets() {
  return metrics::exponential_buckets(10e-9, 10, 12);
}

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
      work_duration(
          registry.histogram({"workqueue_work_duration_seconds",
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
  const base::MutexLock lock(mutex_);
  insert(key, std::chrono::milliseconds{0}, urgency);
}

void WorkQueue::add_after(const std::string& key, std::chrono::milliseconds delay,
                          const Urgency& urgency) {
  const base::MutexLock lock(mutex_);
  insert(key, delay, urgency);
}

void WorkQueue::add_rate_limited(const std::string& key, const Urgency& urgency) {
  const base::MutexLock lock(mutex_);
  insert(key, core_.fail(key), urgency);
}

void WorkQueue::add_slowly(const std::string& key, const Backoff& backoff, const Urgency& urgency) {
  const base::MutexLock lock(mutex_);
  core_.fail(key);
  insert(key, delay_after(backoff, core_.failures(key)), urgency);
}

void WorkQueue::insert(const std::string& key, std::chrono::milliseconds delay,
                       const Urgency& urgency) {
  if (shut_down_) return;
  const auto bounded = std::clamp(delay, std::chrono::milliseconds{0}, kDelayMost);
  if (core_.add(key, clock_.steady_now() + bounded, urgency)) metrics_.adds.add();
  if (delay.count() > 0) metrics_.retries.add();
  ++changes_;
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

bool WorkQueue::is_idle() const {
  const base::MutexLock lock(mutex_);
  return !core_.has_work(clock_.steady_now());
}

std::vector<QueueView> WorkQueue::view() const {
  const base::MutexLock lock(mutex_);
  return core_.view(clock_.steady_now());
}

std::optional<QueueItem> WorkQueue::pop(const std::stop_token& stop) {
  const base::MutexLock lock(mutex_);
  while (!shut_down_ && !stop.stop_requested()) {
    const base::Steady now = clock_.steady_now();
    if (auto item = core_.take(now)) {
      started_[item->key] = now;
      metrics_.queue_duration.observe(seconds(item->waited));
      return item;
    }
    wait_for_change(stop);
  }
  return std::nullopt;
}

// Until something is added or done, or the next delayed key may be due.
void WorkQueue::wait_for_change(const std::stop_token& stop) {
  const auto changed = [this, seen = changes_]()
                           REQUIRES(mutex_) { return changes_ != seen || shut_down_; };
  const auto due = core_.next_due();
  if (!due) {
    changed_.wait(mutex_, stop, changed);
    return;
  }
  const base::Steady::duration left = *due - clock_.steady_now();
  changed_.wait_for(mutex_, stop, std::min<base::Steady::duration>(left, kNapMost), changed);
}

void WorkQueue::done(const std::string& key) {
  const base::MutexLock lock(mutex_);
  core_.done(key);
  const auto started = started_.extract(key);
  metrics_.work_duration.observe(seconds(clock_.steady_now() - started.mapped()));
  ++changes_;
  changed_.notify_one();
  if (core_.taken() == 0) idle_.notify_all();
}

void WorkQueue::shut_down() {
  const base::MutexLock lock(mutex_);
  shut_down_ = true;
  changed_.notify_all();
}

bool WorkQueue::wait_idle(std::chrono::milliseconds at_most) {
  const base::MutexLock lock(mutex_);
  return idle_.wait_for(mutex_, at_most, [this]() REQUIRES(mutex_) { return core_.taken() == 0; });
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
    const auto [gauge, is_new] = depth_.try_emplace(priority);
    if (is_new) gauge->second = metrics_.depth(priority);
    gauge->second.set(static_cast<double>(count));
  }
}

}  // namespace runtime
