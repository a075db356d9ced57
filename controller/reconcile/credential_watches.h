// CredentialWatches: one watch for each Secret that a profile takes its API key from, so that a
// new or rotated key is seen at once and no other Secret is ever listed. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/thread_annotations.h"
#include "kube/client.h"
#include "reconcile/secrets.h"
#include "runtime/informer.h"

namespace reconcile {

class CredentialWatches {
 public:
  // Called from a watch's thread with "namespace/name" of the Secret.
  using Handler = std::function<void(const std::string& secret_key)>;

  // `client` and `clock` must outlive the watches.
  CredentialWatches(kube::Client& client, const base::Clock& clock, Handler handler)
      : client_(client), clock_(clock), handler_(std::move(handler)) {}

  // Watches exactly these Secrets: starts what is new, ends what is no longer named.
  void watch(const std::set<kube::ObjectKey>& secrets);
  // Ends all watches.
  void stop();

 private:
  using Watch = runtime::Informer<SecretMeta>;

  kube::Client& client_;
  const base::Clock& clock_;
  const Handler handler_;
  base::Mutex mutex_;
  std::map<kube::ObjectKey, std::unique_ptr<Watch>> watches_ GUARDED_BY(mutex_);
};

}  // namespace reconcile
