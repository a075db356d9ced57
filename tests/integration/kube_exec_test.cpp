// Exec credential plugins, as real scripts, against a real API server: who it says that we are.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/clock.h"
#include "kube/client.h"
#include "support/control_plane.h"
#include "support/temp_dir.h"

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

// Who one is, to the API server: created, never stored.
const kube::Resource kSelf{.group = "authentication.k8s.io",
                           .version = "v1",
                           .plural = "selfsubjectreviews",
                           .kind = "SelfSubjectReview",
                           .namespaced = false};

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class KubeExec : public support::ClusterTest {
 protected:
  void SetUp() override {
    ClusterTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    dir_ = std::make_unique<support::TempDir>();
    // Prints answer-N at its N-th run, or the last one there is; notes what it was told.
    const std::string here = dir_->path().string();
    dir_->write("plugin", "#!/bin/sh\nset -eu\ncd " + here +
                              "\necho run >>runs\nprintf %s \"$KUBERNETES_EXEC_INFO\" >info\n"
                              "n=$(wc -l <runs); [ -e answer-$n ] || n=$(ls answer-* | wc -l)\n"
                              "cat answer-$n\n");
    fs::permissions(dir_->path() / "plugin", fs::perms::owner_all);
  }

  void answer(const json& status, const std::string& version = "v1") {
    const json credential{{"apiVersion", "client.authentication.k8s.io/" + version},
                          {"kind", "ExecCredential"},
                          {"status", status}};
    dir_->write("answer-" + std::to_string(++answers_), credential.dump());
  }
  json token(std::string_view user) { return {{"token", cluster().token_for(user)}}; }
  json certificate() {
    return {{"clientCertificateData", text_of(cluster().directory() / "admin.crt")},
            {"clientKeyData", text_of(cluster().directory() / "admin.key")}};
  }

  std::unique_ptr<kube::Client> connect(const std::string& version = "v1",
                                        const std::string& more = "") {
    const auto file =
        dir_->write("kubeconfig",
                    "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters:\n- name: c\n"
                    "  cluster: {server: '" +
                        cluster().url() +
                        "', certificate-authority-data: " + base::to_base64(cluster().ca_pem()) +
                        ", extensions: [{name: client.authentication.k8s.io/exec, extension: "
                        "{audience: tests}}]}\n"
                        "contexts:\n- name: c\n  context: {cluster: c, user: u}\n"
                        "users:\n- name: u\n  user:\n    exec: {apiVersion: "
                        "client.authentication.k8s.io/" +
                        version + ", command: ./plugin, interactiveMode: Never" + more + "}\n");
    const auto config = kube::load_config({.kubeconfig_flag = file.string()});
    EXPECT_TRUE(config) << config.error().message;
    return *kube::connect(*config, {.field_manager = "test"}, "kube-exec-test/1", clock_);
  }

  static std::string who(kube::Client& client) {
    const auto review = client.create(kSelf, "", json::object(), {});
    if (!review) return review.error().message;
    return (*review)["status"]["userInfo"].value("username", "");
  }
  // The same by a read, which is tried once more after a 401.
  static std::string trouble_of_a_read(kube::Client& client) {
    const auto read = client.get(kube::kNamespaces, {.name = "default"}, {});
    return read ? "" : read.error().message;
  }
  std::size_t runs() const {
    const std::string text = text_of(dir_->path() / "runs");
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }

  const base::SystemClock clock_{};
  std::unique_ptr<support::TempDir> dir_;
  int answers_ = 0;
};

TEST_F(KubeExec, IsKnownByTheCertificateOfAPlugin) {
  answer(certificate());
  const auto client = connect();

  EXPECT_EQ(who(*client), "admin-by-certificate");
  EXPECT_EQ(who(*client), "admin-by-certificate");
  EXPECT_EQ(runs(), 1U);
}

TEST_F(KubeExec, IsKnownByTheTokenOfAPluginOfV1Beta1) {
  answer(token("stranger"), "v1beta1");
  const auto client = connect("v1beta1");

  EXPECT_EQ(who(*client), "stranger");
  EXPECT_EQ(runs(), 1U);
}

TEST_F(KubeExec, RunsThePluginAgainWhenWhatItGaveHasExpired) {
  json expired = token("stranger");
  expired["expirationTimestamp"] = "2020-01-01T00:00:00Z";
  answer(expired);
  answer(certificate());
  const auto client = connect();

  EXPECT_EQ(who(*client), "stranger");
  EXPECT_EQ(who(*client), "admin-by-certificate") << "a new connection, with the certificate";
  EXPECT_EQ(who(*client), "admin-by-certificate");
  EXPECT_EQ(runs(), 2U);
}

TEST_F(KubeExec, RunsThePluginAgainWhenTheServerRefusesWhatItGave) {
  answer({{"token", "revoked"}});
  answer(certificate());
  const auto client = connect();

  EXPECT_EQ(trouble_of_a_read(*client), "");
  EXPECT_EQ(who(*client), "admin-by-certificate");
  EXPECT_EQ(runs(), 2U);
}

TEST_F(KubeExec, TellsThePluginWhichClusterItIsForIfItWantsThat) {
  answer(token("stranger"));
  const auto client = connect("v1", ", provideClusterInfo: true");

  EXPECT_EQ(who(*client), "stranger");

  const json info = json::parse(text_of(dir_->path() / "info"));
  EXPECT_EQ(info["spec"]["interactive"], false);
  EXPECT_EQ(info["spec"]["cluster"]["server"], cluster().url());
  EXPECT_EQ(info["spec"]["cluster"]["config"], (json{{"audience", "tests"}}));
  const auto ca = info["spec"]["cluster"]["certificate-authority-data"].get<std::string>();
  EXPECT_EQ(base::from_base64(ca), cluster().ca_pem());
}

TEST_F(KubeExec, TellsNothingOfTheClusterUnasked) {
  answer(token("stranger"));
  const auto client = connect();

  EXPECT_EQ(who(*client), "stranger");
  EXPECT_FALSE(json::parse(text_of(dir_->path() / "info"))["spec"].contains("cluster"));
}

// An administrator who acts as somebody else, as `kubectl --as` does.
TEST_F(KubeExec, ActsAsWhomTheKubeconfigNames) {
  auto config = kube::load_config(
      {.kubeconfig_flag = cluster().kubeconfig(support::ControlPlane::kAdmin).string()});
  ASSERT_TRUE(config) << config.error().message;
  config->impersonate = {.user = "jane", .groups = {"testers"}, .extra = {{"a/b", {"c"}}}};
  const auto client = *kube::connect(*config, {.field_manager = "test"}, "test/1", clock_);

  const auto review = client->create(kSelf, "", json::object(), {});

  ASSERT_TRUE(review) << review.error().message;
  const json& info = (*review)["status"]["userInfo"];
  EXPECT_EQ(info["username"], "jane");
  EXPECT_EQ(info["groups"][0], "testers");
  EXPECT_EQ(info["extra"]["a/b"][0], "c");
}

TEST_F(KubeExec, SaysWhatIsWrongWithThePlugin) {
  answer({{"clientCertificateData", "half"}});
  const auto client = connect();

  EXPECT_THAT(trouble_of_a_read(*client), HasSubstr("they belong together"));
}

}  // namespace
