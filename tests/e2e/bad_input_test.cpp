// Bad input: each ends in a condition that names the field, the value and the fix, costs no call
// that cannot succeed, and recovers by itself once it is corrected.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/e2e_world.h"

namespace {

using nlohmann::json;
using support::E2eTest;
using testing::AllOf;
using testing::HasSubstr;

class BadInput : public E2eTest {
 protected:
  // The message of the profile's condition once it has this status.
  std::string wait_profile(const std::string& type, const std::string& status,
                           const std::string& name = "basic") {
    json found;
    const bool ok = support::eventually([&] {
      found = condition(get("aprofile", name), type);
      return found.is_object() && found["status"] == status;
    });
    EXPECT_TRUE(ok) << get("aprofile", name).dump(1);
    return found.is_object() ? found.value("message", "") : "";
  }

  std::size_t duplicates() { return ca().count("duplicate_create"); }
};

TEST_F(BadInput, AWrongApiKeyIsRefusedOnceAndRecoversWithTheRightOne) {
  start_simulator();
  create_api_key("wrong-key");
  apply_profile();
  start_operator();
  apply_request({});

  const std::string message = wait_reason("CredentialsRejected");
  EXPECT_THAT(message, AllOf(HasSubstr("apiKeySecretRef"), HasSubstr("certcentral")));
  EXPECT_THAT(message, testing::Not(HasSubstr("wrong-key")));
  wait_profile("Ready", "False");
  EXPECT_EQ(ca().journal().size(), 1U) << "nothing more is sent with a refused key";

  create_api_key();
  wait_ready();
}

TEST_F(BadInput, AMissingCredentialSecretIsNamedAndRecoversWhenItComes) {
  start_simulator();
  apply_profile();
  start_operator();
  apply_request({});

  EXPECT_THAT(wait_reason("CredentialsRejected"),
              AllOf(HasSubstr("no Secret certcentral"), HasSubstr("kubectl create secret")));
  EXPECT_TRUE(ca().journal().empty());

  create_api_key();
  wait_ready();
}

TEST_F(BadInput, ACredentialSecretWithoutTheKeyNamesTheKey) {
  start_simulator();
  cluster().kubectl(
      {"create", "secret", "generic", "certcentral", "-n", home(), "--from-literal=other=value"});
  apply_profile();
  start_operator();

  EXPECT_THAT(wait_profile("Ready", "False"), HasSubstr("no data under the key api-key"));
}

TEST_F(BadInput, AnUntrustedCaIsNotSpokenTo) {
  start_simulator();
  create_api_key();
  apply_profile({.ca_bundle_pem = ""});
  start_operator();
  apply_request({});

  EXPECT_THAT(wait_profile("AccountReachable", "False"), HasSubstr("account.caBundle"));
  EXPECT_THAT(wait_reason("CAUnavailable"), HasSubstr("account.url"));
  EXPECT_TRUE(ca().journal().empty());
}

TEST_F(BadInput, AnUnreachableCaIsNamed) {
  start_simulator();
  create_api_key();
  apply_profile({.url = "https://127.0.0.1:1/services/v2"});
  start_operator({"--allowed-ca-hosts", "127.0.0.1:1"});
  apply_request({});

  EXPECT_THAT(wait_reason("CAUnavailable"), HasSubstr("https://127.0.0.1:1/services/v2"));
}

TEST_F(BadInput, AHostThatIsNotAllowedGetsNoCall) {
  start_simulator();
  create_api_key();
  apply_profile({.url = "https://ca.invalid/services/v2"});
  start_operator();
  apply_request({});

  EXPECT_THAT(wait_profile("Ready", "False"), HasSubstr("ca.invalid"));
  EXPECT_THAT(wait_reason("ProfileNotReady"), HasSubstr("ca.invalid"));
  EXPECT_TRUE(ca().journal().empty());
}

TEST_F(BadInput, AnUnknownProductIsNamed) {
  start_simulator();
  create_api_key();
  apply_profile({.product = "ssl_unknown"});
  start_operator();
  apply_request({});

  EXPECT_THAT(wait_profile("ProductAvailable", "False"), HasSubstr("ssl_unknown"));
  EXPECT_THAT(wait_reason("ProfileNotReady"), HasSubstr("spec.product ssl_unknown"));
}

TEST_F(BadInput, AnUnknownOrganizationIsNamed) {
  start_simulator();
  create_api_key();
  apply_profile({.organization = "id: 999"});
  apply_profile({.name = "named", .organization = "name: Nobody Ltd"});
  start_operator();

  EXPECT_THAT(wait_profile("OrganizationActive", "False"), HasSubstr("organization.id 999"));
  EXPECT_THAT(wait_profile("OrganizationActive", "False", "named"),
              AllOf(HasSubstr("Nobody Ltd"), HasSubstr("organization.id")));
}

TEST_F(BadInput, AProductWithoutDuplicatesIsToldWithoutASubmission) {
  start_simulator();
  create_api_key();
  apply_profile({.product = "ssl_dv_geotrust"});
  start_operator();
  apply_request({});

  wait_profile("DuplicatesEnabled", "False");
  EXPECT_THAT(wait_reason("DuplicatesNotAllowed"), HasSubstr("ssl_dv_geotrust"));
  EXPECT_EQ(duplicates(), 0U);
}

TEST_F(BadInput, NamesThatMatchNothingShowWhatWasLookedFor) {
  start_all();
  apply_request({.spec = "  commonName: nothing.example.com\n"});

  EXPECT_THAT(wait_reason("NoMatchingOrder"), HasSubstr("nothing.example.com"));
  EXPECT_EQ(duplicates(), 0U);
}

TEST_F(BadInput, AnExtraNameOnAnOrdinaryProductIsRefusedHere) {
  start_all();
  apply_request({.spec = "  commonName: shop.example.com\n"
                         "  dnsNames: [shop.example.com, api.example.com]\n"});

  EXPECT_THAT(wait_reason("ExtraSANsNotAllowed"),
              AllOf(HasSubstr("api.example.com"), HasSubstr("order 12345")));
  EXPECT_EQ(duplicates(), 0U);
}

TEST_F(BadInput, AnOrderThatDoesNotAllowDuplicatesIsNamed) {
  start_all();
  apply_request({.spec = "  commonName: locked.example.com\n"});

  EXPECT_THAT(wait_reason("DuplicatesNotAllowed"), HasSubstr("order 12360"));
  EXPECT_EQ(duplicates(), 0U);
}

TEST_F(BadInput, AnOrderIdThatCannotBeDuplicatedTellsWhy) {
  start_all();
  apply_request({.name = "expired", .spec = "  orderID: 12340\n"});
  apply_request({.name = "foreign", .spec = "  orderID: 12350\n"});
  apply_request({.name = "absent", .spec = "  orderID: 4711\n"});

  EXPECT_THAT(wait_reason("OrderNotEligible", "expired"),
              AllOf(HasSubstr("12340"), HasSubstr("expired")));
  EXPECT_THAT(wait_reason("OrderNotEligible", "foreign"), HasSubstr("organization"));
  EXPECT_THAT(wait_reason("NoMatchingOrder", "absent"), HasSubstr("4711"));
  EXPECT_EQ(duplicates(), 0U);
}

TEST_F(BadInput, ANameOutsideTheConstraintsCostsNoCallForAnOrder) {
  start_all();
  wait_profile("Ready", "True");
  apply_request({.spec = "  commonName: shop.example.org\n"});

  EXPECT_THAT(wait_reason("NameNotAllowed"),
              AllOf(HasSubstr("shop.example.org"), HasSubstr("nameConstraints")));
  EXPECT_EQ(ca().count("order_list"), 0U);
}

TEST_F(BadInput, ASecretOfSomebodyElseIsNeverTouched) {
  start_all();
  cluster().kubectl(
      {"create", "secret", "generic", "shop-tls", "-n", home(), "--from-literal=precious=yes"});
  const std::string before = get("secret", "shop-tls")["metadata"]["resourceVersion"];
  apply_request({});

  EXPECT_THAT(wait_reason("SecretConflict"), HasSubstr("shop-tls"));
  EXPECT_EQ(get("secret", "shop-tls")["metadata"]["resourceVersion"], before);
  EXPECT_EQ(duplicates(), 0U);
}

TEST_F(BadInput, TheYoungerOfTwoRequestsForOneSecretWaits) {
  start_all();
  apply_request({.name = "a-older", .secret = "shared"});
  wait_ready("a-older");
  const auto before = leaf("shared").serial_number();
  apply_request({.name = "younger", .secret = "shared"});

  EXPECT_THAT(wait_reason("SecretConflict", "younger"), HasSubstr("a-older"));
  EXPECT_EQ(leaf("shared").serial_number(), before);

  cluster().kubectl({"delete", "dcr", "a-older", "-n", home(), "--wait"});
  wait_ready("younger");
}

TEST_F(BadInput, AMissingProfileIsNamedAndRecoversWhenItComes) {
  start_simulator();
  create_api_key();
  start_operator();
  apply_request({});

  EXPECT_THAT(wait_reason("ProfileNotFound"), HasSubstr(home() + "/basic"));

  apply_profile();
  wait_ready();
}

TEST_F(BadInput, ANamespaceWithoutConsentGetsNothing) {
  start_simulator();
  create_api_key();
  apply_profile();
  start_operator();
  apply(
      "apiVersion: duplicert.io/v1beta1\nkind: AutomationProfile\n"
      "metadata: {name: private, namespace: " +
      home() +
      "}\nspec:\n"
      "  account: {apiKeySecretRef: {name: certcentral}, url: '" +
      ca().base_url() +
      "'}\n"
      "  product: ssl_basic\n  organization: {id: 550011}\n");
  apply_request({.namespace_ = other(), .profile = "private", .profile_namespace = home()});

  EXPECT_THAT(wait_reason("NamespaceNotAllowed", "shop", other()),
              AllOf(HasSubstr("private"), HasSubstr("allowedNamespaces")));
  EXPECT_EQ(duplicates(), 0U);
}

TEST_F(BadInput, AKubeconfigThatDoesNotParseEndsWithOneSentence) {
  const auto broken = dir() / "kubeconfig";
  support::run({.argv = {"sh", "-c", "printf 'a: [b' > " + broken.string()}});

  const auto result =
      support::run({.argv = {support::operator_binary(), "run", "--kubeconfig", broken.string()}});

  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr(broken.string()));
}

}  // namespace
