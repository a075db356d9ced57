#include "kube/exec_plugin.h"

#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <nlohmann/json.hpp>

#include "kube/response.h"

namespace kube {
namespace {

using base::Code;
using base::Result;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kOutputBytesMax = std::size_t{1} << 20U;

std::unexpected<base::Error> refused(const std::string& why) {
  return base::fail(Code::kUnauthenticated, "exec credential plugin: " + why);
}

// Both ends close by themselves.
struct Pipe {
  int ends[2] = {-1, -1};
  Pipe() = default;
  ~Pipe() { close_ends(); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  bool open() { return pipe2(ends, O_CLOEXEC) == 0; }
  void close_end(int which) {
    if (ends[which] >= 0) close(std::exchange(ends[which], -1));
  }
  void close_ends() {
    close_end(0);
    close_end(1);
  }
};

std::string exec_info(const ExecPlugin& plugin) {
  json info{{"apiVersion", plugin.api_version},
            {"kind", "ExecCredential"},
            {"spec", {{"interactive", false}}}};
  if (!plugin.cluster_json.empty()) {
    info["spec"]["cluster"] = json::parse(plugin.cluster_json, nullptr, false);
  }
  return info.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::vector<std::string> environment_of(const ExecPlugin& plugin) {
  std::map<std::string, std::string> all;
  for (char** at = environ; *at != nullptr; ++at) {
    const char* const sign = std::strchr(*at, '=');
    if (sign == nullptr) continue;
    all[std::string(*at, static_cast<std::size_t>(sign - *at))] = sign + 1;
  }
  for (const auto& [name, value] : plugin.env) all[name] = value;
  all["KUBERNETES_EXEC_INFO"] = exec_info(plugin);
  std::vector<std::string> lines;
  for (const auto& [name, value] : all) lines.push_back(name + "=" + value);
  return lines;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> made;
  for (std::string& text : texts) made.push_back(text.data());
  made.push_back(nullptr);
  return made;
}

// The pid, or a negative errno. Its standard input and error are /dev/null: nobody could answer a
// question, and what it says may hold the credential.
pid_t spawn(const ExecPlugin& plugin, int output) {
  std::vector<std::string> words{plugin.command};
  words.insert(words.end(), plugin.args.begin(), plugin.args.end());
  std::vector<std::string> lines = environment_of(plugin);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);  // ours blocks SIGTERM
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setpgroup(&attributes, 0);  // so that what it starts can be ended with it
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  const int failed = posix_spawnp(&pid, plugin.command.c_str(), &files, &attributes,
                                  pointers(words).data(), pointers(lines).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return failed == 0 ? pid : -failed;
}

// All that it prints until it closes its output. False at the deadline, or if it is too much.
bool read_all(int from, steady_clock::time_point deadline, std::string& text) {
  char buffer[4096];
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    pollfd ready{.fd = from, .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || poll(&ready, 1, static_cast<int>(left.count())) <= 0) return false;
    const auto count = ::read(from, buffer, sizeof buffer);
    if (count == 0) return true;
    if (count < 0 || text.size() + static_cast<std::size_t>(count) > kOutputBytesMax) return false;
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

// Its exit status; nullopt at the deadline. Never leaves a zombie.
std::optional<int> wait_for(pid_t pid, steady_clock::time_point deadline) {
  int status = 0;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (steady_clock::now() >= deadline) {
      kill(-pid, SIGKILL);
      waitpid(pid, &status, 0);
      return std::nullopt;
    }
    const timespec nap{.tv_sec = 0, .tv_nsec = 5'000'000};
    nanosleep(&nap, nullptr);
  }
  return status;
}

// The text under `name`, which is taken out of `object` and wiped there; "" if there is none.
std::string take_text(json& object, const char* name) {
  const auto at = object.find(name);
  if (at == object.end() || !at->is_string()) return {};
  std::string text = at->get<std::string>();
  base::wipe(at->get_ref<std::string&>());
  return text;
}

Result<ExecCredential> credential_of(json& status) {
  ExecCredential credential{
      .token = base::SecretString(take_text(status, "token")),
      .client_certificate_pem = take_text(status, "clientCertificateData"),
      .client_key_pem = base::SecretString(take_text(status, "clientKeyData"))};
  const bool has_certificate = !credential.client_certificate_pem.empty();
  if (has_certificate != !credential.client_key_pem.empty()) {
    return refused(
        "its output has one of status.clientCertificateData and clientKeyData; "
        "they belong together");
  }
  if (credential.token.empty() && !has_certificate) {
    return refused("its output has neither status.token nor status.clientCertificateData");
  }
  const std::string expires = take_text(status, "expirationTimestamp");
  if (expires.empty()) return credential;
  const auto time = base::parse_time(expires);
  if (!time) return refused("status.expirationTimestamp is no time");
  credential.expires = *time;
  return credential;
}

}  // namespace

Result<ExecCredential> parse_exec_credential(std::string_view text, std::string_view api_version) {
  auto parsed = parse_json(text);
  if (!parsed || !parsed->is_object()) return refused("its output is not a JSON object");
  if (take_text(*parsed, "kind") != "ExecCredential") {
    return refused("its output is no ExecCredential");
  }
  if (take_text(*parsed, "apiVersion") != api_version) {
    return refused("its output is of another version than " + std::string(api_version));
  }
  const auto status = parsed->find("status");
  if (status == parsed->end() || !status->is_object()) return refused("its output has no status");
  return credential_of(*status);
}

Result<ExecCredential> run_exec_plugin(const ExecPlugin& plugin) {
  Pipe pipe;
  if (!pipe.open()) return refused("no more file descriptors");
  const auto deadline = steady_clock::now() + plugin.timeout;
  const pid_t pid = spawn(plugin, pipe.ends[1]);
  const std::string what = "'" + plugin.command + "'";
  if (pid < 0) {
    const std::string hint = plugin.install_hint.empty() ? "" : "; " + plugin.install_hint;
    return refused("run " + what + ": " + strerrordesc_np(-pid) + hint);
  }
  pipe.close_end(1);
  std::string text;
  const bool whole = read_all(pipe.ends[0], deadline, text);
  if (!whole) kill(-pid, SIGKILL);
  const auto status = wait_for(pid, deadline);
  if (!whole || !status) {
    base::wipe(text);
    return refused(what + " did not end within " + std::to_string(plugin.timeout.count()) +
                   " ms, or printed more than 1 MiB");
  }
  if (*status != 0) {
    base::wipe(text);
    return refused(what + " failed with status " + std::to_string(*status >> 8) +
                   "; run it by hand to see why");
  }
  auto credential = parse_exec_credential(text, plugin.api_version);
  base::wipe(text);
  return credential;
}

}  // namespace kube
