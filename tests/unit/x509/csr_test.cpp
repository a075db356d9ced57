#include "x509/csr.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "x509/pem.h"

namespace x509 {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const PrivateKey& key() {
  static const PrivateKey made = *PrivateKey::generate({});
  return made;
}

TEST(Csr, CarriesNamesAndKey) {
  const auto pem =
      make_csr(key(), {.common_name = "shop.acme.test", .dns_names = {"a.test", "*.b.test"}});
  ASSERT_TRUE(pem) << pem.error().message;

  const auto csr = Csr::parse(*pem);

  ASSERT_TRUE(csr) << csr.error().message;
  EXPECT_EQ(csr->common_name(), "shop.acme.test");
  EXPECT_THAT(csr->dns_names(), ElementsAre("a.test", "*.b.test"));
  EXPECT_EQ(csr->public_key_sha256(), key().public_key_sha256());
}

TEST(Csr, OfACommonNameAloneHasNoAlternativeNames) {
  const auto csr = Csr::parse(*make_csr(key(), {.common_name = "shop.acme.test"}));

  ASSERT_TRUE(csr);
  EXPECT_THAT(csr->dns_names(), IsEmpty());
}

TEST(Csr, OfDnsNamesAloneHasNoCommonName) {
  const auto csr = Csr::parse(*make_csr(key(), {.dns_names = {"a.test"}}));

  ASSERT_TRUE(csr);
  EXPECT_EQ(csr->common_name(), "");
}

struct KeyCase {
  const char* name;
  KeyParams params;
};
class CsrOf : public testing::TestWithParam<KeyCase> {};

TEST_P(CsrOf, EachKindOfKeyVerifies) {
  const auto made = *PrivateKey::generate(GetParam().params);

  const auto csr = Csr::parse(*make_csr(made, {.common_name = "a.test"}));

  ASSERT_TRUE(csr) << csr.error().message;
  EXPECT_EQ(csr->public_key_sha256(), made.public_key_sha256());
}

INSTANTIATE_TEST_SUITE_P(Csr, CsrOf,
                         testing::Values(KeyCase{"P384", {KeyAlgorithm::kEcdsa, 384}},
                                         KeyCase{"Rsa", {KeyAlgorithm::kRsa, 2048}}),
                         [](const auto& row) { return std::string(row.param.name); });

struct NameCase {
  const char* name;
  std::string dns_name;
};
class OddName : public testing::TestWithParam<NameCase> {};

TEST_P(OddName, NeverCreatesAnotherName) {
  const auto pem = make_csr(key(), {.common_name = "a.test", .dns_names = {GetParam().dns_name}});
  ASSERT_TRUE(pem) << pem.error().message;

  const auto csr = Csr::parse(*pem);

  ASSERT_TRUE(csr);
  EXPECT_THAT(csr->dns_names(), ElementsAre(GetParam().dns_name));
}

INSTANTIATE_TEST_SUITE_P(Csr, OddName,
                         testing::Values(NameCase{"Comma", "a.test,dns:evil.test"},
                                         NameCase{"Dns", "dns:evil.test"},
                                         NameCase{"Section", "@evil"},
                                         NameCase{"Email", "a.test,email:x@evil.test"},
                                         NameCase{"Critical", "critical,dns:evil.test"}),
                         [](const auto& row) { return std::string(row.param.name); });

struct RefusedCase {
  const char* name;
  CsrNames names;
};
class RefusedNames : public testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedNames, AreInvalid) {
  const auto pem = make_csr(key(), GetParam().names);

  ASSERT_FALSE(pem);
  EXPECT_EQ(pem.error().code, base::Code::kInvalid);
}

INSTANTIATE_TEST_SUITE_P(
    Csr, RefusedNames,
    testing::Values(RefusedCase{"None", {}},
                    RefusedCase{"LongCommonName", {.common_name = std::string(65, 'a')}},
                    RefusedCase{"EmptyDnsName", {.common_name = "a.test", .dns_names = {""}}},
                    RefusedCase{"LongDnsName", {.dns_names = {std::string(254, 'a')}}},
                    RefusedCase{"Nul", {.dns_names = {std::string("a.test\0.evil.test", 17)}}},
                    RefusedCase{"LineBreak", {.common_name = "a.test\nevil.test"}},
                    RefusedCase{"NotAscii",
                                {.dns_names = {"b\xc3\xbc"
                                               "cher.test"}}}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Csr, AllowsTheLongestCommonName) {
  EXPECT_TRUE(make_csr(key(), {.common_name = std::string(64, 'a')}));
}

TEST(Csr, IsReadWithCrLfAndOlderLabel) {
  std::string pem = *make_csr(key(), {.common_name = "a.test"});
  std::string changed = "Subject: a.test\r\n";
  for (const char c : pem) changed += c == '\n' ? std::string("\r\n") : std::string(1, c);
  for (const char* word : {"BEGIN ", "END "}) {
    changed.replace(changed.find(word), std::string(word).size(), std::string(word) + "NEW ");
  }

  EXPECT_TRUE(Csr::parse(changed));
}

TEST(Csr, WithAChangedByteIsNeverAccepted) {
  const std::string pem = *make_csr(key(), {.common_name = "shop.acme.test"});
  const std::string der = pem_blocks(pem, {"CERTIFICATE REQUEST"})->front().der;
  for (std::size_t at = 0; at < der.size(); ++at) {
    std::string changed = der;
    changed[at] = static_cast<char>(changed[at] ^ 0x01);
    ASSERT_FALSE(Csr::parse(to_pem("CERTIFICATE REQUEST", changed))) << "byte " << at;
  }
}

TEST(Csr, ThatSomeoneElseSignedIsCorrupt) {
  std::string der =
      pem_blocks(*make_csr(key(), {.common_name = "a.test"}), {"CERTIFICATE REQUEST"})->front().der;
  const auto at = der.find("a.test");
  der[at] = 'b';

  const auto csr = Csr::parse(to_pem("CERTIFICATE REQUEST", der));

  ASSERT_FALSE(csr);
  EXPECT_EQ(csr.error().code, base::Code::kCorrupt);
}

TEST(Csr, TextWithoutOneIsInvalid) {
  for (const std::string text : {"", "no PEM", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n"}) {
    const auto csr = Csr::parse(text);
    ASSERT_FALSE(csr);
    EXPECT_EQ(csr.error().code, base::Code::kInvalid);
  }
}

}  // namespace
}  // namespace x509
