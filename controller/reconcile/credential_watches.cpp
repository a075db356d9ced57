#include "reconcile/credential_watches.h"

#include <nlohmann/json.hpp>

namespace reconcile {

void CredentialWatches::watch(const std::set<kube::ObjectKey>& secrets) {
  std::map<kube::ObjectKey, std::unique_ptr<Watch>> ended;
  {
    const base::MutexLock lock(mutex_);
    for (auto at = watches_.begin(); at != watches_.end();) {
      const auto current = at++;
      if (!secrets.contains(current->first)) ended.insert(watches_.extract(current));
    }
    for (const kube::ObjectKey& key : secrets) {
      auto& slot = watches_[key];
      if (slot) continue;
      slot = std::make_unique<Watch>(
          client_,
          runtime::InformerOptions{.resource = kube::kSecrets,
                                   .namespaces = {key.namespace_},
                                   .field_selector = "metadata.name=" + key.name,
                                   .view = kube::View::kMetadata},
          decode_secret_meta, clock_);
      slot->on_change([this](const auto& change) { handler_(change.key); });
      slot->start();
    }
  }
  // Joining a watch's thread outside the lock: its handler may be running.
  ended.clear();
}

void CredentialWatches::stop() {
  watch({});
}

}  // namespace reconcile
