// keystore.p12 of the target Secret: its password, whether it is still right, how it is written.
// Pure. Passwords and keys pass through here; nothing here logs.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "api/duplicate_certificate_request.h"
#include "base/bytes.h"
#include "base/result.h"
#include "rules/observed.h"

namespace reconcile {

// What the Secret of passwordSecretRef says; `secret` is null if there is none.
struct KeystorePassword {
  base::SecretString text{};
  std::optional<api::Reason> unusable{};  // why there is no password to use
  std::string problem{};                  // which field, what is wrong, and the fix
};
// One line break at the end is cut: a password that was piped into a file often has it. Otherwise
// only printable ASCII: Java opens no keystore with any other password (PBES2 in the JDK).
KeystorePassword keystore_password(const nlohmann::json* secret,
                                   const api::DuplicateCertificateRequest& request);

// Whether keystore.p12 of the target Secret opens with the password and holds the Secret's own pair
// with its chain. What stands in the way of making one is in `unusable` and `problem`.
rules::KeystoreFacts keystore_facts(const nlohmann::json& target, const KeystorePassword& password);

// Whether the Secret has keystore.p12, and whether Duplicert itself wrote it: what others put there
// (metadata.managedFields tells) is not taken away.
bool has_keystore(const nlohmann::json& target);
bool has_own_keystore(const nlohmann::json& target);

// A merge patch that writes keystore.p12 for the Secret's own pair, or takes it away if `password`
// is null, with the Secret's version as precondition. Errors: those of x509::make_pkcs12, and
// kCorrupt if there is no pair.
base::Result<nlohmann::json> keystore_patch(const nlohmann::json& target,
                                            const base::SecretString* password);

}  // namespace reconcile
