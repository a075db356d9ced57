// What the process waits for before it works, in sentences for the log and for /readyz: CRDs that
// are missing or older than this program, rights that are missing.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "base/thread_annotations.h"
#include "kube/client.h"
#include "runtime/health.h"

namespace app {

// Pure. Why the first listing of a collection is not there, and the fix; "" if it has not failed.
std::string listing_problem(const kube::Resource& resource,
                            const std::optional<base::Error>& error);
// Pure. Why nobody can become leader, and the fix; "" for what passes by itself.
std::string lease_problem(const std::optional<base::Error>& error);

struct SchemaFindings {
  std::string problem{};  // the program must not work with these CRDs
  std::string remark{};   // it can, and somebody should know
};
// Pure. `document` is what the API server publishes of our kinds (OpenAPI 3, JSON), or why it does
// not.
SchemaFindings judge_schemas(const base::Result<std::string>& document);

// A sentence that one thread writes and others read. Thread-safe.
class Notice {
 public:
  void set(runtime::CheckResult result);
  runtime::CheckResult get() const;

 private:
  mutable base::Mutex mutex_;
  runtime::CheckResult result_ GUARDED_BY(mutex_);
};

// Reads the schemas of our CRDs until they fit, every few seconds. Tells each problem once in the
// log, and always in `notice`. False if `stop` was requested first.
bool wait_for_schemas(kube::Client& client, Notice& notice, const std::stop_token& stop);

}  // namespace app
