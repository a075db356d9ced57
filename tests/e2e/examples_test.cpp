// Each file of examples/ is applied, as kubectl reads it, with the operator and the simulated CA at
// work, and what it promises comes true. Two things are changed: the namespaces are those of the
// test, and profiles get the URL and trust of the simulator, as profile.yaml says how.
#include <filesystem>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "support/e2e_world.h"
#include "unit/x509/test_issuer.h"
#include "x509/private_key.h"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::Contains;
using testing::SizeIs;

const std::filesystem::path kExamples = DUPLICERT_SOURCE_DIR "/examples";

class Examples : public support::E2eTest {
 protected:
  void begin() {
    start_simulator();
    if (HasFatalFailure()) return;
    create_api_key();
    start_operator();
  }

  // The namespace of the test that stands for one of the examples.
  std::string place_of(const std::string& name) {
    if (name == "duplicert-profiles" || name == "team-b") return home();
    EXPECT_TRUE(name == "team-a" || name == "shop") << "an example uses a new namespace: " << name;
    return other();
  }

  // What kubectl makes of a file.
  std::vector<json> read(const std::string& example) {
    const auto read = cluster().kubectl(
        {"create", "--dry-run=client", "--output=json", "-f", kExamples / (example + ".yaml")});
    EXPECT_TRUE(read.ok()) << read.err;
    std::istringstream text(read.out);
    std::vector<json> objects;
    while (text >> std::ws && !text.eof()) text >> objects.emplace_back();
    return objects;
  }

  void move(json& object, const std::function<std::string(const std::string&)>& place) {
    object["metadata"]["namespace"] = place(object["metadata"].value("namespace", ""));
    json& spec = object["spec"];
    if (spec.contains("profileRef")) {
      spec["profileRef"]["namespace"] = place(spec["profileRef"].value("namespace", ""));
    }
    if (object["kind"] != "AutomationProfile") return;
    spec["account"]["url"] = ca_url();
    spec["account"]["caBundle"] = base::to_base64(ca_trust_pem());
    json& allowed = spec["allowedNamespaces"];
    if (allowed.contains("selector")) {
      json& name = allowed["selector"]["matchLabels"]["kubernetes.io/metadata.name"];
      name = place(name.get<std::string>());
    }
  }

  void use(const std::string& example,
           const std::function<std::string(const std::string&)>& place) {
    const std::vector<json> objects = read(example);
    EXPECT_FALSE(objects.empty());
    for (json object : objects) {
      if (object["kind"] == "Namespace") continue;
      move(object, place);
      apply(object.dump());
    }
  }
  void use(const std::string& example) {
    use(example, [this](const std::string& name) { return place_of(name); });
  }

  // Waits until the request is Ready, or waits for a time that its schedule allows.
  void expect_ready_or_scheduled(const std::string& name) {
    wait_for(name, other(), [&](const json& object) {
      const json ready = condition(object, "Ready");
      return ready.is_object() &&
             (ready["status"] == "True" || ready["reason"] == "WaitingForSchedule");
    });
  }
  // Lets the schedule allow every minute.
  void open_the_window(const std::string& kind, const std::string& name,
                       const std::string& namespace_) {
    const auto patched = cluster().kubectl(
        {"patch", kind, name, "-n", namespace_, "--type=merge",
         R"(-p={"spec":{"schedule":{"windows":[{"cron":"* * * * *","duration":"1h"}]}}})"});
    ASSERT_TRUE(patched.ok()) << patched.err;
  }

  void put_pair(const std::string& secret, const std::string& namespace_, const std::string& crt,
                const std::string& key) {
    apply(
        fmt::format("apiVersion: v1\nkind: Secret\ntype: kubernetes.io/tls\n"
                    "metadata: {{name: {}, namespace: {}}}\n"
                    "data: {{tls.crt: {}, tls.key: {}}}\n",
                    secret, namespace_, base::to_base64(crt), base::to_base64(key)));
  }
  // The old pair is kept beside the new one, which serves.
  void expect_replaced(const std::string& secret, const std::string& namespace_,
                       const std::string& old_crt) {
    const auto before = x509::Certificate::parse(old_crt);
    ASSERT_TRUE(before);
    const std::string name = secret + "-before-" + before->sha256_fingerprint().substr(0, 16);
    ASSERT_TRUE(support::eventually([&] { return get("secret", name, namespace_).is_object(); }));
    ASSERT_TRUE(
        support::eventually([&] { return secret_data(secret, "tls.crt", namespace_) != old_crt; }));
    expect_good_pair(secret, namespace_);
  }

  void expect_nothing_bought() { EXPECT_EQ(ca().count("order_place"), 0U); }
};

// A file that is added needs a test below, and its name here.
TEST(ExampleFiles, AllHaveATest) {
  const std::set<std::string> tested{"approval", "keystore", "profile", "renew",    "renewal",
                                     "replicas", "shop",     "switch",  "wildcard", "two-clusters"};
  std::set<std::string> present;
  for (const auto& file : std::filesystem::directory_iterator(kExamples)) {
    present.insert(file.path().stem());
  }
  EXPECT_EQ(present, tested);
}

TEST_F(Examples, ProfileBecomesReady) {
  begin();

  use("profile");

  EXPECT_TRUE(support::eventually([&] {
    const json ready = condition(get("aprofile", "basic"), "Ready");
    return ready.is_object() && ready["status"] == "True";
  })) << get("aprofile", "basic");
}

TEST_F(Examples, ShopGivesTwoServersADuplicateEach) {
  begin();
  use("profile");

  use("shop");

  wait_ready("shop", other());
  wait_ready("shop", home());
  expect_good_pair("shop-tls", other());
  expect_good_pair("shop-tls", home());
  const auto rsa = x509::PrivateKey::parse(secret_data("shop-tls", "tls.key", home()));
  ASSERT_TRUE(rsa);
  EXPECT_EQ(rsa->params().algorithm, x509::KeyAlgorithm::kRsa);
  EXPECT_THAT(get("secret", "shop-tls", home())["metadata"]["ownerReferences"], SizeIs(1))
      << "deletionPolicy: Delete";
  EXPECT_FALSE(get("secret", "shop-tls", other())["metadata"].contains("ownerReferences"));
  expect_nothing_bought();
}

TEST_F(Examples, ReplicasHaveAKeyEach) {
  begin();
  use("profile");

  use("replicas");

  std::set<std::string> keys;
  for (const char* name : {"shop-0", "shop-1", "shop-2"}) {
    wait_ready(name, other());
    keys.insert(leaf(std::string(name) + "-tls", other()).public_key_sha256());
  }
  EXPECT_THAT(keys, SizeIs(3));
  expect_nothing_bought();
}

TEST_F(Examples, WildcardHasAFurtherName) {
  begin();

  use("wildcard");

  wait_ready("wildcard", other());
  expect_good_pair("wildcard-tls", other());
  EXPECT_THAT(leaf("wildcard-tls", other()).dns_names(), Contains("api.eu.example.com"));
  expect_nothing_bought();
}

// Two namespaces in place of two clusters: neither side knows of the other.
TEST_F(Examples, TwoClustersHaveAKeyEachAndBuyNothing) {
  begin();
  const auto key = secret_data("certcentral", "api-key");
  apply(
      fmt::format("apiVersion: v1\nkind: Secret\nmetadata: {{name: certcentral, namespace: {}}}\n"
                  "data: {{api-key: {}}}\n",
                  other(), base::to_base64(key)));

  for (const std::string& each : {home(), other()}) {
    use("two-clusters", [&](const std::string&) { return each; });
  }

  wait_ready("shop-follower", home());
  wait_ready("shop-follower", other());
  EXPECT_NE(leaf("shop-follower-tls", home()).public_key_sha256(),
            leaf("shop-follower-tls", other()).public_key_sha256());
  expect_nothing_bought();
}

TEST_F(Examples, ApprovalWaitsForAnApprover) {
  start_simulator();
  ASSERT_TRUE(ca().require_approval(1001, true));
  create_api_key();
  start_operator();

  use("approval");

  wait_reason("AwaitingApproval", "shop-approved", other());
  EXPECT_EQ(condition(request("shop-approved", other()), "Reconciling")["status"], "True");
  const auto pending = ca().admin("GET", "/requests?status=pending", "");
  ASSERT_TRUE(pending) << pending.error().message;
  ASSERT_TRUE(ca().approve_request(json::parse(*pending)["requests"][0]["id"]));
  stop_operator();  // looks again when it starts, instead of in five minutes
  start_operator();
  wait_ready("shop-approved", other());
  expect_good_pair("shop-approved-tls", other());
}

TEST_F(Examples, RenewReplacesACertificateOfTheAccountOnce) {
  begin();
  use("profile");
  apply_request({.name = "donor"});
  wait_ready("donor");
  const std::string old = secret_data("donor-tls", "tls.crt");
  put_pair("legacy-tls", other(), old, secret_data("donor-tls", "tls.key"));

  use("renew");

  expect_replaced("legacy-tls", other(), old);
  wait_ready("legacy", other());
  expect_nothing_bought();
}

TEST_F(Examples, SwitchReplacesACertificateFromElsewhereOnce) {
  begin();
  use("profile");
  const auto key = x509::test::new_key();
  const std::string old =
      x509::test::issue({.common_name = "portal.example.org", .dns_names = {"portal.example.org"}},
                        key, key, std::nullopt)
          .to_pem();
  put_pair("portal-tls", home(), old, std::string(key.to_pem().expose()));

  use("switch");

  expect_replaced("portal-tls", home(), old);
  wait_ready("portal", home());
  expect_nothing_bought();
}

TEST_F(Examples, KeystoreComesAtNight) {
  begin();
  use("profile");
  apply(
      fmt::format("apiVersion: v1\nkind: Secret\n"
                  "metadata: {{name: shop-java-password, namespace: {}}}\n"
                  "stringData: {{password: changeit}}\n",
                  other()));

  use("keystore");

  expect_ready_or_scheduled("shop-java");
  open_the_window("dcr", "shop-java", other());
  wait_ready("shop-java", other());
  EXPECT_NE(secret_data("shop-java-tls", "keystore.p12", other()), "");
}

TEST_F(Examples, RenewalIssuesAtNightAndBuysNothingBeforeItIsDue) {
  begin();

  use("renewal");

  expect_ready_or_scheduled("shop-renewed");
  open_the_window("aprofile", "renewing", home());
  wait_ready("shop-renewed", other());
  const std::string serial = leaf("shop-renewed-tls", other()).serial_number();
  const auto asked = cluster().kubectl({"annotate", "dcr", "shop-renewed", "-n", other(),
                                        "duplicert.io/renew-requested-at=2026-01-01T00:00:00Z"});
  ASSERT_TRUE(asked.ok()) << asked.err;
  EXPECT_TRUE(support::eventually(
      [&] { return leaf("shop-renewed-tls", other()).serial_number() != serial; }));
  expect_nothing_bought();
}

}  // namespace
