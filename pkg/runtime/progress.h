// Progress: how far the watches of an informer have come. Thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/thread_annotations.h"

namespace runtime {

class Progress {
 public:
  // One empty name stands for all namespaces.
  explicit Progress(const std::vector<std::string>& namespaces);

  // The watch of `namespace_` has handed on all changes up to this version. The first call for each
  // namespace is the end of its first listing.
  void seen(const std::string& namespace_, const std::string& resource_version);
  // The watch of `namespace_` does not get on, for this reason.
  void failed(const std::string& namespace_, const base::Error& error);

  bool has_synced() const;
  bool wait_synced(std::chrono::milliseconds at_most, const std::stop_token& stop) const;
  // Why the first listing of some namespace is not there yet; nullopt: it has not failed.
  std::optional<base::Error> problem() const;
  // Versions that cannot be compared, and namespaces that are not watched, count as seen: a gate
  // must never close for ever.
  bool has_seen(const std::string& namespace_, const std::string& resource_version) const;

 private:
  bool all_synced() const REQUIRES(mutex_);

  mutable base::Mutex mutex_;
  mutable base::ConditionVariable changed_;
  std::map<std::string, std::string> versions_ GUARDED_BY(mutex_);  // empty: not synced yet
  std::map<std::string, base::Error> problems_ GUARDED_BY(mutex_);  // before the first listing
};

}  // namespace runtime
