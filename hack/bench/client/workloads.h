// The workloads of the benchmark. Each runs to its end, or to the time limit, and returns what it
// measured as JSON; hack/bench/report.py adds what the audit log and the CA counted.
#pragma once

#include <chrono>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "kube/client.h"
#include "process_usage.h"
#include "readiness.h"

namespace bench {

struct Settings {
  Goal goal{};
  std::string template_text{};  // JSON of one object or patch; see filled() in run.h
  std::string prefix = "load";  // of the names of objects: load-17
  std::size_t count = 100;
  std::size_t groups = 1;  // {group}: the number modulo this
  std::size_t parallel = 16;
  std::chrono::seconds at_most{600};
  Processes processes{};
  std::string subject{};  // the process whose idleness ends a workload; "": the last write does
  std::string secrets{};  // label selector of those that bare_lists reads
  std::string metrics_url{};
  std::string reconciles{};   // the metric that counts passes
  bool apply_status = false;  // renew by an apply on /status, not by a merge patch
};

// Creates `count` objects at once and waits until all are ready.
base::Result<nlohmann::json> create_all(kube::Client& client, const Settings& settings);
// Asks for a new certificate for every object that is there.
base::Result<nlohmann::json> renew_all(kube::Client& client, const Settings& settings);
// One after the other, each when the one before is ready and all is idle.
base::Result<nlohmann::json> one_by_one(kube::Client& client, const Settings& settings);
// The subject has just been started: when did it reconcile first, when has it seen `count` objects?
base::Result<nlohmann::json> watch_start(const Settings& settings);
// Reads what Duplicert reads when it starts, the objects and the metadata of the Secrets, by the
// same two streams side by side, and does nothing with it: it cannot begin before. An error if
// there are fewer than `count` of either.
base::Result<nlohmann::json> bare_lists(kube::Client& client, const Settings& settings);
// Nothing happens for `at_most`.
base::Result<nlohmann::json> stand_by(const Settings& settings);
// The four writes of an issuance and nothing else, on `count` objects that were made before the
// clock starts: what the API server takes.
base::Result<nlohmann::json> bare_writes(kube::Client& client, const Settings& settings);
// All that the API server is asked in an issuance, by a client that does nothing else: the create
// of the object, the read of its Secret, the four writes, the Event, and three watches meanwhile. A
// controller that costs nothing would be as fast.
base::Result<nlohmann::json> bare_exchange(kube::Client& client, const Settings& settings);

}  // namespace bench
