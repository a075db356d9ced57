// ParseMemo: reads each PEM text once. The passes of one work item meet the same key, CSR and chain
// again and again, and OpenSSL takes about half a millisecond for each. Thread-compatible.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "x509/certificate.h"
#include "x509/known_issuers.h"
#include "x509/private_key.h"

namespace x509 {

// Only what parses is remembered, under the SHA-256 of the text: no key's text is kept.
class ParseMemo {
 public:
  ParseMemo() = default;
  explicit ParseMemo(std::shared_ptr<KnownIssuers> issuers) : issuers_(std::move(issuers)) {}

  // As PrivateKey::parse.
  base::Result<PrivateKey> private_key(std::string_view pem);
  // The public_key_sha256 of a CSR; errors as Csr::parse.
  base::Result<std::string> csr_key(std::string_view pem);
  // As Certificate::parse_all.
  base::Result<std::vector<Certificate>> certificates(std::string_view pem);

  // What this process has just made needs no reading: `csr` is signed by `key`, whose text is
  // `pem`.
  void made(const PrivateKey& key, std::string_view pem, std::string_view csr);

 private:
  std::shared_ptr<KnownIssuers> issuers_{};  // null: every issuer is parsed
  std::map<std::string, PrivateKey> keys_{};
  std::map<std::string, std::string> csr_keys_{};
  std::map<std::string, std::vector<Certificate>> certificates_{};
};

}  // namespace x509
