// Certificate signing requests (PKCS#10, RFC 2986): make one for a key, or read one.
// Pure apart from the signature's randomness. Values; thread-compatible.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "x509/private_key.h"

namespace x509 {

struct CsrNames {
  std::string common_name{};             // at most 64 characters (RFC 5280, ub-common-name)
  std::vector<std::string> dns_names{};  // each becomes exactly one dNSName, text as it is
};

// A CSR signed with `key` (SHA-256; SHA-384 for P-384), as PEM with LF line ends. Without dns_names
// it has no subjectAltName. A name is never read as configuration: a comma or "DNS:" inside a name
// stays part of that name.
// kInvalid: no name at all, a common name over 64 characters, a name that is empty, longer than 253
// characters, or has anything but printable ASCII without spaces.
base::Result<std::string> make_csr(const PrivateKey& key, const CsrNames& names);

class Csr {
 public:
  // Reads the first CSR in `pem` (at most 64 KiB). CR LF and text around it are tolerated.
  // kInvalid if there is none or it does not parse; kCorrupt if its signature does not verify.
  static base::Result<Csr> parse(std::string_view pem);

  const std::string& common_name() const { return common_name_; }  // empty: none
  // Lower case, in the order of the CSR; empty if it has no subjectAltName.
  const std::vector<std::string>& dns_names() const { return dns_names_; }
  // See PrivateKey::public_key_sha256.
  const std::string& public_key_sha256() const { return public_key_sha256_; }

 private:
  Csr() = default;

  std::string common_name_;
  std::vector<std::string> dns_names_;
  std::string public_key_sha256_;
};

}  // namespace x509
