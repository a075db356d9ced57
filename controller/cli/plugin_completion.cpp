// What a shell offers after `kubectl duplicert`. Pure: names of objects are the caller's to find.
#include <algorithm>

#include "cli/plugin_options.h"

namespace cli {
namespace {

const std::vector<std::string> kVerbs{
    "orders\tthe orders that a request may use",
    "status\torder, copies, timeline, next step",
    "explain\tthe facts and the rule that fires",
    "renew\ta new certificate now",
    "plan\twhat manifests would do",
    "completion\tthe script of a shell",
    "version\tthe version",
};
const std::vector<std::string> kCommonFlags{
    "--kubeconfig\tfile",       "--context\tof the kubeconfig", "--namespace\tof the request",
    "--all-namespaces\tof all", "--output\ttext, json or yaml", "--help\tand examples"};

std::vector<std::string> flags_of(const std::string& verb) {
  std::vector<std::string> flags = kCommonFlags;
  const auto add = [&](std::initializer_list<const char*> more) {
    flags.insert(flags.end(), more.begin(), more.end());
  };
  const bool direct = verb == "orders" || verb == "explain";
  if (direct)
    add({"--direct\task the CA now", "--api-key-file\tfile", "--allowed-ca-hosts\thosts"});
  if (verb == "renew") add({"--wait\tfor the new certificate", "--timeout\tof --wait"});
  if (verb == "plan") {
    add({"--filename\tmanifest or directory", "--no-orders\tnever buy", "--offline\task nobody",
         "--no-cluster\tmanifests and CA alone", "--api-key-file\tfile",
         "--allowed-ca-hosts\thosts", "--ledger-namespace\tof CertificateOrders"});
  }
  return flags;
}

// Those that go on from what was typed.
std::vector<std::string> starting_with(const std::string& typed, std::vector<std::string> words) {
  std::erase_if(words, [&](const std::string& word) { return !word.starts_with(typed); });
  return words;
}

constexpr const char* kBash = R"(# kubectl-duplicert: source <(kubectl-duplicert completion bash)
_kubectl_duplicert() {
  local line directive= words=()
  while IFS= read -r line; do
    case $line in
      :*) directive=$line ;;
      *) words+=("${line%%$'\t'*}") ;;
    esac
  done < <(kubectl-duplicert __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [ "$directive" = :0 ]; then
    compopt -o default
    COMPREPLY=()
  else
    COMPREPLY=("${words[@]}")
  fi
}
complete -F _kubectl_duplicert kubectl-duplicert
)";

constexpr const char* kZsh = R"(#compdef kubectl-duplicert
# kubectl-duplicert: source <(kubectl-duplicert completion zsh)
_kubectl_duplicert() {
  local line directive
  local -a offered
  while IFS= read -r line; do
    case $line in
      :*) directive=$line ;;
      *) offered+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
    esac
  done < <(kubectl-duplicert __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
  if [ "$directive" = :0 ]; then _files; else _describe kubectl-duplicert offered; fi
}
compdef _kubectl_duplicert kubectl-duplicert
)";

constexpr const char* kFish = R"(# kubectl-duplicert: kubectl-duplicert completion fish | source
function __kubectl_duplicert
  set -l words (commandline -opc) (commandline -ct)
  for line in (kubectl-duplicert __complete $words[2..-1] 2>/dev/null)
    switch $line
      case ':0'
        __fish_complete_path (commandline -ct)
      case ':*'
      case '*'
        echo $line
    end
  end
end
complete -c kubectl-duplicert -f -a '(__kubectl_duplicert)'
)";

}  // namespace

Suggestions suggest(const std::vector<std::string>& words) {
  using Kind = Suggestions::Kind;
  const std::string typed = words.empty() ? "" : words.back();
  std::string verb;
  std::string before;
  Suggestions found;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const bool is_namespace = before == "-n" || before == "--namespace";
    if (is_namespace) found.namespace_ = words[i];
    const bool is_value = before.starts_with('-') && before != "-A" &&
                          before.find('=') == std::string::npos && !is_namespace;
    if (!words[i].starts_with('-') && verb.empty() && !is_namespace && !is_value) verb = words[i];
    before = words[i];
  }
  if (before == "-n" || before == "--namespace") return {.kind = Kind::kNamespaces};
  const bool is_file = before == "-f" || before == "--filename" || before == "--kubeconfig" ||
                       before == "--api-key-file";
  if (is_file) return {.kind = Kind::kFiles};
  if (before == "-o" || before == "--output") {
    found.words = starting_with(typed, {"text", "json", "yaml"});
  } else if (typed.starts_with('-')) {
    found.words = starting_with(typed, flags_of(verb));
  } else if (verb.empty()) {
    found.words = starting_with(typed, kVerbs);
  } else if (verb == "completion") {
    found.words = starting_with(typed, {"bash", "zsh", "fish"});
  } else if (verb != "plan" && verb != "version") {
    found.kind = Kind::kRequests;
  }
  return found;
}

std::string completion_script(const std::string& shell) {
  if (shell == "bash") return kBash;
  if (shell == "zsh") return kZsh;
  return shell == "fish" ? kFish : "";
}

}  // namespace cli
