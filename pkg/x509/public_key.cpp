#include "x509/public_key.h"

#include <openssl/core_names.h>
#include <openssl/provider.h>

namespace x509::openssl {
namespace {

using PkeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;

constexpr std::size_t kP256PointSize = 65;  // uncompressed; RFC 5480, section 2.2

template <class T>
T* read(std::string_view der, const ASN1_ITEM* kind) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  return reinterpret_cast<T*>(ASN1_item_d2i_ex(nullptr, &bytes, static_cast<long>(der.size()), kind,
                                               without_algorithms(), nullptr));
}

// What X509_PUBKEY holds, still owned by it.
struct Parts {
  ASN1_OBJECT* kind = nullptr;
  X509_ALGOR* algorithm = nullptr;
  std::string_view bits{};
};

Parts parts_of(const X509_PUBKEY* field) {
  Parts parts;
  const unsigned char* bytes = nullptr;
  int size = 0;
  X509_PUBKEY_get0_param(&parts.kind, &bytes, &size, &parts.algorithm, field);
  parts.bits = {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
  return parts;
}

// The point of a P-256 key that names its curve, uncompressed; empty: another kind of key.
std::string_view p256_point(const X509_PUBKEY* field) {
  const Parts parts = parts_of(field);
  int type = 0;
  const void* curve = nullptr;
  X509_ALGOR_get0(nullptr, &type, &curve, parts.algorithm);
  const bool usual = OBJ_obj2nid(parts.kind) == NID_X9_62_id_ecPublicKey && type == V_ASN1_OBJECT &&
                     OBJ_obj2nid(static_cast<const ASN1_OBJECT*>(curve)) == NID_X9_62_prime256v1 &&
                     parts.bits.size() == kP256PointSize && parts.bits[0] == 4;  // uncompressed
  return usual ? parts.bits : std::string_view();
}

// Null: the point is not on the curve.
PkeyPtr p256_key(std::string_view point) {
  std::string curve = SN_X9_62_prime256v1;
  std::string bytes(point);
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve.data(), curve.size()),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, bytes.data(), bytes.size()),
      OSSL_PARAM_construct_end()};
  const PkeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
  const int done = EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params);
  PkeyPtr made(key);
  return done == 1 ? std::move(made) : nullptr;
}

}  // namespace

OSSL_LIB_CTX* without_algorithms() {
  static OSSL_LIB_CTX* const instance = [] {
    OSSL_LIB_CTX* made = OSSL_LIB_CTX_new();
    if (made != nullptr) OSSL_PROVIDER_load(made, "null");
    return made;
  }();
  return instance;
}

RequestPtr read_request(std::string_view der) {
  return RequestPtr(read<X509_REQ>(der, ASN1_ITEM_rptr(X509_REQ)));
}

PublicKeyPtr read_public_key(std::string_view der) {
  return PublicKeyPtr(read<X509_PUBKEY>(der, ASN1_ITEM_rptr(X509_PUBKEY)));
}

PkeyPtr key_of(const X509_PUBKEY* field) {
  if (const auto point = p256_point(field); !point.empty()) return p256_key(point);
  const std::string der = der_of<X509_PUBKEY>(i2d_X509_PUBKEY, field);
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  return PkeyPtr(d2i_PUBKEY(nullptr, &bytes, static_cast<long>(der.size())));
}

bool copy_public_key(X509_PUBKEY* to, const X509_PUBKEY* from) {
  const Parts parts = parts_of(from);
  auto* bits = static_cast<unsigned char*>(OPENSSL_memdup(parts.bits.data(), parts.bits.size()));
  return bits != nullptr &&
         X509_PUBKEY_set0_param(to, OBJ_dup(parts.kind), V_ASN1_UNDEF, nullptr, bits,
                                static_cast<int>(parts.bits.size())) == 1 &&
         X509_ALGOR_copy(parts_of(to).algorithm, parts.algorithm) == 1;
}

}  // namespace x509::openssl
