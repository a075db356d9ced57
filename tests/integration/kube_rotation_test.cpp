// Credentials in files that are replaced while a client uses them, against a real API server.
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "kube/client.h"
#include "support/control_plane.h"
#include "support/fake_clock.h"
#include "support/temp_dir.h"

namespace {

using support::ControlPlane;

class KubeRotation : public support::ClusterTest {
 protected:
  void SetUp() override {
    ClusterTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    dir_ = std::make_unique<support::TempDir>();
    dir_->write("ca.crt", cluster().ca_pem());
  }

  std::string of_cluster(const char* file) {
    std::ifstream in(cluster().directory() / file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // A client of a kubeconfig in that directory, which it reads again as the operator does.
  std::unique_ptr<kube::Client> connect(const std::string& user) {
    const auto file = dir_->write("kubeconfig",
                                  "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
                                  "clusters: [{name: c, cluster: {server: '" +
                                      cluster().url() +
                                      "', certificate-authority: ca.crt}}]\n"
                                      "contexts: [{name: c, context: {cluster: c, user: u}}]\n"
                                      "users: [{name: u, user: {" +
                                      user + "}}]\n");
    const auto load = [file] { return kube::load_config({.kubeconfig_flag = file.string()}); };
    const auto config = load();
    EXPECT_TRUE(config) << config.error().message;
    auto made = kube::connect(*config, {.field_manager = "test"}, "test/1", clock_, load);
    EXPECT_TRUE(made) << made.error().message;
    return *std::move(made);
  }
  static bool works(kube::Client& client) {
    return client.get(kube::kNamespaces, {.name = "default"}, {}).has_value();
  }

  support::FakeClock clock_;
  std::unique_ptr<support::TempDir> dir_;
};

TEST_F(KubeRotation, UsesANewTokenAtOnceWhenTheOldOneIsRefused) {
  dir_->write("token", cluster().token_for(ControlPlane::kAdmin));
  const auto client = connect("tokenFile: token");
  EXPECT_TRUE(works(*client));

  dir_->write("token", cluster().token_for(ControlPlane::kOperator));
  clock_.advance(kube::TokenSource::kFileLifetime);
  EXPECT_TRUE(works(*client));

  dir_->write("token", "revoked");
  clock_.advance(kube::TokenSource::kFileLifetime);
  EXPECT_FALSE(works(*client));
  dir_->write("token", cluster().token_for(ControlPlane::kAdmin));
  EXPECT_TRUE(works(*client)) << "after a 401 the file is read again, whatever its age";
}

TEST_F(KubeRotation, UsesANewCaSoonAfterAConnectionThatFailed) {
  dir_->write("token", cluster().token_for(ControlPlane::kAdmin));
  dir_->write("ca.crt", of_cluster("admin.crt"));  // a certificate that signed nothing
  const auto client = connect("tokenFile: token");
  EXPECT_FALSE(works(*client));

  dir_->write("ca.crt", cluster().ca_pem());
  EXPECT_FALSE(works(*client));
  clock_.advance(std::chrono::seconds{10});

  EXPECT_TRUE(works(*client));
}

TEST_F(KubeRotation, UsesANewClientCertificateWithinFiveMinutes) {
  dir_->write("c.crt", of_cluster("apiserver.crt"));  // not for clients
  dir_->write("c.key", of_cluster("apiserver.key"));
  const auto client = connect("client-certificate: c.crt, client-key: c.key");
  EXPECT_FALSE(works(*client));

  dir_->write("c.crt", of_cluster("admin.crt"));
  EXPECT_FALSE(works(*client)) << "the key comes a moment later";
  dir_->write("c.key", of_cluster("admin.key"));
  clock_.advance(std::chrono::minutes{5});

  EXPECT_TRUE(works(*client));
}

}  // namespace
