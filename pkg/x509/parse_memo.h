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
#include "x509/chain.h"
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

  // The chain in `pem` of the certificate for that key: as Certificate::parse_all, then build_chain
  // without a date.
  base::Result<Chain> chain(std::string_view pem, const std::string& public_key_sha256);

  // What this process has just made needs no reading: `csr` is signed by `key`, whose text is
  // `pem`.
  void made(const PrivateKey& key, std::string_view pem, std::string_view csr);
  // Nor does the text of a chain whose certificates came in another one.
  void made(const Chain& chain);

 private:
  std::shared_ptr<KnownIssuers> issuers_{};  // null: every issuer is parsed
  std::map<std::string, PrivateKey> keys_{};
  std::map<std::string, std::string> csr_keys_{};
  std::map<std::string, std::vector<Certificate>> certificates_{};
  std::map<std::string, Chain> chains_{};
};

}  // namespace x509
