// Sign: makes X.509 certificates (RFC 5280): roots, intermediates, and leaves for given keys.
// Pure but for serial numbers and signatures. Entry point: sign.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "x509/certificate.h"
#include "x509/private_key.h"

namespace simulator {

struct Subject {
  std::string common_name{};
  std::string organization{};
  std::string city{};
  std::string state{};
  std::string country{};  // two letters
};

enum class CertificateUse { kRoot, kIntermediate, kServer, kServerAndClient };

struct SignSpec {
  Subject subject{};
  std::vector<std::string> names{};  // DNS names or IP addresses of subjectAltName
  base::TimePoint not_before{};
  base::TimePoint not_after{};  // inclusive
  CertificateUse use = CertificateUse::kServer;
  std::string hash = "sha256";  // or sha384, sha512
};

struct IssuingKey {
  const x509::PrivateKey& key;
  const x509::Certificate* certificate = nullptr;  // nullptr: the new certificate signs itself
};

struct Signed {
  std::string pem{};         // LF line ends
  std::string serial{};      // upper-case hex
  std::string thumbprint{};  // SHA-1, upper-case hex
};

// `public_key` is that of the new certificate: a SubjectPublicKeyInfo, DER.
// kInvalid: a name or hash that cannot be used; kInternal: OpenSSL failed.
base::Result<Signed> sign(const SignSpec& spec, const std::string& public_key,
                          const IssuingKey& issuer);

}  // namespace simulator
