#include "reconcile/keystore.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "api/names.h"
#include "reconcile/patch_over.h"
#include "reconcile/secrets.h"
#include "x509/keystore.h"

namespace reconcile {
namespace {

using base::SecretString;
using nlohmann::json;

constexpr std::string_view kField = "spec.keystores.pkcs12.passwordSecretRef";

KeystorePassword no_password(api::Reason reason, std::string problem) {
  return {.unusable = reason, .problem = fmt::format("{}: {}", kField, problem)};
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7E; });
}

struct InstalledPair {
  x509::PrivateKey key;
  x509::Chain chain;
};

base::Result<InstalledPair> installed_pair(const json& target) {
  const SecretString pem(data_of(target, api::kTlsKeyKey).value_or(""));
  auto key = TRY(x509::PrivateKey::parse(pem.expose()));
  const auto certificates =
      TRY(x509::Certificate::parse_all(data_of(target, api::kTlsCertKey).value_or("")));
  auto chain = TRY(x509::build_chain(certificates, key.public_key_sha256()));
  return InstalledPair{.key = std::move(key), .chain = std::move(chain)};
}

}  // namespace

KeystorePassword keystore_password(const json* secret,
                                   const api::DuplicateCertificateRequest& request) {
  const api::PasswordSecretRef& ref = request.spec.keystores.pkcs12->password_secret_ref;
  if (secret == nullptr) {
    return no_password(
        api::Reason::kSecretNotFound,
        fmt::format("there is no Secret {} in namespace {}; create it: kubectl create secret "
                    "generic {} -n {} --from-file={}=FILE",
                    ref.name, request.meta.namespace_, ref.name, request.meta.namespace_, ref.key));
  }
  std::string text = data_of(*secret, ref.key).value_or("");
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  SecretString password(std::move(text));
  if (password.empty()) {
    return no_password(api::Reason::kSecretInvalid,
                       fmt::format("Secret {} has no password under the key {}; put it there, or "
                                   "name the key that holds it",
                                   ref.name, ref.key));
  }
  if (!is_printable(password.expose())) {
    return no_password(api::Reason::kSecretInvalid,
                       fmt::format("the password in Secret {} (key {}) has characters with which "
                                   "Java opens no keystore; use printable ASCII characters only",
                                   ref.name, ref.key));
  }
  return {.text = std::move(password)};
}

rules::KeystoreFacts keystore_facts(const json& target, const KeystorePassword& password) {
  if (password.unusable) return {.unusable = password.unusable, .problem = password.problem};
  const auto pair = installed_pair(target);
  if (!pair) {
    return {
        .unusable = api::Reason::kSecretInvalid,
        .problem = fmt::format("{} cannot be made: {}", api::kKeystoreKey, pair.error().message)};
  }
  const SecretString keystore(data_of(target, api::kKeystoreKey).value_or(""));
  return {.is_current = x509::pkcs12_holds(keystore, password.text, pair->key, pair->chain)};
}

bool has_keystore(const json& target) {
  return data_of(target, api::kKeystoreKey).has_value();
}

bool has_own_keystore(const json& target) {
  return has_keystore(target) &&
         written_by_us(target, "data").contains(std::string(api::kKeystoreKey));
}

base::Result<json> keystore_patch(const json& target, const SecretString* password) {
  const api::ObjectMeta meta = TRY(api::decode_metadata(target));
  json patch{{"metadata", {{"uid", meta.uid}, {"resourceVersion", meta.resource_version}}}};
  json& value = patch["data"][std::string(api::kKeystoreKey)];
  if (password == nullptr) return patch;
  const InstalledPair pair = TRY(installed_pair(target));
  const SecretString keystore = TRY(x509::make_pkcs12(pair.key, pair.chain, *password));
  value = base::to_base64(keystore.expose());
  return patch;
}

}  // namespace reconcile
