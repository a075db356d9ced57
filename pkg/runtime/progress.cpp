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
  problems_.erase(namespace_);
  changed_.notify_all();
}

void Progress::failed(const std::string& namespace_, const base::Error& error) {
  const base::MutexLock lock(mutex_);
  if (versions_[namespace_].empty()) problems_.insert_or_assign(namespace_, error);
}

std::optional<base::Error> Progress::problem() const {
  const base::MutexLock lock(mutex_);
  if (problems_.empty()) return std::nullopt;
  return problems_.begin()->second;
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
