#include "x509/parse_memo.h"

#include <gtest/gtest.h>

#include "unit/x509/test_issuer.h"
#include "x509/csr.h"
#include "x509/openssl_ptr.h"

namespace x509 {
namespace {

class ParseMemoTest : public testing::Test {
 protected:
  std::string chain_pem() const {
    return made_.leaf.to_pem() + made_.intermediate.to_pem() + made_.root.to_pem();
  }

  const test::Hierarchy made_{};
  const std::shared_ptr<KnownIssuers> issuers_ = std::make_shared<KnownIssuers>();
  ParseMemo memo_{issuers_};
};

TEST_F(ParseMemoTest, GivesTheSameParsedKeyForTheSameText) {
  const base::SecretString pem = made_.leaf_key.to_pem();

  const auto first = memo_.private_key(pem.expose());
  const auto second = memo_.private_key(pem.expose());

  ASSERT_TRUE(first);
  EXPECT_EQ(first->public_key_sha256(), made_.key_sha256());
  EXPECT_EQ(first->handle(), second->handle());
}

TEST_F(ParseMemoTest, NeverTakesOneTextForAnother) {
  const PrivateKey other = *PrivateKey::generate({});
  ASSERT_TRUE(memo_.private_key(made_.leaf_key.to_pem().expose()));

  EXPECT_EQ(memo_.private_key(other.to_pem().expose())->public_key_sha256(),
            other.public_key_sha256());
  EXPECT_FALSE(memo_.private_key("no key"));
  EXPECT_FALSE(memo_.private_key("no key")) << "what does not parse is not remembered as parsed";
}

TEST_F(ParseMemoTest, DoesNotReadWhatWasJustMade) {
  const base::SecretString pem = made_.leaf_key.to_pem();
  const std::string csr = *make_csr(made_.leaf_key, {.common_name = "shop.acme.test"});

  memo_.made(made_.leaf_key, pem.expose(), csr);

  EXPECT_EQ(memo_.private_key(pem.expose())->handle(), made_.leaf_key.handle());
  EXPECT_EQ(memo_.csr_key(csr), made_.key_sha256());
}

TEST_F(ParseMemoTest, KnowsTheTextOfAChainWhoseCertificatesCameInAnother) {
  const auto sent = *memo_.certificates(chain_pem());
  const Chain chain = *build_chain(sent, made_.key_sha256());
  memo_.made(chain);

  const auto again = memo_.certificates(chain.tls_crt());

  ASSERT_TRUE(again);
  ASSERT_EQ(again->size(), 2U);
  EXPECT_EQ((*again)[0].handle(), sent[0].handle()) << "the leaf is not read again";
  EXPECT_EQ((*again)[1].handle(), sent[1].handle());
}

TEST_F(ParseMemoTest, BuildsTheChainOfATextOnceForEachKey) {
  const auto chain = memo_.chain(chain_pem(), made_.key_sha256());

  ASSERT_TRUE(chain);
  EXPECT_EQ(chain->leaf, made_.leaf);
  EXPECT_EQ(memo_.chain(chain_pem(), made_.key_sha256())->tls_crt(), chain->tls_crt());
  EXPECT_FALSE(memo_.chain(chain_pem(), "another key"));
  EXPECT_FALSE(memo_.chain("no certificate", made_.key_sha256()));
}

TEST_F(ParseMemoTest, TellsTheKeyOfACsr) {
  const std::string csr = *make_csr(made_.leaf_key, {.common_name = "shop.acme.test"});

  EXPECT_EQ(memo_.csr_key(csr), made_.key_sha256());
  EXPECT_FALSE(memo_.csr_key(csr.substr(0, csr.size() / 2)));
}

TEST_F(ParseMemoTest, SharesIssuersButNeverLeavesBetweenItems) {
  const auto here = memo_.certificates(chain_pem());
  const auto there = ParseMemo(issuers_).certificates(chain_pem());

  ASSERT_TRUE(here);
  ASSERT_TRUE(there);
  EXPECT_NE((*here)[0].handle(), (*there)[0].handle());
  EXPECT_EQ((*here)[1].handle(), (*there)[1].handle());
  EXPECT_EQ((*here)[2].handle(), (*there)[2].handle());
}

TEST(KnownIssuers, ForgetsAllBeforeItGrowsBeyondItsBound) {
  const test::Hierarchy made;
  KnownIssuers known;
  for (int i = 0; i < 65; ++i) known.put("der-" + std::to_string(i), made.root);

  EXPECT_FALSE(known.find("der-0"));
  EXPECT_TRUE(known.find("der-64"));
}

TEST(PublicKeySha256, IsThatOfTheEncodingWhateverTheKind) {
  for (const KeyParams& params :
       {KeyParams{}, KeyParams{KeyAlgorithm::kEcdsa, 384}, KeyParams{KeyAlgorithm::kRsa, 2048}}) {
    const PrivateKey key = *PrivateKey::generate(params);
    const std::string der = openssl::der_of<EVP_PKEY>(i2d_PUBKEY, key.handle());

    EXPECT_EQ(key.public_key_sha256(), base::to_hex(openssl::sha256(der))) << to_text(params);
  }
}

TEST(PublicKeySha256, IsThatOfTheEncodingForACompressedPoint) {
  const PrivateKey key = *PrivateKey::generate({});
  EVP_PKEY_set_utf8_string_param(key.handle(), "point-format", "compressed");
  const std::string der = openssl::der_of<EVP_PKEY>(i2d_PUBKEY, key.handle());
  ASSERT_LT(der.size(), 91U) << "this key is to be written compressed";

  EXPECT_EQ(openssl::public_key_sha256(key.handle()), base::to_hex(openssl::sha256(der)));
}

}  // namespace
}  // namespace x509
