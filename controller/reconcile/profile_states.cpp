#include "reconcile/profile_states.h"

namespace reconcile {

bool ProfileState::same_for_requests(const ProfileState& other) const {
  return account == other.account && unusable == other.unusable && problem == other.problem &&
         fingerprint == other.fingerprint &&
         preflight.organization_id == other.preflight.organization_id &&
         preflight.approval_skipped == other.preflight.approval_skipped &&
         rules::validation_problem(preflight) == rules::validation_problem(other.preflight) &&
         preflight.duplicates_allowed == other.preflight.duplicates_allowed;
}

std::optional<ProfileState> ProfileStates::get(const std::string& key) const {
  const base::MutexLock lock(mutex_);
  const auto at = states_.find(key);
  return at == states_.end() ? std::nullopt : std::optional(at->second);
}

bool ProfileStates::put(const std::string& key, ProfileState state) {
  const base::MutexLock lock(mutex_);
  const auto at = states_.find(key);
  const bool changed = at == states_.end() || !at->second.same_for_requests(state);
  states_.insert_or_assign(key, std::move(state));
  return changed;
}

void ProfileStates::erase(const std::string& key) {
  const base::MutexLock lock(mutex_);
  states_.erase(key);
}

}  // namespace reconcile
