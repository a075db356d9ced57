#include "x509/csr.h"

#include <algorithm>

#include <openssl/err.h>

#include "base/bytes.h"
#include "x509/openssl_ptr.h"
#include "x509/pem.h"
#include "x509/public_key.h"

namespace x509 {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr std::size_t kCommonNameMax = 64;  // RFC 5280 appendix A, ub-common-name
constexpr std::size_t kDnsNameMax = 253;    // RFC 1035 section 2.3.4, without the final dot
constexpr std::size_t kCsrBytesMax = std::size_t{64} << 10U;
constexpr std::string_view kRequestLabel = "CERTIFICATE REQUEST";

bool is_plain(const std::string& name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f'; });
}

Result<void> check(const CsrNames& names) {
  if (names.common_name.empty() && names.dns_names.empty()) {
    return fail(Code::kInvalid, "make CSR: neither a common name nor a DNS name");
  }
  if (names.common_name.size() > kCommonNameMax) {
    return fail(Code::kInvalid, "make CSR: the common name is longer than 64 characters");
  }
  if (!names.common_name.empty() && !is_plain(names.common_name)) {
    return fail(Code::kInvalid, "make CSR: the common name has an unusable character");
  }
  for (const std::string& name : names.dns_names) {
    if (name.size() > kDnsNameMax || !is_plain(name)) {
      return fail(Code::kInvalid, "make CSR: a DNS name is empty, too long, or not ASCII");
    }
  }
  return {};
}

bool set_common_name(X509_REQ* request, const std::string& name) {
  if (name.empty()) return true;
  const auto* bytes = reinterpret_cast<const unsigned char*>(name.data());
  return X509_NAME_add_entry_by_NID(X509_REQ_get_subject_name(request), NID_commonName,
                                    MBSTRING_UTF8, bytes, static_cast<int>(name.size()), -1,
                                    0) == 1;
}

// Built from GENERAL_NAME objects, never from OpenSSL's configuration syntax, in which a comma
// inside a name would begin another name.
bool push_dns_name(GENERAL_NAMES* names, const std::string& text) {
  ASN1_IA5STRING* value = ASN1_IA5STRING_new();
  GENERAL_NAME* name = GENERAL_NAME_new();
  if (value == nullptr || name == nullptr ||
      ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) != 1) {
    ASN1_IA5STRING_free(value);
    GENERAL_NAME_free(name);
    return false;
  }
  GENERAL_NAME_set0_value(name, GEN_DNS, value);
  return sk_GENERAL_NAME_push(names, name) > 0;
}

bool add_dns_names(X509_REQ* request, const std::vector<std::string>& dns_names) {
  if (dns_names.empty()) return true;
  const openssl::NamesPtr names(GENERAL_NAMES_new());
  for (const std::string& name : dns_names) {
    if (!push_dns_name(names.get(), name)) return false;
  }
  X509_EXTENSION* extension = X509V3_EXT_i2d(NID_subject_alt_name, 0, names.get());
  if (extension == nullptr) return false;
  const openssl::ExtensionStackPtr extensions(sk_X509_EXTENSION_new_null());
  sk_X509_EXTENSION_push(extensions.get(), extension);
  return X509_REQ_add_extensions(request, extensions.get()) == 1;
}

// X509_REQ_set_pubkey writes the key and reads it again, with all encoders and decoders of OpenSSL
// 3.0, which takes longer than to sign; the usual kind of key needs neither.
bool set_public_key(X509_REQ* request, EVP_PKEY* key) {
  const std::string point = openssl::p256_point(key);
  if (point.empty()) return X509_REQ_set_pubkey(request, key) == 1;
  auto* bytes = static_cast<unsigned char*>(OPENSSL_memdup(point.data(), point.size()));
  return bytes != nullptr &&
         X509_PUBKEY_set0_param(X509_REQ_get_X509_PUBKEY(request),
                                OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_OBJECT,
                                OBJ_nid2obj(NID_X9_62_prime256v1), bytes,
                                static_cast<int>(point.size())) == 1;
}

const EVP_MD* digest_for(const KeyParams& params) {
  if (params.algorithm == KeyAlgorithm::kOther) return nullptr;  // Ed25519 brings its own
  return params == KeyParams{KeyAlgorithm::kEcdsa, 384} ? EVP_sha384() : EVP_sha256();
}

Result<openssl::RequestPtr> read_request(std::string_view pem) {
  if (pem.size() > kCsrBytesMax) return fail(Code::kInvalid, "parse CSR: too long");
  const auto blocks = TRY(pem_blocks(pem, {kRequestLabel, "NEW CERTIFICATE REQUEST"}));
  if (blocks.empty()) return fail(Code::kInvalid, "parse CSR: no CERTIFICATE REQUEST in PEM");
  openssl::RequestPtr request = openssl::read_request(blocks.front().der);
  if (request == nullptr) {
    return std::unexpected(openssl::last_error("parse CSR", Code::kInvalid));
  }
  return request;
}

std::vector<std::string> dns_names_of(X509_REQ* request) {
  const openssl::ExtensionStackPtr extensions(X509_REQ_get_extensions(request));
  if (extensions == nullptr) return {};
  const openssl::NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509V3_get_d2i(extensions.get(), NID_subject_alt_name, nullptr, nullptr)));
  return openssl::dns_names(names.get());
}

}  // namespace

Result<std::string> make_csr(const PrivateKey& key, const CsrNames& names) {
  TRY_VOID(check(names));
  const openssl::RequestPtr request(X509_REQ_new());
  const bool is_made = request != nullptr && X509_REQ_set_version(request.get(), 0) == 1 &&
                       set_common_name(request.get(), names.common_name) &&
                       add_dns_names(request.get(), names.dns_names) &&
                       set_public_key(request.get(), key.handle()) &&
                       X509_REQ_sign(request.get(), key.handle(), digest_for(key.params())) > 0;
  if (!is_made) return std::unexpected(openssl::last_error("make CSR"));
  return to_pem(kRequestLabel, openssl::der_of<X509_REQ>(i2d_X509_REQ, request.get()));
}

Result<Csr> Csr::parse(std::string_view pem) {
  const openssl::RequestPtr request = TRY(read_request(pem));
  const openssl::PkeyPtr key = openssl::key_of(X509_REQ_get_X509_PUBKEY(request.get()));
  if (key == nullptr) return std::unexpected(openssl::last_error("parse CSR", Code::kInvalid));
  if (X509_REQ_verify(request.get(), key.get()) != 1) {
    return std::unexpected(openssl::last_error("verify CSR: its signature", Code::kCorrupt));
  }
  Csr csr;
  csr.common_name_ = openssl::common_name(X509_REQ_get_subject_name(request.get()));
  csr.dns_names_ = dns_names_of(request.get());
  // As it stands in the request: to encode the key anew takes OpenSSL 3.0 longer than to read it.
  csr.public_key_sha256_ = base::to_hex(openssl::sha256(
      openssl::der_of<X509_PUBKEY>(i2d_X509_PUBKEY, X509_REQ_get_X509_PUBKEY(request.get()))));
  ERR_clear_error();
  return csr;
}

}  // namespace x509
