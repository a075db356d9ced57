#include "runtime/write_gate.h"

#include <utility>

namespace runtime {

void WriteGate::wrote(std::string resource_version) {
  version_ = std::move(resource_version);
  waits_since_.reset();
}

WriteGate::Verdict WriteGate::check(const std::function<bool(const std::string& version)>& has_seen,
                                    base::Steady now) {
  if (version_.empty()) return Verdict::kOpen;
  if (has_seen(version_)) {
    wrote({});
    return Verdict::kOpen;
  }
  if (!waits_since_) waits_since_ = now;
  if (now - *waits_since_ < kWaitMax) return Verdict::kWait;
  wrote({});
  return Verdict::kGaveUp;
}

}  // namespace runtime
