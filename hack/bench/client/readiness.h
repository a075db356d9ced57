// Readiness: when each object of a collection became ready, from one watch of the API server.
// Entry points: start, expect, wait_all. Thread-safe after start.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "base/thread_annotations.h"
#include "kube/client.h"

namespace bench {

// What is awaited. `marker` is a JSON pointer to a value that each new certificate changes, for
// example "/status/revision": an object that is asked for again is ready when its condition holds
// and the marker is another than before.
struct Goal {
  kube::Resource resource{};
  std::string namespace_{};
  std::string condition = "Ready";
  std::string marker{};
};

class Readiness {
 public:
  Readiness(kube::Client& client, Goal goal);
  ~Readiness();
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  // Lists what is there (its markers count as old) and opens the watch.
  base::Result<void> start();
  // The names found by start().
  std::vector<std::string> names() const;
  // The clock of this object begins now. Before the write that asks for it.
  void expect(const std::string& name);
  std::size_t ready_count() const;
  // Blocks until `count` objects that were expected are ready; false at the end of `at_most`.
  bool wait_ready(std::size_t count, std::chrono::milliseconds at_most);
  // Seconds from expect() to ready, of each object that is ready, by name.
  std::map<std::string, double> latencies() const;
  // Seconds from `begun` to ready, ascending.
  std::vector<double> ready_times(std::chrono::steady_clock::time_point begun) const;

 private:
  struct State {
    std::string old_marker{};
    bool expected = false;
    bool ready = false;
    std::chrono::steady_clock::time_point expected_at{};
    std::chrono::steady_clock::time_point ready_at{};
  };
  void follow(std::string resource_version, const std::stop_token& stop);
  void take(const nlohmann::json& object);
  std::string marker_of(const nlohmann::json& object) const;
  bool holds(const nlohmann::json& object) const;

  kube::Client& client_;
  const Goal goal_;
  mutable base::Mutex mutex_;
  base::ConditionVariable changed_;
  std::map<std::string, State> states_ GUARDED_BY(mutex_);
  std::size_t ready_ GUARDED_BY(mutex_) = 0;
  std::jthread thread_;
};

}  // namespace bench
