// Renew and SwitchToDigiCert: a Secret that somebody else made is taken over once, its old pair is
// kept, and what is not theirs to touch stays as it is.
#include <signal.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "support/e2e_world.h"
#include "unit/x509/test_issuer.h"

namespace {

using nlohmann::json;
using support::E2eTest;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kRenew = "  action: Renew\n";
constexpr const char* kSwitch = "  action: SwitchToDigiCert\n";

struct Pem {
  std::string crt{};
  std::string key{};
};

class Adoption : public E2eTest {
 protected:
  // A pair that no CA of the account knows.
  static Pem foreign_pair(const x509::test::Spec& spec = {.common_name = "shop.example.com",
                                                          .dns_names = {"shop.example.com"}}) {
    const auto key = x509::test::new_key();
    return {x509::test::issue(spec, key, key, std::nullopt).to_pem(),
            std::string(key.to_pem().expose())};
  }

  // A pair of the account, as a person with kubectl would have put it somewhere.
  Pem own_pair() {
    apply_request({.namespace_ = other(), .name = "donor", .profile_namespace = home()});
    wait_ready("donor", other());
    return {secret_data("donor-tls", "tls.crt", other()),
            secret_data("donor-tls", "tls.key", other())};
  }

  // `metadata`: more of it, as flow YAML.
  void create_secret(const Pem& pair, const std::string& metadata = "",
                     const std::string& type = "kubernetes.io/tls") {
    apply(
        fmt::format("apiVersion: v1\nkind: Secret\ntype: {}\n"
                    "metadata: {{name: shop-tls, namespace: {}{}}}\n"
                    "data: {{tls.crt: {}, tls.key: {}}}\n",
                    type, home(), metadata.empty() ? "" : ", " + metadata,
                    base::to_base64(pair.crt), base::to_base64(pair.key)));
  }

  std::string version(const std::string& secret = "shop-tls") {
    return get("secret", secret)["metadata"].value("resourceVersion", "");
  }

  std::string backup_name(const Pem& pair) {
    const auto before = x509::Certificate::parse(pair.crt);
    return "shop-tls-before-" + before->sha256_fingerprint().substr(0, 16);
  }

  void expect_kept(const Pem& pair) {
    const std::string name = backup_name(pair);
    const json backup = get("secret", name);
    ASSERT_TRUE(backup.is_object()) << name;
    EXPECT_EQ(secret_data(name, "tls.crt"), pair.crt);
    EXPECT_EQ(secret_data(name, "tls.key"), pair.key);
    EXPECT_EQ(backup["immutable"], true);
    EXPECT_EQ(backup["type"], "kubernetes.io/tls");
    EXPECT_EQ(get("secret", "shop-tls")["metadata"]["annotations"]["duplicert.io/backup"], name);
  }

  std::size_t duplicates() { return ca().count("duplicate_create"); }

  // Nothing is done to the Secret, and the message says whose it is and what to do.
  void expect_left_alone(const std::string& reason, const testing::Matcher<std::string>& message,
                         const char* action = kSwitch) {
    const std::string before = version();
    const std::size_t issued = duplicates();
    apply_request({.spec = action});
    EXPECT_THAT(wait_reason(reason), message);
    EXPECT_EQ(version(), before);
    EXPECT_EQ(duplicates(), issued);
    EXPECT_TRUE(get("secret", "shop-pending").is_discarded());
  }
};

TEST_F(Adoption, SwitchReplacesAForeignCertificateOnceAndKeepsTheOldPair) {
  start_all();
  const Pem old = foreign_pair();
  create_secret(old);

  apply_request({.spec = kSwitch});

  const json ready = wait_ready();
  expect_good_pair("shop-tls");
  expect_kept(old);
  EXPECT_EQ(condition(ready, "Ready")["reason"], "Issued");
  EXPECT_EQ(ready["status"]["order"]["id"], 12345);
  EXPECT_EQ(duplicates(), 1U);
  EXPECT_EQ(ca().count("order_place"), 0U);
  stop_operator();
  const std::string after = version();
  start_operator();
  wait_ready();
  EXPECT_EQ(version(), after) << "once";
  EXPECT_EQ(duplicates(), 1U);
}

TEST_F(Adoption, RenewReplacesACertificateOfTheAccountOnceAndKeepsTheOldPair) {
  start_all();
  const Pem old = own_pair();
  create_secret(old);

  apply_request({.spec = kRenew});

  ASSERT_TRUE(support::eventually([&] { return get("secret", backup_name(old)).is_object(); }));
  wait_for("shop", home(), [&](const json&) {
    return leaf("shop-tls").sha256_fingerprint() !=
           x509::Certificate::parse(old.crt)->sha256_fingerprint();
  });
  wait_ready();
  expect_good_pair("shop-tls");
  expect_kept(old);
  EXPECT_EQ(duplicates(), 2U) << "the donor's and one more";
  EXPECT_EQ(ca().count("order_place"), 0U) << "a first pass never buys";
}

TEST_F(Adoption, RenewLeavesAForeignCertificateAlone) {
  start_all();
  create_secret(foreign_pair());

  expect_left_alone("NotADigiCertCertificate",
                    AllOf(HasSubstr("shop-tls"), HasSubstr("SwitchToDigiCert")), kRenew);
}

TEST_F(Adoption, SwitchKeepsACertificateOfTheAccountAsCurrent) {
  start_all();
  create_secret(own_pair());
  const std::string before = version();

  apply_request({.spec = kSwitch});

  const json ready = wait_ready();
  EXPECT_EQ(condition(ready, "Ready")["reason"], "AlreadyDigiCert");
  EXPECT_EQ(ready["status"]["order"]["id"], 12345);
  EXPECT_EQ(version(), before);
  EXPECT_EQ(duplicates(), 1U) << "the donor's";

  // Neither a restart nor an outage of the CA makes a good pair fail.
  stop_operator();
  const auto calls = ca().journal({.operation = "duplicate_list"}).size();
  start_operator();
  wait_ready();
  EXPECT_EQ(ca().journal({.operation = "duplicate_list"}).size(), calls);
}

TEST_F(Adoption, SwitchDoesNotReplaceACertificateOfTheAccountThatIsNotForTheSpec) {
  start_all();
  create_secret(own_pair());

  expect_left_alone("AlreadyDigiCert", AllOf(HasSubstr("order 12345"), HasSubstr("Renew")),
                    "  action: SwitchToDigiCert\n  privateKey: {algorithm: RSA}\n");
}

TEST_F(Adoption, RequestCertificateNeverTakesOverAndSaysHowItCould) {
  start_all();
  create_secret(foreign_pair());

  expect_left_alone("SecretConflict", HasSubstr("set spec.action to Renew"),
                    "  commonName: shop.example.com\n");
}

struct Owner {
  const char* name;
  const char* metadata;
  const char* text;

  friend std::ostream& operator<<(std::ostream& out, const Owner& owner) {
    return out << owner.name;
  }
};

class AdoptionOfOthers : public Adoption, public testing::WithParamInterface<Owner> {};

TEST_P(AdoptionOfOthers, LeavesTheSecretAloneAndNamesItsOwner) {
  start_all();
  create_secret(foreign_pair(), GetParam().metadata);

  expect_left_alone("SecretConflict", HasSubstr(GetParam().text));
}

INSTANTIATE_TEST_SUITE_P(
    Each, AdoptionOfOthers,
    testing::Values(
        Owner{"Helm", "labels: {app.kubernetes.io/managed-by: Helm}", "Helm release"},
        Owner{"HelmAnnotation", "annotations: {meta.helm.sh/release-name: shop}", "Helm release"},
        Owner{"CertManager", "annotations: {cert-manager.io/certificate-name: shop}",
              "cert-manager"},
        Owner{"ArgoCd", "annotations: {argocd.argoproj.io/tracking-id: 'shop:/Secret:x/shop'}",
              "Argo CD"},
        Owner{"ArgoCdLabel", "labels: {app.kubernetes.io/instance: shop}", "Argo CD"},
        Owner{"Flux", "labels: {kustomize.toolkit.fluxcd.io/name: apps}", "Flux"},
        Owner{"AnotherTool", "labels: {app.kubernetes.io/managed-by: homemade}", "homemade"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST_F(Adoption, ASecretOfAControllerIsLeftAlone) {
  start_all();
  cluster().kubectl({"create", "configmap", "boss", "-n", home()});
  create_secret(foreign_pair(),
                fmt::format("ownerReferences: [{{apiVersion: v1, kind: ConfigMap, name: boss, "
                            "uid: {}, controller: true}}]",
                            get("configmap", "boss")["metadata"]["uid"].get<std::string>()));

  expect_left_alone("SecretConflict", HasSubstr("ConfigMap boss"));
}

TEST_F(Adoption, AnImmutableSecretIsLeftAlone) {
  start_all();
  create_secret(foreign_pair());
  cluster().kubectl({"patch", "secret", "shop-tls", "-n", home(), "-p", R"({"immutable":true})"});

  expect_left_alone("SecretConflict", HasSubstr("immutable"));
}

TEST_F(Adoption, BytesThatAreNoPairAreLeftAlone) {
  start_all();
  create_secret({"no certificate", "no key"});

  expect_left_alone("SecretInvalid", HasSubstr("shop-tls"),
                    "  action: Renew\n  commonName: shop.example.com\n");
}

TEST_F(Adoption, WithoutASecretAndNamesSaysWhatToGive) {
  start_all();
  apply_request({.spec = kRenew});

  EXPECT_THAT(wait_reason("SecretNotFound"), HasSubstr("give commonName, dnsNames or orderID"));
  EXPECT_EQ(ca().count("order_list"), 0U);

  apply_request({.spec = "  action: Renew\n  commonName: shop.example.com\n"});
  wait_ready();
  expect_good_pair("shop-tls");
}

TEST_F(Adoption, NamesOfADeletedSecretComeFromWhatIsLeftOfIt) {
  start_all();
  create_secret(foreign_pair());
  apply_request({.spec = kSwitch});
  wait_ready();
  const auto before = leaf("shop-tls").serial_number();

  cluster().kubectl({"delete", "secret", "shop-tls", "-n", home()});

  ASSERT_TRUE(support::eventually([&] { return get("secret", "shop-tls").is_object(); }));
  EXPECT_NE(leaf("shop-tls").serial_number(), before);
  EXPECT_EQ(leaf("shop-tls").common_name(), "shop.example.com");
  wait_ready();

  // A restore from manifests: the status is lost, and the copy of the old pair tells the names.
  cluster().kubectl({"delete", "dcr", "shop", "-n", home(), "--wait"});
  cluster().kubectl({"delete", "secret", "shop-tls", "-n", home()});
  apply_request({.spec = kSwitch});
  wait_ready();
  EXPECT_EQ(leaf("shop-tls").common_name(), "shop.example.com");
}

TEST_F(Adoption, NameConstraintsBoundNamesThatComeFromTheCertificate) {
  start_all();
  create_secret(
      foreign_pair({.common_name = "shop.example.org", .dns_names = {"shop.example.org"}}));

  expect_left_alone("NameNotAllowed",
                    AllOf(HasSubstr("shop.example.org"), HasSubstr("nameConstraints")));
}

TEST_F(Adoption, AnAdoptedSecretStaysWhenItsRequestGoes) {
  start_all();
  create_secret(foreign_pair());
  apply_request({.spec = "  action: SwitchToDigiCert\n  deletionPolicy: Delete\n"});
  wait_ready();

  EXPECT_FALSE(get("secret", "shop-tls")["metadata"].contains("ownerReferences"));
}

TEST_F(Adoption, SwitchesOnlyOnceWhenSomebodyPutsTheOldPairBack) {
  start_all();
  const Pem old = foreign_pair();
  create_secret(old);
  apply_request({.spec = kSwitch});
  wait_ready();
  stop_operator();
  cluster().kubectl({"delete", "secret", "shop-tls", "-n", home()});
  create_secret(old);
  const std::string before = version();

  start_operator();

  EXPECT_THAT(wait_reason("SecretConflict"), HasSubstr("put another certificate into it"));
  EXPECT_EQ(version(), before);
  EXPECT_EQ(duplicates(), 1U);
}

TEST_F(Adoption, RenewGivesItsLabelBackToWhatItInstalledAndIssuesNothing) {
  start_all();
  create_secret(own_pair());
  apply_request({.spec = kRenew});
  ASSERT_TRUE(support::eventually([&] { return duplicates() == 2U; }));
  wait_for("shop", home(), [&](const json& object) {
    return object.value(json::json_pointer("/status/certificate/secretUID"), "") != "";
  });
  const auto serial = leaf("shop-tls").serial_number();

  cluster().kubectl({"label", "secret", "shop-tls", "-n", home(), "duplicert.io/request-"});

  EXPECT_TRUE(support::eventually([&] {
    return get("secret", "shop-tls")
               .value(json::json_pointer("/metadata/labels/duplicert.io~1request"), "") == "shop";
  }));
  EXPECT_EQ(leaf("shop-tls").serial_number(), serial);
  EXPECT_EQ(duplicates(), 2U);
}

// The API server lets the operator do everything but write this Secret.
class AdmissionDenies : public Adoption {
 protected:
  void SetUp() override {
    Adoption::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    apply(fmt::format(
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\n"
        "metadata: {{name: {0}}}\nspec:\n  failurePolicy: Fail\n  matchConstraints:\n"
        "    resourceRules: [{{apiGroups: [''], apiVersions: [v1], operations: [UPDATE], "
        "resources: [secrets]}}]\n"
        "  validations: [{{expression: \"request.userInfo.username != '{1}'\", "
        "message: 'shop-tls is frozen'}}]\n---\n"
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\n"
        "metadata: {{name: {0}}}\nspec:\n  policyName: {0}\n  validationActions: [Deny]\n"
        "  matchResources: {{namespaceSelector: {{matchLabels: "
        "{{kubernetes.io/metadata.name: {0}}}}}, objectSelector: {{matchLabels: {{frozen: "
        "'yes'}}}}}}\n",
        home(), operator_user()));
  }
  void TearDown() override {
    thaw();
    Adoption::TearDown();
  }
  void thaw() {
    if (IsSkipped()) return;
    for (const char* kind : {"validatingadmissionpolicybinding", "validatingadmissionpolicy"}) {
      cluster().kubectl({"delete", kind, home(), "--ignore-not-found"});
    }
  }
  // Policies begin and cease to act a moment after they were made or deleted.
  bool eventually_frozen(bool wanted) {
    return support::eventually([&] {
      const auto answer = cluster().kubectl({"--as=" + operator_user(), "--as-group=system:masters",
                                             "annotate", "secret", "shop-tls", "-n", home(),
                                             "--dry-run=server", "--overwrite", "probe=1"});
      return (answer.err.find("frozen") != std::string::npos) == wanted;
    });
  }
};

TEST_F(AdmissionDenies, IsToldAndACrashBetweenCopyAndInstallationLosesNothing) {
  start_simulator();
  create_api_key();
  apply_profile();
  const Pem old = foreign_pair();
  create_secret(old, "labels: {frozen: 'yes'}");
  ASSERT_TRUE(eventually_frozen(true));
  start_operator();
  apply_request({.spec = kSwitch});

  const json told = wait_for("shop", home(), [&](const json& object) {
    const json ready = condition(object, "Ready");
    return ready.is_object() &&
           ready["message"].get<std::string>().find("frozen") != std::string::npos;
  });
  EXPECT_THAT(condition(told, "Ready")["message"].get<std::string>(),
              AllOf(HasSubstr("write the Secret"), HasSubstr("tried again")));
  EXPECT_TRUE(condition(told, "Reconciling").is_object());
  EXPECT_EQ(secret_data("shop-tls", "tls.crt"), old.crt) << "untouched";
  EXPECT_TRUE(get("secret", backup_name(old)).is_object());

  op().signal(SIGKILL);
  stop_operator();
  thaw();
  ASSERT_TRUE(eventually_frozen(false));
  start_operator();

  wait_ready();
  expect_good_pair("shop-tls");
  expect_kept(old);
  EXPECT_EQ(duplicates(), 1U);
}

}  // namespace
