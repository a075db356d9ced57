// World: a real API server, the simulated CA over real HTTPS, and the built binary between them.
// Entry point: the fixture E2eTest. Each test has namespaces, a simulator and an operator of its
// own.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "simulator/simulator.h"
#include "support/audit_check.h"
#include "support/control_plane.h"
#include "support/process.h"
#include "support/temp_dir.h"
#include "x509/certificate.h"

namespace support {

// How an AutomationProfile of a test differs from the usual one.
struct ProfileOptions {
  std::string name = "basic";
  std::string product = "ssl_basic";
  std::string organization = "id: 550011";
  std::string url{};  // empty: the simulator's
  std::string secret = "certcentral";
  std::optional<std::string> ca_bundle_pem{};  // nullopt: the simulator's; empty: none
  std::string extra{};                         // further lines of spec, two spaces indented
};

struct RequestOptions {
  std::string namespace_{};  // empty: the first of the test
  std::string name = "shop";
  std::string profile = "basic";
  std::string profile_namespace{};                        // empty: the first of the test
  std::string secret{};                                   // empty: "<name>-tls"
  std::string spec = "  commonName: shop.example.com\n";  // further lines, two spaces indented
};

class E2eTest : public ClusterTest {
 protected:
  // Seeds, applies the CRDs, makes two namespaces, and the chart's ServiceAccount with its rights
  // in them. Nothing runs yet.
  void SetUp() override;
  // Holds every status that was written against the rules of GitOps tools, and every request of the
  // operator against its roles (AuditCheck).
  void TearDown() override;

  // The simulated CA: polite unless faults are given.
  void start_simulator(const std::vector<std::string>& faults = {"polite"},
                       std::uint64_t fault_seed = 1);
  // Stops it, waits, and starts it on the same data and port, as polite as can be.
  void restart_simulator(std::chrono::milliseconds down_for);
  // The operator, watching both namespaces of the test, and perhaps more flags. It elects no leader
  // unless one of them says so.
  void start_operator(const std::vector<std::string>& flags = {});
  std::unique_ptr<support::Process> make_operator(const std::string& log,
                                                  const std::vector<std::string>& flags);
  int stop_operator();
  // Both, with the profile "basic" and its key.
  void start_all(const std::vector<std::string>& faults = {"polite"});

  void apply(const std::string& yaml);
  void create_api_key(const std::string& key = {}, const std::string& secret = "certcentral");
  void apply_profile(const ProfileOptions& options = {});
  void apply_request(const RequestOptions& options = {});

  nlohmann::json get(const std::string& kind, const std::string& name,
                     const std::string& namespace_ = {});
  nlohmann::json request(const std::string& name = "shop", const std::string& namespace_ = {});
  // The condition of that type, or null.
  nlohmann::json condition(const nlohmann::json& object, const std::string& type);
  // Waits until `holds` is true of the request, and returns it; fails the test otherwise.
  nlohmann::json wait_for(const std::string& name, const std::string& namespace_,
                          const std::function<bool(const nlohmann::json&)>& holds);
  nlohmann::json wait_ready(const std::string& name = "shop", const std::string& namespace_ = {});
  // Waits until Ready is not True for this reason, and returns its message.
  std::string wait_reason(const std::string& reason, const std::string& name = "shop",
                          const std::string& namespace_ = {});
  // The decoded value of a Secret's key; fails the test if it is not there.
  std::string secret_data(const std::string& secret, const std::string& key,
                          const std::string& namespace_ = {});
  x509::Certificate leaf(const std::string& secret, const std::string& namespace_ = {});
  // Checks that key and chain of a Secret belong together and verify up to the simulator's root.
  void expect_good_pair(const std::string& secret, const std::string& namespace_ = {});
  // GET on the operator's probes or metrics server ("--health-address", "--metrics-address").
  std::string fetch(const std::string& server, const std::string& path);
  // The same of any operator; "<status> <body>", or what went wrong.
  static std::string ask(support::Process& which, const std::string& server,
                         const std::string& path);

  // The seed of the simulated CA.
  virtual std::string seed_file() const;
  // How the operator reaches both servers: what stands between them overrides these.
  virtual std::string ca_url();
  virtual std::string ca_trust_pem();
  virtual std::filesystem::path operator_kubeconfig();

  // As the audit log names the operator.
  std::string operator_user() const;
  // For a test that takes rights away from the operator.
  void expect_refusals_by_roles() { refusals_expected_ = true; }
  // Two operators write the same statuses, each dating what it sees for the first time.
  void expect_two_writers() { two_writers_ = true; }

  const std::string& home() const { return namespaces_[0]; }
  const std::string& other() const { return namespaces_[1]; }
  simulator::Simulator& ca() { return *simulator_; }
  support::Process& op() { return *operator_; }
  const std::filesystem::path& dir() const { return dir_->path(); }
  // Writes a file of the test's own directory and returns its path.
  std::filesystem::path write_file(const std::string& name, const std::string& text) const {
    return dir_->write(name, text);
  }

  std::unique_ptr<support::Process> operator_;

 private:
  const base::SystemClock clock_{};
  std::unique_ptr<support::TempDir> dir_;
  std::vector<std::string> namespaces_;
  std::optional<AuditCheck> audit_;
  bool refusals_expected_ = false;
  bool two_writers_ = false;
  simulator::SimulatorOptions simulator_options_{};
  std::unique_ptr<simulator::Simulator> simulator_;
};

// The binary under test: $DUPLICERT_BINARY, else the one of this build.
std::string operator_binary();

// Polls `holds` every 50 ms for up to `at_most`.
bool eventually(const std::function<bool()>& holds,
                std::chrono::milliseconds at_most = std::chrono::seconds{30});

}  // namespace support
