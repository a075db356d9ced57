#include "x509/certificate.h"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/x509/test_issuer.h"
#include "x509/pem.h"
#include "x509/whole_certificate.h"

namespace x509 {
namespace {

using test::Hierarchy;
using test::issue;
using test::Kind;
using test::new_key;
using testing::ElementsAre;
using testing::IsEmpty;

const Hierarchy& world() {
  static const Hierarchy made;
  return made;
}

std::string with_crlf(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return result;
}

TEST(Certificate, TellsWhatIsInIt) {
  const Certificate& leaf = world().leaf;

  EXPECT_EQ(leaf.common_name(), "shop.acme.test");
  EXPECT_THAT(leaf.dns_names(), ElementsAre("shop.acme.test", "www.shop.acme.test"));
  EXPECT_EQ(leaf.subject(), "CN=shop.acme.test");
  EXPECT_EQ(leaf.issuer(), "CN=Test Issuing CA");
  EXPECT_EQ(leaf.public_key_sha256(), world().leaf_key.public_key_sha256());
}

TEST(Certificate, NamesAreLowerCase) {
  const auto key = new_key();
  const auto made = issue({.dns_names = {"Shop.ACME.test"}}, key, key, std::nullopt);

  EXPECT_THAT(made.dns_names(), ElementsAre("shop.acme.test"));
}

TEST(Certificate, WithoutAlternativeNamesHasNone) {
  EXPECT_THAT(world().root.dns_names(), IsEmpty());
}

struct SerialCase {
  const char* name;
  const char* serial;
  const char* expected;
};
class Serial : public testing::TestWithParam<SerialCase> {};

TEST_P(Serial, IsPrintedAsTheCaPrintsIt) {
  const auto key = new_key();
  const auto made = issue({.serial_hex = GetParam().serial}, key, key, std::nullopt);

  EXPECT_EQ(made.serial_number(), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Certificate, Serial,
                         testing::Values(SerialCase{"LeadingZeroDigit", "0A1B2C", "0A1B2C"},
                                         SerialCase{"HighBit", "FF00", "FF00"},
                                         SerialCase{"One", "1", "01"},
                                         SerialCase{"Long", "0123456789ABCDEF0123456789ABCDEF",
                                                    "0123456789ABCDEF0123456789ABCDEF"}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Certificate, FingerprintsHaveTheirCaseAndLength) {
  const std::string der = pem_blocks(world().leaf.to_pem(), {"CERTIFICATE"})->front().der;

  EXPECT_EQ(world().leaf.sha256_fingerprint(), base::to_hex(openssl::sha256(der)));
  EXPECT_EQ(world().leaf.sha1_thumbprint().size(), 40U);
  EXPECT_EQ(world().leaf.sha1_thumbprint().find_first_of("abcdef"), std::string::npos);
}

TEST(Certificate, IsValidFromItsFirstToItsLastSecond) {
  using std::chrono::seconds;
  const Certificate& leaf = world().leaf;

  EXPECT_TRUE(leaf.is_valid_at(leaf.not_before()));
  EXPECT_TRUE(leaf.is_valid_at(leaf.not_after()));
  EXPECT_FALSE(leaf.is_valid_at(leaf.not_before() - seconds(1)));
  EXPECT_FALSE(leaf.is_valid_at(leaf.not_after() + seconds(1)));
}

TEST(Certificate, DatesAreThoseThatWereIssued) {
  const auto lifetime = world().leaf.not_after() - world().leaf.not_before();

  EXPECT_NEAR(std::chrono::duration<double>(lifetime).count(), 91 * 86'400.0, 2);
}

TEST(Certificate, KnowsCasAndSelfSignedOnes) {
  EXPECT_TRUE(world().root.is_ca());
  EXPECT_TRUE(world().root.is_self_signed());
  EXPECT_TRUE(world().intermediate.is_ca());
  EXPECT_FALSE(world().intermediate.is_self_signed());
  EXPECT_FALSE(world().leaf.is_ca());
  EXPECT_FALSE(world().leaf.is_self_signed());
}

// Reading the key costs more than all else; a certificate that verifies nothing needs none.
TEST(Certificate, ReadsTheKeyOfALeafOnlyWhenItIsAskedFor) {
  EXPECT_EQ(X509_get0_pubkey(world().leaf.handle()), nullptr);
  EXPECT_NE(X509_get0_pubkey(world().intermediate.handle()), nullptr);
  EXPECT_NE(X509_get0_pubkey(world().root.handle()), nullptr);
  const auto whole = with_key(world().leaf);
  ASSERT_NE(whole, nullptr);
  EXPECT_EQ(X509_check_private_key(whole.get(), world().leaf_key.handle()), 1);
  EXPECT_EQ(X509_cmp(whole.get(), world().leaf.handle()), 0);
}

TEST(Certificate, ASelfSignedLeafIsKnownAsSuch) {
  const auto key = new_key();
  const auto made = issue({}, key, key, std::nullopt);

  EXPECT_FALSE(made.is_ca());
  EXPECT_TRUE(made.is_self_signed());
  EXPECT_TRUE(made.is_signed_by(made));
}

TEST(Certificate, ALeafThatIsNamedAsIssuerVerifiesLikeAnyOther) {
  const auto key = new_key();
  const auto below = issue({}, key, world().leaf_key, world().leaf);

  EXPECT_TRUE(below.is_signed_by(world().leaf));
  EXPECT_FALSE(below.is_signed_by(world().intermediate));
}

TEST(Certificate, AClaimedIssuerMustAlsoHaveSigned) {
  const auto other_key = new_key();
  const auto impostor =
      issue({.common_name = "Test Issuing CA", .kind = Kind::kCa, .key_identifiers = false},
            other_key, other_key, std::nullopt);

  EXPECT_TRUE(world().leaf.names_as_issuer(world().intermediate));
  EXPECT_TRUE(world().leaf.is_signed_by(world().intermediate));
  EXPECT_TRUE(world().leaf.names_as_issuer(impostor));
  EXPECT_FALSE(world().leaf.is_signed_by(impostor));
  EXPECT_FALSE(world().leaf.names_as_issuer(world().root));
}

TEST(Certificate, AnotherKeyIdentifierIsAnotherIssuer) {
  const auto other_key = new_key();
  const auto namesake = issue({.common_name = "Test Issuing CA", .kind = Kind::kCa}, other_key,
                              other_key, std::nullopt);

  EXPECT_FALSE(world().leaf.names_as_issuer(namesake));
}

TEST(Certificate, PemHasLfAndReadsBack) {
  const std::string& pem = world().leaf.to_pem();

  EXPECT_EQ(pem.find('\r'), std::string::npos);
  EXPECT_TRUE(pem.ends_with("-----END CERTIFICATE-----\n"));
  EXPECT_EQ(*Certificate::parse(pem), world().leaf);
}

TEST(Bundle, KeepsItsOrderAndToleratesCrLfAndText) {
  const std::string text = "subject=shop\r\n" + with_crlf(world().leaf.to_pem()) +
                           "\r\nissuer\r\n" + with_crlf(world().root.to_pem()) + "the end";

  const auto all = Certificate::parse_all(text);

  ASSERT_TRUE(all) << all.error().message;
  EXPECT_THAT(*all, ElementsAre(world().leaf, world().root));
}

TEST(Bundle, SkipsBlocksOfOtherKinds) {
  const std::string text = std::string(world().leaf_key.to_pem().expose()) + world().leaf.to_pem();

  EXPECT_EQ(Certificate::parse_all(text)->size(), 1U);
}

TEST(Bundle, StopsAtTwentyCertificates) {
  std::string text;
  for (std::size_t i = 0; i < kCertificatesMax; ++i) text += world().leaf.to_pem();

  EXPECT_EQ(Certificate::parse_all(text)->size(), kCertificatesMax);
  EXPECT_FALSE(Certificate::parse_all(text + world().leaf.to_pem()));
}

TEST(Bundle, StopsAtItsLargestSize) {
  const std::string padding(kBundleBytesMax, ' ');

  EXPECT_FALSE(Certificate::parse_all(padding + world().leaf.to_pem()));
}

TEST(Bundle, WithoutACertificateIsInvalid) {
  const auto all = Certificate::parse_all("nothing here");

  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().code, base::Code::kInvalid);
}

TEST(Bundle, WithOneDamagedCertificateIsInvalid) {
  const std::string der = pem_blocks(world().leaf.to_pem(), {"CERTIFICATE"})->front().der;
  const std::string damaged = to_pem("CERTIFICATE", der.substr(0, der.size() - 1));

  EXPECT_FALSE(Certificate::parse_all(world().root.to_pem() + damaged));
}

TEST(Bundle, ACertificateFollowedByBytesIsInvalid) {
  const std::string der = pem_blocks(world().leaf.to_pem(), {"CERTIFICATE"})->front().der;

  EXPECT_FALSE(Certificate::parse(to_pem("CERTIFICATE", der + "x")));
}

}  // namespace
}  // namespace x509
