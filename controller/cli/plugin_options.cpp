#include "cli/plugin_options.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/clock.h"
#include "cli/plan_flags.h"

namespace cli {
namespace {

const std::map<std::string, Output> kFormats{
    {"text", Output::kText}, {"json", Output::kJson}, {"yaml", Output::kYaml}};

void add_common(CLI::App& app, PluginOptions& options) {
  app.add_option("--kubeconfig", options.kubeconfig, "Path of a kubeconfig file");
  app.add_option("--context", options.context, "Context of the kubeconfig");
  app.add_option("-n,--namespace", options.namespace_, "Namespace. Default: that of the context");
  app.add_flag("-A,--all-namespaces", options.all_namespaces, "Requests of all namespaces");
  add_output(app, options.output, kFormats, "text, json or yaml. Default: text");
}

void add_direct(CLI::App& command, PluginOptions& options) {
  command.add_flag("--direct", options.direct,
                   "Ask the CA now, reading only, with your own right to read the Secret of the "
                   "API key");
  command
      .add_option("--api-key-file", options.api_key_file,
                  "With --direct: file with another API key. Default: $DUPLICERT_API_KEY, else the "
                  "Secret that the profile names")
      ->type_name("FILE");
  add_allowed_hosts(command, options.allowed_ca_hosts);
}

void add_orders(CLI::App& app, PluginOptions& options) {
  auto* command = app.add_subcommand(
      "orders", "List the orders that a request may use, latest first, and why the others are not");
  command->add_option("NAME", options.names, "Requests. Default: all of the namespace");
  command->footer(
      "Without --direct it shows what the controller wrote into status.candidates: while an order\n"
      "is looked for, and always while the request is suspended.\n"
      "Examples:\n"
      "  kubectl duplicert orders shop -n team-a\n"
      "  kubectl duplicert orders shop -n team-a --direct   ask the CA now, also for a Ready one");
  add_direct(*command, options);
}

void add_status(CLI::App& app, PluginOptions& options) {
  auto* command = app.add_subcommand(
      "status", "Show a request: order, copies of the same order, timeline and next step");
  command->add_option("NAME", options.names, "Request. Default: a table of all")->expected(0, 1);
  command->footer(
      "Exit code 2 if the request is not Ready.\n"
      "Examples:\n"
      "  kubectl duplicert status -A\n"
      "  kubectl duplicert status shop -n team-a\n"
      "  kubectl duplicert status shop -n team-a -o json | jq .nextStep");
}

void add_explain(CLI::App& app, PluginOptions& options) {
  auto* command = app.add_subcommand(
      "explain", "Show why: the facts, the rule that fires, and what would change it");
  command->add_option("NAME", options.names, "Request")->required()->expected(1);
  command
      ->add_option("--ledger-namespace", options.ledger_namespace,
                   "Namespace of the CertificateOrders. Default: look in all")
      ->envname("DUPLICERT_LEDGER_NAMESPACE");
  command->footer(
      "It decides by the controller's own rules, from what you may read in the cluster; --direct\n"
      "adds the CA's answers. Nothing is changed.\n"
      "Examples:\n"
      "  kubectl duplicert explain shop -n team-a\n"
      "  kubectl duplicert explain shop -n team-a --direct");
  add_direct(*command, options);
}

void add_renew(CLI::App& app, PluginOptions& options) {
  auto* command = app.add_subcommand(
      "renew", "Ask for a new certificate now, free of charge; schedules are kept");
  command->add_option("NAME", options.names, "Requests")->required();
  command->add_flag("--wait", options.wait, "Wait until the new certificate is in the Secret");
  command
      ->add_option_function<std::string>(
          "--timeout",
          [&options](const std::string& text) {
            const auto parsed = base::parse_duration(text);
            if (!parsed) throw CLI::ValidationError("--timeout", parsed.error().message);
            options.timeout = *parsed;
          },
          "How long --wait waits. Default: 5m")
      ->type_name("DURATION");
  command->footer(
      "Sets the annotation duplicert.io/renew-requested-at; it never leads to a purchase.\n"
      "Examples:\n"
      "  kubectl duplicert renew shop -n team-a\n"
      "  kubectl duplicert renew shop -n team-a --wait --timeout 2m");
}

void add_plan(CLI::App& app, PluginOptions& options, bool& no_cluster) {
  auto* command = app.add_subcommand(
      "plan", "Show what would become of manifests: issue, renew, buy or refuse; changes nothing");
  add_plan_flags(*command, options.plan);
  command->add_flag("--no-cluster", no_cluster, "Look at the manifests and the CA alone");
  command->footer(
      "Exit codes: 0 nothing to do, 1 wrong, refused or not known, 2 changes, 3 an order would be\n"
      "bought and --no-orders is set.\n"
      "Examples:\n"
      "  kubectl duplicert plan -f deploy/ --no-orders");
}

PluginVerb verb_of(const CLI::App& app) {
  const std::map<std::string, PluginVerb> verbs{
      {"orders", PluginVerb::kOrders},   {"status", PluginVerb::kStatus},
      {"explain", PluginVerb::kExplain}, {"renew", PluginVerb::kRenew},
      {"plan", PluginVerb::kPlan},       {"completion", PluginVerb::kCompletion}};
  const auto chosen = app.get_subcommands();
  const auto at = verbs.find(chosen.empty() ? "" : chosen.front()->get_name());
  return at == verbs.end() ? PluginVerb::kVersion : at->second;
}

void finish_plan(PluginOptions& options, bool no_cluster) {
  options.plan.cluster = !no_cluster;
  options.plan.kubeconfig = options.kubeconfig;
  options.plan.context = options.context;
  options.plan.namespace_ = options.namespace_;
  options.plan.output = options.output;
  if (options.plan.allowed_ca_hosts.empty()) options.plan.allowed_ca_hosts = default_ca_hosts();
  if (options.allowed_ca_hosts.empty()) options.allowed_ca_hosts = default_ca_hosts();
}

}  // namespace

PluginOptions parse_plugin(int argc, const char* const* argv) {
  PluginOptions options;
  if (argc > 1 && std::string_view(argv[1]) == "__complete") {
    options.verb = PluginVerb::kComplete;
    options.names.assign(argv + 2, argv + argc);
    return options;
  }
  CLI::App app{
      "Looks into Duplicert: which orders requests may use, how they stand, why, and what is next.",
      "kubectl duplicert"};
  app.require_subcommand(1);
  app.set_version_flag("--version", version());
  app.fallthrough();
  app.footer(
      "Examples:\n"
      "  kubectl duplicert status -A                 every request at a glance\n"
      "  kubectl duplicert status shop -n team-a     one of them: copies, timeline, next step\n"
      "  kubectl duplicert explain shop -n team-a    why it is as it is\n"
      "  kubectl duplicert orders shop -n team-a     which orders it may use\n"
      "  kubectl duplicert renew shop -n team-a      a new certificate now\n"
      "  kubectl duplicert plan -f deploy/           what these manifests would do\n"
      "Exit codes: 0 done, 1 an error, 2 status: not Ready; plan has its own, see plan --help.");
  add_common(app, options);
  add_orders(app, options);
  add_status(app, options);
  add_explain(app, options);
  add_renew(app, options);
  bool no_cluster = false;
  add_plan(app, options, no_cluster);
  app.add_subcommand("completion", "Print the completion script of a shell")
      ->add_option("SHELL", options.names, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  app.add_subcommand("version", "Print the version");
  for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    command->fallthrough();
  }
  const char* const help[] = {"kubectl-duplicert", "--help"};
  const bool bare = argc <= 1;
  try {
    app.parse(bare ? 2 : argc, bare ? help : argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream problem;
    const int code = app.exit(error, out, problem);
    options.finish = {code == 0 ? 0 : 1, code == 0 ? out.str() : problem.str()};
    return options;
  }
  options.verb = verb_of(app);
  finish_plan(options, no_cluster);
  return options;
}

}  // namespace cli
