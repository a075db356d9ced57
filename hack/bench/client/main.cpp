// bench_client: the load and the measuring half of hack/bench/bench.sh; see workloads.h.
// Prints progress on standard error and one JSON document on standard output.
#include <cstdio>
#include <fstream>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "kube/kubeconfig.h"
#include "workloads.h"

namespace {

using base::Result;
using nlohmann::json;

struct CommandLine {
  std::string workload{};
  std::string kubeconfig{};
  std::string resource = "/v1/configmaps/ConfigMap";
  std::string template_file{};
  std::vector<std::string> processes{};
  int seconds = 600;
  bench::Settings settings{};
};

// "group/version/plural/Kind"
Result<kube::Resource> parse_resource(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == '/') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  if (parts.size() != 4) {
    return base::fail(base::Code::kInvalid,
                      "--resource " + text + " is not GROUP/VERSION/PLURAL/KIND");
  }
  return kube::Resource{
      .group = parts[0], .version = parts[1], .plural = parts[2], .kind = parts[3]};
}

Result<bench::Processes> parse_processes(const std::vector<std::string>& texts) {
  bench::Processes processes{{"client", getpid()}};
  for (const std::string& text : texts) {
    const auto at = text.find('=');
    if (at == std::string::npos || std::atoi(text.c_str() + at + 1) <= 0) {
      return base::fail(base::Code::kInvalid, "--process " + text + " is not NAME=PID");
    }
    processes[text.substr(0, at)] = std::atoi(text.c_str() + at + 1);
  }
  return processes;
}

Result<json> run(CommandLine& line) {
  bench::Settings& settings = line.settings;
  settings.goal.resource = TRY(parse_resource(line.resource));
  settings.processes = TRY(parse_processes(line.processes));
  settings.at_most = std::chrono::seconds{line.seconds};
  std::ifstream file(line.template_file);
  settings.template_text.assign(std::istreambuf_iterator<char>(file), {});
  if (line.workload == "restart") return bench::watch_start(settings);
  if (line.workload == "steady") return bench::stand_by(settings);
  static const base::SystemClock clock;
  const auto config = TRY(kube::load_config(kube::system_config_source(line.kubeconfig, "")));
  const auto client = TRY(kube::connect(
      config,
      {.field_manager = "bench",
       .timeout = std::chrono::seconds{60},
       // As the operator's client, which looks at those of Secrets only.
       .drops_managed_fields = [](const kube::Resource& of) { return of.plural != "secrets"; }},
      "bench", clock));
  if (line.workload == "create") return bench::create_all(*client, settings);
  if (line.workload == "renew") return bench::renew_all(*client, settings);
  if (line.workload == "single") return bench::one_by_one(*client, settings);
  if (line.workload == "lists") return bench::bare_lists(*client, settings);
  if (line.workload == "exchange") return bench::bare_exchange(*client, settings);
  return bench::bare_writes(*client, settings);
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line;
  bench::Settings& settings = line.settings;
  CLI::App app{"Load and measurements for hack/bench/bench.sh"};
  app.add_option("workload", line.workload)
      ->required()
      ->check(CLI::IsMember(
          {"create", "renew", "single", "restart", "steady", "limit", "exchange", "lists"}));
  app.add_option("--kubeconfig", line.kubeconfig);
  app.add_option("--resource", line.resource, "GROUP/VERSION/PLURAL/KIND");
  app.add_option("--namespace", settings.goal.namespace_);
  app.add_option("--condition", settings.goal.condition);
  app.add_option("--marker", settings.goal.marker, "JSON pointer that each certificate changes");
  app.add_option("--template", line.template_file, "JSON with {name}, {i}, {group}, {now}");
  app.add_flag("--apply-status", settings.apply_status, "renew by an apply on /status");
  app.add_option("--prefix", settings.prefix);
  app.add_option("--count", settings.count);
  app.add_option("--groups", settings.groups)->check(CLI::PositiveNumber);
  app.add_option("--parallel", settings.parallel);
  app.add_option("--seconds", line.seconds, "time limit, or length of the observation");
  app.add_option("--process", line.processes, "NAME=PID, to be measured");
  app.add_option("--subject", settings.subject, "NAME of the process whose idleness is waited for");
  app.add_option("--secrets", settings.secrets, "label selector, for lists");
  app.add_option("--metrics", settings.metrics_url);
  app.add_option("--reconciles", settings.reconciles, "metric that counts passes");
  CLI11_PARSE(app, argc, argv);
  const auto result = run(line);
  if (!result) {
    std::fprintf(stderr, "bench_client: %s\n", result.error().message.c_str());
    return 1;
  }
  std::printf("%s\n", result->dump().c_str());
  return 0;
}
