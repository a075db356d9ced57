#include "plan/catalog.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plan {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Catalog catalog(const std::string& yaml) {
  const auto found = parse_manifests(yaml, "team.yaml");
  EXPECT_TRUE(found) << found.error().message;
  return make_catalog(*found, "home");
}

std::string request(const std::string& spec) {
  return "apiVersion: duplicert.io/v1beta1\nkind: DuplicateCertificateRequest\n"
         "metadata: {name: shop}\nspec:\n  profileRef: {name: basic}\n" +
         spec;
}

std::string only_fault(const Catalog& made) {
  EXPECT_EQ(made.faults.size(), 1U);
  return made.faults.empty() ? "" : text_of(made.faults.front());
}

constexpr const char* kGood = "  secretName: shop-tls\n  commonName: shop.example.com\n";

TEST(MakeCatalog, PutsObjectsWithoutANamespaceIntoTheGivenOne) {
  const Catalog made = catalog(request(kGood));

  EXPECT_THAT(made.faults, IsEmpty());
  ASSERT_TRUE(made.requests.contains("home/shop"));
  EXPECT_EQ(made.requests.at("home/shop").place, "team.yaml");
}

TEST(MakeCatalog, TellsPlaceObjectFieldValueAndFix) {
  EXPECT_EQ(
      only_fault(catalog(request("  secretName: shop-tls\n  commonName: Shop.example.com\n"))),
      "team.yaml: DuplicateCertificateRequest home/shop: spec.commonName: 'Shop.example.com' "
      "is not a DNS name of a certificate: write lower-case letters, digits and hyphens "
      "without a trailing dot, for example shop.example.com or *.example.com; write other "
      "scripts as A-labels (xn--...)");
}

TEST(MakeCatalog, FindsFieldsThatDoNotExist) {
  EXPECT_THAT(only_fault(catalog(request(std::string(kGood) + "  dnsName: [a.example.com]\n"))),
              AllOf(HasSubstr("spec.dnsName: there is no such field"), HasSubstr("dnsNames")));
}

TEST(MakeCatalog, FindsWrongTypesValuesAndMissingFields) {
  EXPECT_THAT(only_fault(catalog(request("  commonName: a.example.com\n"))),
              HasSubstr("spec.secretName: is required"));
  EXPECT_THAT(only_fault(catalog(request(std::string(kGood) + "  suspend: maybe\n"))),
              HasSubstr("spec.suspend: expected boolean, got string 'maybe'"));
  EXPECT_THAT(only_fault(catalog(request(std::string(kGood) + "  action: Buy\n"))),
              HasSubstr("spec.action: 'Buy' is not one of RequestCertificate"));
  EXPECT_THAT(only_fault(catalog(request(std::string(kGood) + "  orderID: -1\n"))),
              HasSubstr("spec.orderID: -1 is too small"));
  EXPECT_THAT(only_fault(catalog(request(std::string(kGood) + "  renewal: {before: 9000d}\n"))),
              HasSubstr("spec.renewal.before: 9000d is out of range"));
  EXPECT_THAT(
      only_fault(catalog(request(std::string(kGood) +
                                 "  dnsNames: [a.example.com, b.example.com, a.example.com]\n"))),
      HasSubstr("spec.dnsNames[2]: 'a.example.com' is there twice"));
}

TEST(MakeCatalog, FindsTheSameObjectTwiceAndVersionsThatAreNotServed) {
  EXPECT_THAT(only_fault(catalog(request(kGood) + "---\n" + request(kGood))),
              AllOf(HasSubstr("document 2"), HasSubstr("the same object is there twice")));
  EXPECT_THAT(only_fault(catalog("apiVersion: duplicert.io/v9\nkind: AutomationProfile\n"
                                 "metadata: {name: a}\n")),
              HasSubstr("'duplicert.io/v9' is not served: write duplicert.io/v1beta1"));
  EXPECT_THAT(only_fault(catalog("apiVersion: duplicert.io/v1beta1\nkind: CertificateOrder\n"
                                 "metadata: {name: a}\n")),
              HasSubstr("the controller alone writes it"));
}

TEST(MakeCatalog, ReadsSecretsAsTheApiServerWouldShowThem) {
  const Catalog made = catalog(
      "apiVersion: v1\nkind: Secret\nmetadata: {name: key, namespace: a}\n"
      "data: {x: eA==}\nstringData: {api-key: secret}\n");

  EXPECT_EQ(made.secrets.at("a/key")["data"], json({{"x", "eA=="}, {"api-key", "c2VjcmV0"}}));
  EXPECT_FALSE(made.secrets.at("a/key").contains("stringData"));
}

TEST(MakeCatalog, CountsWhatDoesNotConcernIt) {
  const Catalog made = catalog("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n");

  EXPECT_EQ(made.others, 1);
  EXPECT_THAT(made.faults, IsEmpty());
}

TEST(MakeCatalog, FindsNothingWrongWithTheExamples) {
  std::istringstream none;
  const auto found = read_manifests({DUPLICERT_SOURCE_DIR "/examples"}, none);
  ASSERT_TRUE(found) << found.error().message;

  const Catalog made = make_catalog(*found, "team-a");

  for (const Fault& fault : made.faults) {
    if (fault.message.find("twice") == std::string::npos) ADD_FAILURE() << text_of(fault);
  }
  EXPECT_GE(made.requests.size(), 6U);
}

}  // namespace
}  // namespace plan
