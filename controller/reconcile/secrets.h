// Secrets as facts and as JSON: what the target and the pending Secret hold. Pure.
// Private keys pass through here as JSON of the API server; nothing here logs.
#pragma once

#include <optional>
#include <set>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "api/duplicate_certificate_request.h"
#include "api/metadata.h"
#include "base/bytes.h"
#include "base/packed.h"
#include "base/result.h"
#include "rules/action.h"
#include "rules/observed.h"
#include "x509/chain.h"
#include "x509/parse_memo.h"
#include "x509/private_key.h"

namespace reconcile {

// A Secret's metadata, as the caches hold it.
struct SecretMeta {
  api::ObjectMeta meta{};
  // Labels, annotations and UIDs of owners that we wrote, as metadata.managedFields tells.
  std::set<std::string> written{};

  bool operator==(const SecretMeta&) const = default;
};
base::Result<SecretMeta> decode_secret_meta(const nlohmann::json& object);
// As caches keep it: see api::pack.
base::Packed pack(const SecretMeta& secret);
void unpack(const base::Packed& packed, SecretMeta& secret);

// The decoded value of data[key], or nullopt.
std::optional<std::string> data_of(const nlohmann::json& secret, std::string_view key);

// What the last installation noted in the metadata; nothing of the certificate.
rules::InstalledFacts installed_marks(const api::ObjectMeta& secret);
// The facts of the target Secret, all but `owner` and `owner_text`, which need the cache.
rules::InstalledFacts installed_facts(const nlohmann::json& secret, x509::ParseMemo& parsed);
// The same parameters in the words of pkg/x509.
x509::KeyParams key_params(const api::KeyParameters& key);
// The facts of a certificate, and those of its key if there is one.
rules::LeafFacts leaf_facts(const x509::Certificate& certificate);

// What a pending Secret says beyond its key: made durable before the POST.
struct Intent {
  std::string account{};
  std::int64_t order_id = 0;
  std::optional<std::int64_t> asked_order_id{};
  rules::FinalNames names{};
  api::KeyParameters key{};
  std::string entry{};  // of the ledger, if the key is for a purchase
};

// The mutable marks of a pending Secret.
struct Mark {
  base::TimePoint submitted_at{};
  int sends = 1;
};

// The body to create: type duplicert.io/pending, owned by the request. Without a mark the CSR is
// neither sent nor about to be: a person may submit it, or the ledger tells when it was sent.
nlohmann::json pending_secret(const api::DuplicateCertificateRequest& request,
                              const base::SecretString& key_pem, const std::string& csr,
                              const Intent& intent, const std::optional<Mark>& mark);
// A merge patch that moves the mark and takes back a refusal, with the Secret's version as
// precondition.
nlohmann::json mark_patch(const rules::PendingFacts& pending, const Mark& mark);
// A merge patch that records that the CA said no.
nlohmann::json refusal_patch(const rules::PendingFacts& pending, const rules::Refusal& refusal);
// A merge patch that records the CA's request id.
nlohmann::json request_id_patch(const rules::PendingFacts& pending, std::int64_t request_id);

// A merge patch of the target Secret's annotation duplicert.io/no-gain, with its version as
// precondition.
nlohmann::json no_gain_patch(const rules::InstalledFacts& installed,
                             const rules::RememberNoGain& tried);

// Whether a Secret is a pending one of ours, by type and label; whose it is, is another question.
bool is_pending_secret(const nlohmann::json& secret);
// `request_uid`: the pending Secret is usable only if its controller is that request.
rules::PendingFacts pending_facts(const nlohmann::json& secret, const std::string& request_uid,
                                  x509::ParseMemo& parsed);
// kCorrupt if there is no key, or it does not parse.
base::Result<x509::PrivateKey> pending_key(const nlohmann::json& secret, x509::ParseMemo& parsed);

// What is installed besides the key and the chain.
struct Installation {
  std::string backup{};  // the Secret that keeps the pair from before; empty: nothing was adopted
  std::string account{};
  std::string profile{};  // "<namespace>/<name>"
  std::int64_t order_id = 0;
  std::int64_t certificate_id = 0;
  std::string renew_requested_at{};
  base::SecretString keystore{};  // keystore.p12; empty: none asked for
};

// The Secret that we want: key, chain and keystore, to be created, or written over the one that is
// there (patch_over). Of secretTemplate, what begins with duplicert.io/ and the marks by which Argo
// CD tracks objects are left out.
nlohmann::json target_secret(const api::DuplicateCertificateRequest& request,
                             const x509::PrivateKey& key, const x509::Chain& chain,
                             const Installation& installation);

// The labels, annotations and owner that we want of `secret`, which keeps what the last
// installation noted: {"metadata": ...}, to be written over it (patch_over).
nlohmann::json marks_of(const api::DuplicateCertificateRequest& request,
                        const nlohmann::json& secret);
// Whether such a write would change nothing.
bool marks_fit(const api::DuplicateCertificateRequest& request, const SecretMeta& secret);

// What speaks against the adoption of a Secret that has no label of ours, in a person's words:
// whose it is, or why it cannot be written. Empty: nothing.
std::string adoption_obstacle(const nlohmann::json& secret);
// The body to create: an immutable copy of what `secret` holds, key included.
nlohmann::json backup_secret(const api::DuplicateCertificateRequest& request,
                             const nlohmann::json& secret, const rules::LeafFacts& leaf);
// Whether `backup` keeps exactly what `secret` holds.
bool keeps_all_of(const nlohmann::json& backup, const nlohmann::json& secret);

// Overwrites every text in `value`: call when a Secret's JSON has been used.
void wipe(nlohmann::json& value);

}  // namespace reconcile
