#include "support/control_plane.h"

#include <chrono>
#include <thread>

#include <gmock/gmock.h>

namespace support {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class ControlPlaneTest : public ClusterTest {
 protected:
  CommandResult kubectl_as(std::string_view user, std::vector<std::string> args) {
    args.insert(args.begin(), {"--kubeconfig", cluster().kubeconfig(user).string()});
    return cluster().kubectl(args);
  }
};

TEST_F(ControlPlaneTest, GivesEachUserItsOwnRights) {
  EXPECT_TRUE(kubectl_as(ControlPlane::kAdmin, {"get", "nodes"}).ok());
  EXPECT_TRUE(kubectl_as(ControlPlane::kOperator, {"get", "secrets", "--all-namespaces"}).ok());

  const auto refused = kubectl_as(ControlPlane::kStranger, {"get", "secrets"});

  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("Forbidden"));
}

TEST_F(ControlPlaneTest, HasAnAddressTrustAndTokens) {
  EXPECT_THAT(cluster().url(), StartsWith("https://127.0.0.1:"));
  EXPECT_THAT(cluster().ca_pem(), StartsWith("-----BEGIN CERTIFICATE-----"));
  EXPECT_EQ(cluster().token_for(ControlPlane::kAdmin).size(), 32U);
  EXPECT_NE(cluster().token_for(ControlPlane::kAdmin),
            cluster().token_for(ControlPlane::kOperator));
}

TEST_F(ControlPlaneTest, CountsTheWritesOfOneUserInOneNamespace) {
  const auto name_space = cluster().make_namespace("audit");
  const std::vector<std::string> create{"create", "configmap", "a", "-n", name_space};

  ASSERT_TRUE(kubectl_as(ControlPlane::kOperator, create).ok());
  EXPECT_FALSE(kubectl_as(ControlPlane::kOperator, create).ok());  // refused: not a write

  for (int tries = 0; cluster().writes_by(ControlPlane::kOperator, name_space) < 1; ++tries) {
    ASSERT_LT(tries, 100);
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  EXPECT_EQ(cluster().writes_by(ControlPlane::kOperator, name_space), 1U);
  EXPECT_EQ(cluster().writes_by(ControlPlane::kStranger, name_space), 0U);
}

TEST_F(ControlPlaneTest, CollectsObjectsWhoseOwnerIsGone) {
  const auto name_space = cluster().make_namespace("owner");
  ASSERT_TRUE(cluster().kubectl({"create", "configmap", "owner", "-n", name_space}).ok());
  const auto uid = cluster().kubectl(
      {"get", "configmap", "owner", "-n", name_space, "-o", "jsonpath={.metadata.uid}"});
  ASSERT_TRUE(cluster()
                  .kubectl({"create", "-n", name_space, "-f", "-"},
                           R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {
                             "name": "owned", "ownerReferences": [{"apiVersion": "v1",
                             "kind": "ConfigMap", "name": "owner", "uid": ")" +
                               uid.out + R"("}]}})")
                  .ok());

  ASSERT_TRUE(cluster().kubectl({"delete", "configmap", "owner", "-n", name_space}).ok());

  const auto gone = cluster().kubectl(
      {"wait", "--for=delete", "configmap/owned", "-n", name_space, "--timeout=50s"});
  EXPECT_TRUE(gone.ok()) << gone.err;
}

TEST_F(ControlPlaneTest, ComesBackWithItsAddressAndDataAfterAnOutage) {
  const auto url = cluster().url();
  const auto name_space = cluster().make_namespace("outage");
  {
    const ServerOutage outage(ControlPlane::Server::kApiServer);
    EXPECT_FALSE(cluster().kubectl({"get", "namespace", name_space}).ok());
  }

  EXPECT_EQ(cluster().url(), url);
  EXPECT_TRUE(cluster().kubectl({"get", "namespace", name_space}).ok());
}

TEST_F(ControlPlaneTest, HasAnOutageWhileItIsPaused) {
  const std::vector<std::string> ask{"get", "--raw", "/readyz", "--request-timeout=1s"};

  cluster().pause(ControlPlane::Server::kApiServer);
  const auto paused = cluster().kubectl(ask);
  cluster().resume(ControlPlane::Server::kApiServer);

  EXPECT_FALSE(paused.ok());
  EXPECT_TRUE(cluster().kubectl({"get", "--raw", "/readyz"}).ok());
}

}  // namespace
}  // namespace support
