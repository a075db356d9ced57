// ProfileReconciler: preflight of AutomationProfiles into conditions. Thread-safe as a Reconciler.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "api/automation_profile.h"
#include "base/clock.h"
#include "base/thread_annotations.h"
#include "kube/client.h"
#include "reconcile/accounts.h"
#include "reconcile/profile_states.h"
#include "runtime/informer.h"
#include "runtime/reconciler.h"
#include "runtime/write_gate.h"

namespace reconcile {

// How long an answer of the CA about a profile holds without a change.
inline constexpr std::chrono::hours kPreflightAgeMax{1};
// When a preflight is repeated without a change: the CA gave no answer (from 5 s, doubling up to
// this); it told of trouble that an administrator mends there.
inline constexpr std::chrono::minutes kUnreachableRetryMax{5};
inline constexpr std::chrono::minutes kTroubleRetry{5};

class ProfileReconciler final : public runtime::Reconciler {
 public:
  struct Hooks {
    // The requests of this profile have to look again.
    std::function<void(const std::string& profile_key)> changed{};
    // The profile's condition Ready was reported; it is gone.
    std::function<void(const api::AutomationProfile& profile, bool ready)> reported{};
    std::function<void(const std::string& profile_key)> gone{};
    // Watch exactly the credential Secrets of these profiles.
    std::function<void()> refresh_watches{};
    // A pass found the cache older than our own last write, and waits or has given up.
    std::function<void(runtime::WriteGate::Verdict verdict)> stale{};
  };

  // Everything must outlive the reconciler.
  ProfileReconciler(const runtime::Informer<api::AutomationProfile>& profiles, kube::Client& client,
                    Accounts& accounts, ProfileStates& states, const base::Clock& clock,
                    Hooks hooks);

  runtime::Outcome reconcile(const std::string& key, std::stop_token stop) override;

 private:
  base::Result<ProfileState> look(const api::AutomationProfile& profile, std::stop_token stop);
  bool is_fresh(const ProfileState& state, const std::string& fingerprint) const;
  base::Result<void> write_status(const api::AutomationProfile& profile,
                                  const api::AutomationProfileStatus& status, std::stop_token stop);

  // Whether the cache has our last status of the profile: otherwise it would be told anew.
  bool has_caught_up(const api::AutomationProfile& profile);
  runtime::WriteGate::Verdict ask_gate(const api::AutomationProfile& profile);
  void forget(const std::string& key);

  const runtime::Informer<api::AutomationProfile>& profiles_;
  kube::Client& client_;
  Accounts& accounts_;
  ProfileStates& states_;
  const base::Clock& clock_;
  const Hooks hooks_;
  base::Mutex mutex_;
  // Our last write of status, by the profile's key.
  std::map<std::string, runtime::WriteGate> gates_ GUARDED_BY(mutex_);
};

}  // namespace reconcile
