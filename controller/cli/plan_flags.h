// Flags that `duplicert plan` shares with the kubectl plugin. Internal to this library.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/options.h"

namespace CLI {
class App;
}  // namespace CLI

namespace cli {

// The hosts that an API key may be sent to when nothing else was said.
std::vector<std::string> default_ca_hosts();

void add_allowed_hosts(CLI::App& command, std::vector<std::string>& hosts);
// -f, --api-key-file, --allowed-ca-hosts, --ledger-namespace, --no-orders, --offline.
void add_plan_flags(CLI::App& command, PlanOptions& plan);
void add_output(CLI::App& command, Output& output, const std::map<std::string, Output>& formats,
                const std::string& help);

}  // namespace cli
