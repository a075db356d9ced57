#include "x509/public_key.h"

#include <functional>
#include <string>

#include <gtest/gtest.h>
#include <openssl/core_names.h>

#include "x509/private_key.h"

namespace x509::openssl {
namespace {

PkeyPtr p256() {
  return PkeyPtr(EVP_EC_gen("P-256"));
}

PkeyPtr with_param(const char* name, const char* value) {
  PkeyPtr key = p256();
  EXPECT_EQ(EVP_PKEY_set_utf8_string_param(key.get(), name, value), 1);
  return key;
}

struct KeyCase {
  const char* name;
  std::function<PkeyPtr()> make;
};
class PublicKeyOf : public testing::TestWithParam<KeyCase> {};

TEST_P(PublicKeyOf, IsReadAndCopied) {
  const PkeyPtr key = GetParam().make();
  const std::string der = der_of<EVP_PKEY>(i2d_PUBKEY, key.get());

  const PublicKeyPtr field = read_public_key(der);
  const PublicKeyPtr copy = read_public_key(der_of<EVP_PKEY>(i2d_PUBKEY, p256().get()));

  ASSERT_NE(field, nullptr);
  EXPECT_EQ(EVP_PKEY_eq(key_of(field.get()).get(), key.get()), 1);
  ASSERT_TRUE(copy_public_key(copy.get(), field.get()));
  EXPECT_EQ(der_of<X509_PUBKEY>(i2d_X509_PUBKEY, copy.get()), der);
}

INSTANTIATE_TEST_SUITE_P(
    PublicKey, PublicKeyOf,
    testing::Values(
        KeyCase{"P256", p256}, KeyCase{"P384", [] { return PkeyPtr(EVP_EC_gen("P-384")); }},
        KeyCase{"Rsa", [] { return PkeyPtr(EVP_RSA_gen(2048)); }},
        KeyCase{"Ed25519", [] { return PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); }},
        KeyCase{
            "CompressedPoint",
            [] { return with_param(OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"); }},
        KeyCase{"ExplicitCurve",
                [] { return with_param(OSSL_PKEY_PARAM_EC_ENCODING, "explicit"); }}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(PublicKey, IsNotLookedForBeforeItIsAskedFor) {
  const PublicKeyPtr field = read_public_key(der_of<EVP_PKEY>(i2d_PUBKEY, p256().get()));

  EXPECT_EQ(X509_PUBKEY_get0(field.get()), nullptr);
}

TEST(PublicKey, OffTheCurveIsNone) {
  std::string der = der_of<EVP_PKEY>(i2d_PUBKEY, p256().get());
  der.back() = static_cast<char>(der.back() ^ 1);

  EXPECT_EQ(key_of(read_public_key(der).get()), nullptr);
}

TEST(PublicKey, OfGarbageIsNone) {
  EXPECT_EQ(read_public_key("garbage"), nullptr);
  EXPECT_EQ(read_request("garbage"), nullptr);
}

}  // namespace
}  // namespace x509::openssl
