#include "runtime/health.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"

namespace runtime {

HealthReport render_health(std::string_view endpoint, const std::vector<CheckResult>& results,
                           HealthDetail detail) {
  const bool healthy =
      std::all_of(results.begin(), results.end(), [](const CheckResult& r) { return r.ok; });
  if (healthy && detail == HealthDetail::kBrief) return {.status = 200, .body = "ok"};
  std::string body;
  for (const CheckResult& result : results) {
    const std::string& told = result.told;
    body += result.ok ? fmt::format("[+]{} ok{}{}\n", result.name, told.empty() ? "" : ": ", told)
                      : fmt::format("[-]{} failed: {}\n", result.name,
                                    told.empty() ? "reason withheld" : told);
  }
  body += fmt::format("{} check {}\n", endpoint, healthy ? "passed" : "failed");
  return {.status = healthy ? 200 : 500, .body = std::move(body)};
}

void HealthChecks::add(const std::string& name, Check check) {
  add_open(name, [this, name, inner = std::move(check)] { return run(name, inner); });
}

void HealthChecks::add_open(const std::string& name, OpenCheck check) {
  const base::MutexLock lock(mutex_);
  checks_[name] = [name, inner = std::move(check)] {
    CheckResult result = inner();
    result.name = name;
    return result;
  };
}

HealthReport HealthChecks::report(HealthDetail detail,
                                  const std::vector<std::string>& exclude) const {
  std::vector<CheckResult> results;
  for (const auto& [name, check] : checks()) {
    const bool excluded = std::find(exclude.begin(), exclude.end(), name) != exclude.end();
    if (!excluded) results.push_back(check());
  }
  return render_health(endpoint_, results, detail);
}

HealthReport HealthChecks::report_one(const std::string& name) const {
  const auto all = checks();
  const auto at = all.find(name);
  if (at == all.end()) return {.status = 404, .body = "not found\n"};
  return render_health(endpoint_, {at->second()}, HealthDetail::kBrief);
}

// A copy, so that no lock is held while checks run.
std::map<std::string, HealthChecks::OpenCheck> HealthChecks::checks() const {
  const base::MutexLock lock(mutex_);
  if (!checks_.empty()) return checks_;
  return {{"ping", [] { return CheckResult{.name = "ping"}; }}};
}

CheckResult HealthChecks::run(const std::string& name, const Check& check) const {
  const base::Result<void> result = check();
  if (!result) {
    base::log_warn("health check failed",
                   {{"endpoint", endpoint_}, {"check", name}, {"error", result.error().message}});
  }
  return {.name = name, .ok = result.has_value()};
}

}  // namespace runtime
