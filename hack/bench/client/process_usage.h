// What processes use, read from /proc: CPU time and resident memory.
// Entry points: usage_of, and UsageSampler for the course of a run. For measurements only.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "base/thread_annotations.h"

namespace bench {

struct Usage {
  double cpu_seconds = 0;  // user and system, of all threads; kept in steps of 10 ms
  double rss_kib = 0;
  double rss_peak_kib = 0;  // since the start of the process, or forget_peak()
};

// kNotFound if there is no such process.
base::Result<Usage> usage_of(int pid);
// How long the process has run.
base::Result<double> age_seconds(int pid);
// The peak counts anew from now on (proc(5), clear_refs); needs the right to do so.
void forget_peak(int pid);

// Processes by the name that they have in the report.
using Processes = std::map<std::string, int>;
// {"operator": {"cpu_seconds": ..., "rss_kib": ..., "rss_peak_kib": ...}}; a process that has ended
// is left out.
nlohmann::json snapshot(const Processes& processes);

// Takes a snapshot every `interval` on a thread of its own, until it is destroyed. Thread-safe.
class UsageSampler {
 public:
  UsageSampler(Processes processes, std::chrono::milliseconds interval);
  // [{"t": seconds since the start, "operator": {...}}]
  nlohmann::json series() const;

 private:
  void run(const std::stop_token& stop);

  const Processes processes_;
  const std::chrono::milliseconds interval_;
  mutable base::Mutex mutex_;
  base::ConditionVariable changed_;
  std::vector<std::string> points_ GUARDED_BY(mutex_);  // JSON texts: they are small
  std::jthread thread_;
};

// Blocks until `pid` has used less than a twentieth of a core for a whole second, or `at_most` is
// over. Returns the time that this took.
double wait_idle(int pid, std::chrono::milliseconds at_most);

}  // namespace bench
