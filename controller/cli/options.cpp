#include "cli/options.h"

#include <charconv>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/clock.h"
#include "cli/plan_flags.h"

namespace cli {
namespace {

// "0" or "off" switches a server off; ":8080" listens on every interface; "[::1]:8080" is IPv6.
std::string read_address(const std::string& text, ListenAddress& address) {
  if (text == "0" || text == "off") {
    address.enabled = false;
    return {};
  }
  const auto colon = text.rfind(':');
  std::string host = colon == std::string::npos ? "" : text.substr(0, colon);
  const std::string port = colon == std::string::npos ? text : text.substr(colon + 1);
  int number = -1;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  const bool bad_host = !bracketed && host.find(':') != std::string::npos;
  if (error != std::errc{} || end != port.data() + port.size() || number < 0 || number > 65535 ||
      bad_host) {
    return fmt::format("'{}' is not HOST:PORT, for example 127.0.0.1:8080; 0 switches it off",
                       text);
  }
  address.port = number;
  if (!host.empty()) address.host = host;
  return {};
}

CLI::Option* add_address(CLI::App& app, const std::string& flag, ListenAddress& address,
                         const std::string& help) {
  return app
      .add_option_function<std::string>(
          flag,
          [flag, &address](const std::string& text) {
            const std::string problem = read_address(text, address);
            if (!problem.empty()) throw CLI::ValidationError(flag, problem);
          },
          help)
      ->type_name("HOST:PORT");
}

CLI::Option* add_duration(CLI::App& app, const std::string& flag, std::chrono::seconds& duration,
                          const std::string& help) {
  return app
      .add_option_function<std::string>(
          flag,
          [flag, &duration](const std::string& text) {
            const auto parsed = base::parse_duration(text);
            if (!parsed) throw CLI::ValidationError(flag, parsed.error().message);
            // A window of nothing would send again before the CA can have listed anything.
            if (parsed->count() == 0) throw CLI::ValidationError(flag, "0s is too short");
            duration = *parsed;
          },
          help)
      ->type_name("DURATION");
}

void add_log_options(CLI::App& app, LogOptions& log, const std::string& format_default) {
  const std::map<std::string, base::LogFormat> formats{{"json", base::LogFormat::kJson},
                                                       {"text", base::LogFormat::kText}};
  app.add_option("--log-format", log.format,
                 "Format of the log on standard error: json or text. Default: " + format_default)
      ->transform(CLI::CheckedTransformer(formats).description(""))
      ->type_name("FORMAT")
      ->envname("DUPLICERT_LOG_FORMAT");
  app.add_option_function<std::string>(
         "--log-level",
         [&log](const std::string& text) {
           const auto level = base::parse_log_level(text);
           if (!level) throw CLI::ValidationError("--log-level", level.error().message);
           log.level = *level;
         },
         "debug, info, warn, error or off. Default: info")
      ->type_name("LEVEL")
      ->envname("DUPLICERT_LOG_LEVEL");
}

void add_cluster_options(CLI::App& app, RunOptions& run) {
  app.add_option("--kubeconfig", run.kubeconfig,
                 "Path of a kubeconfig file. Default: $KUBECONFIG, else the Pod's service account, "
                 "else ~/.kube/config")
      ->envname("DUPLICERT_KUBECONFIG");
  app.add_option("--context", run.context, "Context of the kubeconfig. Default: its current one")
      ->envname("DUPLICERT_CONTEXT");
  app.add_option("--namespace", run.namespaces,
                 "Watch this namespace only; may be given several times. Default: all")
      ->delimiter(',')
      ->envname("DUPLICERT_NAMESPACE");
  app.add_option("--kube-api-qps", run.kube_api_qps,
                 "Calls per second to the API server, watches excepted. Default: 0, no limit here: "
                 "the server's own fairness decides")
      ->check(CLI::NonNegativeNumber)
      ->envname("DUPLICERT_KUBE_API_QPS");
  app.add_option("--kube-api-burst", run.kube_api_burst,
                 "Calls that may exceed --kube-api-qps at once. Default: 100")
      ->check(CLI::PositiveNumber)
      ->envname("DUPLICERT_KUBE_API_BURST");
  app.add_flag("--leader-elect,!--no-leader-elect", run.leader_elect,
               "Let only one of several replicas work, by a Lease. Default: true")
      ->envname("DUPLICERT_LEADER_ELECT");
  app.add_option("--leader-elect-namespace", run.leader_elect_namespace,
                 "Namespace of the Lease. Default: the Pod's, or that of the context")
      ->envname("DUPLICERT_LEADER_ELECT_NAMESPACE");
}

void add_run(CLI::App& app, RunOptions& run) {
  auto* command = app.add_subcommand("run", "Run the controller");
  add_cluster_options(*command, run);
  command->add_option("--workers", run.workers, "Requests that are worked on at once. Default: 16")
      ->check(CLI::Range(1, 64))
      ->envname("DUPLICERT_WORKERS");
  add_address(*command, "--metrics-address", run.metrics,
              "Where /metrics is served; 0 switches it off. Default: :8080")
      ->envname("DUPLICERT_METRICS_ADDRESS");
  command
      ->add_option("--metrics-cert-dir", run.metrics_cert_dir,
                   "Directory with tls.crt and tls.key (PEM): serve /metrics by HTTPS with them, "
                   "read again when they change. Default: plain HTTP")
      ->type_name("DIR")
      ->envname("DUPLICERT_METRICS_CERT_DIR");
  add_address(*command, "--health-address", run.health,
              "Where /healthz and /readyz are served; 0 switches it off. Default: :8081")
      ->envname("DUPLICERT_HEALTH_ADDRESS");
  add_allowed_hosts(*command, run.allowed_ca_hosts);
  add_duration(*command, "--duplicate-settle-window", run.duplicate_settle_window,
               "How long a request whose answer was lost may stay unlisted at the CA before it is "
               "sent again. Default: 3m")
      ->envname("DUPLICERT_DUPLICATE_SETTLE_WINDOW");
  add_duration(*command, "--order-settle-window", run.order_settle_window,
               "How long an order or renewal whose answer was lost is looked for at the CA before "
               "it is sent again, once. Longer than the CA's listings ever lag: an order costs "
               "money. Default: 1h")
      ->envname("DUPLICERT_ORDER_SETTLE_WINDOW");
  command
      ->add_option("--ledger-namespace", run.ledger_namespace,
                   "Namespace of the CertificateOrders, the ledger of what is bought. All "
                   "installations in a cluster that share an account use one. Default: that of "
                   "--leader-elect-namespace")
      ->envname("DUPLICERT_LEDGER_NAMESPACE");
  add_duration(
      *command, "--inventory-interval", run.inventory_interval,
      "How often all orders of an account are listed again; in between only what is new or "
      "has changed is asked for. Also how often each order is looked at for revoked duplicates. "
      "Default: 6h")
      ->envname("DUPLICERT_INVENTORY_INTERVAL");
  add_log_options(*command, run.log, "json");
}

void add_publication(CLI::App& command, SimulateOptions& simulate) {
  command.add_flag("--allow-remote", simulate.allow_remote,
                   "Allow --listen on an address that is not loopback. The admin interface has no "
                   "key: whoever reaches the port may use it");
  auto* url = command.add_option("--publish-url", simulate.publish_url,
                                 "account.url of the published profiles, as the operator sees it");
  command
      .add_option("--publish", simulate.publish_file,
                  "JSON file, a list of AutomationProfiles: apply them to the cluster, with URL "
                  "and trust filled in, and the Secret of their API key")
      ->needs(url);
}

void add_simulate(CLI::App& app, SimulateOptions& simulate, const std::string& fault_help) {
  auto* command = app.add_subcommand(
      "simulate", "Run a simulator of the CertCentral API, for trying and testing");
  command->footer("Faults:\n" + fault_help);
  add_address(*command, "--listen", simulate.listen,
              "Where the simulator listens; port 0 takes a free one. Default: 127.0.0.1:8443");
  command
      ->add_option("--data", simulate.data_dir,
                   "Directory for its state, made if needed; ca.pem and the API keys are written "
                   "there")
      ->required();
  command->add_option("--seed", simulate.seed_file,
                      "YAML file with accounts, products and orders; read when the state is new");
  command->add_flag("--polite", simulate.polite, "Switch every fault off");
  command->add_option("--fault", simulate.faults,
                      "NAME=VALUE, see below; may be given several times");
  command->add_option("--fault-seed", simulate.fault_seed,
                      "The same seed and calls give the same faults. Default: 1");
  command->add_option("--tls-name", simulate.tls_names,
                      "Further name in the simulator's own TLS certificate; may be given several "
                      "times");
  add_publication(*command, simulate);
  add_log_options(*command, simulate.log, "text");
}

constexpr const char* kPlanFooter =
    "Examples:\n"
    "  duplicert plan -f deploy/                        what would become of these manifests?\n"
    "  duplicert plan -f deploy/ --cluster --no-orders  beside what the cluster has; never buy\n"
    "  kustomize build . | duplicert plan -f - -o json  for bots\n"
    "Exit codes:\n"
    "  0 nothing to do   1 something is wrong, refused, or not known\n"
    "  2 changes         3 an order would be bought, and --no-orders is set";

void add_plan(CLI::App& app, PlanOptions& plan) {
  auto* command = app.add_subcommand(
      "plan",
      "Print what the controller would do with manifests: issue, renew, buy or refuse, and why.\n"
      "Changes nothing, in the cluster or at the CA");
  command->footer(kPlanFooter);
  add_plan_flags(*command, plan);
  add_output(*command, plan.output, {{"text", Output::kText}, {"json", Output::kJson}},
             "text or json. Default: text");
  command->add_option("-n,--namespace", plan.namespace_,
                      "Namespace of manifests that name none. Default: default, or that of the "
                      "context");
  command->add_flag("--cluster", plan.cluster,
                    "Look at the cluster too: what is installed, the ledger, the API keys");
  command->add_option("--kubeconfig", plan.kubeconfig,
                      "Path of a kubeconfig file; implies --cluster. Default: $KUBECONFIG, else "
                      "the Pod's service account, else ~/.kube/config");
  command->add_option("--context", plan.context,
                      "Context of the kubeconfig; implies --cluster. Default: its current one");
}

PlanOptions finished(PlanOptions plan) {
  plan.cluster = plan.cluster || !plan.kubeconfig.empty() || !plan.context.empty();
  if (plan.allowed_ca_hosts.empty()) plan.allowed_ca_hosts = default_ca_hosts();
  return plan;
}

}  // namespace

Command parse(int argc, const char* const* argv, const std::string& fault_help) {
  CLI::App app{
      "Duplicert issues duplicates of DigiCert CertCentral orders into Kubernetes Secrets:\n"
      "one paid order, any number of certificates, each with a key of its own.",
      "duplicert"};
  app.require_subcommand(1);
  app.set_version_flag("--version", version());
  RunOptions run;
  SimulateOptions simulate;
  add_run(app, run);
  add_simulate(app, simulate, fault_help);
  PlanOptions plan;
  add_plan(app, plan);
  ProbeOptions probe;
  app.add_subcommand("probe",
                     "Print what a URL of this cluster answers; 0 if it is a 2xx. For the "
                     "image, which has no curl")
      ->add_option("url", probe.url, "For example http://127.0.0.1:8081/readyz?verbose")
      ->required();
  app.add_subcommand("version", "Print the version");
  // CLI11 would only say that a subcommand is required.
  const std::string word = argc > 1 ? argv[1] : "--help";
  if (!word.starts_with('-') &&
      app.get_subcommands([&](const CLI::App* command) { return command->get_name() == word; })
          .empty()) {
    return Finish{2,
                  fmt::format("'{}' is no command\nRun with --help for more information.\n", word)};
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream problem;
    const int code = app.exit(error, out, problem);
    // Of a plan, 2 says that there are changes.
    const int wrong = word == "plan" ? 1 : 2;
    return Finish{code == 0 ? 0 : wrong, code == 0 ? out.str() : problem.str()};
  }
  if (run.allowed_ca_hosts.empty()) {
    run.allowed_ca_hosts = default_ca_hosts();
  }
  if (app.got_subcommand("run")) return run;
  if (app.got_subcommand("simulate")) return simulate;
  if (app.got_subcommand("plan")) return finished(plan);
  if (app.got_subcommand("probe")) return probe;
  return VersionOptions{};
}

std::string version() {
  return DUPLICERT_VERSION;
}

}  // namespace cli
