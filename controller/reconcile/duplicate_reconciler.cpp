#include "reconcile/duplicate_reconciler.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "api/names.h"
#include "base/log.h"
#include "kube/response.h"
#include "reconcile/pass_limits.h"
#include "reconcile/resources.h"
#include "reconcile/status_write.h"
#include "reconcile/watches.h"
#include "rules/decide.h"
#include "rules/report.h"
#include "rules/schedule.h"
#include "rules/standing.h"

namespace reconcile {
namespace {

using runtime::Outcome;

// A password's Secret has no label of ours, so it is not watched: a new password is seen by
// looking.
constexpr std::chrono::minutes kPasswordSleepMax{10};

bool is_effect(const rules::Action& action) {
  return std::holds_alternative<rules::SubmitDuplicate>(action) ||
         std::holds_alternative<rules::InstallCertificate>(action) ||
         std::holds_alternative<rules::DropPending>(action) ||
         std::holds_alternative<rules::BackUpForeignSecret>(action) ||
         std::holds_alternative<rules::ApplyMarks>(action) ||
         std::holds_alternative<rules::OpenLedger>(action) ||
         std::holds_alternative<rules::RememberNoGain>(action) ||
         std::holds_alternative<rules::UpdateKeystore>(action) ||
         std::holds_alternative<rules::PrepareKey>(action) ||
         std::holds_alternative<rules::RecordRejection>(action);
}

// What runs by a timer goes behind what users change, the soonest to expire first.
runtime::Urgency urgency_of(const rules::Observed& seen) {
  runtime::Urgency urgency{.priority = runtime::kPriorityBackground};
  if (seen.installed && seen.installed->leaf) urgency.due = seen.installed->leaf->not_after;
  return urgency;
}

// A profile that is being checked wakes its requests when it is done: until then, after a start,
// the status is not written. A suspended request would say that the profile is being checked.
bool waits_for_profile(const rules::Observed& seen, const rules::Decision& made) {
  const bool unchecked = seen.profile && seen.profile->unusable == api::Reason::kPending;
  return made.reason == api::Reason::kPending ||
         (unchecked && made.reason == api::Reason::kSuspended);
}

Outcome outcome_of(const rules::Decision& made, const rules::Observed& seen) {
  const base::TimePoint now = seen.now;
  const bool has_password = seen.request.spec.keystores.pkcs12.has_value();
  const std::chrono::milliseconds longest = has_password ? kPasswordSleepMax : kSleepMax;
  const auto until = rules::wake_up(seen, made);
  if (!until && !has_password) return Outcome::done();
  const auto delay = std::clamp<std::chrono::milliseconds>(until.value_or(now + longest) - now,
                                                           std::chrono::milliseconds{1}, longest);
  return Outcome::after(delay, urgency_of(seen));
}

// At most 256 printable characters: what a status may show of somebody else's words.
std::string printable(std::string text) {
  constexpr std::size_t kBytesMax = 256;
  std::erase_if(text, [](unsigned char c) { return c < 0x20 || c > 0x7e; });
  if (text.size() > kBytesMax) text.resize(kBytesMax);
  return text;
}

// A person must act now, and did not have to for this reason before.
const api::Condition* new_trouble(const api::DuplicateCertificateRequestStatus& before,
                                  const api::DuplicateCertificateRequestStatus& after) {
  const auto* stalled = api::find_condition(after.conditions, api::kStalled);
  if (stalled == nullptr) return nullptr;
  const auto* was = api::find_condition(before.conditions, api::kStalled);
  return was != nullptr && was->reason == stalled->reason ? nullptr : stalled;
}

}  // namespace

DuplicateReconciler::DuplicateReconciler(
    const runtime::Informer<api::DuplicateCertificateRequest>& requests,
    const runtime::Informer<api::CertificateOrder>& entries, Caches caches, Sponsors& sponsors,
    kube::Client& client, runtime::EventRecorder& events, const base::Clock& clock, Options options,
    Telemetry telemetry)
    : requests_(requests),
      entries_(entries),
      caches_(caches),
      sponsors_(sponsors),
      client_(client),
      events_(events),
      clock_(clock),
      ledger_namespace_(options.act.ledger_namespace),
      telemetry_(std::move(telemetry)),
      observer_(caches, client, clock, options.observe),
      actor_(client, caches, clock, std::move(options.act)) {}

Outcome DuplicateReconciler::reconcile(const std::string& key, std::stop_token stop) {
  Outcome outcome = work_on(key, stop);
  if (telemetry_.ended) telemetry_.ended(key, outcome);
  return outcome;
}

Outcome DuplicateReconciler::work_on(const std::string& key, const std::stop_token& stop) {
  const auto request = caches_.requests.get(key);
  if (!request || request->meta.deletion_time) {
    forget(key);
    sponsors_.remove(key);
    if (telemetry_.gone) telemetry_.gone(key);
    return Outcome::done();
  }
  Memory memory = recall(*request);
  if (!has_caught_up(*request, memory)) {
    remember(key, memory);
    return Outcome::after(kStaleRetry);
  }
  Observation seen;
  const auto made = run_passes(request, memory, seen, stop);
  if (!made || stop.stop_requested()) {
    remember(key, memory);
    return Outcome::failed(made ? base::Error{.code = base::Code::kCancelled} : made.error());
  }
  sponsor(seen.facts, *made);
  if (has_moved(seen.facts, made->entry)) {
    remember(key, memory);
    return Outcome::after(kStaleRetry);
  }
  const auto reported = waits_for_profile(seen.facts, *made) ? base::Result<void>{}
                                                             : report(seen, *made, memory, stop);
  remember(key, memory);
  if (!reported) return Outcome::failed(reported.error());
  return outcome_of(*made, seen.facts);
}

// Nothing is decided on caches that are older than our own last writes. What is decided after the
// gate has given up rests on reads as far as it has effects, so that it is only slow, never wrong.
bool DuplicateReconciler::has_caught_up(const api::DuplicateCertificateRequest& request,
                                        Memory& memory) const {
  using Verdict = runtime::WriteGate::Verdict;
  const base::Steady now = clock_.steady_now();
  const Verdict verdicts[] = {
      memory.status_gate.check(
          [&](const auto& seen) { return requests_.has_seen(request.meta.namespace_, seen); }, now),
      memory.ledger_gate.check(
          [&](const auto& seen) { return entries_.has_seen(ledger_namespace_, seen); }, now)};
  bool open = true;
  for (const Verdict verdict : verdicts) {
    if (verdict != Verdict::kOpen && telemetry_.stale) telemetry_.stale(verdict);
    if (verdict == Verdict::kWait) open = false;
  }
  return open;
}

// Tells whether the request needs an order that is being bought.
void DuplicateReconciler::sponsor(const rules::Observed& seen, const rules::Decision& made) {
  // A request that has just opened an entry, or whose profile is being checked, is as it was.
  if (made.reason == api::Reason::kPending) return;
  const rules::Standing standing = rules::standing_of(seen);
  const bool urgent =
      !standing.usable || (standing.expires_soon_time && seen.now >= *standing.expires_soon_time);
  sponsors_.set(api::key_of(seen.request.meta), {.entry = made.entry,
                                                 .profile = seen.profile ? seen.profile->name : "",
                                                 .may_buy = made.sponsors,
                                                 .urgent = !made.entry.empty() && urgent});
}

// Whether the entry that the request has just begun to wait for has changed since the pass saw it:
// that change woke those who waited then.
bool DuplicateReconciler::has_moved(const rules::Observed& seen, const std::string& entry) const {
  if (entry.empty()) return false;
  const rules::LedgerEntry* known = rules::find_entry(seen.ledger, entry);
  const auto now = caches_.entries.get(kube::ObjectKey{ledger_namespace_, entry}.text());
  if (known == nullptr || !now) return known != nullptr || now;
  return *known != rules::entry_of(*now);
}

DuplicateReconciler::Memory DuplicateReconciler::recall(
    const api::DuplicateCertificateRequest& request) {
  const base::MutexLock lock(mutex_);
  const auto at = memories_.find(api::key_of(request.meta));
  if (at != memories_.end() && at->second.uid == request.meta.uid) return at->second;
  return {.uid = request.meta.uid};
}

void DuplicateReconciler::remember(const std::string& key, const Memory& memory) {
  const base::MutexLock lock(mutex_);
  if (is_blank(key, memory)) {
    memories_.erase(key);
  } else {
    memories_.insert_or_assign(key, memory);
  }
  // Two for each that may have come: there are soon no more than a few old ones.
  tidy_one();
  tidy_one();
}

// Whether the next pass would do the same without it.
bool DuplicateReconciler::is_blank(const std::string& key, const Memory& memory) const {
  if (memory.failures != 0 || memory.has_pending || memory.due_since) return false;
  const std::string namespace_ = key.substr(0, key.find('/'));
  return requests_.has_seen(namespace_, memory.status_gate.awaits()) &&
         entries_.has_seen(ledger_namespace_, memory.ledger_gate.awaits());
}

// A gate opens when the cache shows our last write, after the pass that made it: so somebody has to
// come back.
void DuplicateReconciler::tidy_one() {
  if (memories_.empty()) return;
  auto at = memories_.upper_bound(tidied_);
  if (at == memories_.end()) at = memories_.begin();
  tidied_ = at->first;
  if (is_blank(at->first, at->second)) memories_.erase(at);
}

void DuplicateReconciler::forget(const std::string& key) {
  const base::MutexLock lock(mutex_);
  memories_.erase(key);
}

base::Result<rules::Decision> DuplicateReconciler::run_passes(const Request& request,
                                                              Memory& memory, Observation& seen,
                                                              std::stop_token stop) {
  Source source = Source::kCached;
  const auto item = observer_.begin_item(api::key_of(request->meta));
  for (int pass = 0; pass < kPassesMax; ++pass) {
    seen = TRY(observe_again(request, memory, source, std::move(seen), item, stop));
    rules::Decision made = decide_asking(seen, memory, stop);
    // A cache may be older than what we, or the leader before us, have just written: acting on it
    // would renew again what was renewed. So effects, and what follows them, rest on reads.
    if (is_effect(made.action)) source = Source::kRead;
    if (is_effect(made.action) && seen.source == Source::kCached) continue;
    if (telemetry_.decided) telemetry_.decided(seen.facts, made);
    note_progress(made, seen.facts, memory);
    if (!is_effect(made.action)) {
      conclude(made, seen);
      return made;
    }
    if (stop.stop_requested()) return base::fail(base::Code::kCancelled, "stopping");
    if (!TRY(is_as_it_was(request, seen, stop))) {
      return base::fail(base::Code::kCancelled, "the request has changed during the pass");
    }
    base::log_info(made.message, {{"key", api::key_of(request->meta)},
                                  {"action", rules::name_of(made.action)},
                                  {"reason", api::name_of(made.reason)},
                                  {"rule", made.rule}});
    tell_ignored_window(made.action, seen);
    if (auto done = act(made.action, seen, memory, stop); !done) {
      conclude(made, seen);
      tell_trouble(std::move(made), done.error(), seen, memory, stop);
      base::Error error = std::move(done).error();
      // An admission policy says "invalid" of what it will allow once somebody has changed it.
      if (error.code == base::Code::kInvalid) error.code = base::Code::kPermissionDenied;
      return std::unexpected(std::move(error));
    }
    // What was opened shows in the cache soon, and then to everybody.
    if (std::holds_alternative<rules::OpenLedger>(made.action)) {
      conclude(made, seen);
      return rules::Decision{.action = rules::Wait{clock_.now() + kStaleRetry}};
    }
  }
  return base::fail(base::Code::kInternal, fmt::format("{} passes without an end", kPassesMax));
}

// What the CA told about its orders in this item is still fresh, unless the ledger has changed
// since: it may tell of a later one. All else is observed anew.
base::Result<Observation> DuplicateReconciler::observe_again(
    const Request& request, const Memory& memory, Source source, Observation&& before,
    const std::shared_ptr<ItemMemory>& item, std::stop_token stop) {
  Observation seen = TRY(observer_.observe(*request, memory.has_pending, source, item, stop));
  const bool same = seen.facts.ledger == before.facts.ledger && seen.account == before.account;
  if (same) seen.facts.ca.orders = std::move(before.facts.ca.orders);
  seen.facts.failures = memory.failures;
  return seen;
}

// A pass may have waited long for the CA: nothing is done for a request that was suspended, deleted
// or edited meanwhile. The change puts it into the queue, so that the pass ends in silence.
// A Secret that is gone, though the status tells of it, may have gone with its request: garbage
// collection is often faster than our watch of the requests.
base::Result<bool> DuplicateReconciler::is_as_it_was(const Request& request,
                                                     const Observation& seen,
                                                     std::stop_token stop) const {
  const auto& meta = request->meta;
  const std::string key = api::key_of(meta);
  const auto now = caches_.requests.get(key);
  if (!now || needs_a_pass({.key = key, .before = request, .after = now})) return false;
  const bool may_be_gone =
      request->status.certificate && !seen.facts.installed && !seen.facts.pending;
  if (!may_be_gone) return true;
  const kube::ListOptions only{.field_selector = "metadata.name=" + meta.name,
                               .view = kube::View::kMetadata};
  const auto live = client_.list(kRequests, meta.namespace_, only, stop);
  if (!live) return std::unexpected(base::wrap("read the request", live.error()));
  return std::ranges::any_of((*live)["items"], [&](const nlohmann::json& item) {
    const nlohmann::json& found = item["metadata"];
    return found.value("uid", "") == meta.uid && !found.contains("deletionTimestamp");
  });
}

void DuplicateReconciler::conclude(const rules::Decision& made, const Observation& seen) const {
  if (telemetry_.concluded) telemetry_.concluded(seen.facts, made);
}

// An effect that the API server refuses (permission, quota, admission) is tried again; until it
// succeeds, the status tells what is in the way. What only another look resolves is not told.
void DuplicateReconciler::tell_trouble(rules::Decision made, const base::Error& error,
                                       const Observation& seen, Memory& memory,
                                       std::stop_token stop) {
  const bool refused =
      error.code == base::Code::kPermissionDenied || error.code == base::Code::kInvalid;
  if (!refused) return;
  made.action = rules::Wait{};
  made.trouble = printable(error.message);
  if (const auto reported = report(seen, made, memory, stop); !reported) {
    base::log_warn(
        "the status could not be written",
        {{"key", api::key_of(seen.facts.request.meta)}, {"error", reported.error().message}});
  }
}

void DuplicateReconciler::note_progress(const rules::Decision& made, const rules::Observed& seen,
                                        Memory& memory) const {
  // What waits for its schedule is not late.
  const bool settled = std::holds_alternative<rules::Nothing>(made.action) ||
                       made.reason == api::Reason::kWaitingForSchedule;
  if (settled) memory.due_since.reset();
  if (!settled && !memory.due_since) memory.due_since = clock_.steady_now();
  // A question that the CA refuses backs off like one that it does not answer.
  const bool failing = made.reason == api::Reason::kCaUnavailable ||
                       (seen.ca_error && (made.reason == api::Reason::kCaRejected ||
                                          made.reason == api::Reason::kCredentialsRejected));
  if (!failing && !is_effect(made.action)) memory.failures = 0;
}

rules::Decision DuplicateReconciler::decide_asking(Observation& seen, Memory& memory,
                                                   std::stop_token stop) {
  while (true) {
    rules::Decision made = rules::decide(seen.facts);
    if (!observer_.answer(made.action, seen, stop)) return made;
    // A rate limit is not a failure: it says when to come back.
    if (seen.facts.ca_error && seen.facts.ca_error->code != base::Code::kExhausted) {
      seen.facts.failures = ++memory.failures;
    }
  }
}

base::Result<void> DuplicateReconciler::act(const rules::Action& action, const Observation& seen,
                                            Memory& memory, std::stop_token stop) {
  if (const auto* submit = std::get_if<rules::SubmitDuplicate>(&action)) {
    memory.has_pending = true;
    const auto sent = TRY(actor_.submit(*submit, seen, stop));
    if (sent.post == rules::CaView::Post::kAccepted) memory.failures = 0;
    if (sent.post == rules::CaView::Post::kNotSent && !sent.rate_limited) ++memory.failures;
    return {};
  }
  if (const auto* install = std::get_if<rules::InstallCertificate>(&action)) {
    TRY_VOID(actor_.install(*install, seen, stop));
    if (telemetry_.issued) {
      const auto since = clock_.steady_now() - memory.due_since.value_or(clock_.steady_now());
      telemetry_.issued(seen.facts, std::chrono::floor<std::chrono::milliseconds>(since));
    }
    record(seen, runtime::EventType::kNormal, api::Reason::kIssued, "Issue",
           rules::issued_text(seen.facts, *install));
    return {};
  }
  if (std::holds_alternative<rules::BackUpForeignSecret>(action)) {
    return actor_.back_up(seen, stop);
  }
  if (std::holds_alternative<rules::ApplyMarks>(action)) return actor_.apply_marks(seen, stop);
  if (const auto* open = std::get_if<rules::OpenLedger>(&action)) {
    memory.has_pending = true;
    const auto sponsor_it = [&](const std::string& entry) {
      sponsors_.set(api::key_of(seen.facts.request.meta),
                    {.entry = entry, .profile = seen.facts.profile->name, .may_buy = true});
    };
    memory.ledger_gate.wrote(TRY(actor_.open_ledger(*open, seen, sponsor_it, stop)));
    return {};
  }
  if (const auto* tried = std::get_if<rules::RememberNoGain>(&action)) {
    return actor_.remember_no_gain(*tried, seen, stop);
  }
  if (std::holds_alternative<rules::UpdateKeystore>(action)) {
    return actor_.update_keystore(seen, stop);
  }
  if (const auto* prepare = std::get_if<rules::PrepareKey>(&action)) {
    memory.has_pending = true;
    return actor_.prepare(*prepare, seen, stop);
  }
  if (const auto* rejection = std::get_if<rules::RecordRejection>(&action)) {
    return actor_.record(*rejection, seen, stop);
  }
  TRY_VOID(actor_.drop(seen, stop));
  memory.has_pending = false;
  return {};
}

base::Result<void> DuplicateReconciler::report(const Observation& seen, const rules::Decision& made,
                                               Memory& memory, std::stop_token stop) {
  const auto& request = seen.facts.request;
  const auto status = rules::report(seen.facts, made);
  if (telemetry_.reported) {
    telemetry_.reported(api::key_of(request.meta), status,
                        seen.facts.profile ? seen.facts.profile->name : "");
  }
  if (status == request.status) return {};
  const auto written = write_status(client_, {kRequests, request.meta, "the status"},
                                    api::encode_status(status), std::move(stop));
  // Deleted meanwhile: nobody is left to tell.
  if (!written && written.error().code == base::Code::kNotFound) return {};
  if (!written) return std::unexpected(written.error());
  memory.status_gate.wrote(kube::metadata_text(*written, "resourceVersion"));
  tell(seen, status);
  return {};
}

// Once for each key that is made: with a key, the work has begun before.
void DuplicateReconciler::tell_ignored_window(const rules::Action& action,
                                              const Observation& seen) {
  const bool begins = std::holds_alternative<rules::SubmitDuplicate>(action) ||
                      std::holds_alternative<rules::OpenLedger>(action);
  if (!begins || seen.facts.pending) return;
  if (const auto note = rules::ignored_window(seen.facts)) {
    record(seen, runtime::EventType::kWarning, api::Reason::kWindowIgnored, "Schedule", *note);
  }
}

void DuplicateReconciler::tell(const Observation& seen,
                               const api::DuplicateCertificateRequestStatus& status) {
  const api::Condition* trouble = new_trouble(seen.facts.request.status, status);
  if (trouble == nullptr) return;
  const auto reason = api::parse_reason(trouble->reason).value_or(api::Reason::kPending);
  record(seen, runtime::EventType::kWarning, reason, "Reconcile", trouble->message);
  base::log_warn("a person must act", {{"key", api::key_of(seen.facts.request.meta)},
                                       {"reason", trouble->reason},
                                       {"message", trouble->message}});
}

void DuplicateReconciler::record(const Observation& seen, runtime::EventType type,
                                 api::Reason reason, const std::string& action,
                                 const std::string& note) {
  const auto& meta = seen.facts.request.meta;
  events_.record({.regarding = {.resource = kRequests,
                                .key = {meta.namespace_, meta.name},
                                .uid = meta.uid,
                                .resource_version = meta.resource_version},
                  .type = type,
                  .reason = std::string(api::name_of(reason)),
                  .action = action,
                  .note = note});
}

}  // namespace reconcile
