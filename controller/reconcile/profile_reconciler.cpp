#include "reconcile/profile_reconciler.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "api/names.h"
#include "base/log.h"
#include "certcentral/client.h"
#include "kube/response.h"
#include "reconcile/pass_limits.h"
#include "reconcile/preflight.h"
#include "reconcile/profile_access.h"
#include "reconcile/resources.h"
#include "reconcile/status_write.h"
#include "rules/backoff.h"

namespace reconcile {
namespace {

using runtime::Outcome;

bool has_trouble(const ProfileState& state) {
  const rules::PreflightFacts& facts = state.preflight;
  return !facts.credentials_problem.empty() || !facts.unreachable.empty() ||
         !facts.organization_problem.empty() || !facts.product_exists.value_or(true) ||
         !rules::validation_problem(facts).empty() || !facts.duplicates_allowed.value_or(true);
}

// While the CA cannot be reached, what it told before still holds.
void keep_answers(const rules::PreflightFacts& before, rules::PreflightFacts& now) {
  if (now.account.empty()) now.account = before.account;  // a key stays that of its account
  if (now.unreachable.empty()) return;
  rules::PreflightFacts kept = before;
  kept.unreachable = now.unreachable;
  now = std::move(kept);
}

// How long what was found holds, and when to look again without a change.
std::chrono::milliseconds age_max(const ProfileState& state) {
  if (!state.preflight.unreachable.empty()) {
    return std::min<std::chrono::milliseconds>(rules::transient_backoff(state.failures, 0),
                                               kUnreachableRetryMax);
  }
  return has_trouble(state) ? kTroubleRetry : kPreflightAgeMax;
}

}  // namespace

ProfileReconciler::ProfileReconciler(const runtime::Informer<api::AutomationProfile>& profiles,
                                     kube::Client& client, Accounts& accounts,
                                     ProfileStates& states, const base::Clock& clock, Hooks hooks)
    : profiles_(profiles),
      client_(client),
      accounts_(accounts),
      states_(states),
      clock_(clock),
      hooks_(std::move(hooks)) {}

Outcome ProfileReconciler::reconcile(const std::string& key, std::stop_token stop) {
  hooks_.refresh_watches();
  const auto profile = profiles_.store().get(key);
  const auto before = states_.get(key);
  if (!profile || profile->meta.deletion_time) {
    if (before && before->account) before->account->let_go(key);
    states_.erase(key);
    forget(key);
    hooks_.changed(key);
    hooks_.gone(key);
    return Outcome::done();
  }
  if (!has_caught_up(*profile)) return Outcome::after(kStaleRetry);
  auto looked = look(*profile, stop);
  if (!looked) return Outcome::failed(looked.error());
  ProfileState state = *std::move(looked);
  if (before && before->account && before->account != state.account) before->account->let_go(key);
  if (stop.stop_requested()) return Outcome::failed({.code = base::Code::kCancelled});
  state.preflight.now = clock_.now();  // what was kept may have lapsed since
  if (state.account) state.preflight.approval_skipped = state.account->approval_skipped();
  const rules::ProfileReport report = rules::report_profile(*profile, state.preflight);
  state.unusable = report.unusable;
  state.problem = report.problem;
  const std::chrono::milliseconds again = age_max(state);
  if (states_.put(key, std::move(state))) {
    base::log_info("profile checked", {{"key", key}, {"problem", report.problem}});
    hooks_.changed(key);
  }
  hooks_.reported(*profile, api::is_true(report.status.conditions, api::kReady));
  if (const auto written = write_status(*profile, report.status, stop); !written) {
    return Outcome::failed(written.error());
  }
  return Outcome::after(again);
}

bool ProfileReconciler::is_fresh(const ProfileState& state, const std::string& fingerprint) const {
  const auto age = clock_.now() - state.asked_at;
  return state.fingerprint == fingerprint && age < age_max(state);
}

base::Result<ProfileState> ProfileReconciler::look(const api::AutomationProfile& profile,
                                                   std::stop_token stop) {
  ProfileState state;
  state.preflight.spec_problems = spec_problems(profile.spec);
  if (!state.preflight.spec_problems.empty()) return state;

  const Credentials credentials = TRY(read_credentials(profile, client_, stop));
  state.fingerprint = fingerprint_of(profile, credentials);
  if (!credentials.problem.empty()) {
    state.preflight.credentials_problem = credentials.problem;
    return state;
  }
  const auto known = states_.get(api::key_of(profile.meta));
  const bool rejected = known && known->account && !known->account->rejection().empty();
  if (known && !rejected && is_fresh(*known, state.fingerprint)) return *known;

  const auto account = accounts_.get(TRY(access_of(profile, credentials.api_key)));
  if (!account) {
    state.preflight.spec_problems.push_back("account: " + account.error().message);
    return state;
  }
  state.account = *account;
  if (!known) recall_approval(profile, **account);
  const auto& limit = profile.spec.account.rate_limit;
  (*account)->keep_below(api::key_of(profile.meta),
                         {.requests_per_3_minutes = limit.requests_per_3_minutes,
                          .requests_per_5_seconds = limit.requests_per_5_seconds});
  // Something was changed by a person: what requests have shown so far may not hold.
  if (known && known->fingerprint != state.fingerprint) (*account)->forget_evidence();
  state.asked_at = clock_.now();
  ask_account(profile, **account, state.preflight, stop);
  if (!state.preflight.unreachable.empty()) state.failures = 1;
  if (known && known->fingerprint == state.fingerprint) {
    if (state.failures > 0) state.failures += known->failures;
    keep_answers(known->preflight, state.preflight);
  }
  return state;
}

// The precondition and the gate: the gate alone does not see a write whose answer was lost.
base::Result<void> ProfileReconciler::write_status(const api::AutomationProfile& profile,
                                                   const api::AutomationProfileStatus& status,
                                                   std::stop_token stop) {
  if (status == profile.status) return {};
  const auto written =
      reconcile::write_status(client_, {kProfiles, profile.meta, "the profile's status"},
                              api::encode_status(status), std::move(stop));
  // Deleted meanwhile: nobody is left to tell.
  if (!written && written.error().code != base::Code::kNotFound) {
    return std::unexpected(written.error());
  }
  if (written) {
    const base::MutexLock lock(mutex_);
    gates_[api::key_of(profile.meta)].wrote(kube::metadata_text(*written, "resourceVersion"));
  }
  return {};
}

bool ProfileReconciler::has_caught_up(const api::AutomationProfile& profile) {
  const auto verdict = ask_gate(profile);
  if (verdict != runtime::WriteGate::Verdict::kOpen && hooks_.stale) hooks_.stale(verdict);
  return verdict != runtime::WriteGate::Verdict::kWait;
}

runtime::WriteGate::Verdict ProfileReconciler::ask_gate(const api::AutomationProfile& profile) {
  const base::MutexLock lock(mutex_);
  const auto at = gates_.find(api::key_of(profile.meta));
  if (at == gates_.end()) return runtime::WriteGate::Verdict::kOpen;
  const auto has_seen = [&](const std::string& version) {
    return profiles_.has_seen(profile.meta.namespace_, version);
  };
  return at->second.check(has_seen, clock_.steady_now());
}

void ProfileReconciler::forget(const std::string& key) {
  const base::MutexLock lock(mutex_);
  gates_.erase(key);
}

}  // namespace reconcile
