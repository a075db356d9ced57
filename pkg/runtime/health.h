// HealthChecks: named checks behind /healthz and /readyz. Entry points: add, report.
// Thread-safe. The format is that of the API server and of controller-runtime (pkg/healthz).
// Liveness must not depend on the API server or the CA: a restart repairs neither.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/thread_annotations.h"

namespace runtime {

struct CheckResult {
  std::string name{};
  bool ok = true;
  std::string told{};  // what anybody may know of it: why it failed, or a remark
};

struct HealthReport {
  int status = 200;  // or 500
  std::string body{};
  static constexpr std::string_view kContentType = "text/plain; charset=utf-8";
};

// Pure. `endpoint` is "healthz" or "readyz". "ok" alone when all is well and not `verbose`; else
// one line per check. Why a check failed is withheld unless it is `told`: the caller may be anyone;
// the log has it.
enum class HealthDetail { kBrief, kVerbose };
HealthReport render_health(std::string_view endpoint, const std::vector<CheckResult>& results,
                           HealthDetail detail);

class HealthChecks {
 public:
  // Quick, does not block, thread-safe. Success, or an error whose message goes to the log.
  using Check = std::function<base::Result<void>()>;
  // The same, with an answer that anybody may read.
  using OpenCheck = std::function<CheckResult()>;

  explicit HealthChecks(std::string endpoint) : endpoint_(std::move(endpoint)) {}

  // Replaces a check of the same name. Without any check there is one called "ping".
  void add(const std::string& name, Check check);
  // `name` wins over that in the result. Failures are not logged: whoever knows the reason does
  // that.
  void add_open(const std::string& name, OpenCheck check);

  // Runs all checks but those named in `exclude`.
  HealthReport report(HealthDetail detail, const std::vector<std::string>& exclude = {}) const;
  // Runs one check, for /healthz/<name>; status 404 if there is none of that name.
  HealthReport report_one(const std::string& name) const;

 private:
  std::map<std::string, OpenCheck> checks() const;
  CheckResult run(const std::string& name, const Check& check) const;

  const std::string endpoint_;
  mutable base::Mutex mutex_;
  std::map<std::string, OpenCheck> checks_ GUARDED_BY(mutex_);
};

}  // namespace runtime
