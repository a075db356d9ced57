// OwnWrites: what items have just written to Secrets. Whoever wrote goes on from that, so the news
// of it would only wake it for a pass without anything to do. Thread-safe. News that come before
// the answer to the write are not recognized, and wake as any other.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "base/thread_annotations.h"
#include "kube/resource.h"
#include "reconcile/secrets.h"
#include "runtime/change.h"

namespace reconcile {

class OwnWrites {
 public:
  // Beyond it all are forgotten: what was not recognized would stay for ever.
  static constexpr std::size_t kMost = 1024;

  // `request` ("namespace/name") has written that version of the Secret, or deleted the one of that
  // UID.
  void wrote(const std::string& request, const kube::ObjectKey& secret, std::string version);
  void deleted(const std::string& request, const kube::ObjectKey& secret, std::string uid);

  // The request that made this change; empty: somebody else, or it is not known. Forgets it.
  std::string take_writer(const runtime::Change<SecretMeta>& change);

 private:
  struct Write {
    std::string request{};
    std::string version{};  // empty: deleted
    std::string uid{};
  };

  void note(const kube::ObjectKey& secret, Write write);

  base::Mutex mutex_;
  std::map<std::string, Write> by_secret_ GUARDED_BY(mutex_);  // the last one
};

}  // namespace reconcile
