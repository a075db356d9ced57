#include "reconcile/keystore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "reconcile/secrets.h"
#include "unit/reconcile/pair.h"
#include "x509/keystore.h"

namespace reconcile {
namespace {

using api::Reason;
using base::SecretString;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class KeystoreTest : public testing::Test {
 protected:
  KeystoreTest() { request_.spec.keystores.pkcs12.emplace().password_secret_ref.name = "shop-pw"; }

  KeystorePassword password_in(const std::string& text, const std::string& key = "password") const {
    const json secret{{"data", {{key, base::to_base64(text)}}}};
    return keystore_password(&secret, request_);
  }
  // The target Secret as it was installed with this password.
  json target(const std::string& password) const {
    json secret = target_secret(
        request_, pair_.key(), pair_.chain,
        {.keystore = *x509::make_pkcs12(pair_.key(), pair_.chain, SecretString(password))});
    secret["metadata"]["uid"] = "uid-secret";
    secret["metadata"]["resourceVersion"] = "41";
    return secret;
  }
  static json managed_by(json secret, const std::string& manager, const std::string& key) {
    secret["metadata"]["managedFields"] = {
        {{"manager", "kubectl"}, {"fieldsV1", {{"f:type", json::object()}}}},
        {{"manager", manager}, {"fieldsV1", {{"f:data", {{"f:" + key, json::object()}}}}}}};
    return secret;
  }

  api::DuplicateCertificateRequest request_ = test::request();
  const test::Pair pair_{};
};

TEST_F(KeystoreTest, TakesThePasswordAsItStandsWithoutALineBreakAtItsEnd) {
  for (const std::string end : {"", "\n", "\r\n"}) {
    const auto password = password_in("  pass word~" + end);
    EXPECT_EQ(password.text, SecretString("  pass word~"));
    EXPECT_FALSE(password.unusable);
  }
}

TEST_F(KeystoreTest, TellsHowToCreateAMissingPassword) {
  const auto password = keystore_password(nullptr, request_);

  EXPECT_EQ(password.unusable, Reason::kSecretNotFound);
  EXPECT_THAT(password.problem, AllOf(HasSubstr("spec.keystores.pkcs12.passwordSecretRef"),
                                      HasSubstr("kubectl create secret generic shop-pw -n team-a "
                                                "--from-file=password=FILE")));
}

TEST_F(KeystoreTest, TellsAboutAPasswordThatIsEmptyOrUnderAnotherKey) {
  for (const auto& password : {password_in(""), password_in("\n"), password_in("secret", "pw")}) {
    EXPECT_EQ(password.unusable, Reason::kSecretInvalid);
    EXPECT_THAT(password.problem,
                HasSubstr("Secret shop-pw has no password under the key password"));
  }
}

TEST_F(KeystoreTest, RefusesAPasswordWithWhichJavaOpensNothing) {
  for (const std::string& text : {std::string("two\nlines"), std::string("tab\t"),
                                  std::string("p\u00e4ssword"), std::string("a\0b", 3)}) {
    const auto password = password_in(text);
    EXPECT_EQ(password.unusable, Reason::kSecretInvalid) << text;
    EXPECT_THAT(password.problem, AllOf(HasSubstr("printable ASCII"), Not(HasSubstr(text))));
    EXPECT_TRUE(password.text.empty());
  }
}

TEST_F(KeystoreTest, IsCurrentWithItsPasswordAndPairOnly) {
  const auto facts = [&](const json& secret, const std::string& password) {
    return keystore_facts(secret, password_in(password));
  };
  json without = target("first");
  without["data"].erase("keystore.p12");
  const test::Pair other;
  const SecretString foreign = *x509::make_pkcs12(other.key(), other.chain, SecretString("first"));
  json of_another_pair = target("first");
  of_another_pair["data"]["keystore.p12"] = base::to_base64(foreign.expose());

  EXPECT_TRUE(facts(target("first"), "first").is_current);
  EXPECT_FALSE(facts(target("first"), "second").is_current);
  EXPECT_FALSE(facts(without, "first").is_current);
  EXPECT_FALSE(facts(of_another_pair, "first").is_current);
  EXPECT_FALSE(facts(of_another_pair, "first").unusable);
}

TEST_F(KeystoreTest, PassesOnWhatIsWrongWithThePassword) {
  const auto facts = keystore_facts(target("first"), keystore_password(nullptr, request_));

  EXPECT_EQ(facts.unusable, Reason::kSecretNotFound);
  EXPECT_THAT(facts.problem, HasSubstr("kubectl create secret"));
}

TEST_F(KeystoreTest, CannotBeMadeForAChainThatDoesNotVerify) {
  json secret = target("first");
  const test::Pair other;  // an issuing CA of the same name, with another key
  secret["data"]["tls.crt"] = base::to_base64(other.pem());

  const auto facts = keystore_facts(secret, password_in("first"));

  EXPECT_EQ(facts.unusable, Reason::kSecretInvalid);
  EXPECT_THAT(facts.problem, HasSubstr("keystore.p12 cannot be made"));
}

TEST_F(KeystoreTest, IsWrittenAnewForAnotherPasswordAndNothingElseChanges) {
  const json before = target("first");
  const SecretString password("second");

  const auto patch = keystore_patch(before, &password);

  ASSERT_TRUE(patch);
  EXPECT_EQ((*patch)["metadata"], (json{{"uid", "uid-secret"}, {"resourceVersion", "41"}}));
  EXPECT_EQ(patch->size(), 2U);
  EXPECT_EQ((*patch)["data"].size(), 1U);
  json after = before;
  after.merge_patch(*patch);
  EXPECT_TRUE(keystore_facts(after, password_in("second")).is_current);
  EXPECT_FALSE(keystore_facts(after, password_in("first")).is_current);
}

TEST_F(KeystoreTest, IsTakenAwayWithoutAPassword) {
  json secret = target("first");

  secret.merge_patch(*keystore_patch(secret, nullptr));

  EXPECT_FALSE(has_keystore(secret));
  EXPECT_TRUE(secret["data"].contains("tls.crt"));
  EXPECT_TRUE(secret["data"].contains("tls.key"));
}

TEST_F(KeystoreTest, BelongsToWhoWroteIt) {
  const json secret = target("first");
  json gone = managed_by(secret, "duplicert", "keystore.p12");
  gone["data"].erase("keystore.p12");

  EXPECT_TRUE(has_own_keystore(managed_by(secret, "duplicert", "keystore.p12")));
  EXPECT_FALSE(has_own_keystore(managed_by(secret, "somebody", "keystore.p12")));
  EXPECT_FALSE(has_own_keystore(managed_by(secret, "duplicert", "tls.crt")));
  EXPECT_FALSE(has_own_keystore(secret)) << "no metadata.managedFields";
  EXPECT_FALSE(has_own_keystore(gone));
  EXPECT_TRUE(has_keystore(secret));
}

TEST_F(KeystoreTest, ComesIntoTheSecretWithKeyAndChainOrNotAtAll) {
  const json without = target_secret(request_, pair_.key(), pair_.chain, {});

  EXPECT_TRUE(target("first")["data"].contains("keystore.p12"));
  EXPECT_FALSE(without["data"].contains("keystore.p12"));
}

}  // namespace
}  // namespace reconcile
