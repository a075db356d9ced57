// keystore.p12: made with key and chain, made anew with a new password, and read by Java.
#include "x509/keystore.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/e2e_world.h"
#include "support/keytool.h"

namespace {

using nlohmann::json;
using support::E2eTest;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kPlain = "  commonName: shop.example.com\n";

class Keystores : public E2eTest {
 protected:
  void ask_for_keystore() {
    apply_request({.spec = std::string(kPlain) +
                           "  keystores: {pkcs12: {passwordSecretRef: {name: shop-password}}}\n"});
  }
  void set_password(const std::string& password) {
    apply(
        fmt::format("apiVersion: v1\nkind: Secret\n"
                    "metadata: {{name: shop-password, namespace: {}}}\n"
                    "stringData: {{password: '{}'}}\n",
                    home(), password));
  }
  // The next look comes by itself, but not within the time of a test.
  void look_again() {
    cluster().kubectl({"annotate", "--overwrite", "dcr", "shop", "-n", home(),
                       fmt::format("example.com/look={}", ++looks_)});
  }
  bool opens_with(const std::string& password) {
    const json secret = get("secret", "shop-tls");
    if (!secret["data"].contains("keystore.p12")) return false;
    const auto key = x509::PrivateKey::parse(secret_data("shop-tls", "tls.key"));
    const auto sent = x509::Certificate::parse_all(secret_data("shop-tls", "tls.crt"));
    const auto chain = x509::build_chain(*sent, key->public_key_sha256());
    return x509::pkcs12_holds(base::SecretString(secret_data("shop-tls", "keystore.p12")),
                              base::SecretString(password), *key, *chain);
  }

 private:
  int looks_ = 0;
};

TEST_F(Keystores, AreMadeWithThePairAndReadByJava) {
  REQUIRE_KEYTOOL();
  set_password("correct horse");
  start_all();
  ask_for_keystore();
  wait_ready();

  EXPECT_TRUE(opens_with("correct horse"));
  const auto listing =
      support::list_keystore(secret_data("shop-tls", "keystore.p12"), "correct horse");
  EXPECT_EQ(listing.exit_code, 0) << listing.text;
  EXPECT_THAT(listing.text, AllOf(HasSubstr("Alias name: shop.example.com"),
                                  HasSubstr("Entry type: PrivateKeyEntry")));
}

TEST_F(Keystores, AreMadeAnewWithANewPasswordWithoutANewCertificate) {
  set_password("first");
  start_all();
  ask_for_keystore();
  wait_ready();
  const std::string certificate = secret_data("shop-tls", "tls.crt");

  set_password("second");
  look_again();

  EXPECT_TRUE(support::eventually([&] { return opens_with("second"); }));
  EXPECT_FALSE(opens_with("first"));
  EXPECT_EQ(secret_data("shop-tls", "tls.crt"), certificate);
  EXPECT_EQ(ca().count("duplicate_create"), 1U);
  wait_ready();
}

TEST_F(Keystores, ComeAndGoWithTheSpec) {
  set_password("first");
  start_all();
  apply_request({.spec = kPlain});
  wait_ready();
  const std::string certificate = secret_data("shop-tls", "tls.crt");

  ask_for_keystore();
  EXPECT_TRUE(support::eventually([&] { return opens_with("first"); }));
  wait_ready();
  apply_request({.spec = kPlain});
  EXPECT_TRUE(support::eventually(
      [&] { return !get("secret", "shop-tls")["data"].contains("keystore.p12"); }));

  wait_ready();
  EXPECT_EQ(secret_data("shop-tls", "tls.crt"), certificate);
  EXPECT_EQ(ca().count("duplicate_create"), 1U);
}

TEST_F(Keystores, NeedTheirPasswordBeforeAnythingIsRequested) {
  start_all();
  ask_for_keystore();

  EXPECT_THAT(wait_reason("SecretNotFound"),
              AllOf(HasSubstr("spec.keystores.pkcs12.passwordSecretRef"),
                    HasSubstr("kubectl create secret generic shop-password")));
  set_password("");
  look_again();
  EXPECT_THAT(wait_reason("SecretInvalid"), HasSubstr("no password under the key password"));
  EXPECT_EQ(ca().count("duplicate_create"), 0U);

  set_password("found");
  look_again();
  wait_ready();
  EXPECT_TRUE(opens_with("found"));
}

TEST_F(Keystores, StayAsTheyAreWhileTheirPasswordIsGone) {
  set_password("first");
  start_all();
  ask_for_keystore();
  wait_ready();
  const std::string keystore = secret_data("shop-tls", "keystore.p12");

  cluster().kubectl({"delete", "secret", "shop-password", "-n", home()});
  cluster().kubectl(
      {"annotate", "dcr", "shop", "-n", home(), "duplicert.io/renew-requested-at=now"});

  wait_for("shop", "", [&](const json& seen) {
    const json renewing = condition(seen, "Renewing");
    return renewing.is_object() && renewing["reason"] == "SecretNotFound";
  });
  EXPECT_EQ(condition(request(), "Ready")["status"], "True");
  EXPECT_EQ(secret_data("shop-tls", "keystore.p12"), keystore);
  EXPECT_EQ(ca().count("duplicate_create"), 1U);
}

TEST_F(Keystores, WriteNothingWhenNothingHasChanged) {
  set_password("first");
  start_all();
  ask_for_keystore();
  wait_ready();
  const auto writes = [&] { return cluster().writes_by(operator_user(), home()); };
  const auto before = writes();

  ASSERT_EQ(stop_operator(), 0);
  start_operator();
  ASSERT_TRUE(support::eventually([&] {
    return fetch("--metrics-address", "/metrics").find("duplicert_certificate_ready{") !=
           std::string::npos;
  }));

  EXPECT_EQ(writes(), before);
}

}  // namespace
