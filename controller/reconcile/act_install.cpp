#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/names.h"
#include "reconcile/act.h"
#include "rules/standing.h"
#include "x509/keystore.h"

namespace reconcile {
namespace {

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
  const x509::PrivateKey key = TRY(pending_key(*seen.pending));
  // decide() chose to install on facts of this chain; a key that does not fit ends here anyway.
  if (!seen.chain || seen.chain->leaf.public_key_sha256() != key.public_key_sha256()) {
    return base::fail(base::Code::kCorrupt, "install: the certificate is not for the pending key");
  }
  const rules::InstalledFacts* before = seen.facts.installed ? &*seen.facts.installed : nullptr;
  std::string renew_requested_at = rules::renew_requested(seen.facts);
  if (renew_requested_at.empty() && before != nullptr) {
    renew_requested_at = before->renew_requested_at;
  }
  nlohmann::json body = target_secret(request, key, *seen.chain,
                                      {.account = seen.facts.pending->account,
                                       .profile = seen.facts.profile->name,
                                       .order_id = action.order_id,
                                       .certificate_id = action.certificate_id,
                                       .renew_requested_at = renew_requested_at,
                                       .keystore = TRY(keystore_for(key, *seen.chain, seen))},
                                      before);
  // Without force an apply cannot take over the data of a Secret that appeared meanwhile: its
  // fields have another manager (kConflict), or its type differs (kInvalid).
  auto applied =
      client_.apply(kube::kSecrets, {request.meta.namespace_, request.spec.secret_name}, body,
                    before == nullptr ? kube::Force::kNo : kube::Force::kYes, stop);
  wipe(body);
  if (!applied) {
    base::Error error = base::wrap("write the Secret", std::move(applied).error());
    // A Secret of another type has appeared: what to do about it is for the next pass.
    if (before == nullptr && error.code == base::Code::kInvalid) error.code = base::Code::kConflict;
    return std::unexpected(std::move(error));
  }
  wipe(*applied);
  return {};
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
  wipe(*written);
  return {};
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
  const auto removed =
      client_.remove(kube::kSecrets, {meta.namespace_, api::pending_secret_name(meta.name)},
                     {.uid = seen.facts.pending->uid}, stop);
  if (!removed && removed.error().code != base::Code::kNotFound) {
    return std::unexpected(base::wrap("delete the pending Secret", removed.error()));
  }
  if (seen.account) {
    seen.account->answers().forget(seen.facts.pending->public_key_sha256);
    seen.account->forget_probe(seen.facts.pending->public_key_sha256);
  }
  return {};
}

}  // namespace reconcile
