// Certificates for the HTTP tests, made at run time: no key is kept in the repository.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"

namespace http_test {

using Key = std::shared_ptr<EVP_PKEY>;
using Cert = std::shared_ptr<X509>;

struct LeafOptions {
  std::string common_name = "leaf";
  std::string san = "IP:127.0.0.1";                       // OpenSSL's notation; "" for none
  std::chrono::seconds lifetime = std::chrono::hours{1};  // negative: already expired
};

struct Leaf {
  std::string certificate_pem{};
  base::SecretString key_pem{};
};

inline std::string text_of(const std::shared_ptr<BIO>& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

inline std::shared_ptr<BIO> memory() {
  return {BIO_new(BIO_s_mem()), BIO_free_all};
}

inline std::string pem_of(const Cert& certificate) {
  const auto bio = memory();
  PEM_write_bio_X509(bio.get(), certificate.get());
  return text_of(bio);
}

inline base::SecretString pem_of(const Key& key) {
  const auto bio = memory();
  PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return base::SecretString(text_of(bio));
}

inline void add_extension(X509* certificate, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// A certification authority with its own key.
class TestCa {
 public:
  explicit TestCa(const std::string& name = "test root")
      : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), certificate_(build(name, key_, nullptr)) {
    add_extension(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(certificate_.get(), key_.get(), EVP_sha256());
  }

  std::string pem() const { return pem_of(certificate_); }

  Leaf issue(const LeafOptions& options = {}) const {
    const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const Cert leaf = build(options.common_name, key, certificate_.get());
    X509_gmtime_adj(X509_getm_notAfter(leaf.get()), static_cast<long>(options.lifetime.count()));
    if (!options.san.empty()) add_extension(leaf.get(), NID_subject_alt_name, options.san);
    X509_sign(leaf.get(), key_.get(), EVP_sha256());
    return {.certificate_pem = pem_of(leaf), .key_pem = pem_of(key)};
  }

 private:
  static Cert build(const std::string& name, const Key& key, X509* issuer) {
    Cert certificate(X509_new(), X509_free);
    static long serial = 1;
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -7200);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 7200);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.data()),
                               static_cast<int>(name.size()), -1, 0);
    X509* const signer = issuer == nullptr ? certificate.get() : issuer;
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
    X509_set_pubkey(certificate.get(), key.get());
    return certificate;
  }

  Key key_;
  Cert certificate_;
};

}  // namespace http_test
