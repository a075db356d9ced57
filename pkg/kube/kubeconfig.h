// Where the API server is and who we are: kubeconfig files or the pod's service account.
// Entry point: load_config. Sources: kubernetes.io/docs/concepts/configuration/
// organize-cluster-access-kubeconfig, and client-go's tools/clientcmd for the rules of merging.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "kube/exec_plugin.h"
#include "kube/impersonation.h"

namespace kube {

// Everything that is needed to reach an API server, files already read except the token's.
struct Config {
  std::string server{};                  // "https://host:port", perhaps with a path
  std::string ca_pem{};                  // "": the system's roots
  std::string client_certificate_pem{};  // "": none
  base::SecretString client_key_pem{};
  base::SecretString token{};
  std::string token_file{};          // wins over token; read again from time to time
  std::optional<ExecPlugin> exec{};  // gives the token, if there is no other
  Impersonation impersonate{};
  std::string tls_server_name{};
  bool insecure = false;
  std::string proxy_url{};
  std::string namespace_ = "default";
  std::string source{};  // for logs: "in-cluster", or the context and its files
};

// The environment, as a value, so that tests need no real one.
struct ConfigSource {
  std::string kubeconfig_flag{};  // --kubeconfig: this one file and no other
  std::string context{};          // --context: instead of current-context
  std::function<std::optional<std::string>(const std::string& name)> env{};
  std::string home{};
  std::string service_account_dir = "/var/run/secrets/kubernetes.io/serviceaccount";
};

// The real environment of this process.
ConfigSource system_config_source(std::string kubeconfig_flag = {}, std::string context = {});

// Looks in this order, as controller-runtime does: the flag, $KUBECONFIG (a list separated by ':',
// merged: the first file that names an entry wins whole), the pod's service account
// ($KUBERNETES_SERVICE_HOST), ~/.kube/config. Later places are not looked at once one is found.
// Blocks for file reads. Messages name the file and the field, never a credential's value.
// kNotFound if there is none of these; kInvalid for anything that cannot be used: a file that does
// not parse, an unknown context, cluster or user, `auth-provider` or basic authentication (API
// servers have dropped both), an `exec` plugin that wants to ask a person,
// insecure-skip-tls-verify together with a CA. A plain http:// server gets no credentials.
base::Result<Config> load_config(const ConfigSource& source);

}  // namespace kube
