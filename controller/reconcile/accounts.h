// Accounts: one CA client, order inventory and memory of POSTs per API key, shared by all profiles
// that use the key. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/thread_annotations.h"
#include "certcentral/ca_api.h"
#include "certcentral/metered_transport.h"
#include "http/transport.h"
#include "reconcile/answers.h"
#include "reconcile/inventory.h"

namespace reconcile {

// What identifies an account's access: two profiles with equal values share everything.
struct AccountAccess {
  std::string url{};
  std::string ca_bundle_pem{};  // PEM, trusted in addition to the system's roots
  base::SecretString api_key{};
  std::string key_hash{};  // SHA-256 of the key: what may be compared and kept
};

class Account {
 public:
  // `ca` may use `transport`; `clock` must outlive the account.
  Account(std::unique_ptr<http::Transport> transport, std::unique_ptr<certcentral::CaApi> ca,
          const base::Clock& clock);

  certcentral::CaApi& ca() { return *ca_; }
  Inventory& inventory() { return inventory_; }
  Answers& answers() { return answers_; }

  // The CA refused the key: nothing more is sent with it. Final; a new key is a new Account.
  void reject_credentials(std::string message);
  // The CA's words, or "" while the key is not known to be bad.
  std::string rejection() const;

 private:
  std::unique_ptr<http::Transport> transport_;
  std::unique_ptr<certcentral::CaApi> ca_;
  Inventory inventory_;
  Answers answers_;
  mutable base::Mutex mutex_;
  std::string rejection_ GUARDED_BY(mutex_);
};

struct AccountsOptions {
  std::vector<std::string> allowed_hosts{};
  std::string user_agent{};
  certcentral::CallObserver on_call{};
  // Makes the connection to one account's URL. kInvalid if the CA bundle does not parse.
  std::function<base::Result<std::unique_ptr<http::Transport>>(const AccountAccess&)> connect{};
};

class Accounts {
 public:
  // `clock` must outlive the accounts.
  Accounts(AccountsOptions options, const base::Clock& clock)
      : options_(std::move(options)), clock_(clock) {}

  // The account of this access, made at the first call. kInvalid if the host of the URL is not
  // allowed or the CA bundle does not parse; nothing is sent.
  base::Result<std::shared_ptr<Account>> get(const AccountAccess& access);

 private:
  const AccountsOptions options_;
  const base::Clock& clock_;
  base::Mutex mutex_;
  // Weak: an account lives as long as a profile uses it.
  using Key = std::tuple<std::string, std::string, std::string>;  // URL, bundle, hash of the key
  std::map<Key, std::weak_ptr<Account>> accounts_ GUARDED_BY(mutex_);
};

}  // namespace reconcile
