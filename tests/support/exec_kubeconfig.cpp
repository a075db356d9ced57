#include "support/exec_kubeconfig.h"

#include <fstream>

#include <nlohmann/json.hpp>

#include "base/bytes.h"

namespace support {

using nlohmann::json;

std::filesystem::path exec_kubeconfig(const ControlPlane& cluster, std::string_view user,
                                      const std::string& namespace_,
                                      const std::filesystem::path& directory) {
  constexpr const char* kVersion = "client.authentication.k8s.io/v1";
  const auto answer = directory / "credential.json";
  std::ofstream(answer) << json{{"apiVersion", kVersion},
                                {"kind", "ExecCredential"},
                                {"status", {{"token", cluster.token_for(user)}}}};
  const json exec{{"apiVersion", kVersion},
                  {"command", "cat"},
                  {"args", json::array({answer.string()})},
                  {"interactiveMode", "IfAvailable"}};
  const json server{{"server", cluster.url()},
                    {"certificate-authority-data", base::to_base64(cluster.ca_pem())}};
  const json context{{"cluster", "test"}, {"user", "exec"}, {"namespace", namespace_}};
  const auto file = directory / "exec.kubeconfig";
  std::ofstream(file) << json{
      {"apiVersion", "v1"},
      {"kind", "Config"},
      {"current-context", "exec"},
      {"clusters", json::array({json{{"name", "test"}, {"cluster", server}}})},
      {"users", json::array({json{{"name", "exec"}, {"user", {{"exec", exec}}}}})},
      {"contexts", json::array({json{{"name", "exec"}, {"context", context}}})}};
  return file;
}

}  // namespace support
