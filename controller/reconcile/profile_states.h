// ProfileStates: what the preflight of each profile found, for the requests that use it.
// Thread-safe. Written by the profile reconciler, read by everybody else.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/thread_annotations.h"
#include "reconcile/accounts.h"
#include "rules/profile.h"

namespace reconcile {

struct ProfileState {
  std::shared_ptr<Account> account{};  // null: there is no access to the CA
  rules::PreflightFacts preflight{};
  base::TimePoint asked_at{};  // when the CA was asked
  int failures = 0;            // times in a row that it gave no answer
  std::optional<api::Reason> unusable{};
  std::string problem{};
  std::string fingerprint{};  // changes with the spec and the credentials

  // Whether requests would see a difference.
  bool same_for_requests(const ProfileState& other) const;
};

class ProfileStates {
 public:
  // The key is "namespace/name".
  std::optional<ProfileState> get(const std::string& key) const;
  // Returns true if requests of the profile have to look again.
  bool put(const std::string& key, ProfileState state);
  void erase(const std::string& key);

 private:
  mutable base::Mutex mutex_;
  std::map<std::string, ProfileState> states_ GUARDED_BY(mutex_);
};

}  // namespace reconcile
