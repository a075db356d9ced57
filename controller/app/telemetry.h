// Our metrics: every name, help text and label in one place. Thread-safe.
// Names of client-go and controller-runtime come from pkg/runtime; these are Duplicert's own.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/thread_annotations.h"
#include "metrics/registry.h"
#include "reconcile/duplicate_reconciler.h"

namespace app {

class TelemetryRegistry {
 public:
  // `registry` must outlive it.
  explicit TelemetryRegistry(metrics::Registry& registry);

  // What the request reconciler calls.
  reconcile::Telemetry hooks();

  void count_ca_call(std::string_view operation, std::string_view code, double seconds);
  void count_api_call(std::string_view method, int http_status);
  void count_order(const rules::LedgerEntry& entry);
  void count_stale(runtime::WriteGate::Verdict verdict);
  void set_profile_ready(const std::string& key, bool ready);
  void remove_profile(const std::string& key);
  // Samples `remaining`, by account, whenever the metrics are read. Once.
  void watch_budgets(std::function<std::map<std::string, std::size_t>()> remaining);

 private:
  void report(const std::string& key, const api::DuplicateCertificateRequestStatus& status,
              const std::string& profile);
  void remove(const std::string& key);
  void set_time(const metrics::Family& family, const metrics::Labels& labels,
                const std::optional<base::TimePoint>& time);

  metrics::Registry& registry_;
  base::Mutex mutex_;
  std::map<std::string, std::string> profile_of_ GUARDED_BY(mutex_);  // request -> profile label
  std::map<std::string, std::size_t> budgets_ GUARDED_BY(mutex_);     // as exposed last
  metrics::Registry::Sampler budget_sampler_;  // last: its end waits for a running sample
};

}  // namespace app
