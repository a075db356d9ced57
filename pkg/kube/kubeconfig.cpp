#include "kube/kubeconfig.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <unistd.h>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

#include "base/text.h"

namespace kube {
namespace {

namespace fs = std::filesystem;
using base::Code;
using base::Result;
using nlohmann::json;

// Far above any real file; a limit because the path may point at anything.
constexpr std::uintmax_t kFileBytesMax = std::uintmax_t{4} << 20U;
constexpr const char* kExecV1 = "client.authentication.k8s.io/v1";
constexpr const char* kExecV1Beta1 = "client.authentication.k8s.io/v1beta1";
// client-go's pkg/apis/clientauthentication: the cluster's extension for its plugins.
constexpr const char* kExecExtension = "client.authentication.k8s.io/exec";
constexpr int kExtensionNodesMax = 1000;

std::unexpected<base::Error> invalid(const std::string& where, const std::string& why) {
  return base::fail(Code::kInvalid, "read " + where + ": " + why);
}

Result<std::string> read_file(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error) return invalid("'" + path.string() + "'", error.message());
  if (size > kFileBytesMax) return invalid("'" + path.string() + "'", "larger than 4 MiB");
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) return invalid("'" + path.string() + "'", "cannot read it");
  return text;
}

// A named cluster, user or context, and the file that it came from.
struct Entry {
  YAML::Node fields{};
  std::string file{};
  std::string title{};  // "user 'x' in '/a/b'", for errors

  bool has(const char* field) const { return fields[field].IsDefined(); }
  Result<std::string> text(const char* field) const;
  Result<bool> flag(const char* field) const;
  Result<std::string> data_or_file(const char* data_field, const char* file_field) const;
  std::string resolved(const std::string& path) const;
};

// "" if the field is absent or null.
Result<std::string> Entry::text(const char* field) const {
  const YAML::Node node = fields[field];
  if (!node.IsDefined() || node.IsNull()) return std::string();
  if (!node.IsScalar()) return invalid(title, std::string(field) + " is not text");
  return node.Scalar();
}

Result<bool> Entry::flag(const char* field) const {
  const std::string value = TRY(text(field));
  if (value == "true") return true;
  if (value.empty() || value == "false") return false;
  return invalid(title, std::string(field) + " is neither true nor false");
}

// Relative paths start at the directory of the kubeconfig that holds them.
std::string Entry::resolved(const std::string& path) const {
  return (fs::path(file).parent_path() / path).lexically_normal().string();
}

Result<std::string> Entry::data_or_file(const char* data_field, const char* file_field) const {
  const std::string data = TRY(text(data_field));
  if (!data.empty()) {
    auto decoded = base::from_base64(data);
    if (!decoded) return invalid(title, std::string(data_field) + " is not base64");
    return decoded;
  }
  const std::string path = TRY(text(file_field));
  if (path.empty()) return std::string();
  auto content = read_file(resolved(path));
  if (!content) return std::unexpected(base::wrap(title + ": " + file_field, content.error()));
  return content;
}

// All files of one kubeconfig, merged.
struct Merged {
  std::map<std::string, Entry> clusters{};
  std::map<std::string, Entry> users{};
  std::map<std::string, Entry> contexts{};
  std::string current_context{};
  std::string files{};  // for errors and logs

  Result<void> add(const std::string& file);
  Result<void> add_list(const YAML::Node& root, const std::string& kind, const std::string& file,
                        std::map<std::string, Entry>& entries) const;
};

// The first file that names an entry wins whole.
Result<void> Merged::add_list(const YAML::Node& root, const std::string& kind,
                              const std::string& file,
                              std::map<std::string, Entry>& entries) const {
  const YAML::Node list = root[kind + "s"];
  if (!list.IsDefined() || list.IsNull()) return {};
  if (!list.IsSequence()) return invalid("'" + file + "'", kind + "s is not a list");
  for (const YAML::Node& item : list) {
    if (!item.IsMap() || !item["name"].IsDefined() || !item["name"].IsScalar()) {
      return invalid("'" + file + "'", "an entry of " + kind + "s has no name");
    }
    const std::string name = item["name"].Scalar();
    const std::string title = kind + " '" + name + "' in '" + file + "'";
    if (!item[kind].IsDefined() || !item[kind].IsMap()) {
      return invalid(title, "it has no fields under '" + kind + "'");
    }
    entries.try_emplace(name, Entry{.fields = item[kind], .file = file, .title = title});
  }
  return {};
}

Result<void> Merged::add(const std::string& file) {
  const std::string text = TRY(read_file(file));
  files += files.empty() ? file : ", " + file;
  YAML::Node root;
  try {
    root = YAML::Load(text);
  } catch (const YAML::Exception& error) {
    return invalid("'" + file + "'", std::string("not YAML: ") + error.what());
  }
  if (root.IsNull()) return {};
  if (!root.IsMap()) return invalid("'" + file + "'", "not a kubeconfig");
  const YAML::Node current = root["current-context"];
  if (current_context.empty() && current.IsDefined() && current.IsScalar()) {
    current_context = current.Scalar();
  }
  TRY_VOID(add_list(root, "cluster", file, clusters));
  TRY_VOID(add_list(root, "user", file, users));
  return add_list(root, "context", file, contexts);
}

Result<void> read_cluster(const Entry& cluster, Config& config) {
  config.server = TRY(cluster.text("server"));
  if (!config.server.starts_with("https://") && !config.server.starts_with("http://")) {
    return invalid(cluster.title, "server must begin with https:// or http://");
  }
  config.ca_pem = TRY(cluster.data_or_file("certificate-authority-data", "certificate-authority"));
  config.tls_server_name = TRY(cluster.text("tls-server-name"));
  config.insecure = TRY(cluster.flag("insecure-skip-tls-verify"));
  config.proxy_url = TRY(cluster.text("proxy-url"));
  if (config.insecure && !config.ca_pem.empty()) {
    return invalid(cluster.title, "insecure-skip-tls-verify and a CA exclude each other");
  }
  return {};
}

// A plain scalar as YAML's JSON schema reads it, and text for anything else.
json json_scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return text;  // it was quoted
  if (text == "true" || text == "false") return text == "true";
  json number = json::parse(text, nullptr, false);
  return number.is_number() ? number : json(text);
}

// At most `nodes_left` nodes, because aliases of aliases can stand for any number of them.
json json_of(const YAML::Node& node, int& nodes_left) {
  if (--nodes_left < 0 || !node.IsDefined() || node.IsNull()) return nullptr;
  if (node.IsScalar()) return json_scalar(node);
  json made = node.IsMap() ? json::object() : json::array();
  for (const auto& item : node) {
    if (nodes_left <= 0) break;
    if (node.IsMap()) {
      made[item.first.Scalar()] = json_of(item.second, nodes_left);
    } else {
      made.push_back(json_of(item, nodes_left));
    }
  }
  return made;
}

// What the plugins of this cluster are configured with, in an extension of that name.
json exec_config_of(const Entry& cluster) {
  const YAML::Node extensions = cluster.fields["extensions"];
  if (!extensions.IsDefined() || !extensions.IsSequence()) return nullptr;
  for (const YAML::Node& one : extensions) {
    if (!one.IsMap() || !one["name"].IsDefined() || !one["name"].IsScalar()) continue;
    int nodes_left = kExtensionNodesMax;
    if (one["name"].Scalar() == kExecExtension) return json_of(one["extension"], nodes_left);
  }
  return nullptr;
}

// spec.cluster of the ExecCredential that a plugin is given.
Result<std::string> exec_cluster_of(const Entry& cluster, const Config& config) {
  json made{{"server", config.server}};
  if (!config.tls_server_name.empty()) made["tls-server-name"] = config.tls_server_name;
  if (config.insecure) made["insecure-skip-tls-verify"] = true;
  if (!config.ca_pem.empty()) {
    made["certificate-authority-data"] = base::to_base64(config.ca_pem);
  }
  if (!config.proxy_url.empty()) made["proxy-url"] = config.proxy_url;
  if (TRY(cluster.flag("disable-compression"))) made["disable-compression"] = true;
  if (const json extension = exec_config_of(cluster); !extension.is_null()) {
    made["config"] = extension;
  }
  return made.dump(-1, ' ', false, json::error_handler_t::replace);
}

// A daemon has nobody to ask.
Result<void> check_interactive_mode(const Entry& exec, const std::string& api_version) {
  const std::string mode = TRY(exec.text("interactiveMode"));
  if (mode == "Always") return invalid(exec.title, "interactiveMode Always: nobody could answer");
  if (mode.empty() && api_version == kExecV1) {
    return invalid(exec.title, "interactiveMode is required in v1; use Never or IfAvailable");
  }
  if (!mode.empty() && mode != "Never" && mode != "IfAvailable") {
    return invalid(exec.title, "interactiveMode must be Never or IfAvailable");
  }
  return {};
}

// A relative path to the program starts at the kubeconfig, as client-go resolves it.
Result<ExecPlugin> read_exec(const Entry& user, const Entry& cluster, const Config& config) {
  const Entry exec{
      .fields = user.fields["exec"], .file = user.file, .title = user.title + ": exec"};
  if (!exec.fields.IsMap()) return invalid(exec.title, "not a map");
  ExecPlugin plugin;
  plugin.api_version = TRY(exec.text("apiVersion"));
  plugin.command = TRY(exec.text("command"));
  plugin.install_hint = TRY(exec.text("installHint"));
  if (plugin.api_version != kExecV1 && plugin.api_version != kExecV1Beta1) {
    return invalid(exec.title, std::string("apiVersion must be ") + kExecV1 + " or v1beta1");
  }
  if (plugin.command.empty()) return invalid(exec.title, "it has no command");
  if (plugin.command.find('/') != std::string::npos) plugin.command = exec.resolved(plugin.command);
  TRY_VOID(check_interactive_mode(exec, plugin.api_version));
  for (const YAML::Node& word : exec.fields["args"]) plugin.args.push_back(word.Scalar());
  for (const YAML::Node& one : exec.fields["env"]) {
    if (!one.IsMap() || !one["name"].IsDefined() || !one["value"].IsDefined()) {
      return invalid(exec.title, "an entry of env has no name or value");
    }
    plugin.env[one["name"].Scalar()] = one["value"].Scalar();
  }
  if (TRY(exec.flag("provideClusterInfo"))) {
    plugin.cluster_json = TRY(exec_cluster_of(cluster, config));
  }
  return plugin;
}

std::vector<std::string> texts_of(const YAML::Node& list) {
  std::vector<std::string> texts;
  if (!list.IsDefined()) return texts;
  for (const YAML::Node& one : list) texts.push_back(one.Scalar());
  return texts;
}

Result<Impersonation> read_impersonation(const Entry& user) {
  Impersonation who;
  who.user = TRY(user.text("as"));
  who.uid = TRY(user.text("as-uid"));
  who.groups = texts_of(user.fields["as-groups"]);
  if (user.has("as-user-extra")) {
    for (const auto& item : user.fields["as-user-extra"]) {
      who.extra[item.first.Scalar()] = texts_of(item.second);
    }
  }
  if (who.user.empty() && (!who.uid.empty() || !who.groups.empty() || !who.extra.empty())) {
    return invalid(user.title, "as-uid, as-groups and as-user-extra need `as`");
  }
  return who;
}

Result<void> read_user(const Entry& user, const Entry& cluster, Config& config) {
  for (const char* field : {"auth-provider", "username", "password"}) {
    if (user.has(field)) {
      return invalid(user.title, std::string(field) +
                                     " is not supported; use a token or a client "
                                     "certificate");
    }
  }
  config.client_certificate_pem =
      TRY(user.data_or_file("client-certificate-data", "client-certificate"));
  std::string key = TRY(user.data_or_file("client-key-data", "client-key"));
  config.client_key_pem = base::SecretString(std::move(key));
  if (config.client_certificate_pem.empty() != config.client_key_pem.empty()) {
    return invalid(user.title, "a client certificate and its key belong together");
  }
  std::string token = TRY(user.text("token"));
  config.token = base::SecretString(std::move(token));
  const std::string token_file = TRY(user.text("tokenFile"));
  if (!token_file.empty()) config.token_file = user.resolved(token_file);
  config.impersonate = TRY(read_impersonation(user));
  const bool has_other =
      !config.token.empty() || !config.token_file.empty() || !config.client_certificate_pem.empty();
  if (user.has("exec") && !has_other) config.exec = TRY(read_exec(user, cluster, config));
  return {};
}

Result<const Entry*> find(const std::map<std::string, Entry>& entries, const std::string& name,
                          const std::string& kind, const std::string& where) {
  const auto found = entries.find(name);
  if (found == entries.end()) return invalid(where, "there is no " + kind + " '" + name + "'");
  return &found->second;
}

Result<Config> config_of(const Merged& merged, const std::string& wanted_context) {
  const std::string where = "'" + merged.files + "'";
  const std::string name = wanted_context.empty() ? merged.current_context : wanted_context;
  if (name.empty()) return invalid(where, "it has no current-context");
  const Entry* context = TRY(find(merged.contexts, name, "context", where));
  const std::string cluster = TRY(context->text("cluster"));
  const std::string user = TRY(context->text("user"));
  Config config;
  const Entry* cluster_entry = TRY(find(merged.clusters, cluster, "cluster", where));
  TRY_VOID(read_cluster(*cluster_entry, config));
  const bool is_tls = config.server.starts_with("https://");
  if (is_tls && !user.empty()) {
    const Entry* user_entry = TRY(find(merged.users, user, "user", where));
    TRY_VOID(read_user(*user_entry, *cluster_entry, config));
  }
  const std::string space = TRY(context->text("namespace"));
  if (!space.empty()) config.namespace_ = space;
  config.source = "context '" + name + "' of " + merged.files;
  return config;
}

Result<Config> load_files(const std::vector<std::string>& files, const std::string& context) {
  Merged merged;
  try {
    for (const std::string& file : files) TRY_VOID(merged.add(file));
    return config_of(merged, context);
  } catch (const YAML::Exception& error) {
    return invalid("'" + merged.files + "'", error.what());
  }
}

bool exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// The existing files of $KUBECONFIG, without repetitions.
std::vector<std::string> files_of_list(const std::string& list) {
  std::vector<std::string> files;
  for (std::size_t start = 0; start <= list.size();) {
    const auto end = std::min(list.find(':', start), list.size());
    const std::string file = list.substr(start, end - start);
    const bool is_new = std::find(files.begin(), files.end(), file) == files.end();
    if (!file.empty() && is_new && exists(file)) files.push_back(file);
    start = end + 1;
  }
  return files;
}

std::string env_of(const ConfigSource& source, const char* name) {
  return source.env ? source.env(name).value_or("") : "";
}

Result<Config> load_in_cluster(const ConfigSource& source, const std::string& host,
                               const std::string& port) {
  const bool is_v6 = host.find(':') != std::string::npos;
  const fs::path dir = source.service_account_dir;
  std::string ca_pem = TRY(read_file(dir / "ca.crt"));
  Config config{.server = "https://" + (is_v6 ? "[" + host + "]" : host) + ":" + port,
                .ca_pem = std::move(ca_pem),
                .token_file = (dir / "token").string(),
                .source = "in-cluster"};
  if (exists(dir / "namespace")) {
    const std::string text = TRY(read_file(dir / "namespace"));
    if (!base::trimmed(text).empty()) config.namespace_ = base::trimmed(text);
  }
  return config;
}

}  // namespace

ConfigSource system_config_source(std::string kubeconfig_flag, std::string context) {
  ConfigSource source{.kubeconfig_flag = std::move(kubeconfig_flag), .context = std::move(context)};
  source.env = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
  source.home = source.env("HOME").value_or("");
  return source;
}

Result<Config> load_config(const ConfigSource& source) {
  if (!source.kubeconfig_flag.empty()) return load_files({source.kubeconfig_flag}, source.context);
  if (const std::string list = env_of(source, "KUBECONFIG"); !list.empty()) {
    const auto files = files_of_list(list);
    if (!files.empty()) return load_files(files, source.context);
    return base::fail(Code::kNotFound, "read $KUBECONFIG: no such file: " + list);
  }
  const std::string host = env_of(source, "KUBERNETES_SERVICE_HOST");
  const std::string port = env_of(source, "KUBERNETES_SERVICE_PORT");
  if (!host.empty() && !port.empty()) {
    if (source.context.empty()) return load_in_cluster(source, host, port);
    return invalid("configuration", "a context was given, but in a pod there is no kubeconfig");
  }
  const std::string file = source.home + "/.kube/config";
  if (!source.home.empty() && exists(file)) return load_files({file}, source.context);
  return base::fail(
      Code::kNotFound,
      "find the cluster: no --kubeconfig, no $KUBECONFIG, not in a pod, no '" + file + "'");
}

}  // namespace kube
