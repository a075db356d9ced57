#include "plan/planner.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/names.h"
#include "plan/predict.h"
#include "plan/preflight.h"
#include "plan/world.h"
#include "reconcile/ledger.h"
#include "reconcile/order_look.h"
#include "reconcile/pass_limits.h"
#include "rules/decide.h"
#include "rules/order_decide.h"
#include "rules/report.h"

namespace plan {
namespace {

using reconcile::Observation;
using reconcile::Observer;

std::string profile_key_of(const api::DuplicateCertificateRequest& request) {
  return kube::ObjectKey{api::profile_namespace(request), request.spec.profile_ref.name}.text();
}

// How a purchase that is not made now is called.
Outcome outcome_of_purchase(const rules::OrderDecision& made) {
  if (made.reason == api::Reason::kCaUnavailable || made.reason == api::Reason::kRateLimited) {
    return Outcome::kUnknown;
  }
  const bool progress = api::class_of(made.reason) == api::ReasonClass::kProgress &&
                        made.reason != api::Reason::kClockSkew;
  return progress ? Outcome::kWait : Outcome::kRefuse;
}

class Planner {
 public:
  Planner(World& world, const PlannerOptions& options, const base::Clock& clock)
      : world_(world),
        ledger_namespace_(options.ledger_namespace),
        preflight_(world, options.allowed_ca_hosts, options.user_agent, options.api_key, clock),
        observer_(world.caches(), world.client(), clock, {}) {}

  Plan plan(const std::stop_token& stop) {
    for (const std::string& key : world_.planned()) {
      if (!stop.stop_requested()) plan_request(key, stop);
    }
    plan_.profiles = preflight_.items();
    return std::move(plan_);
  }

 private:
  void plan_request(const std::string& key, const std::stop_token& stop) {
    const auto request = world_.caches().requests.get(key);
    if (!request || request->meta.deletion_time) return;
    const std::string profile = profile_key_of(*request);
    preflight_.check(profile, stop);
    Item item{.namespace_ = request->meta.namespace_,
              .name = request->meta.name,
              .place = world_.place_of_request(key),
              .secret_name = request->spec.secret_name};
    auto seen = observer_.observe(*request, false, reconcile::Source::kCached,
                                  observer_.begin_item(key), stop);
    if (!seen) {
      item.reason = api::Reason::kPending;
      item.message = seen.error().message;
    } else {
      decide(*seen, item, stop);
      // What is decided without the CA holds: the rest is not known.
      const std::string blind = preflight_.blind(profile);
      if (!blind.empty() && item.rule == "profile_is_unusable") {
        item.outcome = Outcome::kUnknown;
        item.message = blind;
      }
    }
    plan_.items.push_back(std::move(item));
  }

  // The passes of one work item, with predicted effects in place of real ones.
  void decide(Observation& seen, Item& item, const std::stop_token& stop) {
    for (int pass = 0; pass < 2 * reconcile::kPassesMax; ++pass) {
      const rules::Decision made = rules::decide(seen.facts);
      if (observer_.answer(made.action, seen, stop)) continue;
      if (predict(made.action, seen.facts)) {
        item.first.push_back(made.message);
        continue;
      }
      return settle(made, seen, item, stop);
    }
    item.message = "the plan found no end";
  }

  void settle(const rules::Decision& made, Observation& seen, Item& item,
              const std::stop_token& stop) {
    const auto status = rules::report(seen.facts, made);
    item.outcome = outcome_of(made, seen.facts);
    item.reason = made.reason;
    item.rule = made.rule;
    item.message = made.message;
    item.candidates = status.candidates;
    item.next = status.next_attempt_time;
    if (item.outcome == Outcome::kCurrent) {
      item.next = status.renewal_time;
      if (status.order) item.order_id = status.order->id;
    }
    if (const auto* submit = std::get_if<rules::SubmitDuplicate>(&made.action)) {
      item.order_id = submit->order_id;
      item.dns_names = submit->names.dns_names;
    } else if (const auto* install = std::get_if<rules::InstallCertificate>(&made.action)) {
      item.order_id = install->order_id;
    } else if (const auto* open = std::get_if<rules::OpenLedger>(&made.action)) {
      buy(*open, seen, item, stop);
    }
    follow(made, seen, item);
  }

  // A request that waits for an order that this very plan places gets a duplicate of it.
  void follow(const rules::Decision& made, const Observation& seen, Item& item) {
    const auto purchase = std::ranges::find(plan_.purchases, made.entry, &Purchase::entry);
    if (made.entry.empty() || purchase == plan_.purchases.end()) return;
    const bool replaces = seen.facts.installed && seen.facts.installed->leaf;
    item.outcome = replaces ? Outcome::kRenew : Outcome::kIssue;
    item.purchase = purchase->entry;
    item.message =
        fmt::format("a duplicate of the order that is bought for {}", purchase->requests.front());
    purchase->requests.push_back(item.namespace_ + "/" + item.name);
  }

  void buy(const rules::OpenLedger& action, const Observation& seen, Item& item,
           const std::stop_token& stop) {
    const rules::Observed& facts = seen.facts;
    const auto profile = world_.caches().profiles.get(facts.profile->name);
    api::CertificateOrder entry = reconcile::entry_object(
        {.action = action,
         .ledger_namespace = ledger_namespace_.empty() ? "plan" : ledger_namespace_,
         .public_key_sha256 = "plan/" + api::key_of(facts.request.meta),
         .profile = facts.profile->name,
         .inputs = facts.profile->fingerprint,
         .requested_by = api::key_of(facts.request.meta)});
    entry.meta.uid = "plan/" + entry.meta.name;
    entry.meta.resource_version = "plan";
    const rules::OrderDecision made = decide_purchase(entry, seen, stop);
    if (action.renewal_of != 0) item.order_id = action.renewal_of;
    if (!std::holds_alternative<rules::OrderSend>(made.action)) {
      item.outcome = outcome_of_purchase(made);
      item.reason = made.reason;
      item.rule = made.rule;
      item.message = fmt::format("{}; {}", item.message, made.message);
      return;
    }
    entry.status.state = api::OrderState::kSubmitted;
    entry.status.submitted_at = facts.now;
    entry.status.submissions = 1;
    world_.add_entry(entry);
    item.purchase = entry.meta.name;
    item.dns_names = action.group.names.dns_names;
    plan_.purchases.push_back({.entry = entry.meta.name,
                               .renewal = action.kind == api::OrderKind::kRenewal,
                               .renewal_of = action.renewal_of,
                               .account = action.group.account,
                               .product = action.group.product,
                               .profile = facts.profile->name,
                               .dns_names = action.group.names.dns_names,
                               .validity_years = profile ? profile->spec.order.validity_years : 1,
                               .requests = {api::key_of(facts.request.meta)}});
  }

  // Whether the order reconciler would send it now: the same look, the same rules.
  rules::OrderDecision decide_purchase(const api::CertificateOrder& object, const Observation& seen,
                                       const std::stop_token& stop) {
    const rules::ProfileFacts& profile = *seen.facts.profile;
    rules::OrderObserved facts{.entry = rules::entry_of(object),
                               .sponsored = true,
                               .has_profile = true,
                               .orders_per_day = profile.orders_per_day,
                               .now = seen.facts.now};
    facts.orders_today = reconcile::orders_today(world_.caches().entries, profile.account,
                                                 profile.name, facts.now, object.meta.name, false);
    while (true) {
      rules::OrderDecision made = rules::decide_order(facts);
      if (!std::holds_alternative<rules::OrderAskLook>(made.action)) return made;
      auto ca = seen.account->ca({.urgency = certcentral::Urgency::kBackground});
      auto looked = reconcile::look_for_order(*ca, facts.entry, 0, facts.now, stop);
      if (looked) facts.look = *std::move(looked);
      if (!looked) facts.ca_error = looked.error();
    }
  }

  World& world_;
  const std::string ledger_namespace_;
  Preflight preflight_;
  Observer observer_;
  Plan plan_{};
};

// Without anybody to ask, the manifests are all that can be judged.
Plan offline_plan(const Catalog& catalog) {
  Plan plan{.faults = catalog.faults};
  plan.notes.push_back(
      fmt::format("offline: {} request(s) and {} profile(s) were checked; what "
                  "becomes of them is for the CA to tell",
                  catalog.requests.size(), catalog.profiles.size()));
  return plan;
}

WorldOptions world_options(const Catalog& catalog, const PlannerOptions& options) {
  WorldOptions world{.cluster = options.cluster,
                     .ledger_namespace = options.ledger_namespace,
                     .user_agent = options.user_agent};
  for (const auto& [key, request] : catalog.requests) {
    world.namespaces.insert(request.value.meta.namespace_);
    world.namespaces.insert(api::profile_namespace(request.value));
  }
  for (const auto& [key, profile] : catalog.profiles) {
    world.namespaces.insert(profile.value.meta.namespace_);
  }
  return world;
}

}  // namespace

base::Result<Plan> make_plan(Catalog catalog, const PlannerOptions& options,
                             const base::Clock& clock, std::stop_token stop) {
  if (options.offline) return offline_plan(catalog);
  const std::vector<Fault> faults = catalog.faults;
  const int others = catalog.others;
  const WorldOptions how = world_options(catalog, options);
  const auto world = TRY(World::load(std::move(catalog), how, clock, stop));
  Plan plan = Planner(*world, options, clock).plan(stop);
  if (stop.stop_requested()) return base::fail(base::Code::kCancelled, "stopped");
  plan.faults = faults;
  plan.notes = world->notes();
  if (others > 0) {
    plan.notes.push_back(fmt::format("{} manifest(s) of other kinds were left out", others));
  }
  return plan;
}

}  // namespace plan
