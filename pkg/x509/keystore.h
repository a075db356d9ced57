// keystore.p12: a key with its chain as PKCS#12 (RFC 7292), for servers that read no PEM.
// Pure apart from its random salts. Thread-compatible.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "x509/chain.h"
#include "x509/private_key.h"

namespace x509 {

// One private-key entry with leaf and intermediates, its alias the leaf's common name. AES-256-CBC
// with PBKDF2-HMAC-SHA-256 for key and certificates, HMAC-SHA-256 over the whole: what current Java
// (8u301, 11.0.12 and newer), .NET and OpenSSL read; older Java does not.
// The result is binary, and different each time because of its salts: ask pkcs12_holds whether an
// existing one is still right.
// kInvalid if the password is empty or has a NUL byte, or if the leaf is not for `key`.
base::Result<base::SecretString> make_pkcs12(const PrivateKey& key, const Chain& chain,
                                             const base::SecretString& password);

// True if `keystore` opens with `password` and holds `key`, the leaf and the intermediates of
// `chain`, and no other certificates. At most 1 MiB is read, and nothing that asks for other
// algorithms or for more than 100,000 rounds of them: foreign bytes cost no more than ours.
bool pkcs12_holds(const base::SecretString& keystore, const base::SecretString& password,
                  const PrivateKey& key, const Chain& chain);

}  // namespace x509
