// Options of the commands, from flags and environment. Pure: nothing is opened or started here.
// Entry point: parse.
#pragma once

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "base/log.h"

namespace cli {

// Where a server listens; off: not at all.
struct ListenAddress {
  bool enabled = true;
  std::string host = "0.0.0.0";
  int port = 0;
};

struct LogOptions {
  base::LogFormat format = base::LogFormat::kJson;
  base::LogLevel level = base::LogLevel::kInfo;
};

struct RunOptions {
  std::string kubeconfig{};
  std::string context{};
  std::vector<std::string> namespaces{};  // empty: all
  int workers = 16;
  bool leader_elect = true;
  std::string leader_elect_namespace{};  // empty: the namespace of the kubeconfig or Pod
  ListenAddress metrics{.port = 8080};
  std::string metrics_cert_dir{};  // empty: /metrics over plain HTTP
  ListenAddress health{.port = 8081};
  LogOptions log{};
  double kube_api_qps = 0;
  int kube_api_burst = 100;
  std::vector<std::string> allowed_ca_hosts{};
  std::string ledger_namespace{};  // empty: that of the Lease
  std::chrono::seconds duplicate_settle_window{180};
  std::chrono::seconds order_settle_window{3600};
  std::chrono::seconds inventory_interval{std::chrono::hours{6}};
};

struct SimulateOptions {
  ListenAddress listen{.host = "127.0.0.1", .port = 8443};
  std::string data_dir{};
  std::string seed_file{};
  bool polite = false;
  std::vector<std::string> faults{};
  std::uint64_t fault_seed = 1;
  std::vector<std::string> tls_names{};
  bool allow_remote = false;
  std::string publish_file{};  // empty: nothing is written to a cluster
  std::string publish_url{};
  LogOptions log{.format = base::LogFormat::kText};
};

struct ProbeOptions {
  std::string url{};
};

enum class Output { kText, kJson, kYaml };

// What `duplicert plan` and `kubectl duplicert plan` were asked for.
struct PlanOptions {
  std::vector<std::string> files{};
  std::string namespace_{};  // of manifests without one; empty: that of the context, or "default"
  bool cluster = false;      // look at the cluster too
  std::string kubeconfig{};
  std::string context{};
  std::string api_key_file{};  // empty: $DUPLICERT_API_KEY, else the profiles' Secrets
  std::vector<std::string> allowed_ca_hosts{};
  std::string ledger_namespace{};
  bool no_orders = false;
  bool offline = false;
  Output output = Output::kText;
};

struct VersionOptions {};

// Nothing to run: help was asked for, or the command line is wrong.
struct Finish {
  int exit_code = 0;
  std::string output{};  // for standard output if exit_code is 0, else for standard error
};

using Command =
    std::variant<RunOptions, SimulateOptions, PlanOptions, ProbeOptions, VersionOptions, Finish>;

// `fault_help`: the list of fault switches for `duplicert simulate --help`.
Command parse(int argc, const char* const* argv, const std::string& fault_help);

// The version of this binary, for example "0.1.0".
std::string version();

}  // namespace cli
