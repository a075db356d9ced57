#include "readiness.h"

#include <cstdio>

#include <nlohmann/json.hpp>

namespace bench {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

std::string name_of(const json& object) {
  return object.at("metadata").value("name", "");
}

}  // namespace

Readiness::Readiness(kube::Client& client, Goal goal) : client_(client), goal_(std::move(goal)) {}

Readiness::~Readiness() {
  thread_.request_stop();
}

base::Result<void> Readiness::start() {
  const json list = TRY(client_.list_all(goal_.resource, goal_.namespace_, {}, {}));
  const base::MutexLock lock(mutex_);
  for (const json& object : list["items"]) {
    states_[name_of(object)].old_marker = marker_of(object);
  }
  thread_ = std::jthread([this, version = list["metadata"].value("resourceVersion", "")](
                             const std::stop_token& stop) { follow(version, stop); });
  return {};
}

std::vector<std::string> Readiness::names() const {
  const base::MutexLock lock(mutex_);
  std::vector<std::string> all;
  for (const auto& [name, state] : states_) all.push_back(name);
  return all;
}

void Readiness::expect(const std::string& name) {
  const base::MutexLock lock(mutex_);
  State& state = states_[name];
  state.expected = true;
  state.expected_at = steady_clock::now();
}

std::size_t Readiness::ready_count() const {
  const base::MutexLock lock(mutex_);
  return ready_;
}

bool Readiness::wait_ready(std::size_t count, std::chrono::milliseconds at_most) {
  const base::MutexLock lock(mutex_);
  return changed_.wait_for(mutex_, std::stop_token{}, at_most, [&] { return ready_ >= count; });
}

std::map<std::string, double> Readiness::latencies() const {
  const base::MutexLock lock(mutex_);
  std::map<std::string, double> all;
  for (const auto& [name, state] : states_) {
    if (!state.ready) continue;
    all[name] = std::chrono::duration<double>(state.ready_at - state.expected_at).count();
  }
  return all;
}

std::vector<double> Readiness::ready_times(steady_clock::time_point begun) const {
  std::vector<double> all;
  const base::MutexLock lock(mutex_);
  for (const auto& [name, state] : states_) {
    if (state.ready) all.push_back(std::chrono::duration<double>(state.ready_at - begun).count());
  }
  std::sort(all.begin(), all.end());
  return all;
}

// A stream that the server ends is opened again where it ended, and so is one that it refuses while
// it reads a new kind from etcd.
void Readiness::follow(std::string resource_version, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto ended = client_.watch(
        goal_.resource, goal_.namespace_, {.resource_version = resource_version},
        [&](kube::WatchType type, json&& object) -> base::Result<void> {
          resource_version = object["metadata"].value("resourceVersion", resource_version);
          if (type == kube::WatchType::kAdded || type == kube::WatchType::kModified) take(object);
          return {};
        },
        stop);
    if (ended || ended.error().code == base::Code::kCancelled) continue;
    std::fprintf(stderr, "watch: %s\n", ended.error().message.c_str());
    if (ended.error().code != base::Code::kExhausted) return;
    std::this_thread::sleep_for(std::chrono::milliseconds{500});
  }
}

void Readiness::take(const json& object) {
  const auto now = steady_clock::now();
  const base::MutexLock lock(mutex_);
  State& state = states_[name_of(object)];
  if (state.ready || !state.expected || !holds(object)) return;
  if (!goal_.marker.empty() && marker_of(object) == state.old_marker) return;
  state.ready = true;
  state.ready_at = now;
  ++ready_;
  changed_.notify_all();
}

std::string Readiness::marker_of(const json& object) const {
  if (goal_.marker.empty()) return {};
  const json::json_pointer at(goal_.marker);
  return object.contains(at) ? object.at(at).dump() : std::string();
}

bool Readiness::holds(const json& object) const {
  const json conditions = object.value(json::json_pointer("/status/conditions"), json::array());
  for (const json& one : conditions) {
    if (one.value("type", "") == goal_.condition) return one.value("status", "") == "True";
  }
  return false;
}

}  // namespace bench
