// observe: everything that decide() may use, from caches and Secrets; and the answers to the
// questions that it asks of the CA. Reads only.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "api/automation_profile.h"
#include "api/certificate_order.h"
#include "api/duplicate_certificate_request.h"
#include "base/clock.h"
#include "kube/client.h"
#include "reconcile/item_memory.h"
#include "reconcile/keystore.h"
#include "reconcile/profile_states.h"
#include "reconcile/secrets.h"
#include "rules/action.h"
#include "rules/observed.h"
#include "runtime/store.h"
#include "x509/chain.h"

namespace reconcile {

// A namespace's labels are what profiles select by.
struct NamespaceMeta {
  api::ObjectMeta meta{};
};

// The local copies that a pass reads. Everything must outlive the users of this struct.
struct Caches {
  const runtime::Store<api::DuplicateCertificateRequest>& requests;  // index kBySecret
  const runtime::Store<api::AutomationProfile>& profiles;
  const runtime::Store<NamespaceMeta>& namespaces;
  const runtime::Store<SecretMeta>& secrets;             // ours, by label
  const runtime::Store<api::CertificateOrder>& entries;  // the ledger; index kByAccount
  const ProfileStates& profile_states;
};

// Index of requests: "namespace/secretName".
inline constexpr const char* kBySecret = "secret";
// Index of requests: "namespace/name" of the profile.
inline constexpr const char* kByProfile = "profile";

// Whether the target Secret may be known from a cache (verified_before) or must be read.
enum class Source { kCached, kRead };

// What one pass knows: the facts, and the objects behind them that effects need.
struct Observation {
  rules::Observed facts{};
  Source source = Source::kRead;  // how facts.installed is known
  bool needs_probe = false;  // a first submission would show whether approvals are still asked for
  std::shared_ptr<Account> account{};         // null: no usable profile
  std::shared_ptr<nlohmann::json> pending{};  // the pending Secret, key included
  std::shared_ptr<nlohmann::json> target{};   // the target Secret, key included, if it was read
  std::optional<x509::Chain> chain{};         // what came back for the pending key, verified
  std::optional<KeystorePassword> keystore_password{};  // nullopt: no keystore asked for
  std::shared_ptr<ItemMemory> memory{};                 // what has been read and parsed; never null
};

struct ObserveOptions {
  std::chrono::seconds duplicate_settle_window{180};
  OwnWrites* own_writes = nullptr;  // hears of the items' writes; must outlive the observer
};

class Observer {
 public:
  // All must outlive the observer.
  Observer(Caches caches, kube::Client& client, const base::Clock& clock, ObserveOptions options)
      : caches_(caches), client_(client), clock_(clock), options_(options) {}

  // Of the item of `request` ("namespace/name") that begins. Its passes share issuers' certificates
  // with all others.
  std::shared_ptr<ItemMemory> begin_item(std::string request) const {
    return std::make_shared<ItemMemory>(issuers_, options_.own_writes, std::move(request));
  }

  // The facts of `request` without the CA's. `known_pending`: whether this process has made a
  // pending Secret that the cache may not show yet. Errors of the API server pass through.
  base::Result<Observation> observe(const api::DuplicateCertificateRequest& request,
                                    bool known_pending, Source source,
                                    std::shared_ptr<ItemMemory> memory, std::stop_token stop);

  // If `action` is a question, asks the CA, puts the answer or the error into `seen`, and returns
  // true.
  bool answer(const rules::Action& action, Observation& seen, std::stop_token stop);

  // Ask the CA, and put the answer or the error into `seen`.
  void ask(const rules::AskOrders& question, Observation& seen, std::stop_token stop);
  void ask(const rules::AskDuplicates& question, Observation& seen, std::stop_token stop);
  void ask(const rules::AskCertificate& question, Observation& seen, std::stop_token stop);
  void ask(const rules::AskOwnership& question, Observation& seen, std::stop_token stop);
  void ask(const rules::AskApproval& question, Observation& seen, std::stop_token stop);
  void ask(const rules::AskRevocation& question, Observation& seen, std::stop_token stop);

 private:
  base::Result<void> observe_target(Observation& seen, Source source, std::stop_token stop);
  base::Result<void> observe_backup(Observation& seen, std::stop_token stop);
  base::Result<void> observe_what_is_left(Observation& seen, std::stop_token stop);
  base::Result<void> observe_password(Observation& seen, std::stop_token stop);
  base::Result<void> observe_pending(Observation& seen, bool known_pending, std::stop_token stop);
  void observe_profile(Observation& seen);
  bool is_first_to_probe(const Observation& seen) const;
  void observe_answer(Observation& seen);
  void observe_revocation(Observation& seen);
  void observe_claims(Observation& seen);
  void own(const SecretMeta& secret, bool fits, Observation& seen);
  void note_error(const base::Error& error, Observation& seen);

  const Caches caches_;
  kube::Client& client_;
  const base::Clock& clock_;
  const ObserveOptions options_;
  const std::shared_ptr<x509::KnownIssuers> issuers_ = std::make_shared<x509::KnownIssuers>();
};

// Where a pass stands in the line for calls to the CA: what expires first goes first, then what has
// no certificate yet, then what only looks. Pure.
certcentral::Turn turn_of(const rules::Observed& facts);

// Reads what the CA returned for the key of the pending Secret: the facts, and the chain if it is
// whole and for our key. Pure.
rules::IssuedFacts issued_facts(const std::string& pem, std::int64_t certificate_id,
                                const std::string& public_key_sha256,
                                std::optional<x509::Chain>& chain, x509::ParseMemo& parsed);

// What a request that was verified before, at this version of its Secret, holds: from its status,
// without a read. nullopt if the status cannot tell.
std::optional<rules::InstalledFacts> verified_before(
    const api::DuplicateCertificateRequest& request, const SecretMeta& secret);

}  // namespace reconcile
