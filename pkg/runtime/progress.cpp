#include "runtime/progress.h"

#include <algorithm>

#include "runtime/identity.h"

namespace runtime {

Progress::Progress(const std::vector<std::string>& namespaces) {
  for (const std::string& namespace_ : namespaces) versions_[namespace_];
}

void Progress::seen(const std::string& namespace_, const std::string& resource_version) {
  const base::MutexLock lock(mutex_);
  versions_[namespace_] = resource_version;
  changed_.notify_all();
}

bool Progress::has_synced() const {
  const base::MutexLock lock(mutex_);
  return all_synced();
}

bool Progress::wait_synced(std::chrono::milliseconds at_most, const std::stop_token& stop) const {
  const base::MutexLock lock(mutex_);
  return changed_.wait_for(mutex_, stop, at_most,
                           [this]() REQUIRES(mutex_) { return all_synced(); });
}

bool Progress::has_seen(const std::string& namespace_, const std::string& resource_version) const {
  const base::MutexLock lock(mutex_);
  auto at = versions_.find(namespace_);
  if (at == versions_.end()) at = versions_.find("");
  if (at == versions_.end()) return true;
  if (at->second.empty()) return false;
  const auto order = compare_resource_versions(at->second, resource_version);
  return !order || *order >= 0;
}

bool Progress::all_synced() const {
  return std::all_of(versions_.begin(), versions_.end(),
                     [](const auto& entry) { return !entry.second.empty(); });
}

}  // namespace runtime
