#include "x509/keystore.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "support/keytool.h"
#include "unit/x509/test_issuer.h"
#include "x509/whole_certificate.h"

namespace x509 {
namespace {

using base::SecretString;
using test::Hierarchy;
using test::new_key;
using testing::HasSubstr;

const Hierarchy& world() {
  static const Hierarchy made;
  return made;
}

Chain chain() {
  return *build_chain({world().leaf, world().intermediate, world().root}, world().key_sha256());
}

const SecretString& password() {
  static const SecretString made(base::random_hex(16));
  return made;
}

SecretString keystore() {
  return *make_pkcs12(world().leaf_key, chain(), password());
}

TEST(Keystore, HoldsKeyLeafAndIntermediates) {
  EXPECT_TRUE(pkcs12_holds(keystore(), password(), world().leaf_key, chain()));
}

TEST(Keystore, OpensWithItsPasswordOnly) {
  EXPECT_FALSE(pkcs12_holds(keystore(), SecretString("wrong"), world().leaf_key, chain()));
}

TEST(Keystore, IsNotRightForAnotherKeyOrChain) {
  Chain without_intermediate = chain();
  without_intermediate.intermediates.clear();
  Chain other_leaf = chain();
  other_leaf.leaf = test::issue({.serial_hex = "0F"}, world().leaf_key, world().intermediate_key,
                                world().intermediate);

  EXPECT_FALSE(pkcs12_holds(keystore(), password(), new_key(), chain()));
  EXPECT_FALSE(pkcs12_holds(keystore(), password(), world().leaf_key, without_intermediate));
  EXPECT_FALSE(pkcs12_holds(keystore(), password(), world().leaf_key, other_leaf));
}

TEST(Keystore, DamagedOrForeignBytesAreNotRight) {
  std::string bytes(keystore().expose());
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x01);

  EXPECT_FALSE(pkcs12_holds(SecretString(bytes), password(), world().leaf_key, chain()));
  EXPECT_FALSE(pkcs12_holds(SecretString(""), password(), world().leaf_key, chain()));
  EXPECT_FALSE(pkcs12_holds(SecretString("x"), password(), world().leaf_key, chain()));
}

// A keystore as somebody else may have made it, who knows the password.
SecretString foreign(int rounds, int mac_rounds, int certificate_cipher = NID_aes_256_cbc) {
  const openssl::CertificateStackPtr extra(sk_X509_new_null());
  sk_X509_push(extra.get(), world().intermediate.handle());
  const std::string text(password().expose());
  const auto leaf = with_key(world().leaf);
  const openssl::Pkcs12Ptr made(PKCS12_create(text.c_str(), "x", world().leaf_key.handle(),
                                              leaf.get(), extra.get(), NID_aes_256_cbc,
                                              certificate_cipher, rounds, -1, 0));
  if (mac_rounds > 0) {
    PKCS12_set_mac(made.get(), text.c_str(), -1, nullptr, 0, mac_rounds, EVP_sha256());
  }
  return SecretString(openssl::der_of<PKCS12>(i2d_PKCS12, made.get()));
}

bool is_right(const SecretString& bytes) {
  return pkcs12_holds(bytes, password(), world().leaf_key, chain());
}

TEST(Keystore, OfOtherToolsIsRightTooWithinLimits) {
  EXPECT_TRUE(is_right(foreign(50'000, 50'000)));
}

TEST(Keystore, ThatWouldCostTooMuchIsNotOpened) {
  EXPECT_FALSE(is_right(foreign(50'000, 100'001))) << "rounds of the MAC";
  EXPECT_FALSE(is_right(foreign(100'001, 50'000))) << "rounds of the encryption";
  EXPECT_FALSE(is_right(foreign(50'000, 0))) << "without a MAC anybody may have written it";
  EXPECT_FALSE(is_right(foreign(50'000, 50'000, NID_pbe_WithSHA1And3_Key_TripleDES_CBC)));
}

TEST(Keystore, NeedsAUsablePassword) {
  EXPECT_FALSE(make_pkcs12(world().leaf_key, chain(), SecretString("")));
  EXPECT_FALSE(make_pkcs12(world().leaf_key, chain(), SecretString(std::string("a\0b", 3))));
}

TEST(Keystore, NeedsTheKeyOfTheLeaf) {
  const auto made = make_pkcs12(new_key(), chain(), password());

  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, base::Code::kInvalid);
}

// The algorithms as OpenSSL's own reader names them.
TEST(Keystore, UsesNoAlgorithmOfThePast) {
  const SecretString made = keystore();
  const auto* bytes = reinterpret_cast<const unsigned char*>(made.expose().data());
  const openssl::Pkcs12Ptr parsed(
      d2i_PKCS12(nullptr, &bytes, static_cast<long>(made.expose().size())));
  ASSERT_NE(parsed, nullptr);
  const X509_ALGOR* mac = nullptr;
  PKCS12_get0_mac(nullptr, &mac, nullptr, nullptr, parsed.get());
  const ASN1_OBJECT* digest = nullptr;
  X509_ALGOR_get0(&digest, nullptr, nullptr, mac);

  EXPECT_EQ(OBJ_obj2nid(digest), NID_sha256);
  const auto holds = [&](int nid) {
    const ASN1_OBJECT* object = OBJ_nid2obj(nid);
    const std::string_view oid(reinterpret_cast<const char*>(OBJ_get0_data(object)),
                               OBJ_length(object));
    return made.expose().find(oid) != std::string_view::npos;
  };
  EXPECT_TRUE(holds(NID_aes_256_cbc));
  EXPECT_TRUE(holds(NID_hmacWithSHA256));
  EXPECT_FALSE(holds(NID_pbe_WithSHA1And3_Key_TripleDES_CBC));
  EXPECT_FALSE(holds(NID_pbe_WithSHA1And40BitRC2_CBC));
}

TEST(Keystore, IsReadByJava) {
  REQUIRE_KEYTOOL();

  const auto listing = support::list_keystore(keystore().expose(), password().expose());

  EXPECT_EQ(listing.exit_code, 0) << listing.text;
  EXPECT_THAT(listing.text, HasSubstr("Entry type: PrivateKeyEntry"));
  EXPECT_THAT(listing.text, HasSubstr("Certificate chain length: 2"));
  EXPECT_THAT(listing.text, HasSubstr("Alias name: shop.acme.test"));
}

}  // namespace
}  // namespace x509
