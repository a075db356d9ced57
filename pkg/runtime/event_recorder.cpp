#include "runtime/event_recorder.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "base/log.h"
#include "base/random.h"
#include "runtime/backoff.h"
#include "runtime/pause.h"

namespace runtime {
namespace {

// client-go's tools/events: 12 tries, 10 s to 12.5 s apart.
constexpr int kTriesMax = 12;
constexpr std::chrono::seconds kRetryPause{10};
constexpr double kRetryJitter = 0.25;
// How often series are looked at when nothing happens.
constexpr std::chrono::seconds kSweepPeriod{30};

metrics::Counter dropped_counter(metrics::Registry& registry, const std::string& prefix,
                                 const std::string& reason) {
  return registry.counter(
      {prefix + "_events_dropped_total", "Kubernetes Events that were not written, by reason."},
      {{"reason", reason}});
}

// Whether the same call may succeed later. 4xx will not, but for 429.
bool is_worth_a_retry(const base::Error& error) {
  return error.code == base::Code::kUnavailable || error.code == base::Code::kExhausted;
}

}  // namespace

nlohmann::json event_body(const EventCall& call, const EventRecorderOptions& options) {
  const Event& event = call.event;
  nlohmann::json regarding{{"apiVersion", event.regarding.resource.api_version()},
                           {"kind", event.regarding.resource.kind},
                           {"name", event.regarding.key.name}};
  const auto add = [&regarding](const char* field, const std::string& text) {
    if (!text.empty()) regarding[field] = text;
  };
  add("namespace", event.regarding.key.namespace_);
  add("uid", event.regarding.uid);
  add("resourceVersion", event.regarding.resource_version);
  nlohmann::json body{{"apiVersion", kube::kEvents.api_version()},
                      {"kind", kube::kEvents.kind},
                      {"metadata", {{"name", call.key.name}, {"namespace", call.key.namespace_}}},
                      {"eventTime", base::format_micro_time(call.first_time)},
                      {"type", event.type == EventType::kWarning ? "Warning" : "Normal"},
                      {"reason", event.reason},
                      {"action", event.action},
                      {"note", event.note},
                      {"reportingController", options.controller},
                      {"reportingInstance", options.instance},
                      {"regarding", std::move(regarding)}};
  if (call.count > 1) body.update(series_patch(call));
  return body;
}

nlohmann::json series_patch(const EventCall& call) {
  return {{"series",
           {{"count", call.count}, {"lastObservedTime", base::format_micro_time(call.last_time)}}}};
}

EventMetrics::EventMetrics(metrics::Registry& registry, const std::string& prefix)
    : written(registry.counter(
          {prefix + "_events_written_total", "Kubernetes Events created or counted up."})),
      queue_full(dropped_counter(registry, prefix, "queue_full")),
      refused(dropped_counter(registry, prefix, "refused")),
      too_frequent(dropped_counter(registry, prefix, "too_frequent")) {}

EventRecorder::EventRecorder(kube::Client& client, EventRecorderOptions options,
                             EventMetrics metrics, const base::Clock& clock)
    : client_(client),
      options_(std::move(options)),
      metrics_(std::move(metrics)),
      clock_(clock),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

EventRecorder::~EventRecorder() {
  stop();
}

void EventRecorder::record(Event event) {
  const base::MutexLock lock(mutex_);
  if (stopped_ || !make_room(event.type)) {
    metrics_.queue_full.add();
    return;
  }
  auto& waiting = event.type == EventType::kWarning ? warnings_ : normals_;
  waiting.push_back({std::move(event), clock_.now()});
  changed_.notify_all();
}

bool EventRecorder::make_room(EventType type) {
  if (warnings_.size() + normals_.size() < options_.queue_most) return true;
  if (type != EventType::kWarning || normals_.empty()) return false;
  normals_.pop_front();
  metrics_.queue_full.add();
  return true;
}

void EventRecorder::stop() {
  {
    const base::MutexLock lock(mutex_);
    stopped_ = true;
    thread_.request_stop();
    changed_.wait_for(mutex_, options_.flush_most, [this]() REQUIRES(mutex_) { return flushed_; });
  }
  calls_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void EventRecorder::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (auto waiting = wait_for_one(stop)) {
      take(*std::move(waiting), stop);
    } else {
      write(series_.sweep({clock_.now(), clock_.steady_now()}), stop);
    }
  }
  while (!calls_.stop_requested()) {
    auto waiting = wait_for_one(stop);
    if (!waiting) break;
    take(*std::move(waiting), stop);
  }
  write(series_.flush(), stop);
  const base::MutexLock lock(mutex_);
  const std::size_t left = warnings_.size() + normals_.size();
  metrics_.refused.add(static_cast<double>(left));
  if (left > 0) base::log_warn("events not written before the end", {{"count", left}});
  flushed_ = true;
  changed_.notify_all();
}

// None if none comes until the next sweep, or `stop` is requested and all are taken.
std::optional<EventRecorder::Waiting> EventRecorder::wait_for_one(const std::stop_token& stop) {
  const base::MutexLock lock(mutex_);
  changed_.wait_for(mutex_, stop, kSweepPeriod,
                    [this]() REQUIRES(mutex_) { return !warnings_.empty() || !normals_.empty(); });
  auto& queue = warnings_.empty() ? normals_ : warnings_;
  if (queue.empty()) return std::nullopt;
  std::optional<Waiting> first = std::move(queue.front());
  queue.pop_front();
  return first;
}

void EventRecorder::take(Waiting waiting, const std::stop_token& stop) {
  const std::size_t dropped_before = series_.dropped();
  write(series_.record(std::move(waiting.event), {waiting.recorded_at, clock_.steady_now()}), stop);
  metrics_.too_frequent.add(static_cast<double>(series_.dropped() - dropped_before));
}

// Once `stop` is requested each call is tried once only.
void EventRecorder::write(const std::vector<EventCall>& calls, const std::stop_token& stop) {
  for (const EventCall& call : calls) {
    base::Result<void> result = write_once(call);
    for (int tries = 1; !result && is_worth_a_retry(result.error()) && tries < kTriesMax; ++tries) {
      if (!pause(jittered(kRetryPause, kRetryJitter * base::random_unit()), stop)) break;
      result = write_once(call);
    }
    if (result) {
      metrics_.written.add();
      continue;
    }
    metrics_.refused.add();
    // At the end, what is cancelled stays so: the rest is not tried.
    if (stop.stop_requested() && result.error().code == base::Code::kCancelled) {
      calls_.request_stop();
    }
    base::log_warn("event not written", {{"key", call.event.regarding.key.text()},
                                         {"reason", call.event.reason},
                                         {"error", result.error().message}});
  }
}

base::Result<void> EventRecorder::write_once(const EventCall& call) {
  const auto discard = [](base::Result<nlohmann::json> answer) -> base::Result<void> {
    if (!answer) return std::unexpected(std::move(answer).error());
    return {};
  };
  if (call.verb == EventCall::Verb::kCount) {
    auto patched = client_.patch(kube::kEvents, call.key, kube::PatchKind::kMerge,
                                 series_patch(call), calls_.get_token(), kube::View::kMetadata);
    // The event may have outlived its time to live (1 h by default): make it anew.
    if (patched || patched.error().code != base::Code::kNotFound)
      return discard(std::move(patched));
  }
  return discard(client_.create(kube::kEvents, call.key.namespace_, event_body(call, options_),
                                calls_.get_token(), kube::View::kMetadata));
}

}  // namespace runtime
