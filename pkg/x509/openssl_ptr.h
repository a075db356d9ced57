// Owners of OpenSSL objects and the small conversions that the .cpp files of x509 share.
// Only .cpp files include it. Thread-compatible.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"
#include "base/result.h"

namespace x509::openssl {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

inline void free_names(GENERAL_NAMES* names) {
  GENERAL_NAMES_free(names);
}
inline void free_certificates(STACK_OF(X509) * stack) {
  sk_X509_free(stack);
}
inline void free_bags(STACK_OF(PKCS12_SAFEBAG) * stack) {
  sk_PKCS12_SAFEBAG_pop_free(stack, PKCS12_SAFEBAG_free);
}
inline void free_parts(STACK_OF(PKCS7) * stack) {
  sk_PKCS7_pop_free(stack, PKCS7_free);
}
inline void free_extensions(STACK_OF(X509_EXTENSION) * stack) {
  sk_X509_EXTENSION_pop_free(stack, X509_EXTENSION_free);
}

using BagsPtr = std::unique_ptr<STACK_OF(PKCS12_SAFEBAG), Freer<free_bags>>;
using BioPtr = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using CertificatePtr = std::unique_ptr<X509, Freer<X509_free>>;
using CertificateStackPtr = std::unique_ptr<STACK_OF(X509), Freer<free_certificates>>;
using ExtensionStackPtr = std::unique_ptr<STACK_OF(X509_EXTENSION), Freer<free_extensions>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Freer<free_names>>;
using Pbe2Ptr = std::unique_ptr<PBE2PARAM, Freer<PBE2PARAM_free>>;
using Pbkdf2Ptr = std::unique_ptr<PBKDF2PARAM, Freer<PBKDF2PARAM_free>>;
using Pkcs7sPtr = std::unique_ptr<STACK_OF(PKCS7), Freer<free_parts>>;
using Pkcs12Ptr = std::unique_ptr<PKCS12, Freer<PKCS12_free>>;
using Pkcs8Ptr = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Freer<PKCS8_PRIV_KEY_INFO_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using RequestPtr = std::unique_ptr<X509_REQ, Freer<X509_REQ_free>>;

// kInternal, or what `code` says, with OpenSSL's own words for the newest error; empties OpenSSL's
// error queue of this thread. OpenSSL's texts hold no input bytes.
base::Error last_error(std::string_view what, base::Code code = base::Code::kInternal);

// A read-only view of `text` as a BIO; `text` must outlive it.
BioPtr reader_of(std::string_view text);

// The bytes that i2d writes for `object`.
template <class T>
std::string der_of(int (*i2d)(const T*, unsigned char**), const T* object) {
  unsigned char* bytes = nullptr;
  const int size = i2d(object, &bytes);
  if (size <= 0) return {};
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_clear_free(bytes, static_cast<std::size_t>(size));
  return der;
}

// Raw bytes of the digest.
std::string sha256(std::string_view bytes);
std::string sha1(std::string_view bytes);

// See PrivateKey::public_key_sha256; empty if `key` cannot be encoded.
std::string public_key_sha256(const EVP_PKEY* key);

// The uncompressed point of a P-256 key that names its curve, 65 bytes; empty: another kind of key.
std::string p256_point(const EVP_PKEY* key);
// The PrivateKeyInfo of such a key (RFC 5958); empty as above.
base::SecretString p256_private_key(const EVP_PKEY* key);

// The first common name as UTF-8; empty if there is none or it holds a NUL byte.
std::string common_name(const X509_NAME* name);
// The dNSName entries, lower case; those with a NUL byte are left out.
std::vector<std::string> dns_names(const GENERAL_NAMES* names);

}  // namespace x509::openssl
