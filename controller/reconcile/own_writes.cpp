#include "reconcile/own_writes.h"

#include <utility>

namespace reconcile {

void OwnWrites::wrote(const std::string& request, const kube::ObjectKey& secret,
                      std::string version) {
  note(secret, {.request = request, .version = std::move(version)});
}

void OwnWrites::deleted(const std::string& request, const kube::ObjectKey& secret,
                        std::string uid) {
  note(secret, {.request = request, .uid = std::move(uid)});
}

void OwnWrites::note(const kube::ObjectKey& secret, Write write) {
  if (write.version.empty() && write.uid.empty()) return;
  const base::MutexLock lock(mutex_);
  if (by_secret_.size() >= kMost) by_secret_.clear();
  by_secret_.insert_or_assign(secret.text(), std::move(write));
}

std::string OwnWrites::take_writer(const runtime::Change<SecretMeta>& change) {
  const base::MutexLock lock(mutex_);
  const auto at = by_secret_.find(change.key);
  if (at == by_secret_.end()) return {};
  const Write& write = at->second;
  const bool is_it = change.after ? change.after->meta.resource_version == write.version
                                  : change.before->meta.uid == write.uid;
  if (!is_it) return {};
  std::string request = std::move(at->second.request);
  by_secret_.erase(at);
  return request;
}

}  // namespace reconcile
