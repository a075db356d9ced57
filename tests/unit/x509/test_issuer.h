// Makes certificates at run time for the tests of x509. Written against OpenSSL directly, so that a
// mistake in the library under test does not repeat itself here.
#pragma once

#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/pem.h>

#include "x509/certificate.h"
#include "x509/openssl_ptr.h"
#include "x509/private_key.h"

namespace x509::test {

enum class Kind { kLeaf, kCa };

struct Spec {
  std::string common_name = "shop.acme.test";
  std::vector<std::string> dns_names{};
  Kind kind = Kind::kLeaf;
  std::string serial_hex = "0A1B2C";
  int from_days = -1;  // relative to now
  int till_days = 90;
  bool key_identifiers = true;
};

inline PrivateKey new_key() {
  return *PrivateKey::generate({});
}

inline void add(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  ASSERT_NE(extension, nullptr) << value;
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

inline void set_name(X509_NAME* name, const std::string& common_name) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(common_name.c_str());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, bytes, -1, -1, 0);
}

inline void add_extensions(X509* certificate, X509* issuer, const Spec& spec) {
  const bool is_ca = spec.kind == Kind::kCa;
  add(certificate, issuer, NID_basic_constraints, is_ca ? "critical,CA:TRUE" : "CA:FALSE");
  add(certificate, issuer, NID_key_usage, is_ca ? "keyCertSign,cRLSign" : "digitalSignature");
  if (spec.key_identifiers) {
    add(certificate, issuer, NID_subject_key_identifier, "hash");
    add(certificate, issuer, NID_authority_key_identifier, "keyid");
  }
  std::string names;
  for (const std::string& name : spec.dns_names) names += (names.empty() ? "DNS:" : ",DNS:") + name;
  if (!names.empty()) add(certificate, issuer, NID_subject_alt_name, names.c_str());
}

// A certificate for `key`, signed with `issuer_key` in the name of `issuer`; self-signed without.
inline Certificate issue(const Spec& spec, const PrivateKey& key, const PrivateKey& issuer_key,
                         const std::optional<Certificate>& issuer) {
  const openssl::CertificatePtr made(X509_new());
  X509_set_version(made.get(), 2);
  BIGNUM* serial = nullptr;
  BN_hex2bn(&serial, spec.serial_hex.c_str());
  BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(made.get()));
  BN_free(serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), 86'400L * spec.from_days);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 86'400L * spec.till_days);
  set_name(X509_get_subject_name(made.get()), spec.common_name);
  X509_set_pubkey(made.get(), key.handle());
  X509* issuer_handle = issuer ? issuer->handle() : made.get();
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer_handle));
  add_extensions(made.get(), issuer_handle, spec);
  X509_sign(made.get(), issuer_key.handle(), EVP_sha256());
  const openssl::BioPtr writer(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(writer.get(), made.get());
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(writer.get(), &bytes);
  return *Certificate::parse({bytes, static_cast<std::size_t>(size)});
}

// A root, an intermediate and a leaf, as CertCentral sends them.
struct Hierarchy {
  PrivateKey root_key = new_key();
  PrivateKey intermediate_key = new_key();
  PrivateKey leaf_key = new_key();
  Certificate root = issue({.common_name = "Test Root", .kind = Kind::kCa, .till_days = 3650},
                           root_key, root_key, std::nullopt);
  Certificate intermediate =
      issue({.common_name = "Test Issuing CA", .kind = Kind::kCa, .till_days = 1000},
            intermediate_key, root_key, root);
  Certificate leaf = issue({.dns_names = {"shop.acme.test", "www.shop.acme.test"}}, leaf_key,
                           intermediate_key, intermediate);

  const std::string& key_sha256() const { return leaf_key.public_key_sha256(); }
};

}  // namespace x509::test
