#include "plugin/inquiry.h"

#include <fmt/format.h>

#include "plan/command.h"
#include "plan/predict.h"
#include "plan/preflight.h"
#include "plan/world.h"
#include "plugin/recall.h"
#include "reconcile/observe.h"
#include "reconcile/pass_limits.h"
#include "rules/decide.h"

namespace plugin {
namespace {

std::string agent() {
  return fmt::format("kubectl-duplicert/{} (linux)", cli::version());
}

void check_profile(plan::World& world, plan::Preflight& preflight, const std::string& key,
                   bool direct, const std::stop_token& stop) {
  if (direct) return preflight.check(key, stop);
  const auto profile = world.caches().profiles.get(key);
  if (profile) world.profile_states().put(key, recalled_state(*profile));
}

// Until the decision waits, acts, or asks somebody who is not to be asked.
void decide(reconcile::Observer& observer, reconcile::Observation& seen, Finding& found,
            const std::stop_token& stop) {
  for (int pass = 0; pass < 2 * reconcile::kPassesMax; ++pass) {
    found.made = rules::decide(seen.facts);
    if (seen.account && observer.answer(found.made.action, seen, stop)) continue;
    if (!plan::predict(found.made.action, seen.facts)) break;
    found.first.push_back(found.made.message);
  }
  found.needs_ca = rules::is_question(found.made.action);
}

}  // namespace

base::Result<Finding> inquire(const kube::ObjectKey& key, bool suspended,
                              const kube::Config& config, const cli::PluginOptions& options,
                              const base::Clock& clock, std::stop_token stop) {
  const auto world = TRY(plan::World::load({},
                                           {.cluster = config,
                                            .ledger_namespace = options.ledger_namespace,
                                            .namespaces = {key.namespace_},
                                            .user_agent = agent()},
                                           clock, stop));
  const auto known = world->caches().requests.get(key.text());
  if (!known) {
    return base::fail(base::Code::kNotFound,
                      fmt::format("there is no request {}; kubectl duplicert status -n {} lists "
                                  "those that exist",
                                  key.text(), key.namespace_));
  }
  api::DuplicateCertificateRequest request = *known;
  request.spec.suspend = request.spec.suspend || suspended;
  plan::Preflight preflight(*world, options.allowed_ca_hosts, agent(),
                            TRY(plan::given_api_key(options.api_key_file)), clock);
  const std::string profile =
      kube::ObjectKey{api::profile_namespace(request), request.spec.profile_ref.name}.text();
  check_profile(*world, preflight, profile, options.direct, stop);
  reconcile::Observer observer(world->caches(), world->client(), clock, {});
  auto seen = TRY(observer.observe(request, false, reconcile::Source::kCached,
                                   observer.begin_item(api::key_of(request.meta)), stop));
  Finding found{.notes = world->notes()};
  decide(observer, seen, found, stop);
  if (const std::string blind = preflight.blind(profile); !blind.empty()) {
    found.notes.push_back(blind);
  }
  found.facts = std::move(seen.facts);
  return found;
}

}  // namespace plugin
