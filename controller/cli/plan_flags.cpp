#include "cli/plan_flags.h"

#include <CLI/CLI.hpp>

namespace cli {

std::vector<std::string> default_ca_hosts() {
  return {"www.digicert.com", "certcentral.digicert.eu"};
}

void add_allowed_hosts(CLI::App& command, std::vector<std::string>& hosts) {
  command
      .add_option("--allowed-ca-hosts", hosts,
                  "Hosts (HOST or HOST:PORT) that account.url of a profile may name. Default: "
                  "www.digicert.com,certcentral.digicert.eu")
      ->delimiter(',')
      ->envname("DUPLICERT_ALLOWED_CA_HOSTS");
}

void add_plan_flags(CLI::App& command, PlanOptions& plan) {
  command
      .add_option("-f,--filename", plan.files,
                  "Manifest, or directory of manifests (.yaml, .yml, .json), or - for standard "
                  "input; may be given several times")
      ->required()
      ->type_name("FILE|DIR");
  command
      .add_option("--api-key-file", plan.api_key_file,
                  "File that holds the API key of CertCentral; one that may only read is enough. "
                  "Default: $DUPLICERT_API_KEY, else the Secret that the profile names, from the "
                  "manifests or the cluster")
      ->type_name("FILE");
  add_allowed_hosts(command, plan.allowed_ca_hosts);
  command
      .add_option("--ledger-namespace", plan.ledger_namespace,
                  "Namespace of the CertificateOrders. Default: look in all")
      ->envname("DUPLICERT_LEDGER_NAMESPACE");
  command.add_flag("--no-orders", plan.no_orders,
                   "End with exit code 3 if an order or a renewal would be bought");
  command.add_flag("--offline", plan.offline,
                   "Only check the manifests; ask neither the CA nor a cluster");
}

void add_output(CLI::App& command, Output& output, const std::map<std::string, Output>& formats,
                const std::string& help) {
  command.add_option("-o,--output", output, help)
      ->transform(CLI::CheckedTransformer(formats).description(""))
      ->type_name("FORMAT");
}

}  // namespace cli
