// Certificate: reads X.509 certificates (RFC 5280) from PEM and tells what is in them.
// Entry points: Certificate::parse and Certificate::parse_all. An immutable value; copies are cheap
// and share what was parsed, and any number of threads may read it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

struct x509_st;  // OpenSSL's X509

namespace x509 {

inline constexpr std::size_t kCertificatesMax = 20;
inline constexpr std::size_t kBundleBytesMax = std::size_t{256} << 10U;

class KnownIssuers;
class SignedBy;

class Certificate {
 public:
  // The first certificate in `pem`. Errors as parse_all, also about certificates behind the first.
  static base::Result<Certificate> parse(std::string_view pem);

  // Every certificate in `pem`, in its order. CR LF, text and blocks of other kinds between the
  // certificates are skipped. kInvalid: no certificate, one that does not parse, more than
  // kCertificatesMax, or more than kBundleBytesMax bytes.
  // `known`: issuers in it are not parsed again, and those that are parsed are put in.
  static base::Result<std::vector<Certificate>> parse_all(std::string_view pem,
                                                          KnownIssuers* known = nullptr);

  const std::string& common_name() const { return fields().common_name; }  // empty: none
  // The dNSName entries of subjectAltName, lower case, in the certificate's order. The common name
  // is not added.
  const std::vector<std::string>& dns_names() const { return fields().dns_names; }
  // Upper-case hex, two digits for each byte ("0A1B…"), as CertCentral prints serial_number.
  const std::string& serial_number() const { return fields().serial_number; }
  const std::string& sha256_fingerprint() const {
    return fields().sha256_fingerprint;
  }  // lower hex
  // Upper-case hex: what CertCentral calls thumbprint.
  const std::string& sha1_thumbprint() const { return fields().sha1_thumbprint; }
  // Both ends are inclusive, whole seconds.
  base::TimePoint not_before() const { return fields().not_before; }
  base::TimePoint not_after() const { return fields().not_after; }
  bool is_valid_at(base::TimePoint now) const { return not_before() <= now && now <= not_after(); }
  // See PrivateKey::public_key_sha256.
  const std::string& public_key_sha256() const { return fields().public_key_sha256; }
  // May issue certificates: basicConstraints CA and, if there is a keyUsage, keyCertSign in it.
  bool is_ca() const { return fields().is_ca; }
  // Issuer and subject are equal, and its own key verifies its signature.
  bool is_self_signed() const { return fields().is_self_signed; }
  // One line each, RFC 2253, non-ASCII escaped: "CN=shop.acme.test,O=Acme Ltd". For messages.
  const std::string& subject() const { return fields().subject; }
  const std::string& issuer() const { return fields().issuer; }
  // One PEM block, LF line ends, ends in LF.
  const std::string& to_pem() const { return fields().pem; }

  // Names `issuer` as its issuer: names and, where both have them, key identifiers fit. Says
  // nothing about the signature.
  bool names_as_issuer(const Certificate& issuer) const;
  // The key of `issuer` verifies this signature. That it does is remembered for as long as both are
  // known: ten thousand leaves come below the same intermediate and root.
  bool is_signed_by(const Certificate& issuer) const;

  // Same bytes.
  bool operator==(const Certificate& other) const {
    return sha256_fingerprint() == other.sha256_fingerprint();
  }

  // For the .cpp files of this library. Never null. Its key may be: whole_certificate.h.
  x509_st* handle() const { return fields().handle.get(); }

 private:
  struct Fields {
    std::shared_ptr<x509_st> handle{};
    std::string common_name{};
    std::vector<std::string> dns_names{};
    std::string serial_number{};
    std::string sha256_fingerprint{};
    std::string sha1_thumbprint{};
    base::TimePoint not_before{};
    base::TimePoint not_after{};
    std::string public_key_sha256{};
    bool is_ca = false;
    bool is_self_signed = false;
    std::string subject{};
    std::string issuer{};
    std::string pem{};
    std::shared_ptr<SignedBy> signed_by{};  // never null
  };

  static base::Result<Certificate> from_der(std::string_view der, KnownIssuers* known);
  explicit Certificate(std::shared_ptr<const Fields> fields) : fields_(std::move(fields)) {}
  const Fields& fields() const { return *fields_; }

  std::shared_ptr<const Fields> fields_;  // never null, never changed
};

}  // namespace x509
