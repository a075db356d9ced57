// Whose Secret it is: re-creation, restore, two requests for one Secret, edits of its marks, and
// somebody else who takes it over. No valid pair is lost, and nothing is issued that is not needed.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "support/e2e_world.h"
#include "x509/private_key.h"

namespace {

using nlohmann::json;
using support::E2eTest;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kNames = "  commonName: shop.example.com\n";

class OwnershipOfSecrets : public E2eTest {
 protected:
  json metadata(const std::string& secret = "shop-tls") {
    return get("secret", secret)["metadata"];
  }
  std::string label(const std::string& name) {
    return metadata().value(json::json_pointer("/labels"), json::object()).value(name, "");
  }
  std::string annotation(const std::string& name) {
    return metadata().value(json::json_pointer("/annotations"), json::object()).value(name, "");
  }
  bool is_owned() { return metadata().contains("ownerReferences"); }
  std::size_t duplicates() { return ca().count("duplicate_create"); }
  void delete_request(const std::string& name = "shop") {
    cluster().kubectl({"delete", "dcr", name, "-n", home(), "--wait"});
  }
};

TEST_F(OwnershipOfSecrets, AnotherRequestTakesOverWhatADeletedOneLeftBehind) {
  start_all();
  apply_request({.name = "before", .secret = "shop-tls"});
  wait_ready("before");
  delete_request("before");
  const std::string crt = secret_data("shop-tls", "tls.crt");

  apply_request({});
  wait_ready();

  EXPECT_TRUE(support::eventually([&] { return label("duplicert.io/request") == "shop"; }));
  EXPECT_EQ(secret_data("shop-tls", "tls.crt"), crt) << "no new issuance";
  expect_good_pair("shop-tls");
  EXPECT_EQ(duplicates(), 1U);
}

TEST_F(OwnershipOfSecrets, EditsOfTheTemplateApplyNowAndKeepThePair) {
  start_all();
  apply_request(
      {.spec = std::string(kNames) + "  secretTemplate:\n    labels: {team: a, old: x}\n"});
  wait_ready();
  const std::string crt = secret_data("shop-tls", "tls.crt");
  const std::string key = secret_data("shop-tls", "tls.key");
  EXPECT_EQ(label("old"), "x");

  apply_request(
      {.spec = std::string(kNames) +
               "  secretTemplate:\n    labels: {team: b}\n    annotations: {note: new}\n"});

  ASSERT_TRUE(support::eventually([&] { return label("team") == "b"; }));
  EXPECT_EQ(label("old"), "") << "what the template no longer has goes";
  EXPECT_EQ(annotation("note"), "new");
  EXPECT_EQ(annotation("duplicert.io/order-id"), "12345");
  EXPECT_EQ(secret_data("shop-tls", "tls.crt"), crt);
  EXPECT_EQ(secret_data("shop-tls", "tls.key"), key);
  wait_ready();
  EXPECT_EQ(duplicates(), 1U);
}

// As earlier versions wrote Secrets: by server-side apply.
TEST_F(OwnershipOfSecrets, EditsApplyToASecretThatAnEarlierVersionApplied) {
  const std::string with_labels =
      std::string(kNames) + "  deletionPolicy: Delete\n  secretTemplate:\n    labels: {old: x}\n";
  start_all();
  apply_request({.spec = with_labels});
  wait_ready();
  stop_operator();
  json secret = get("secret", "shop-tls");
  for (const char* field : {"managedFields", "resourceVersion", "uid", "creationTimestamp"}) {
    secret["metadata"].erase(field);
  }
  cluster().kubectl({"delete", "secret", "shop-tls", "-n", home()});
  const auto applied = cluster().kubectl(
      {"apply", "--server-side", "--field-manager=duplicert", "-f", "-"}, secret.dump());
  ASSERT_TRUE(applied.ok()) << applied.err;

  apply_request({});
  start_operator();

  ASSERT_TRUE(support::eventually([&] { return label("old").empty() && !is_owned(); }));
  EXPECT_EQ(label("duplicert.io/request"), "shop");
  expect_good_pair("shop-tls");
  EXPECT_EQ(duplicates(), 1U);
}

TEST_F(OwnershipOfSecrets, EditsOfTheDeletionPolicyApplyNow) {
  start_all();
  apply_request({});
  wait_ready();
  EXPECT_FALSE(is_owned());

  apply_request({.spec = std::string(kNames) + "  deletionPolicy: Delete\n"});
  EXPECT_TRUE(support::eventually([&] { return is_owned(); }));
  apply_request({.spec = std::string(kNames) + "  deletionPolicy: Retain\n"});
  EXPECT_TRUE(support::eventually([&] { return !is_owned(); }));

  expect_good_pair("shop-tls");
  EXPECT_EQ(duplicates(), 1U);
}

TEST_F(OwnershipOfSecrets, NothingIsWrittenOnceTheMarksFit) {
  start_all();
  apply_request({.spec = std::string(kNames) + "  secretTemplate:\n    labels: {team: a}\n"});
  wait_ready();
  stop_operator();
  const std::string before = metadata().value("resourceVersion", "");
  const auto writes = cluster().writes_by(operator_user(), home());

  start_operator();
  cluster().kubectl({"annotate", "dcr", "shop", "-n", home(), "poke=1"});
  wait_ready();
  cluster().kubectl({"annotate", "dcr", "shop", "-n", home(), "poke=2", "--overwrite"});
  wait_ready();

  EXPECT_EQ(metadata().value("resourceVersion", ""), before);
  EXPECT_EQ(cluster().writes_by(operator_user(), home()), writes);
}

TEST_F(OwnershipOfSecrets, ALabelThatSomebodyChangedToNobodysNameIsRepaired) {
  start_all();
  apply_request({});
  wait_ready();

  cluster().kubectl(
      {"label", "secret", "shop-tls", "-n", home(), "--overwrite", "duplicert.io/request=nobody"});

  EXPECT_TRUE(support::eventually([&] { return label("duplicert.io/request") == "shop"; }));
  wait_ready();
  EXPECT_EQ(duplicates(), 1U);
}

TEST_F(OwnershipOfSecrets, ASecretWithoutItsLabelsIsNoLongerTouched) {
  start_all();
  apply_request({});
  wait_ready();

  cluster().kubectl({"label", "secret", "shop-tls", "-n", home(), "duplicert.io/request-"});

  EXPECT_THAT(wait_reason("SecretConflict"), HasSubstr("shop-tls"));
  expect_good_pair("shop-tls");
  EXPECT_EQ(label("duplicert.io/request"), "");
  EXPECT_EQ(duplicates(), 1U);
}

TEST_F(OwnershipOfSecrets, ASecretOfAnotherTypeInItsPlaceIsLeftAlone) {
  start_all();
  apply_request({});
  wait_ready();
  stop_operator();
  cluster().kubectl({"delete", "secret", "shop-tls", "-n", home()});
  cluster().kubectl(
      {"create", "secret", "generic", "shop-tls", "-n", home(), "--from-literal=precious=yes"});
  const std::string before = metadata().value("resourceVersion", "");

  start_operator();

  EXPECT_THAT(wait_reason("SecretConflict"), HasSubstr("Opaque"));
  EXPECT_EQ(metadata().value("resourceVersion", ""), before);
  EXPECT_EQ(duplicates(), 1U);
}

TEST_F(OwnershipOfSecrets, ADeletionInTheMiddleOfAnIssuanceLeavesNothingBehind) {
  start_all({"issue_delay=4s@1", "chain_in_answer=off"});
  apply_request({});
  ASSERT_TRUE(support::eventually([&] { return duplicates() == 1U; }));
  const json pending = get("secret", "shop-pending");
  ASSERT_TRUE(pending.is_object());

  delete_request();
  apply_request({});
  wait_ready();

  expect_good_pair("shop-tls");
  EXPECT_EQ(duplicates(), 2U) << "the key of the deleted request is not used";
  EXPECT_TRUE(support::eventually([&] { return get("secret", "shop-pending").is_discarded(); }));
  const auto used = x509::PrivateKey::parse(secret_data("shop-tls", "tls.key"));
  ASSERT_TRUE(used);
  const auto dropped = base::from_base64(pending["data"]["tls.key"].get<std::string>());
  EXPECT_NE(std::string(used->to_pem().expose()), dropped.value_or(""));
}

TEST_F(OwnershipOfSecrets, OfTwoRequestsForOneSecretTheOlderWinsAndTheOtherFollows) {
  start_all();
  apply_request({.name = "elder", .secret = "shop-tls"});
  wait_ready("elder");
  apply_request({.name = "younger", .secret = "shop-tls"});
  EXPECT_THAT(wait_reason("SecretConflict", "younger"), HasSubstr("elder"));

  delete_request("elder");

  wait_ready("younger");
  EXPECT_TRUE(support::eventually([&] { return label("duplicert.io/request") == "younger"; }));
  EXPECT_EQ(duplicates(), 1U) << "what is there satisfies both";
}

TEST_F(OwnershipOfSecrets, ARequestThatMovesToAnotherAccountsOrderIsServedAnew) {
  start_all();
  apply_profile({.name = "another", .organization = "id: 550022"});
  apply_request({});
  wait_ready();
  const auto before = leaf("shop-tls").serial_number();

  apply_request({.profile = "another"});

  wait_for("shop", home(), [&](const json& object) {
    return object.value(json::json_pointer("/status/order/id"), 0) == 12350;
  });
  EXPECT_NE(leaf("shop-tls").serial_number(), before);
  wait_ready();
  EXPECT_EQ(duplicates(), 2U);
}

TEST_F(OwnershipOfSecrets, AnEditOfTheProfileReissuesNothing) {
  start_all();
  apply_request({});
  wait_ready();
  const std::string before = metadata().value("resourceVersion", "");

  apply_profile({.organization = "id: 550022", .extra = "  privateKey: {algorithm: RSA}\n"});
  ASSERT_TRUE(support::eventually(
      [&] { return get("aprofile", "basic")["status"].value("organizationID", 0) == 550022; }));
  cluster().kubectl({"annotate", "dcr", "shop", "-n", home(), "poke=1"});
  wait_ready();

  EXPECT_EQ(metadata().value("resourceVersion", ""), before);
  EXPECT_EQ(duplicates(), 1U);
}

TEST_F(OwnershipOfSecrets, AnEditOfTheOrderIdAppliesNow) {
  start_simulator();
  const auto later = ca().place_order({.product = "ssl_basic",
                                       .organization_id = 550011,
                                       .common_name = "shop.example.com",
                                       .dns_names = {"shop.example.com"}});
  ASSERT_TRUE(later) << later.error().message;
  create_api_key();
  apply_profile();
  start_operator();
  const auto wait_for_order = [&](std::int64_t id) {
    wait_for("shop", home(), [&](const json& object) {
      return object.value(json::json_pointer("/status/order/id"), std::int64_t{0}) == id;
    });
    wait_ready();
  };
  apply_request({});
  wait_for_order(*later);

  apply_request({.spec = std::string(kNames) + "  orderID: 12345\n"});

  wait_for_order(12345);
  EXPECT_EQ(duplicates(), 2U);
}

TEST_F(OwnershipOfSecrets, AProfileThatWithdrawsConsentStopsReplacementsAndLeavesTheSecret) {
  start_all();
  apply_request({.namespace_ = other(), .profile_namespace = home()});
  wait_ready("shop", other());
  const std::string crt = secret_data("shop-tls", "tls.crt", other());

  cluster().kubectl({"patch", "aprofile", "basic", "-n", home(), "--type=merge", "-p",
                     R"({"spec":{"allowedNamespaces":{"from":"Same"}}})"});
  cluster().kubectl({"annotate", "dcr", "shop", "-n", other(),
                     "duplicert.io/renew-requested-at=2026-01-01T00:00:00Z"});

  wait_for("shop", other(), [&](const json& object) {
    const json renewing = condition(object, "Renewing");
    return renewing.is_object() && renewing["reason"] == "NamespaceNotAllowed";
  });
  EXPECT_EQ(condition(request("shop", other()), "Ready")["status"], "True");
  EXPECT_EQ(secret_data("shop-tls", "tls.crt", other()), crt);
  EXPECT_EQ(duplicates(), 1U);
}

}  // namespace
