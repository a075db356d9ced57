// The operator itself, with no other credentials than a client certificate of an exec plugin.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/e2e_world.h"

namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class ExecPlugin : public support::E2eTest {
 protected:
  std::filesystem::path operator_kubeconfig() override {
    const json credential{{"apiVersion", "client.authentication.k8s.io/v1"},
                          {"kind", "ExecCredential"},
                          {"status",
                           {{"clientCertificateData", text_of(cluster().directory() / "admin.crt")},
                            {"clientKeyData", text_of(cluster().directory() / "admin.key")}}}};
    write_file("credential.json", credential.dump());
    return write_file("exec.kubeconfig",
                      "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
                      "clusters: [{name: c, cluster: {server: '" +
                          cluster().url() + "', certificate-authority: '" +
                          (cluster().directory() / "ca.crt").string() +
                          "'}}]\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n"
                          "users: [{name: u, user: {exec: {apiVersion: "
                          "client.authentication.k8s.io/v1, command: cat, interactiveMode: Never, "
                          "args: ['" +
                          (dir() / "credential.json").string() + "']}}}]\n");
  }
};

TEST_F(ExecPlugin, IssuesWithNoOtherCredentialsAndNeverLogsTheKey) {
  start_all();
  apply_request();

  wait_ready();

  const std::string key = text_of(cluster().directory() / "admin.key");
  const std::string line = key.substr(key.find('\n') + 1, 40);
  ASSERT_EQ(line.size(), 40U);
  EXPECT_EQ(stop_operator(), 0);
  EXPECT_THAT(text_of(dir() / "operator.log"), Not(HasSubstr(line)));
}

}  // namespace
