#include "support/chart_account.h"

#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/bytes.h"

namespace support {
namespace {

constexpr const char* kRoles =
    DUPLICERT_SOURCE_DIR "/deploy/kustomize/overlays/namespaced/rbac.yaml";

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  ASSERT_NE(text.find(from), std::string::npos) << kRoles << " has no: " << from;
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// The Roles with the namespaces of the test in place of the overlay's.
std::string roles(const std::string& home, const std::string& other) {
  std::ostringstream text;
  text << std::ifstream(kRoles).rdbuf();
  std::string roles = text.str();
  const std::string only = "resources: [namespaces]\n  resourceNames: ";
  replace_all(roles, only + "[duplicert]", only + "[" + home + "]");
  replace_all(roles, only + "[team-a]", only + "[" + other + "]");
  replace_all(roles, "namespace: duplicert\n", "namespace: " + home + "\n");
  replace_all(roles, "namespace: team-a\n", "namespace: " + other + "\n");
  return roles;
}

}  // namespace

std::string chart_user(const std::string& home) {
  return fmt::format("system:serviceaccount:{}:duplicert", home);
}

void give_chart_rights(const ControlPlane& cluster, const std::string& home,
                       const std::string& other) {
  const auto given = cluster.kubectl({"apply", "--server-side", "-f", "-"}, roles(home, other));
  ASSERT_TRUE(given.ok()) << given.err;
}

void make_chart_account(const ControlPlane& cluster, const std::string& home,
                        const std::string& other, const std::filesystem::path& file) {
  const auto made = cluster.kubectl({"create", "serviceaccount", "duplicert", "-n", home});
  ASSERT_TRUE(made.ok()) << made.err;
  give_chart_rights(cluster, home, other);
  auto token = cluster.kubectl({"create", "token", "duplicert", "-n", home});
  ASSERT_TRUE(token.ok()) << token.err;
  while (!token.out.empty() && token.out.back() == '\n') token.out.pop_back();
  std::ofstream(file) << fmt::format(
      "apiVersion: v1\nkind: Config\ncurrent-context: chart\n"
      "clusters: [{{name: test, cluster: {{server: \"{}\", certificate-authority-data: {}}}}}]\n"
      "users: [{{name: duplicert, user: {{token: {}}}}}]\n"
      "contexts: [{{name: chart, context: {{cluster: test, user: duplicert, namespace: {}}}}}]\n",
      cluster.url(), base::to_base64(cluster.ca_pem()), token.out, home);
}

}  // namespace support
