#include "x509/rsa_generator.h"

#include <set>

#include <gtest/gtest.h>

#include "x509/private_key.h"

namespace x509 {
namespace {

constexpr KeyParams kRsa{KeyAlgorithm::kRsa, 2048};

// OpenSSL tests the primes, and that all eight numbers belong together.
TEST(GenerateRsa, MakesKeysThatOpenSslAccepts) {
  for (const int bits : {2048, 3072}) {
    const auto key = openssl::generate_rsa(static_cast<unsigned>(bits));
    ASSERT_TRUE(key) << key.error().message;
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(key->get(), nullptr);

    EXPECT_EQ(EVP_PKEY_check(context), 1) << bits;
    EXPECT_EQ(EVP_PKEY_get_bits(key->get()), bits);
    EVP_PKEY_CTX_free(context);
  }
}

TEST(GenerateRsa, NeverMakesTheSameKeyTwice) {
  std::set<std::string> seen;
  for (int i = 0; i < 5; ++i) seen.insert(PrivateKey::generate(kRsa)->public_key_sha256());
  EXPECT_EQ(seen.size(), 5U);
}

}  // namespace
}  // namespace x509
