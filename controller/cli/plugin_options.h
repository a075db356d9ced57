// Options of kubectl-duplicert, from flags. Pure. Entry point: parse_plugin.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/options.h"

namespace cli {

enum class PluginVerb {
  kOrders,
  kStatus,
  kExplain,
  kRenew,
  kPlan,
  kCompletion,  // print the script for a shell: names[0]
  kComplete,    // what may follow the words that were typed so far: names
  kVersion,
  kFinish,
};

struct PluginOptions {
  PluginVerb verb = PluginVerb::kFinish;
  Finish finish{};                   // kFinish
  std::vector<std::string> names{};  // of requests
  std::string kubeconfig{};
  std::string context{};
  std::string namespace_{};  // empty: that of the context
  bool all_namespaces = false;
  Output output = Output::kText;
  bool direct = false;  // ask the CA, with the caller's own right to read the key
  std::string api_key_file{};
  std::vector<std::string> allowed_ca_hosts{};
  std::string ledger_namespace{};
  bool wait = false;
  std::chrono::seconds timeout{std::chrono::minutes{5}};
  PlanOptions plan{};
};

PluginOptions parse_plugin(int argc, const char* const* argv);

// The flags and subcommands that `words` (the last one is being typed) may go on with.
struct Suggestions {
  enum class Kind { kWords, kRequests, kNamespaces, kFiles };
  Kind kind = Kind::kWords;
  std::vector<std::string> words{};  // with a tab and a description
  std::string namespace_{};          // kRequests: of -n among the words
};
Suggestions suggest(const std::vector<std::string>& words);

// The script for bash, zsh or fish; "" for another shell.
std::string completion_script(const std::string& shell);

}  // namespace cli
