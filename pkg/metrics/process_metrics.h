// ProcessMetrics: the process_* series that dashboards expect of every process.
// https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics
#pragma once

#include <string_view>

#include "base/result.h"
#include "metrics/registry.h"

namespace metrics {

struct ProcessFacts {
  double cpu_seconds = 0;  // user and system
  double resident_bytes = 0;
  double virtual_bytes = 0;
  double start_time = 0;  // seconds since 1970, UTC
  double open_fds = 0;
  double max_fds = 0;  // soft limit
};

// Pure. Reads the fields of /proc/self/stat (proc(5)); `boot_time` in seconds since 1970.
// kCorrupt if the line has too few fields. The fds are left at 0.
struct StatUnits {
  double ticks_per_second = 100;
  double page_bytes = 4096;
  double boot_time = 0;
};
base::Result<ProcessFacts> parse_process_stat(std::string_view line, const StatUnits& units);

// Reads /proc. kUnavailable where there is none.
base::Result<ProcessFacts> read_process_facts();

// Publishes the facts in `registry`, read anew at each expose(). `registry` must outlive it.
class ProcessMetrics {
 public:
  explicit ProcessMetrics(Registry& registry);

 private:
  Registry::Sampler sampler_;
};

}  // namespace metrics
