// Exec credential plugins: a program that prints a token, a client certificate, or both.
// Entry point: run_exec_plugin.
// Source: kubernetes.io/docs/reference/access-authn-authz/authentication, "client-go credential
// plugins", and client-go's plugin/pkg/client/auth/exec.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace kube {

// `exec` of a kubeconfig's user.
struct ExecPlugin {
  std::string api_version{};  // client.authentication.k8s.io/v1 or v1beta1
  std::string command{};      // found on PATH if it has no slash
  std::vector<std::string> args{};
  std::map<std::string, std::string> env{};  // on top of ours
  std::string install_hint{};
  // The cluster that it is for, as JSON of ExecCredential's spec.cluster; "": it wants none
  // (provideClusterInfo).
  std::string cluster_json{};
  std::chrono::milliseconds timeout{std::chrono::seconds{30}};
};

// A token, or a client certificate with its key, or both.
struct ExecCredential {
  base::SecretString token{};
  std::string client_certificate_pem{};  // empty: none
  base::SecretString client_key_pem{};
  std::optional<base::TimePoint> expires{};  // nullopt: until it is refused
};

// Runs the program, without standard input, and reads its answer. Blocks for at most
// plugin.timeout; then the program and what it has started are killed. kUnauthenticated: it cannot
// be run (with the install hint), fails, takes too long, or prints something else than an
// ExecCredential of the same version with a token, or a certificate and its key. What it printed is
// never part of an error: it may hold the credential.
base::Result<ExecCredential> run_exec_plugin(const ExecPlugin& plugin);

// Pure: the answer of the program. Fuzzed.
base::Result<ExecCredential> parse_exec_credential(std::string_view text,
                                                   std::string_view api_version);

}  // namespace kube
