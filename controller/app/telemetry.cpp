#include "app/telemetry.h"

#include "api/names.h"
#include "api/reason.h"
#include "certcentral/metered_transport.h"
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
const Family kStalled{"duplicert_certificate_stalled",
                      "1 if a request is not Ready and a person must act: its condition Stalled."};
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
const Family kStale{
    "duplicert_stale_cache_total",
    "Passes that found the cache older than our own last write, by controller and by "
    "what followed."};
const Family kBuildInfo{"duplicert_build_info", "1, with the version as a label."};
const Family kCertificateReads{"certwatcher_read_certificate_total",
                               "Total number of certificate reads"};
const Family kCertificateErrors{"certwatcher_read_certificate_errors_total",
                                "Total number of certificate read errors"};

struct Effect {
  std::string_view action{};  // as rules::name_of tells it
  api::Reason reason{};
};
// What is usually decided besides waiting (tests/golden/decision_table.txt).
constexpr Effect kEffects[] = {
    {"nothing", api::Reason::kIssued},
    {"ask_orders", api::Reason::kPending},
    {"ask_duplicates", api::Reason::kAwaitingIssuance},
    {"ask_certificate", api::Reason::kAwaitingIssuance},
    {"ask_ownership", api::Reason::kPending},
    {"submit_duplicate", api::Reason::kAwaitingIssuance},
    {"submit_duplicate", api::Reason::kRenewing},
    {"install_certificate", api::Reason::kIssued},
    {"drop_pending", api::Reason::kPending},
    {"back_up_secret", api::Reason::kAwaitingIssuance},
    {"apply_marks", api::Reason::kIssued},
    {"open_ledger", api::Reason::kAwaitingIssuance},
    {"open_ledger", api::Reason::kRenewing},
    {"remember_no_gain", api::Reason::kPending},
    {"update_keystore", api::Reason::kIssued},
    {"ask_approval", api::Reason::kAwaitingApproval},
    {"prepare_key", api::Reason::kApprovalStepEnabled},
    {"record_rejection", api::Reason::kApprovalRejected},
    {"ask_revocation", api::Reason::kIssued},
};

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

Labels pair(std::string_view action, api::Reason reason) {
  return {{"action", std::string(action)}, {"reason", std::string(api::name_of(reason))}};
}

std::vector<double> duration_buckets() {
  return metrics::exponential_buckets(0.05, 2, 16);
}

std::vector<double> call_buckets() {
  return metrics::exponential_buckets(0.01, 2, 13);
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
  declare_from_the_start();
  tell_requests();
}

// A counter that appears with its first event has no increase that a query could see.
void TelemetryRegistry::declare_from_the_start() {
  registry_.histogram(kDuration, duration_buckets());
  registry_.counter(kCertificateReads);
  registry_.counter(kCertificateErrors);
  for (const char* controller : {"request", "order", "profile"}) {
    registry_.counter(kStale, {{"controller", controller}, {"outcome", "waited"}});
    registry_.counter(kStale, {{"controller", controller}, {"outcome", "gave_up"}});
  }
  for (const std::string_view operation : certcentral::known_operations()) {
    const std::string code = operation.starts_with("POST") ? "201" : "200";
    registry_.counter(kCaCalls, {{"operation", std::string(operation)}, {"code", code}});
    registry_.histogram(kCaSeconds, call_buckets(), {{"operation", std::string(operation)}});
  }
  for (const auto& [action, reason] : kEffects) registry_.counter(kDecisions, pair(action, reason));
  for (const api::Reason reason : api::all_reasons()) {
    if (api::class_of(reason) == api::ReasonClass::kEventOnly) continue;
    registry_.counter(kDecisions, pair("wait", reason));
  }
}

reconcile::Telemetry TelemetryRegistry::hooks() {
  return {
      .decided =
          [this](const rules::Observed& /*seen*/, const rules::Decision& made) {
            registry_.counter(kDecisions, pair(rules::name_of(made.action), made.reason)).add();
          },
      .issued =
          [this](const rules::Observed& seen, std::chrono::milliseconds since) {
            registry_
                .counter(kIssued,
                         {{"profile", seen.profile->name}, {"product", seen.profile->product}})
                .add();
            registry_.histogram(kDuration, duration_buckets())
                .observe(static_cast<double>(since.count()) / 1000.0);
          },
      .reported = [this](const std::string& key, const auto& status,
                         const std::string& profile) { report(key, status, profile); },
      .gone = [this](const std::string& key) { remove(key); },
      .stale = [this](runtime::WriteGate::Verdict verdict) { count_stale("request", verdict); },
  };
}

void TelemetryRegistry::report(const std::string& key,
                               const api::DuplicateCertificateRequestStatus& status,
                               const std::string& profile) {
  const base::MutexLock lock(mutex_);
  rows_[key] = {.profile = &*profiles_.insert(profile).first,
                .expiration = status.certificate ? status.certificate->not_after : std::nullopt,
                .renewal = status.renewal_time,
                .ready = ready_of(status.conditions),
                .stalled = api::is_true(status.conditions, api::kStalled)};
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
  samplers_.push_back(registry_.add_told(kStalled, [this](const metrics::Registry::Tell& tell) {
    for_each_row([&](const Labels& labels, const Row& row) { tell(labels, row.stalled ? 1 : 0); });
  }));
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
  registry_.histogram(kCaSeconds, call_buckets(), {{"operation", std::string(operation)}})
      .observe(seconds);
}

void TelemetryRegistry::count_order(const rules::LedgerEntry& entry) {
  registry_
      .counter(kOrders,
               {{"profile", entry.profile}, {"kind", std::string(api::name_of(entry.kind))}})
      .add();
}

void TelemetryRegistry::count_stale(const std::string& controller,
                                    runtime::WriteGate::Verdict verdict) {
  const bool gave_up = verdict == runtime::WriteGate::Verdict::kGaveUp;
  registry_
      .counter(kStale, {{"controller", controller}, {"outcome", gave_up ? "gave_up" : "waited"}})
      .add();
}

void TelemetryRegistry::count_certificate_read(bool usable) {
  registry_.counter(kCertificateReads).add();
  if (!usable) registry_.counter(kCertificateErrors).add();
}

void TelemetryRegistry::set_profile_ready(const std::string& key, const std::string& product,
                                          bool ready) {
  registry_.gauge(kProfileReady, name_labels(key)).set(ready ? 1 : 0);
  registry_.counter(kIssued, {{"profile", key}, {"product", product}});
  for (const auto kind : {api::OrderKind::kRenewal, api::OrderKind::kNew}) {
    registry_.counter(kOrders, {{"profile", key}, {"kind", std::string(api::name_of(kind))}});
  }
  const base::MutexLock lock(mutex_);
  products_of_[key].insert(product);
}

void TelemetryRegistry::remove_profile(const std::string& key) {
  registry_.remove(kProfileReady.name, name_labels(key));
  for (const auto kind : {api::OrderKind::kRenewal, api::OrderKind::kNew}) {
    registry_.remove(kOrders.name, {{"profile", key}, {"kind", std::string(api::name_of(kind))}});
  }
  const base::MutexLock lock(mutex_);
  const auto products = products_of_.extract(key);
  if (products.empty()) return;
  for (const std::string& product : products.mapped()) {
    registry_.remove(kIssued.name, {{"profile", key}, {"product", product}});
  }
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
