#include "plugin/commands.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/names.h"
#include "base/log.h"
#include "cli/plugin_options.h"
#include "plan/command.h"
#include "plugin/gather.h"
#include "plugin/views.h"
#include "reconcile/resources.h"
#include "runtime/pause.h"

namespace plugin {
namespace {

using cli::PluginOptions;
using cli::PluginVerb;

constexpr int kNotReady = 2;
constexpr auto kPoll = std::chrono::milliseconds{500};
constexpr auto kCompletionWait = std::chrono::seconds{3};

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

int fail_with(const base::Error& error) {
  std::fprintf(stderr, "error: %s\n", error.message.c_str());
  return 1;
}

template <class View>
void show(const View& view, cli::Output output) {
  if (output == cli::Output::kText) return print(to_text(view, plan::wants_color()));
  const nlohmann::json json = to_json(view);
  if (output == cli::Output::kYaml) return print(yaml_of(json));
  print(json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

template <class View>
int show_or_fail(const base::Result<View>& view, cli::Output output) {
  if (!view) return fail_with(view.error());
  show(*view, output);
  return 0;
}

int status(Gatherer& gatherer, const PluginOptions& options) {
  if (options.names.empty()) return show_or_fail(gatherer.list({}), options.output);
  const auto view = gatherer.status(options.names.front(), {});
  if (const int code = show_or_fail(view, options.output); code != 0) return code;
  const bool ready = readiness_of(view->request).status == api::ConditionStatus::kTrue;
  return ready ? 0 : kNotReady;
}

// Until the controller has acted on `instant`, a person must act, or the time is over.
int wait_for(Gatherer& gatherer, const std::string& name, const std::string& instant,
             const base::Clock& clock, std::chrono::seconds timeout) {
  const base::Steady end = clock.steady_now() + timeout;
  while (true) {
    const auto request = gatherer.request(name, {});
    if (!request) return fail_with(request.error());
    const auto& conditions = request->status.conditions;
    if (request->status.last_renew_requested_at == instant &&
        api::is_true(conditions, api::kReady)) {
      print(fmt::format("{}: {}\n", name, readiness_of(*request).message));
      return 0;
    }
    const api::Condition* renewing = api::find_condition(conditions, api::kRenewing);
    const api::Condition* trouble =
        renewing != nullptr ? renewing : api::find_condition(conditions, api::kReady);
    const std::string why =
        trouble != nullptr ? trouble->message : "no controller has looked at it";
    const auto reason = api::parse_reason(trouble != nullptr ? trouble->reason : "");
    const bool person = reason && api::class_of(*reason) == api::ReasonClass::kPerson;
    if (person || reason == api::Reason::kWaitingForSchedule || clock.steady_now() >= end) {
      return fail_with({.message = fmt::format("{}: no new certificate yet: {}", name, why)});
    }
    runtime::pause(kPoll, {});
  }
}

int renew(Gatherer& gatherer, const PluginOptions& options, const base::Clock& clock) {
  const std::string instant = base::format_time(clock.now());
  const nlohmann::json patch{
      {"metadata", {{"annotations", {{api::kRenewRequestedAtAnnotation, instant}}}}}};
  for (const std::string& name : options.names) {
    if (const auto known = gatherer.request(name, {}); !known) return fail_with(known.error());
    const auto patched = gatherer.client().patch(reconcile::kRequests, {gatherer.home(), name},
                                                 kube::PatchKind::kMerge, patch, {});
    if (!patched) return fail_with(patched.error());
    std::fprintf(stderr, "%s: a new certificate is asked for (%s)\n", name.c_str(),
                 instant.c_str());
  }
  for (const std::string& name : options.wait ? options.names : std::vector<std::string>{}) {
    const int code = wait_for(gatherer, name, instant, clock, options.timeout);
    if (code != 0) return code;
  }
  return 0;
}

// The names of objects, without a word on standard error: a shell is waiting.
std::vector<std::string> names_of(const kube::Resource& resource, const std::string& namespace_) {
  static const base::SystemClock clock;
  const auto config = kube::load_config(kube::system_config_source());
  if (!config) return {};
  const auto client =
      kube::connect(*config, {.field_manager = "completion", .timeout = kCompletionWait},
                    "kubectl-duplicert/completion", clock);
  if (!client) return {};
  const std::string home = namespace_.empty() ? config->namespace_ : namespace_;
  const auto found = (*client)->list_all(resource, resource.namespaced ? home : "",
                                         {.view = kube::View::kMetadata}, {});
  std::vector<std::string> names;
  if (!found) return names;
  for (const auto& item : (*found)["items"]) names.push_back(item["metadata"].value("name", ""));
  return names;
}

// Cobra's protocol, which kubectl speaks with plugins: words, then ":<directive>".
int complete(const std::vector<std::string>& words) {
  using Kind = cli::Suggestions::Kind;
  cli::Suggestions found = cli::suggest(words);
  const std::string typed = words.empty() ? "" : words.back();
  if (found.kind == Kind::kRequests) found.words = names_of(reconcile::kRequests, found.namespace_);
  if (found.kind == Kind::kNamespaces) found.words = names_of(kube::kNamespaces, "");
  for (const std::string& word : found.words) {
    if (word.starts_with(typed)) print(word + "\n");
  }
  print(found.kind == Kind::kFiles ? ":0\n" : ":4\n");
  return 0;
}

int run(const PluginOptions& options) {
  const base::SystemClock clock;
  auto gatherer = Gatherer::create(options, clock);
  if (!gatherer) return fail_with(gatherer.error());
  if (options.verb == PluginVerb::kStatus) return status(*gatherer, options);
  if (options.verb == PluginVerb::kRenew) return renew(*gatherer, options, clock);
  if (options.verb == PluginVerb::kOrders)
    return show_or_fail(gatherer->orders({}), options.output);
  return show_or_fail(gatherer->explain(options.names.front(), {}), options.output);
}

}  // namespace

int execute(int argc, const char* const* argv) {
  const PluginOptions options = cli::parse_plugin(argc, argv);
  base::init_log(base::LogFormat::kText, base::LogLevel::kError);
  switch (options.verb) {
    case PluginVerb::kFinish:
      std::fputs(options.finish.output.c_str(), options.finish.exit_code == 0 ? stdout : stderr);
      return options.finish.exit_code;
    case PluginVerb::kComplete:
      return complete(options.names);
    case PluginVerb::kCompletion:
      print(cli::completion_script(options.names.front()));
      return 0;
    case PluginVerb::kVersion:
      print(fmt::format("kubectl-duplicert {}\n", cli::version()));
      return 0;
    case PluginVerb::kPlan:
      return plan::execute_plan(options.plan, "error");
    case PluginVerb::kOrders:
    case PluginVerb::kStatus:
    case PluginVerb::kExplain:
    case PluginVerb::kRenew:
      return run(options);
  }
  return 1;
}

}  // namespace plugin
