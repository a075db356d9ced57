#include "reconcile/accounts.h"

namespace reconcile {
namespace {

constexpr std::chrono::hours kProbeInterval{24};

}  // namespace

Account::Account(std::unique_ptr<http::Transport> transport, certcentral::ClientOptions options,
                 const base::Clock& clock)
    : transport_(std::move(transport)),
      options_(std::move(options)),
      clock_(clock),
      budget_(clock, {}),
      inventory_(clock),
      ownership_(clock) {}

CaSession Account::ca(const certcentral::Turn& turn) {
  return {*transport_, budget_, clock_, turn, options_};
}

void Account::keep_below(const certcentral::RateLimits& limits) {
  const base::MutexLock lock(mutex_);
  limits_ = limits_ ? certcentral::smaller(*limits_, limits) : limits;
  budget_.set_limits(*limits_);
}

void Account::reject_credentials(std::string message) {
  const base::MutexLock lock(mutex_);
  rejection_ = std::move(message);
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

std::optional<bool> Account::approval_skipped() const {
  const base::MutexLock lock(mutex_);
  return approval_skipped_;
}

bool Account::may_probe() const {
  const base::MutexLock lock(mutex_);
  return !last_probe_ || clock_.steady_now() - *last_probe_ >= kProbeInterval;
}

bool Account::take_probe() {
  const base::MutexLock lock(mutex_);
  const base::Steady now = clock_.steady_now();
  if (last_probe_ && now - *last_probe_ < kProbeInterval) return false;
  last_probe_ = now;
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
      clock_);
  slot = made;
  return made;
}

}  // namespace reconcile
