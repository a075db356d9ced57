#include "reconcile/accounts.h"

#include <algorithm>

#include <fmt/format.h>

namespace reconcile {
namespace {

constexpr std::chrono::hours kProbeInterval{24};
// Longer than the longest pause between two looks at a request that waits for an approver.
constexpr std::chrono::hours kProbeMemory{1};

}  // namespace

Account::Account(std::unique_ptr<http::Transport> transport, certcentral::ClientOptions options,
                 const InventoryOptions& inventory, const base::Clock& clock,
                 std::function<void()> rejected)
    : transport_(std::move(transport)),
      options_(std::move(options)),
      clock_(clock),
      rejected_(std::move(rejected)),
      budget_(clock, {}),
      inventory_(clock, inventory),
      ownership_(clock),
      revocations_(clock, inventory.full_interval) {}

CaSession Account::ca(const certcentral::Turn& turn) {
  return {*transport_, budget_, clock_, turn, options_};
}

void Account::keep_below(const std::string& profile, const certcentral::RateLimits& limits) {
  const base::MutexLock lock(mutex_);
  limits_.insert_or_assign(profile, limits);
  set_limits();
}

void Account::let_go(const std::string& profile) {
  const base::MutexLock lock(mutex_);
  if (limits_.erase(profile) > 0) set_limits();
}

void Account::set_limits() {
  if (limits_.empty()) return;
  certcentral::RateLimits least = limits_.begin()->second;
  for (const auto& [profile, limits] : limits_) least = certcentral::smaller(least, limits);
  budget_.set_limits(least);
}

void Account::set_name(const std::string& name) {
  const base::MutexLock lock(mutex_);
  name_ = name;
}

std::string Account::name() const {
  const base::MutexLock lock(mutex_);
  return name_;
}

void Account::reject_credentials(const base::Error& error) {
  bool is_news = false;
  {
    const base::MutexLock lock(mutex_);
    is_news = rejection_.empty();
    rejection_ = fmt::format(
        "account.apiKeySecretRef: the CA refuses the API key: {}. Put a valid key into the Secret",
        error.message);
  }
  if (is_news && rejected_) rejected_();
}

std::string Account::rejection() const {
  const base::MutexLock lock(mutex_);
  return rejection_;
}

bool Account::note_approval(bool skipped) {
  const base::MutexLock lock(mutex_);
  const bool news = approval_skipped_ != skipped;
  approval_skipped_ = skipped;
  last_probe_ = clock_.steady_now();
  return news;
}

void Account::set_can_approve(bool can_approve) {
  const base::MutexLock lock(mutex_);
  can_approve_ = can_approve;
}

std::optional<bool> Account::approval_skipped() const {
  const base::MutexLock lock(mutex_);
  if (!can_approve_ && approval_skipped_ == false) return std::nullopt;
  return approval_skipped_;
}

void Account::probe_waits(const std::string& public_key_sha256) {
  const base::MutexLock lock(mutex_);
  probes_.insert_or_assign(public_key_sha256, clock_.steady_now());
}

void Account::probe_still_waits(const std::string& public_key_sha256) {
  const base::MutexLock lock(mutex_);
  const auto at = probes_.find(public_key_sha256);
  if (at != probes_.end()) at->second = clock_.steady_now();
}

void Account::forget_probe(const std::string& public_key_sha256) {
  const base::MutexLock lock(mutex_);
  probes_.erase(public_key_sha256);
}

bool Account::is_probe_due() const {
  const base::Steady now = clock_.steady_now();
  const bool one_waits = std::ranges::any_of(
      probes_, [&](const auto& told) { return now - told.second < kProbeMemory; });
  return !one_waits && (!last_probe_ || now - *last_probe_ >= kProbeInterval);
}

bool Account::may_probe() const {
  const base::MutexLock lock(mutex_);
  return is_probe_due();
}

bool Account::take_probe() {
  const base::MutexLock lock(mutex_);
  if (!is_probe_due()) return false;
  last_probe_ = clock_.steady_now();
  return true;
}

void Account::forget_evidence() {
  const base::MutexLock lock(mutex_);
  rejection_.clear();
  last_probe_.reset();
}

base::Result<std::shared_ptr<Account>> Accounts::get(const AccountAccess& access) {
  TRY_VOID(certcentral::check_allowed_host(access.url, options_.allowed_hosts));
  const base::MutexLock lock(mutex_);
  std::weak_ptr<Account>& slot = accounts_[{access.url, access.ca_bundle_pem, access.key_hash}];
  if (auto known = slot.lock()) return known;
  auto connection = TRY(options_.connect(access));
  auto transport = std::make_unique<certcentral::MeteredTransport>(
      std::move(connection), access.url, options_.on_call, clock_);
  auto made = std::make_shared<Account>(
      std::move(transport),
      certcentral::ClientOptions{
          .base_url = access.url, .api_key = access.api_key, .user_agent = options_.user_agent},
      options_.inventory, clock_, options_.rejected);
  slot = made;
  return made;
}

std::map<std::string, std::size_t> Accounts::remaining() const {
  std::map<std::string, std::size_t> least;
  const base::MutexLock lock(mutex_);
  for (const auto& [access, slot] : accounts_) {
    const auto account = slot.lock();
    if (!account || account->name().empty()) continue;
    const auto [at, is_new] = least.try_emplace(account->name(), account->remaining());
    at->second = std::min(at->second, account->remaining());
  }
  return least;
}

}  // namespace reconcile
