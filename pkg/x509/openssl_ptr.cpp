#include "x509/openssl_ptr.h"

#include <array>

#include <openssl/core_names.h>
#include <openssl/err.h>

#include "base/bytes.h"
#include "base/text.h"

namespace x509::openssl {
namespace {

std::string digest(const EVP_MD* method, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, method, nullptr) != 1) return {};
  return {reinterpret_cast<const char*>(out.data()), size};
}

std::string_view text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string text_param(const EVP_PKEY* key, const char* name) {
  std::array<char, 32> text{};
  const int done = EVP_PKEY_get_utf8_string_param(key, name, text.data(), text.size(), nullptr);
  return done == 1 ? text.data() : std::string();
}

// The SubjectPublicKeyInfo of a P-256 key, put together by hand: OpenSSL 3.0 searches all of its
// encoders each time, which takes longer than to make the key. RFC 5480, section 2: everything
// before the point is fixed. Empty: another kind of key.
std::string p256_public_key(const EVP_PKEY* key) {
  static constexpr std::string_view kHead(
      "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
      "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00",
      26);
  const std::string point = p256_point(key);
  return point.empty() ? point : std::string(kHead) + point;
}

}  // namespace

base::Error last_error(std::string_view what, base::Code code) {
  const unsigned long number = ERR_peek_last_error();
  const char* reason = number == 0 ? nullptr : ERR_reason_error_string(number);
  ERR_clear_error();
  std::string message(what);
  if (reason != nullptr) message.append(": ").append(reason);
  return {.code = code, .message = std::move(message)};
}

BioPtr reader_of(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Fetched once: EVP_sha256() stands for a search at each use, which takes as long as the hash.
std::string sha256(std::string_view bytes) {
  static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return digest(method, bytes);
}
std::string sha1(std::string_view bytes) {
  return digest(EVP_sha1(), bytes);
}

std::string public_key_sha256(const EVP_PKEY* key) {
  std::string der = p256_public_key(key);
  if (der.empty()) der = der_of<EVP_PKEY>(i2d_PUBKEY, key);
  return der.empty() ? std::string() : base::to_hex(sha256(der));
}

std::string p256_point(const EVP_PKEY* key) {
  const bool usual = EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
                     text_param(key, OSSL_PKEY_PARAM_GROUP_NAME) == SN_X9_62_prime256v1 &&
                     text_param(key, OSSL_PKEY_PARAM_EC_ENCODING) == "named_curve" &&
                     text_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT) == "uncompressed";
  if (!usual) return {};
  std::array<unsigned char, 65> point{};
  std::size_t size = 0;
  const bool whole = EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
                                                     point.data(), point.size(), &size) == 1 &&
                     size == point.size() && point[0] == 4;  // 4: uncompressed
  if (!whole) return {};
  return {reinterpret_cast<const char*>(point.data()), size};
}

// By hand for the same reason as p256_public_key. RFC 5915, section 3: all but the number and the
// point is fixed.
base::SecretString p256_private_key(const EVP_PKEY* key) {
  static constexpr std::string_view kHead(
      "\x30\x81\x87\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
      "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x04\x6d\x30\x6b\x02\x01\x01\x04\x20",
      36);
  static constexpr std::string_view kBeforePoint("\xa1\x44\x03\x42\x00", 5);
  constexpr std::size_t kNumberSize = 32;
  const std::string point = p256_point(key);
  BIGNUM* number = nullptr;
  if (point.empty() || EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) != 1) {
    return {};
  }
  std::string der(kHead);
  der.reserve(kHead.size() + kNumberSize + kBeforePoint.size() + point.size());
  der.resize(kHead.size() + kNumberSize);
  const int written = BN_bn2binpad(
      number, reinterpret_cast<unsigned char*>(der.data() + kHead.size()), kNumberSize);
  BN_clear_free(number);
  der.append(kBeforePoint).append(point);
  base::SecretString secret(std::move(der));
  return written == kNumberSize ? secret : base::SecretString();
}

std::string common_name(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) return {};
  const ASN1_STRING* entry = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, entry);
  if (size < 0) return {};
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  return text.find('\0') == std::string::npos ? text : std::string();
}

std::vector<std::string> dns_names(const GENERAL_NAMES* names) {
  std::vector<std::string> result;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_DNS) continue;
    const std::string_view text = text_of(name->d.dNSName);
    if (text.find('\0') == std::string_view::npos) result.push_back(base::lower_case(text));
  }
  return result;
}

}  // namespace x509::openssl
