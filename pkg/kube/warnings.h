// Warnings: the API server's Warning headers, each text logged once. Internal to pkg/kube.
#pragma once

#include <set>
#include <string>

#include "base/thread_annotations.h"
#include "http/transport.h"

namespace kube {

// Thread-safe.
class Warnings {
 public:
  // Logs the text of each `Warning: 299 - "text"` header (RFC 7234 section 5.5) not seen before.
  // Returns how many it logged. Remembers at most kTextsMax texts, and is silent after that.
  int log_new(const http::Response& response);

 private:
  static constexpr std::size_t kTextsMax = 1000;
  base::Mutex mutex_{};
  std::set<std::string> seen_ GUARDED_BY(mutex_){};
};

}  // namespace kube
