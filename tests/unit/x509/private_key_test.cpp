#include "x509/private_key.h"

#include <string>

#include <gtest/gtest.h>
#include <openssl/pem.h>

#include "x509/openssl_ptr.h"

namespace x509 {
namespace {

std::string text_of(BIO* writer) {
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(writer, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::string traditional_pem(const PrivateKey& key) {
  const openssl::BioPtr writer(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey_traditional(writer.get(), key.handle(), nullptr, nullptr, 0, nullptr,
                                       nullptr);
  return text_of(writer.get());
}

std::string encrypted_pem(const PrivateKey& key) {
  const openssl::BioPtr writer(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(writer.get(), key.handle(), EVP_aes_256_cbc(), "pass", 4, nullptr,
                                nullptr);
  return text_of(writer.get());
}

std::string pem_of(const openssl::PkeyPtr& key) {
  const openssl::BioPtr writer(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(writer.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(writer.get());
}

// P-256 is written by hand; a number with leading zeros comes up once in 256 keys.
TEST(PrivateKey, IsWrittenByteForByteAsByOpenssl) {
  for (int i = 0; i < 600; ++i) {
    openssl::PkeyPtr key(EVP_EC_gen("P-256"));
    const std::string expected = pem_of(key);

    ASSERT_EQ(PrivateKey::parse(expected)->to_pem().expose(), expected);
  }
}

struct ParamsCase {
  const char* name;
  KeyParams params;
};

class EachKind : public testing::TestWithParam<ParamsCase> {};

TEST_P(EachKind, SurvivesWritingAndReading) {
  const auto made = PrivateKey::generate(GetParam().params);
  ASSERT_TRUE(made) << made.error().message;

  const auto read = PrivateKey::parse(made->to_pem().expose());

  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->public_key_sha256(), made->public_key_sha256());
  EXPECT_EQ(read->params(), GetParam().params);
}

TEST_P(EachKind, IsReadInItsTraditionalForm) {
  const auto made = PrivateKey::generate(GetParam().params);
  ASSERT_TRUE(made);

  const auto read = PrivateKey::parse(traditional_pem(*made));

  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->public_key_sha256(), made->public_key_sha256());
}

INSTANTIATE_TEST_SUITE_P(PrivateKey, EachKind,
                         testing::Values(ParamsCase{"EcdsaP256", {KeyAlgorithm::kEcdsa, 256}},
                                         ParamsCase{"EcdsaP384", {KeyAlgorithm::kEcdsa, 384}},
                                         ParamsCase{"Rsa2048", {KeyAlgorithm::kRsa, 2048}}),
                         [](const auto& row) { return std::string(row.param.name); });

class WrongParams : public testing::TestWithParam<ParamsCase> {};

TEST_P(WrongParams, AreRefused) {
  const auto made = PrivateKey::generate(GetParam().params);

  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, base::Code::kInvalid);
}

INSTANTIATE_TEST_SUITE_P(PrivateKey, WrongParams,
                         testing::Values(ParamsCase{"EcdsaP521", {KeyAlgorithm::kEcdsa, 521}},
                                         ParamsCase{"Rsa1024", {KeyAlgorithm::kRsa, 1024}},
                                         ParamsCase{"RsaNone", {KeyAlgorithm::kRsa, 0}},
                                         ParamsCase{"Other", {KeyAlgorithm::kOther, 256}}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(PrivateKey, IsWrittenAsPkcs8WithLf) {
  const std::string pem(PrivateKey::generate({})->to_pem().expose());

  EXPECT_TRUE(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
  EXPECT_TRUE(pem.ends_with("-----END PRIVATE KEY-----\n"));
  EXPECT_EQ(pem.find('\r'), std::string::npos);
}

TEST(PrivateKey, IsNewEachTime) {
  EXPECT_NE(PrivateKey::generate({})->public_key_sha256(),
            PrivateKey::generate({})->public_key_sha256());
}

TEST(PrivateKey, MarkIsLowerHexOfThePublicKeyInfo) {
  const auto key = *PrivateKey::generate({});
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key.handle(), &der);
  const std::string expected =
      base::to_hex(openssl::sha256({reinterpret_cast<char*>(der), static_cast<std::size_t>(size)}));
  OPENSSL_free(der);

  EXPECT_EQ(key.public_key_sha256(), expected);
  EXPECT_EQ(key.public_key_sha256().size(), 64U);
}

TEST(PrivateKey, IsReadBehindEcParameters) {
  const auto key = *PrivateKey::generate({});
  // The named curve prime256v1, as `openssl ecparam -genkey` writes it before the key.
  const std::string pem =
      "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" +
      traditional_pem(key);

  const auto read = PrivateKey::parse(pem);

  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->public_key_sha256(), key.public_key_sha256());
}

TEST(PrivateKey, IsReadWithCrLf) {
  const std::string pem(PrivateKey::generate({})->to_pem().expose());
  std::string changed;
  for (const char c : pem) changed += c == '\n' ? std::string("\r\n") : std::string(1, c);

  EXPECT_TRUE(PrivateKey::parse(changed));
}

TEST(PrivateKey, KnowsKeysThatItDoesNotMake) {
  const openssl::PkeyPtr ed25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));

  const auto read = PrivateKey::parse(pem_of(ed25519));

  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->params().algorithm, KeyAlgorithm::kOther);
}

TEST(PrivateKey, CannotBeAKeyThatDoesNotSign) {
  const openssl::PkeyPtr x25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"));

  EXPECT_FALSE(PrivateKey::parse(pem_of(x25519)));
}

TEST(PrivateKey, RefusesEncryptedKeysWithoutAsking) {
  const auto read = PrivateKey::parse(encrypted_pem(*PrivateKey::generate({})));

  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, base::Code::kInvalid);
  EXPECT_NE(read.error().message.find("encrypted"), std::string::npos);
}

TEST(PrivateKey, RefusesHalvesThatDoNotFit) {
  // Two SEC1 keys of equal shape; the public half of the one is put behind the scalar of the other.
  auto der_of = [](const PrivateKey& key) {
    return openssl::der_of<EVP_PKEY>(i2d_PrivateKey, key.handle());
  };
  std::string der = der_of(*PrivateKey::generate({}));
  const std::string other = der_of(*PrivateKey::generate({}));
  ASSERT_EQ(der.size(), other.size());
  der.replace(der.size() - 64, 64, other, other.size() - 64, 64);
  const std::string pem = "-----BEGIN EC PRIVATE KEY-----\n" + base::to_base64(der) +
                          "\n-----END EC PRIVATE KEY-----\n";

  const auto read = PrivateKey::parse(pem);

  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, base::Code::kInvalid);
}

TEST(PrivateKey, EveryTruncatedKeyIsRefused) {
  const std::string pem(PrivateKey::generate({})->to_pem().expose());
  for (std::size_t size = 0; size + 2 < pem.size(); ++size) {
    ASSERT_FALSE(PrivateKey::parse(pem.substr(0, size))) << size;
  }
}

TEST(PrivateKey, ErrorsNeverRepeatTheInput) {
  const std::string pem = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";

  const auto read = PrivateKey::parse(pem);

  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message.find("c2Vj"), std::string::npos);
}

TEST(PrivateKey, RefusesEndlessInput) {
  EXPECT_FALSE(PrivateKey::parse(std::string(std::size_t{65} << 10U, 'A')));
}

}  // namespace
}  // namespace x509
