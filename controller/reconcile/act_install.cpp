#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "api/names.h"
#include "reconcile/act.h"
#include "reconcile/patch_over.h"
#include "reconcile/resources.h"
#include "rules/standing.h"
#include "x509/keystore.h"

namespace reconcile {
namespace {

// Where the pair from before an adoption is kept; empty if there was none.
std::string backup_of(const rules::Observed& seen) {
  if (!seen.installed) return {};
  if (seen.installed->owner != rules::SecretOwner::kUnclaimed) return seen.installed->backup_name;
  return api::backup_secret_name(seen.request.spec.secret_name,
                                 seen.installed->leaf->sha256_fingerprint);
}

// keystore.p12 for the pair, or nothing if the spec asks for none. decide() installs nothing while
// there is no password; without one this ends here anyway.
base::Result<base::SecretString> keystore_for(const x509::PrivateKey& key, const x509::Chain& chain,
                                              const Observation& seen) {
  if (!seen.facts.request.spec.keystores.pkcs12) return base::SecretString{};
  if (!seen.keystore_password) return base::fail(base::Code::kInternal, "install: no password");
  return x509::make_pkcs12(key, chain, seen.keystore_password->text);
}

}  // namespace

base::Result<void> Actor::install(const rules::InstallCertificate& action, const Observation& seen,
                                  std::stop_token stop) {
  const auto& request = seen.facts.request;
  const x509::PrivateKey key = TRY(pending_key(*seen.pending, seen.memory->parsed()));
  // decide() chose to install on facts of this chain; a key that does not fit ends here anyway.
  if (!seen.chain || seen.chain->leaf.public_key_sha256() != key.public_key_sha256()) {
    return base::fail(base::Code::kCorrupt, "install: the certificate is not for the pending key");
  }
  const rules::InstalledFacts* before = seen.facts.installed ? &*seen.facts.installed : nullptr;
  std::string renew_requested_at = rules::renew_requested(seen.facts);
  if (renew_requested_at.empty() && before != nullptr) {
    renew_requested_at = before->renew_requested_at;
  }
  base::SecretString keystore = TRY(keystore_for(key, *seen.chain, seen));
  nlohmann::json wanted = target_secret(request, key, *seen.chain,
                                        {.backup = backup_of(seen.facts),
                                         .account = seen.facts.pending->account,
                                         .profile = seen.facts.profile->name,
                                         .order_id = action.order_id,
                                         .certificate_id = action.certificate_id,
                                         .renew_requested_at = renew_requested_at,
                                         .keystore = std::move(keystore)});
  TRY_VOID(write_target(std::move(wanted), seen, "write the Secret", stop));
  seen.memory->parsed().made(*seen.chain);
  return {};
}

// A create cannot take over what has appeared meanwhile, a patch only the version that was seen.
base::Result<void> Actor::write_target(nlohmann::json wanted, const Observation& seen,
                                       std::string_view words, std::stop_token stop) {
  const auto& request = seen.facts.request;
  const kube::ObjectKey key{request.meta.namespace_, request.spec.secret_name};
  if (seen.facts.installed) {
    nlohmann::json patch = patch_over(*seen.target, wanted, request.meta.uid);
    wipe(wanted);
    wanted = std::move(patch);
  }
  auto written = seen.facts.installed
                     ? client_.patch(kube::kSecrets, key, kube::PatchKind::kMerge, wanted, stop)
                     : client_.create(kube::kSecrets, key.namespace_, wanted, stop);
  wipe(wanted);
  if (!written) return std::unexpected(base::wrap(std::string(words), std::move(written).error()));
  seen.memory->wrote(key, *std::move(written));
  return {};
}

base::Result<void> Actor::back_up(const Observation& seen, std::stop_token stop) {
  const auto& request = seen.facts.request;
  nlohmann::json body = backup_secret(request, *seen.target, *seen.facts.installed->leaf);
  auto created = client_.create(kube::kSecrets, request.meta.namespace_, body, stop);
  wipe(body);
  // kAlreadyExists: the next pass looks what it holds.
  if (!created) return std::unexpected(base::wrap("keep the old pair", created.error()));
  wipe(*created);
  return {};
}

base::Result<void> Actor::apply_marks(const Observation& seen, std::stop_token stop) {
  const auto& request = seen.facts.request;
  return write_target(marks_of(request, *seen.target), seen, "write the Secret's labels", stop);
}

base::Result<void> Actor::update_keystore(const Observation& seen, std::stop_token stop) {
  const auto& request = seen.facts.request;
  const kube::ObjectKey key{request.meta.namespace_, request.spec.secret_name};
  auto secret = client_.get(kube::kSecrets, key, stop);
  if (!secret) return std::unexpected(base::wrap("read the Secret", std::move(secret).error()));
  const std::string version = (*secret)["metadata"].value("resourceVersion", "");
  const bool wanted = request.spec.keystores.pkcs12 && seen.keystore_password;
  auto patch = keystore_patch(*secret, wanted ? &seen.keystore_password->text : nullptr);
  wipe(*secret);
  if (!patch) return std::unexpected(base::wrap("make the keystore", std::move(patch).error()));
  if (version != seen.facts.installed->resource_version) {
    return base::fail(base::Code::kConflict, "write the keystore: the Secret has changed");
  }
  auto written = client_.patch(kube::kSecrets, key, kube::PatchKind::kMerge, *patch, stop);
  if (!written) {
    return std::unexpected(base::wrap("write the keystore", std::move(written).error()));
  }
  seen.memory->wrote(key, *std::move(written));
  return {};
}

// The cache of the ledger may be old: the key of an open entry would be lost.
base::Result<void> Actor::expect_unused(const rules::PendingFacts& pending, std::stop_token stop) {
  if (pending.entry.empty()) return {};
  const auto object = client_.get(kOrders, {ledger_namespace_, pending.entry}, stop);
  if (!object && object.error().code == base::Code::kNotFound) return {};
  if (!object) return std::unexpected(base::wrap("read the ledger", object.error()));
  const auto entry = rules::entry_of(TRY(api::decode_certificate_order(*object)));
  const bool used = rules::is_open(entry) && entry.public_key_sha256 == pending.public_key_sha256;
  if (!used) return {};
  return base::fail(base::Code::kConflict, "CertificateOrder " + entry.name + " uses the key");
}

base::Result<void> Actor::drop(const Observation& seen, std::stop_token stop) {
  const auto& meta = seen.facts.request.meta;
  // Somebody else's Secret may have the name by chance; nothing tells us that it may go.
  if (seen.pending->value("type", "") != api::kPendingSecretType) {
    return base::fail(base::Code::kPermissionDenied,
                      fmt::format("Secret {} is not of type {}; rename or delete it, or give the "
                                  "request another name",
                                  api::pending_secret_name(meta.name), api::kPendingSecretType));
  }
  TRY_VOID(expect_unused(*seen.facts.pending, stop));
  const auto removed =
      client_.remove(kube::kSecrets, {meta.namespace_, api::pending_secret_name(meta.name)},
                     {.uid = seen.facts.pending->uid}, stop);
  if (!removed && removed.error().code != base::Code::kNotFound) {
    return std::unexpected(base::wrap("delete the pending Secret", removed.error()));
  }
  seen.memory->deleted({meta.namespace_, api::pending_secret_name(meta.name)});
  if (seen.account) {
    seen.account->answers().forget(seen.facts.pending->public_key_sha256);
    seen.account->forget_probe(seen.facts.pending->public_key_sha256);
  }
  return {};
}

}  // namespace reconcile
