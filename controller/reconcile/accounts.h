// Accounts: one CA client, order inventory and memory of POSTs per API key, shared by all profiles
// that use the key. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/thread_annotations.h"
#include "certcentral/budgeted_transport.h"
#include "certcentral/ca_api.h"
#include "certcentral/client.h"
#include "certcentral/metered_transport.h"
#include "certcentral/rate_budget.h"
#include "http/transport.h"
#include "reconcile/answers.h"
#include "reconcile/inventory.h"
#include "reconcile/ownership.h"
#include "reconcile/revocations.h"

namespace reconcile {

// What identifies an account's access: two profiles with equal values share everything.
struct AccountAccess {
  std::string url{};
  std::string ca_bundle_pem{};  // PEM, trusted in addition to the system's roots
  base::SecretString api_key{};
  std::string key_hash{};  // SHA-256 of the key: what may be compared and kept
};

// Calls to the CA at one urgency: each waits for its turn in the budget of the API key.
// Made by Account::ca for a pass or a look; thread-safe, cheap, must not outlive its account.
class CaSession {
 public:
  CaSession(http::Transport& transport, certcentral::RateBudget& budget, const base::Clock& clock,
            const certcentral::Turn& turn, const certcentral::ClientOptions& options)
      : transport_(transport, budget, clock, turn), client_(transport_, clock, options) {}
  CaSession(const CaSession&) = delete;
  CaSession& operator=(const CaSession&) = delete;

  certcentral::CaApi* operator->() { return &client_; }
  certcentral::CaApi& operator*() { return client_; }

 private:
  certcentral::BudgetedTransport transport_;
  certcentral::Client client_;
};

class Account {
 public:
  // `clock` must outlive the account.
  Account(std::unique_ptr<http::Transport> transport, certcentral::ClientOptions options,
          const InventoryOptions& inventory, const base::Clock& clock,
          std::function<void()> rejected = {});

  CaSession ca(const certcentral::Turn& turn);
  Inventory& inventory() { return inventory_; }
  Ownership& ownership() { return ownership_; }
  Revocations& revocations() { return revocations_; }
  Answers& answers() { return answers_; }
  // Keeps below the smallest limits of all profiles ("namespace/name") that use the key; let_go
  // ends what `profile` asks for.
  void keep_below(const std::string& profile, const certcentral::RateLimits& limits);
  void let_go(const std::string& profile);
  // Calls that could be made right now.
  std::size_t remaining() const { return budget_.remaining(); }
  // "<host>/<account id>", once the CA has told it.
  void set_name(const std::string& name);
  std::string name() const;

  // A request of this key was approved at once (true), or waits for an approver (false). Returns
  // true if that is news.
  bool note_approval(bool skipped);
  // Whether the user of the key may approve. One who may not must always ask, whatever the
  // account's setting: such a key shows nothing.
  void set_can_approve(bool can_approve);
  // What is known of the approval step; nullopt before the first request has shown it, and for a
  // key that shows nothing.
  std::optional<bool> approval_skipped() const;
  // Whether one request may show that the step is gone: once a day, and after forget_evidence(),
  // but never while the one before waits for an approver.
  bool may_probe() const;
  // Takes that one chance; false if another request was faster.
  bool take_probe();
  // The probe with this public key waits for an approver. It counts until forget_probe(), or until
  // nobody has said for an hour that it still waits.
  void probe_waits(const std::string& public_key_sha256);
  void probe_still_waits(const std::string& public_key_sha256);  // no news of another key
  void forget_probe(const std::string& public_key_sha256);
  // A person has changed something: a refused key and an approval step may be things of the past.
  void forget_evidence();

  // The CA refused the key: nothing more is sent with it before forget_evidence(). `rejected`
  // hears of it when it is news.
  void reject_credentials(const base::Error& error);
  // What is wrong and what to do, or "" while the key is not known to be bad.
  std::string rejection() const;

 private:
  void set_limits() REQUIRES(mutex_);
  bool is_probe_due() const REQUIRES(mutex_);

  // Constant after construction, or with their own synchronisation.
  const std::unique_ptr<http::Transport> transport_;
  const certcentral::ClientOptions options_;
  const base::Clock& clock_;
  const std::function<void()> rejected_;
  certcentral::RateBudget budget_;
  Inventory inventory_;
  Ownership ownership_;
  Revocations revocations_;
  Answers answers_;

  mutable base::Mutex mutex_;
  std::string rejection_ GUARDED_BY(mutex_);
  std::optional<bool> approval_skipped_ GUARDED_BY(mutex_);
  bool can_approve_ GUARDED_BY(mutex_) = true;
  std::map<std::string, base::Steady> probes_ GUARDED_BY(mutex_);  // that wait: when told last
  std::optional<base::Steady> last_probe_ GUARDED_BY(mutex_);      // nullopt: one is due
  std::map<std::string, certcentral::RateLimits> limits_ GUARDED_BY(mutex_);  // by profile
  std::string name_ GUARDED_BY(mutex_);
};

struct AccountsOptions {
  std::vector<std::string> allowed_hosts{};
  std::string user_agent{};
  certcentral::CallObserver on_call{};
  // The CA has refused an API key: its profiles do not know yet. Quick.
  std::function<void()> rejected{};
  InventoryOptions inventory{};
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
  // Calls that could be made right now, by the account's name: the metric ca_rate_limit_remaining.
  // Of several keys of one account the one with the fewest counts.
  std::map<std::string, std::size_t> remaining() const;

 private:
  const AccountsOptions options_;
  const base::Clock& clock_;
  mutable base::Mutex mutex_;
  // Weak: an account lives as long as a profile uses it.
  using Key = std::tuple<std::string, std::string, std::string>;  // URL, bundle, hash of the key
  std::map<Key, std::weak_ptr<Account>> accounts_ GUARDED_BY(mutex_);
};

}  // namespace reconcile
