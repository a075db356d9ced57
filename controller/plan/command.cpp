#include "plan/command.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/log.h"
#include "plan/manifest.h"
#include "plan/planner.h"

namespace plan {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string without_line_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

}  // namespace

base::Result<base::SecretString> given_api_key(const std::string& file) {
  if (file.empty()) {
    return base::SecretString(without_line_end(environment("DUPLICERT_API_KEY")));
  }
  std::ifstream in(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  text = without_line_end(std::move(text));
  if (!in.is_open() || text.empty()) {
    return base::fail(base::Code::kInvalid,
                      fmt::format("--api-key-file {}: {}; give a file that holds the API key", file,
                                  in.is_open() ? "it is empty" : "it cannot be opened"));
  }
  return base::SecretString(std::move(text));
}

base::Result<Plan> run_plan(const cli::PlanOptions& options, std::istream& input,
                            std::stop_token stop) {
  const base::SystemClock clock;
  const std::vector<Manifest> manifests = TRY(read_manifests(options.files, input));
  base::SecretString api_key = TRY(given_api_key(options.api_key_file));
  PlannerOptions how{.allowed_ca_hosts = options.allowed_ca_hosts,
                     .ledger_namespace = options.ledger_namespace,
                     .api_key = std::move(api_key),
                     .offline = options.offline,
                     .user_agent = fmt::format("duplicert-plan/{} (linux)", cli::version())};
  std::string home = options.namespace_.empty() ? "default" : options.namespace_;
  if (options.cluster && !options.offline) {
    how.cluster =
        TRY(kube::load_config(kube::system_config_source(options.kubeconfig, options.context)));
    if (options.namespace_.empty()) home = how.cluster->namespace_;
  }
  return make_plan(make_catalog(manifests, home), how, clock, stop);
}

bool wants_color() {
  return isatty(STDOUT_FILENO) == 1 && environment("NO_COLOR").empty() &&
         environment("TERM") != "dumb";
}

int execute_plan(const cli::PlanOptions& options, const std::string& program) {
  base::init_log(base::LogFormat::kText, base::LogLevel::kError);
  const auto made = run_plan(options, std::cin, {});
  if (!made) {
    std::fprintf(stderr, "%s: %s\n", program.c_str(), made.error().message.c_str());
    return kExitError;
  }
  const bool json = options.output != cli::Output::kText;
  const std::string text =
      json ? to_json(*made, options.no_orders)
                     .dump(2, ' ', false, nlohmann::json::error_handler_t::replace) +
                 "\n"
           : to_text(*made, {.color = wants_color(), .no_orders = options.no_orders});
  std::fwrite(text.data(), 1, text.size(), stdout);
  return exit_code(*made, options.no_orders);
}

}  // namespace plan
