// ControlPlane: a real etcd and kube-apiserver (optionally kube-controller-manager) for tests.
// Entry points: the fixture ClusterTest, and ControlPlane::shared().
// Under ctest one control plane serves all cases of a run (tests/CMakeLists.txt starts it); a test
// binary that is run by hand starts its own and stops it when the binary ends, however it ends.
// So tests share it: each works in namespaces of its own (make_namespace()), starts operators with
// --namespace, and leaves every server running.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "support/process.h"
#include "support/temp_dir.h"

namespace support {

// One request that the API server has answered (audit.k8s.io/v1).
struct AuditEvent {
  std::string user{};
  std::string verb{};         // get, list, watch, create, update, patch, delete, deletecollection
  std::string resource{};     // plural, for example "secrets"
  std::string subresource{};  // for example "status", or empty
  std::string name_space{};
  std::string name{};
  int code = 0;  // HTTP status

  bool is_write() const;
};

// Thread-compatible: const members may be called from several threads at once.
class ControlPlane {
 public:
  enum class Server { kEtcd, kApiServer, kControllerManager };

  // The users: admin is in system:masters, the operator is bound to cluster-admin, the stranger is
  // authenticated and may do nothing.
  static constexpr std::string_view kAdmin = "admin";
  static constexpr std::string_view kOperator = "duplicert-operator";
  static constexpr std::string_view kStranger = "stranger";

  // Whether the binaries were found; never builds them. The answer is kept.
  static bool available();
  // What to say when they were not: one sentence with the command that provides them.
  static std::string how_to_get();
  // The control plane of this ctest run, or one that is started at the first call (about 5 s,
  // kube-controller-manager included). Aborts the binary with the servers' logs if that fails.
  static ControlPlane& shared();

  ~ControlPlane();
  ControlPlane(const ControlPlane&) = delete;
  ControlPlane& operator=(const ControlPlane&) = delete;

  std::string url() const;     // "https://127.0.0.1:<port>", the same after a restart
  std::string ca_pem() const;  // verifies the API server's certificate
  std::string token_for(std::string_view user) const;  // one of the users above
  std::filesystem::path kubeconfig(std::string_view user = kAdmin) const;
  const std::filesystem::path& directory() const { return dir_; }
  std::filesystem::path audit_log() const { return dir_ / "audit.log"; }

  // Runs kubectl as admin, with `input` on its standard input (for `apply -f -`).
  CommandResult kubectl(const std::vector<std::string>& args, const std::string& input = "") const;
  // Creates a namespace that no other test has; its name starts with `prefix`.
  std::string make_namespace(const std::string& prefix) const;

  // Requests answered so far by the API server, in order; `user` empty means of all users.
  // Events reach the file a moment after the answer: wait for the last one you expect.
  std::vector<AuditEvent> audit_events(std::string_view user = "") const;
  // How many of them were writes that succeeded (2xx), Leases left out; `name_space` empty means
  // in all. The log goes back to the start of the control plane: compare two counts, or look only
  // at a namespace of your own.
  std::size_t writes_by(std::string_view user, std::string_view name_space = "") const;

  // Faults, by pid. start() blocks until the server is ready on its old port with its old data;
  // a test that stops or pauses a server must start or resume it again (see ServerOutage).
  void stop(Server server);  // SIGTERM, then SIGKILL
  void start(Server server);
  void pause(Server server);  // SIGSTOP: connections stay open and nothing answers
  void resume(Server server);

 private:
  ControlPlane();
  CommandResult script(const std::vector<std::string>& args) const;
  pid_t pid_of(Server server) const;

  std::unique_ptr<TempDir> own_dir_;  // null if the control plane was there before us
  std::filesystem::path dir_;
};

// Stops a server for the life of this object, even if the test fails in between.
class ServerOutage {
 public:
  explicit ServerOutage(ControlPlane::Server server) : server_(server) {
    ControlPlane::shared().stop(server_);
  }
  ~ServerOutage() { ControlPlane::shared().start(server_); }
  ServerOutage(const ServerOutage&) = delete;
  ServerOutage& operator=(const ServerOutage&) = delete;

 private:
  ControlPlane::Server server_;
};

// Fixture: skips the test with the command that provides the binaries if they are missing; fails
// it instead if REQUIRE_ENVTEST is 1 or true, so that coverage cannot vanish silently.
class ClusterTest : public testing::Test {
 protected:
  // Overriders call this first and return if IsSkipped() || HasFatalFailure().
  void SetUp() override;
  ControlPlane& cluster() { return ControlPlane::shared(); }
};

}  // namespace support
