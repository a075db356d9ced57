#include "app/telemetry.h"

#include "api/names.h"
#include "cli/options.h"
#include "kube/resource.h"

namespace app {
namespace {

using metrics::Family;
using metrics::Labels;

const Family kExpiration{"duplicert_certificate_expiration_timestamp_seconds",
                         "End of the certificate in the Secret of a request, Unix time."};
const Family kRenewal{"duplicert_certificate_renewal_timestamp_seconds",
                      "When the certificate of a request becomes due, Unix time."};
const Family kReady{"duplicert_certificate_ready",
                    "Condition Ready of a request: 1 for the label condition that holds."};
const Family kIssued{"duplicert_duplicates_issued_total", "Duplicates installed into Secrets."};
const Family kOrders{"duplicert_orders_placed_total",
                     "Orders and renewals that the CA has taken, by profile and kind."};
const Family kDuration{"duplicert_issuance_duration_seconds",
                       "From due to installed, for each certificate."};
const Family kDecisions{"duplicert_decisions_total", "Decisions by action and reason."};
const Family kCaCalls{"duplicert_ca_requests_total",
                      "Calls to the CA by operation and HTTP status or kind of failure."};
const Family kCaSeconds{"duplicert_ca_request_duration_seconds", "Duration of calls to the CA."};
const Family kProfileReady{"duplicert_profile_ready", "1 if the AutomationProfile is Ready."};
const Family kBudget{"duplicert_ca_rate_limit_remaining",
                     "Calls to the CA that could be made right now, by account."};
const Family kStale{"duplicert_stale_cache_total",
                    "Passes that found the cache older than our own last write, by what followed."};
const Family kBuildInfo{"duplicert_build_info", "1, with the version as a label."};
const Family kApiCalls{"rest_client_requests_total",
                       "Calls to the API server by method and status code."};

using enum api::ConditionStatus;
constexpr api::ConditionStatus kConditions[] = {kTrue, kFalse, kUnknown};

Labels name_labels(const std::string& key) {
  const auto parsed = kube::ObjectKey::parse(key).value_or(kube::ObjectKey{.name = key});
  return {{"namespace", parsed.namespace_}, {"name", parsed.name}};
}

Labels with(Labels labels, const std::string& name, std::string value) {
  labels.insert_or_assign(name, std::move(value));
  return labels;
}

double unix_seconds(base::TimePoint time) {
  return static_cast<double>(
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

api::ConditionStatus ready_of(const api::Conditions& conditions) {
  const auto* ready = api::find_condition(conditions, api::kReady);
  return ready == nullptr ? api::ConditionStatus::kUnknown : ready->status;
}

}  // namespace

TelemetryRegistry::TelemetryRegistry(metrics::Registry& registry) : registry_(registry) {
  registry_.gauge(kBuildInfo, {{"version", cli::version()}}).set(1);
  registry_.histogram(kDuration, metrics::exponential_buckets(0.05, 2, 16));
  registry_.counter(kStale, {{"outcome", "waited"}});
  registry_.counter(kStale, {{"outcome", "gave_up"}});
  tell_requests();
}

reconcile::Telemetry TelemetryRegistry::hooks() {
  return {
      .decided =
          [this](const rules::Observed& /*seen*/, const rules::Decision& made) {
            registry_
                .counter(kDecisions, {{"action", std::string(rules::name_of(made.action))},
                                      {"reason", std::string(api::name_of(made.reason))}})
                .add();
          },
      .issued =
          [this](const rules::Observed& seen, std::chrono::milliseconds since) {
            registry_
                .counter(kIssued,
                         {{"profile", seen.profile->name}, {"product", seen.profile->product}})
                .add();
            registry_.histogram(kDuration, metrics::exponential_buckets(0.05, 2, 16))
                .observe(static_cast<double>(since.count()) / 1000.0);
          },
      .reported = [this](const std::string& key, const auto& status,
                         const std::string& profile) { report(key, status, profile); },
      .gone = [this](const std::string& key) { remove(key); },
      .stale = [this](runtime::WriteGate::Verdict verdict) { count_stale(verdict); },
  };
}

void TelemetryRegistry::report(const std::string& key,
                               const api::DuplicateCertificateRequestStatus& status,
                               const std::string& profile) {
  const base::MutexLock lock(mutex_);
  rows_[key] = {.profile = &*profiles_.insert(profile).first,
                .expiration = status.certificate ? status.certificate->not_after : std::nullopt,
                .renewal = status.renewal_time,
                .ready = ready_of(status.conditions)};
}

void TelemetryRegistry::remove(const std::string& key) {
  const base::MutexLock lock(mutex_);
  rows_.erase(key);
}

void TelemetryRegistry::for_each_row(const TellRow& tell) {
  const base::MutexLock lock(mutex_);
  for (const auto& [key, row] : rows_) {
    tell(with(name_labels(key), "profile", *row.profile), row);
  }
}

// A series whose instant is not known would keep alerts on something that is gone.
void TelemetryRegistry::tell_requests() {
  const auto told_time = [this](const Family& family, std::optional<base::TimePoint> Row::* time) {
    return registry_.add_told(family, [this, time](const metrics::Registry::Tell& tell) {
      for_each_row([&](const Labels& labels, const Row& row) {
        if (row.*time) tell(labels, unix_seconds(*(row.*time)));
      });
    });
  };
  samplers_.push_back(told_time(kExpiration, &Row::expiration));
  samplers_.push_back(told_time(kRenewal, &Row::renewal));
  samplers_.push_back(registry_.add_told(kReady, [this](const metrics::Registry::Tell& tell) {
    for_each_row([&](const Labels& labels, const Row& row) {
      for (const api::ConditionStatus one : kConditions) {
        tell(with(labels, "condition", std::string(api::name_of(one))), one == row.ready ? 1 : 0);
      }
    });
  }));
}

void TelemetryRegistry::count_ca_call(std::string_view operation, std::string_view code,
                                      double seconds) {
  registry_.counter(kCaCalls, {{"operation", std::string(operation)}, {"code", std::string(code)}})
      .add();
  registry_
      .histogram(kCaSeconds, metrics::exponential_buckets(0.01, 2, 13),
                 {{"operation", std::string(operation)}})
      .observe(seconds);
}

void TelemetryRegistry::count_api_call(std::string_view method, int http_status) {
  registry_
      .counter(kApiCalls, {{"method", std::string(method)},
                           {"code", http_status == 0 ? "<error>" : std::to_string(http_status)}})
      .add();
}

void TelemetryRegistry::count_order(const rules::LedgerEntry& entry) {
  registry_
      .counter(kOrders,
               {{"profile", entry.profile}, {"kind", std::string(api::name_of(entry.kind))}})
      .add();
}

void TelemetryRegistry::count_stale(runtime::WriteGate::Verdict verdict) {
  const bool gave_up = verdict == runtime::WriteGate::Verdict::kGaveUp;
  registry_.counter(kStale, {{"outcome", gave_up ? "gave_up" : "waited"}}).add();
}

void TelemetryRegistry::set_profile_ready(const std::string& key, bool ready) {
  registry_.gauge(kProfileReady, name_labels(key)).set(ready ? 1 : 0);
}

void TelemetryRegistry::remove_profile(const std::string& key) {
  registry_.remove(kProfileReady.name, name_labels(key));
}

void TelemetryRegistry::watch_budgets(
    std::function<std::map<std::string, std::size_t>()> remaining) {
  samplers_.push_back(registry_.add_sampler([this, remaining = std::move(remaining)] {
    auto now = remaining();
    const base::MutexLock lock(mutex_);
    for (const auto& [account, count] : budgets_) {
      if (!now.contains(account)) registry_.remove(kBudget.name, {{"account", account}});
    }
    for (const auto& [account, count] : now) {
      registry_.gauge(kBudget, {{"account", account}}).set(static_cast<double>(count));
    }
    budgets_ = std::move(now);
  }));
}

}  // namespace app
