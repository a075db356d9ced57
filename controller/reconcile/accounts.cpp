#include "reconcile/accounts.h"

#include "certcentral/client.h"

namespace reconcile {

Account::Account(std::unique_ptr<http::Transport> transport, std::unique_ptr<certcentral::CaApi> ca,
                 const base::Clock& clock)
    : transport_(std::move(transport)), ca_(std::move(ca)), inventory_(*ca_, clock) {}

void Account::reject_credentials(std::string message) {
  const base::MutexLock lock(mutex_);
  rejection_ = std::move(message);
}

std::string Account::rejection() const {
  const base::MutexLock lock(mutex_);
  return rejection_;
}

base::Result<std::shared_ptr<Account>> Accounts::get(const AccountAccess& access) {
  TRY_VOID(certcentral::check_allowed_host(access.url, options_.allowed_hosts));
  const base::MutexLock lock(mutex_);
  std::weak_ptr<Account>& slot = accounts_[{access.url, access.ca_bundle_pem, access.key_hash}];
  if (auto known = slot.lock()) return known;
  auto transport = std::make_unique<certcentral::MeteredTransport>(
      TRY(options_.connect(access)), access.url, options_.on_call, clock_);
  auto client = std::make_unique<certcentral::Client>(
      *transport, clock_,
      certcentral::ClientOptions{
          .base_url = access.url, .api_key = access.api_key, .user_agent = options_.user_agent});
  auto made = std::make_shared<Account>(std::move(transport), std::move(client), clock_);
  slot = made;
  return made;
}

}  // namespace reconcile
