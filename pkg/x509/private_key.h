// PrivateKey: makes, reads and writes the key of one certificate.
// Entry points: PrivateKey::generate and PrivateKey::parse. An immutable value; copies share one
// key inside OpenSSL, and any number of threads may read it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace x509 {

enum class KeyAlgorithm {
  kEcdsa,
  kRsa,
  kOther,  // parsed only (for example Ed25519): never generated
};

struct KeyParams {
  KeyAlgorithm algorithm = KeyAlgorithm::kEcdsa;
  int size = 256;  // bits: 256 or 384 (ECDSA, NIST curves), 2048, 3072 or 4096 (RSA)

  bool operator==(const KeyParams&) const = default;
};

// "ECDSA-256", "RSA-2048"; for messages.
std::string to_text(const KeyParams& params);

class PrivateKey {
 public:
  // A new key from OpenSSL's generator. kInvalid for other parameters than those listed at
  // KeyParams. RSA takes long (about 0.2 s of CPU at 2048 bits, several seconds at 4096): call it
  // where nobody waits in line.
  static base::Result<PrivateKey> generate(const KeyParams& params);

  // Reads the first private key in `pem` (at most 64 KiB): PKCS#8, SEC1 ("EC PRIVATE KEY", also
  // behind "EC PARAMETERS") or PKCS#1 ("RSA PRIVATE KEY"). The key must be able to sign, and its
  // halves must belong together. kInvalid otherwise, and for every encrypted key: nobody is asked
  // for a password. Messages never hold a byte of the input.
  static base::Result<PrivateKey> parse(std::string_view pem);

  // PKCS#8 PEM (RFC 5958), LF line ends. Buffers on the way are wiped.
  base::SecretString to_pem() const;

  // Lower-case hex of SHA-256 over the DER SubjectPublicKeyInfo: the mark by which keys, CSRs and
  // certificates are held against each other everywhere in this program.
  const std::string& public_key_sha256() const { return public_key_sha256_; }

  const KeyParams& params() const { return params_; }

  // For the .cpp files of this library. Owned by this value; never null.
  evp_pkey_st* handle() const { return key_.get(); }

 private:
  explicit PrivateKey(std::shared_ptr<evp_pkey_st> key);

  std::shared_ptr<evp_pkey_st> key_;
  std::string public_key_sha256_;
  KeyParams params_{};
};

}  // namespace x509
