// Our metrics: every name, help text and label in one place. Thread-safe.
// Names of controller-runtime and client-go come from pkg/runtime and rest_client_metrics.h; these
// are Duplicert's own. Series without an object in their labels exist at 0 from the start; those of
// a profile or request come and go with it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

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
  void count_order(const rules::LedgerEntry& entry);
  // `controller` as in controller_runtime_*: "request", "order" or "profile".
  void count_stale(const std::string& controller, runtime::WriteGate::Verdict verdict);
  // A look at the files of --metrics-cert-dir.
  void count_certificate_read(bool usable);
  void set_profile_ready(const std::string& key, const std::string& product, bool ready);
  void remove_profile(const std::string& key);
  // Samples `remaining`, by account, whenever the metrics are read. Once.
  void watch_budgets(std::function<std::map<std::string, std::size_t>()> remaining);

 private:
  void report(const std::string& key, const api::DuplicateCertificateRequestStatus& status,
              const std::string& profile);
  void remove(const std::string& key);
  void declare_from_the_start();
  void tell_requests();

  // What is told of a request, in a tenth of the space that five series take.
  struct Row {
    const std::string* profile = nullptr;  // in profiles_
    std::optional<base::TimePoint> expiration{};
    std::optional<base::TimePoint> renewal{};
    api::ConditionStatus ready = api::ConditionStatus::kUnknown;
    bool stalled = false;
  };
  using TellRow = std::function<void(const metrics::Labels&, const Row&)>;
  void for_each_row(const TellRow& tell);

  metrics::Registry& registry_;
  base::Mutex mutex_;
  std::map<std::string, Row> rows_ GUARDED_BY(mutex_);  // by request
  std::set<std::string> profiles_ GUARDED_BY(mutex_);   // the few that rows_ name
  std::map<std::string, std::set<std::string>> products_of_ GUARDED_BY(mutex_);  // by profile
  std::map<std::string, std::size_t> budgets_ GUARDED_BY(mutex_);                // as exposed last
  // Last: their ends wait for a running sample.
  std::vector<metrics::Registry::Sampler> samplers_;
};

}  // namespace app
