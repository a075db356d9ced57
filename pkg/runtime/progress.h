// Progress: how far the watches of an informer have come. Thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "base/thread_annotations.h"

namespace runtime {

class Progress {
 public:
  // One empty name stands for all namespaces.
  explicit Progress(const std::vector<std::string>& namespaces);

  // The watch of `namespace_` has handed on all changes up to this version. The first call for each
  // namespace is the end of its first listing.
  void seen(const std::string& namespace_, const std::string& resource_version);

  bool has_synced() const;
  bool wait_synced(std::chrono::milliseconds at_most, const std::stop_token& stop) const;
  // Versions that cannot be compared, and namespaces that are not watched, count as seen: a gate
  // must never close for ever.
  bool has_seen(const std::string& namespace_, const std::string& resource_version) const;

 private:
  bool all_synced() const REQUIRES(mutex_);

  mutable base::Mutex mutex_;
  mutable base::ConditionVariable changed_;
  std::map<std::string, std::string> versions_ GUARDED_BY(mutex_);  // empty: not synced yet
};

}  // namespace runtime
