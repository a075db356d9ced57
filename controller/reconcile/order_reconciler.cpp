#include "reconcile/order_reconciler.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "api/names.h"
#include "base/log.h"
#include "base/random.h"
#include "reconcile/act.h"
#include "reconcile/ledger.h"
#include "reconcile/order_look.h"
#include "reconcile/order_post.h"
#include "reconcile/pass_limits.h"
#include "reconcile/resources.h"
#include "reconcile/status_write.h"
#include "rules/order_report.h"

namespace reconcile {
namespace {

using runtime::Outcome;

// What was marked longer ago is not sent: the process may have been stopped in between.
constexpr std::chrono::seconds kMarkAgeMax{10};

// Money in flight goes first at the CA.
constexpr certcentral::Turn kMoney{.urgency = certcentral::Urgency::kMoney};

std::chrono::seconds seconds_between(base::Steady from, base::Steady to) {
  return std::chrono::floor<std::chrono::seconds>(to - from);
}

}  // namespace

OrderReconciler::OrderReconciler(const runtime::Informer<api::CertificateOrder>& entries,
                                 Caches caches, const Sponsors& sponsors, kube::Client& client,
                                 runtime::EventRecorder& events, const base::Clock& clock,
                                 OrderOptions options)
    : entries_(entries),
      caches_(caches),
      sponsors_(sponsors),
      client_(client),
      events_(events),
      clock_(clock),
      options_(std::move(options)) {}

Outcome OrderReconciler::reconcile(const std::string& key, std::stop_token stop) {
  const auto known = caches_.entries.get(key);
  if (!known) {
    memories_.erase(key);
    return Outcome::done();
  }
  // One worker and this check: nothing is decided on a ledger older than our own last write. Money
  // rests on a look at the CA, and each write on the version that was read, if the gate gives up.
  using Verdict = runtime::WriteGate::Verdict;
  const Verdict verdict =
      gate_.check([&](const auto& seen) { return entries_.has_seen(known->meta.namespace_, seen); },
                  clock_.steady_now());
  if (verdict != Verdict::kOpen && options_.stale) options_.stale(verdict);
  if (verdict == Verdict::kWait) return Outcome::after(kStaleRetry);
  Memory& memory = memory_of(*known);
  Pass pass = observe(*known, memory);
  for (int i = 0; i < kPassesMax; ++i) {
    if (stop.stop_requested()) return Outcome::failed({.code = base::Code::kCancelled});
    const rules::OrderDecision made = rules::decide_order(pass.facts);
    if (std::holds_alternative<rules::OrderAskLook>(made.action)) {
      look(pass, memory, stop);
      continue;
    }
    if (std::holds_alternative<rules::OrderForget>(made.action)) {
      const auto gone = forget(pass.object, stop);
      return gone ? Outcome::done() : Outcome::failed(gone.error());
    }
    const bool sends = std::holds_alternative<rules::OrderSend>(made.action);
    auto after = sends ? send(pass, made, memory, stop) : record(pass, made, memory, stop);
    if (!after) return Outcome::failed(after.error());
    if (const auto* wait = std::get_if<rules::OrderWait>(&made.action)) {
      if (!wait->until) return Outcome::done();
      return Outcome::after(std::clamp<std::chrono::milliseconds>(
          std::chrono::ceil<std::chrono::milliseconds>(*wait->until - clock_.now()),
          std::chrono::milliseconds{1}, kSleepMax));
    }
    pass = observe(*after, memory);
  }
  return Outcome::failed({.code = base::Code::kInternal,
                          .message = fmt::format("{} passes without an end", kPassesMax)});
}

OrderReconciler::Memory& OrderReconciler::memory_of(const api::CertificateOrder& object) {
  Memory& memory = memories_[api::key_of(object.meta)];
  if (memory.uid != object.meta.uid) memory = {.uid = object.meta.uid};
  return memory;
}

OrderReconciler::Pass OrderReconciler::observe(const api::CertificateOrder& object,
                                               Memory& memory) {
  Pass pass{.object = object};
  rules::OrderObserved& facts = pass.facts;
  facts.entry = rules::entry_of(object);
  facts.now = clock_.now();
  facts.jitter = base::random_unit();
  facts.failures = memory.failures;
  facts.settle_window = options_.settle_window;
  facts.lease_is_certain = !options_.may_act || options_.may_act();
  if (memory.post_version == object.meta.resource_version) facts.post = memory.post;
  const bool fresh_marks =
      memory.first_look && memory.last_look && memory.submitted_at == facts.entry.submitted_at;
  if (fresh_marks) {
    facts.settling = {seconds_between(*memory.first_look, *memory.last_look), memory.looks};
  }
  std::vector<rules::LedgerEntry> group;
  for (const auto& other : caches_.entries.by_index(kByAccount, object.spec.account)) {
    if (other->meta.name != object.meta.name) group.push_back(rules::entry_of(*other));
  }
  facts.is_latest = std::ranges::none_of(group, [&](const rules::LedgerEntry& other) {
    return other.group == facts.entry.group && other.generation > facts.entry.generation;
  });
  if (facts.entry.generation > 1) {
    rules::LedgerEntry before = facts.entry;
    before.generation -= 1;
    facts.refusals = rules::refusals_up_to(group, before);
  }
  const auto sponsors = living_sponsors(object.meta.name);
  facts.urgent = std::ranges::any_of(sponsors, &Sponsorship::urgent);
  observe_profile(pass, sponsors);
  const base::Steady now = clock_.steady_now();
  if (facts.sponsored) memory.unsponsored_since.reset();
  if (!facts.sponsored && !memory.unsponsored_since) memory.unsponsored_since = now;
  if (!facts.sponsored) facts.unsponsored_for = seconds_between(*memory.unsponsored_since, now);
  return pass;
}

// What a request has said holds until its next pass, which may be long in coming: one that is gone
// or suspended by now needs nothing.
std::vector<Sponsorship> OrderReconciler::living_sponsors(const std::string& entry) const {
  std::vector<Sponsorship> living;
  for (const auto& [key, sponsorship] : sponsors_.of(entry)) {
    const auto request = caches_.requests.get(key);
    const bool acts = request && !request->meta.deletion_time && !request->spec.suspend;
    if (acts) living.push_back(sponsorship);
  }
  return living;
}

// Only a profile that a sponsor uses pays: the one that the entry was made through, if it is among
// them. Any other profile of the account can follow what was sent.
void OrderReconciler::observe_profile(Pass& pass, const std::vector<Sponsorship>& sponsors) {
  rules::OrderObserved& facts = pass.facts;
  std::vector<std::string> names;
  for (const Sponsorship& sponsor : sponsors) names.push_back(sponsor.profile);
  const auto first = std::ranges::find(names, facts.entry.profile);
  if (first != names.end()) std::iter_swap(names.begin(), first);
  const std::size_t payers = names.size();
  names.push_back(facts.entry.profile);
  for (const auto& profile : caches_.profiles.list()) names.push_back(api::key_of(profile->meta));
  facts.profile_problem = fmt::format("AutomationProfile {} does not exist", facts.entry.profile);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string& name = names[i];
    const auto profile = caches_.profiles.get(name);
    const auto state = caches_.profile_states.get(name);
    if (!profile || !state || state->preflight.account != facts.entry.group.account) continue;
    const bool usable = !state->unusable && state->account && state->account->rejection().empty();
    if (!usable) {
      facts.profile_problem = fmt::format("AutomationProfile {}: {}", name, state->problem);
      continue;
    }
    facts.has_profile = true;
    facts.profile = name;
    facts.sponsored = i < payers;
    facts.orders_per_day = profile->spec.limits.orders_per_day;
    facts.orders_today = orders_today(caches_.entries, facts.entry.group.account, name, facts.now,
                                      facts.entry.name, /*unsent=*/false);
    pass.profile = profile;
    pass.account = state->account;
    return;
  }
}

void OrderReconciler::look(Pass& pass, Memory& memory, const std::stop_token& stop) {
  const auto& entry = pass.facts.entry;
  const auto& post = pass.facts.post;
  const bool accepted = post && post->outcome == rules::OrderPost::Outcome::kAccepted;
  const bool placed = entry.state == api::OrderState::kPlaced;
  const std::int64_t known_id = placed ? entry.order_id : accepted ? post->order_id : 0;
  const base::Steady began = clock_.steady_now();
  CaSession ca = pass.account->ca(kMoney);
  auto looked = look_for_order(*ca, entry, known_id, pass.facts.now, stop);
  if (!looked) {
    pass.facts.ca_error = looked.error();
    if (looked.error().code == base::Code::kUnauthenticated) {
      pass.account->reject_credentials(looked.error());
    }
    if (looked.error().code != base::Code::kExhausted) pass.facts.failures = ++memory.failures;
    return;
  }
  memory.failures = 0;
  pass.facts.look = *std::move(looked);
  if (entry.state != api::OrderState::kSubmitted) return;
  if (!memory.first_look || memory.submitted_at != entry.submitted_at) {
    memory.first_look = began;
    memory.looks = 0;
    memory.submitted_at = entry.submitted_at;
  }
  memory.last_look = began;
  ++memory.looks;
  pass.facts.settling = {seconds_between(*memory.first_look, began), memory.looks};
}

// The mark first, with the entry's version as precondition: of two processes one goes on, and after
// a crash the next pass can tell "maybe sent" from "never sent". Then the POST, once.
base::Result<api::CertificateOrder> OrderReconciler::send(Pass& pass,
                                                          const rules::OrderDecision& made,
                                                          Memory& memory,
                                                          const std::stop_token& stop) {
  memory.post.reset();
  const base::Steady marked_at = clock_.steady_now();
  auto marked = TRY(write(pass.object, made, stop));
  pass.object = marked;
  pass.facts.entry = rules::entry_of(marked);
  memory.first_look.reset();
  memory.post_version = marked.meta.resource_version;
  memory.post = post(pass, marked_at, stop);
  if (memory.post->outcome == rules::OrderPost::Outcome::kNotSent) ++memory.failures;
  base::log_info("order sent", {{"entry", marked.meta.name},
                                {"kind", api::name_of(marked.spec.kind)},
                                {"outcome", name_of(memory.post->outcome)},
                                {"order_id", memory.post->order_id},
                                {"message", memory.post->message}});
  return marked;
}

rules::OrderPost OrderReconciler::post(const Pass& pass, base::Steady marked_at,
                                       const std::stop_token& stop) {
  using Outcome = rules::OrderPost::Outcome;
  const bool late = clock_.steady_now() - marked_at > kMarkAgeMax;
  const bool in_doubt = options_.may_act && !options_.may_act();
  if (late || in_doubt) {
    return {.outcome = Outcome::kNotSent,
            .reason = pass.facts.entry.reason,
            .message = late ? "too much time had passed since the mark"
                            : "this replica may not lead any more"};
  }
  const auto sponsors = living_sponsors(pass.object.meta.name);
  if (std::ranges::find(sponsors, pass.facts.profile, &Sponsorship::profile) == sponsors.end()) {
    return {.outcome = Outcome::kNotSent,
            .reason = pass.facts.entry.reason,
            .message = "no request that may buy needs the order any more"};
  }
  const auto answer =
      pass.account->ca(kMoney)->submit_order(order_body(pass.object, *pass.profile), stop);
  rules::OrderPost outcome = outcome_of(answer);
  if (!answer && answer.error().code == base::Code::kUnauthenticated) {
    pass.account->reject_credentials(answer.error());
  }
  if (outcome.outcome == Outcome::kAccepted && options_.placed) options_.placed(pass.facts.entry);
  return outcome;
}

base::Result<api::CertificateOrder> OrderReconciler::write(const api::CertificateOrder& object,
                                                           const rules::OrderDecision& made,
                                                           const std::stop_token& stop) {
  api::CertificateOrder after = object;
  after.status = rules::report_order(object, made, clock_.now());
  if (after.status == object.status) return object;
  const auto written =
      TRY(write_status(client_, {kOrders, object.meta, "the ledger"},
                       api::encode_status(after.status), stop, kube::View::kWhole));
  after = TRY(api::decode_certificate_order(written));
  gate_.wrote(after.meta.resource_version);
  return after;
}

base::Result<api::CertificateOrder> OrderReconciler::record(const Pass& pass,
                                                            const rules::OrderDecision& made,
                                                            Memory& memory,
                                                            const std::stop_token& stop) {
  const auto* action = std::get_if<rules::OrderRecord>(&made.action);
  if (action != nullptr) forget_what_was_told(pass, *action);
  auto after = TRY(write(pass.object, made, stop));
  if (action == nullptr) return after;
  base::log_info(
      made.message,
      {{"entry", after.meta.name}, {"state", api::name_of(action->state)}, {"rule", made.rule}});
  if (action->state == api::OrderState::kOpen) memory.post.reset();
  tell(after, made);
  return after;
}

// What the CA told before about these orders is out of date, whichever key of the account it was
// asked with, and the write wakes who wait.
void OrderReconciler::forget_what_was_told(const Pass& pass,
                                           const rules::OrderRecord& action) const {
  std::set<std::shared_ptr<Account>> accounts{pass.account};
  for (const auto& profile : caches_.profiles.list()) {
    const auto state = caches_.profile_states.get(api::key_of(profile->meta));
    const bool same = state && state->preflight.account == pass.facts.entry.group.account;
    if (same) accounts.insert(state->account);
  }
  for (const auto& account : accounts) {
    for (const std::int64_t id : {action.order_id, pass.facts.entry.renewal_of}) {
      if (account && id != 0) account->inventory().forget(id);
    }
  }
}

void OrderReconciler::tell(const api::CertificateOrder& object, const rules::OrderDecision& made) {
  if (!made.surplus) return;
  events_.record({.regarding = {.resource = kOrders,
                                .key = {object.meta.namespace_, object.meta.name},
                                .uid = object.meta.uid,
                                .resource_version = object.meta.resource_version},
                  .type = runtime::EventType::kWarning,
                  .reason = std::string(api::name_of(made.reason)),
                  .action = "Reconcile",
                  .note = made.message});
  base::log_warn("a person must act", {{"entry", object.meta.name}, {"message", made.message}});
}

base::Result<void> OrderReconciler::forget(const api::CertificateOrder& object,
                                           const std::stop_token& stop) {
  const auto removed = client_.remove(kOrders, {object.meta.namespace_, object.meta.name},
                                      {.uid = object.meta.uid}, stop);
  if (removed || removed.error().code == base::Code::kNotFound) return {};
  return std::unexpected(base::wrap("delete the old entry", removed.error()));
}

}  // namespace reconcile
