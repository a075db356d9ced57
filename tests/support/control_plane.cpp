#include "support/control_plane.h"

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <signal.h>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/random.h"
#include "support/required.h"

namespace support {
namespace {

const std::filesystem::path kHack = std::filesystem::path(DUPLICERT_SOURCE_DIR) / "hack";

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// The directory of the control plane that ctest started, or empty. A file "missing" in it says
// that there were no binaries.
std::filesystem::path given_directory() {
  const char* value = std::getenv("DUPLICERT_CONTROL_PLANE");
  return value == nullptr ? "" : value;
}

std::string_view name_of(ControlPlane::Server server) {
  switch (server) {
    case ControlPlane::Server::kEtcd:
      return "etcd";
    case ControlPlane::Server::kApiServer:
      return "kube-apiserver";
    case ControlPlane::Server::kControllerManager:
      return "kube-controller-manager";
  }
  BASE_CHECK(false);
}

AuditEvent parse_audit_event(const nlohmann::json& line) {
  const auto text = [](const nlohmann::json& object, const char* key) {
    return object.is_object() ? object.value(key, std::string()) : std::string();
  };
  const auto member = [&](const char* key) { return line.value(key, nlohmann::json::object()); };
  const auto reference = member("objectRef");
  return {.user = text(member("user"), "username"),
          .verb = text(line, "verb"),
          .resource = text(reference, "resource"),
          .subresource = text(reference, "subresource"),
          .name_space = text(reference, "namespace"),
          .name = text(reference, "name"),
          .code = member("responseStatus").value("code", 0)};
}

}  // namespace

bool AuditEvent::is_write() const {
  return verb != "get" && verb != "list" && verb != "watch" && !verb.empty();
}

bool ControlPlane::available() {
  if (!given_directory().empty()) return !std::filesystem::exists(given_directory() / "missing");
  static const bool found =
      run({.argv = {kHack / "kube-tools.sh", "--find"}, .timeout_ms = std::chrono::minutes{1}})
          .ok();
  return found;
}

std::string ControlPlane::how_to_get() {
  return "etcd, kube-apiserver, kube-controller-manager or kubectl is missing: run "
         "hack/kube-tools.sh (it finds or builds them), or set KUBEBUILDER_ASSETS";
}

ControlPlane& ControlPlane::shared() {
  static ControlPlane instance;
  return instance;
}

ControlPlane::ControlPlane() : dir_(given_directory()) {
  if (!dir_.empty()) return;
  own_dir_ = std::make_unique<TempDir>();
  dir_ = own_dir_->path();
  const auto started = script({"up", dir_, "--with-kcm", "--user", std::string(kStranger),
                               "--owner-pid", std::to_string(getpid()), "--no-build"});
  if (!started.ok()) {
    std::cerr << "hack/control-plane.sh up failed:\n" << started.err;
    std::abort();
  }
}

ControlPlane::~ControlPlane() {
  if (own_dir_) script({"down", dir_});
}

std::string ControlPlane::url() const {
  return trimmed(read_file(dir_ / "url"));
}

std::string ControlPlane::ca_pem() const {
  return read_file(dir_ / "ca.crt");
}

std::string ControlPlane::token_for(std::string_view user) const {
  auto token = trimmed(read_file(dir_ / "tokens" / user));
  BASE_CHECK(!token.empty());
  return token;
}

std::filesystem::path ControlPlane::kubeconfig(std::string_view user) const {
  return dir_ / fmt::format("kubeconfig-{}", user);
}

CommandResult ControlPlane::kubectl(const std::vector<std::string>& args,
                                    const std::string& input) const {
  Command command{.argv = {trimmed(read_file(dir_ / "tools")) + "/kubectl", "--kubeconfig",
                           kubeconfig().string()},
                  .env = {{"HOME", dir_}},  // its discovery cache goes with the directory
                  .input = input};
  command.argv.insert(command.argv.end(), args.begin(), args.end());
  return run(command);
}

std::string ControlPlane::make_namespace(const std::string& prefix) const {
  auto name = fmt::format("{}-{}", prefix, base::random_hex(6));
  const auto created = kubectl({"create", "namespace", name});
  if (!created.ok()) ADD_FAILURE() << "create namespace " << name << ": " << created.err;
  return name;
}

std::vector<AuditEvent> ControlPlane::audit_events(std::string_view user) const {
  std::vector<AuditEvent> events;
  std::ifstream file(audit_log());
  for (std::string line; std::getline(file, line);) {
    if (line.find(user) == std::string::npos) continue;  // far cheaper than to parse it
    const auto parsed = nlohmann::json::parse(line, nullptr, false);
    if (!parsed.is_object()) continue;  // the line that is being written
    auto event = parse_audit_event(parsed);
    if (user.empty() || event.user == user) events.push_back(std::move(event));
  }
  return events;
}

std::size_t ControlPlane::writes_by(std::string_view user, std::string_view name_space) const {
  std::size_t count = 0;
  for (const auto& event : audit_events(user)) {
    const bool in_scope = name_space.empty() || event.name_space == name_space;
    const bool succeeded = event.code >= 200 && event.code < 300;
    if (in_scope && succeeded && event.is_write() && event.resource != "leases") ++count;
  }
  return count;
}

void ControlPlane::stop(Server server) {
  const auto result = script({"stop", dir_, std::string(name_of(server))});
  EXPECT_TRUE(result.ok()) << result.err;
}

void ControlPlane::start(Server server) {
  const auto result = script({"start", dir_, std::string(name_of(server))});
  EXPECT_TRUE(result.ok()) << result.err;
}

void ControlPlane::pause(Server server) {
  BASE_CHECK(kill(pid_of(server), SIGSTOP) == 0);
}

void ControlPlane::resume(Server server) {
  BASE_CHECK(kill(pid_of(server), SIGCONT) == 0);
}

pid_t ControlPlane::pid_of(Server server) const {
  const auto text = read_file(dir_ / fmt::format("{}.pid", name_of(server)));
  BASE_CHECK(!text.empty());
  return static_cast<pid_t>(std::strtol(text.c_str(), nullptr, 10));
}

// With the output in files of run(), the servers that the script leaves running hold no pipe.
CommandResult ControlPlane::script(const std::vector<std::string>& args) const {
  Command command{.argv = {kHack / "control-plane.sh"}, .timeout_ms = std::chrono::minutes{3}};
  command.argv.insert(command.argv.end(), args.begin(), args.end());
  return run(command);
}

void ClusterTest::SetUp() {
  if (ControlPlane::available()) return;
  if (coverage_is_required()) FAIL() << ControlPlane::how_to_get();
  GTEST_SKIP() << ControlPlane::how_to_get();
}

}  // namespace support
