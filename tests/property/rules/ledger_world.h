// A world around decide() and decide_order(): up to four requests that come due together, one CA,
// one API server, and two processes that may both believe that they lead. Entry point: run().
// Deterministic for a schedule and a seed; no clock, no threads.
//
// The processes do what controller/reconcile does: one effect per pass, preconditions on each
// write, intent before each POST. At each boundary of an effect a process may crash and forget, and
// the other may get its turn. Each sees the ledger as of an older revision, but never older than
// its own last write. What must never be seen is noted in `violation`.
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "property/rules/ledger_ca.h"
#include "property/runtime/seed.h"
#include "rules/backoff.h"
#include "rules/decide.h"
#include "rules/order_decide.h"
#include "rules/order_report.h"
#include "support/observed_builder.h"

namespace ledger_world {

class World : private Ca {
 public:
  World(const Schedule& schedule, property::Dice& dice) : Ca(schedule), dice_(dice) {
    if (schedule_.start != Start::kNoOrder) {
      orders_.push_back(
          {.facts = support::ending_order(schedule_.start == Start::kEnding ? days{20} : -days{2}),
           .visible_at = kNow,
           .issued_at = kNow});
    }
    for (int i = 0; i < schedule_.requests; ++i) requests_.push_back(make_request(i));
    for (Process& process : processes_) reset(process);
    if (!schedule_.two_leaders) processes_[1].alive = false;
  }

  Result run() {
    int quiet = 0;
    for (steps_ = 0; steps_ < kStepsMax && violation_.empty(); ++steps_) {
      happen();
      const int writes = writes_;
      auto turn = next_turn();
      // What rests is woken without a cause: nothing must come of it.
      if (turn.due > now_ && is_over() && rests()) {
        wake_all();
        turn = next_turn();
      }
      now_ = std::max(now_, turn.due);
      happen();
      if (!processes_[turn.process].alive) continue;
      work(turn);
      quiet = is_over() && writes == writes_ && rests() ? quiet + 1 : 0;
      if (quiet > 3 * static_cast<int>(requests_.size() + entries_.size())) return result("");
    }
    return result("it never ends: " + waiting_text());
  }

 private:
  struct Request {
    Kind kind{};
    Observed base{};
    std::optional<rules::PendingFacts> pending{};
    std::optional<rules::InstalledFacts> installed{};
    int pending_version = 0;
    int target_version = 0;
    bool gone = false;
    bool suspended = false;
    std::string rule{};  // of the last decision
    bool settled = false;
  };
  struct Version {
    int revision = 0;
    api::CertificateOrder object{};
    rules::LedgerEntry facts{};
  };
  struct Entry {
    std::deque<Version> versions{};  // references stay valid
    std::string rule{};
  };
  // What a process remembers of an entry.
  struct Memory {
    int failures = 0;
    std::optional<rules::OrderPost> post{};
    int post_revision = 0;
    std::optional<TimePoint> first_look{};
    std::optional<TimePoint> last_look{};
    int looks = 0;
    std::optional<TimePoint> submitted_at{};
    std::optional<TimePoint> unsponsored_since{};
  };
  struct Sponsor {
    std::string entry{};
    bool may_buy = false;
    bool operator==(const Sponsor&) const = default;
  };
  // How the POST of that key ended.
  struct Answer {
    std::string key{};
    rules::CaView::Post post{};
  };
  struct Process {
    bool alive = true;
    int revision = 0;
    std::array<Answer, 4> answers{};
    std::array<Sponsor, 4> sponsors{};
    std::array<int, 4> failures{};
    std::array<TimePoint, 4> request_due{};
    std::array<Memory, 16> memories{};
    std::array<TimePoint, 16> entry_due{};
  };
  struct Turn {
    std::size_t process = 0;
    bool is_entry = false;
    std::size_t index = 0;
    TimePoint due = kNever;
  };
  enum class Done { kYes, kCrashed, kConflict };

  Request make_request(int i) const {
    Request made{.kind = schedule_.kinds[static_cast<std::size_t>(i)]};
    auto builder = support::observed();
    if (made.kind == Kind::kWaits) builder.waiting_for_renewals();
    if (made.kind == Kind::kNew) builder.placing_orders();
    made.base = builder.build();
    made.base.request.meta.name += std::to_string(i);
    made.base.request.meta.uid += std::to_string(i);
    made.base.settle_window = kDuplicateWindow;
    const bool has_pair = made.kind != Kind::kNew && schedule_.start != Start::kNoOrder;
    if (has_pair) {
      made.installed = support::secret_with(
          support::leaf(schedule_.start == Start::kEnding ? days{20} : -days{2}));
    }
    return made;
  }

  Result result(const std::string& otherwise) {
    std::string wrong = violation_.empty() ? otherwise : violation_;
    if (wrong.empty()) wrong = at_the_end();
    return {wrong, boundaries_, ours_, unknown_};
  }

  // Nothing will happen by itself any more.
  bool is_over() const {
    return is_calm() && now_ >= kNow + schedule_.leaves_at &&
           now_ >= kNow + schedule_.person_renews_at.value_or(seconds{0});
  }

  // ---- What happens by itself.

  void happen() {
    if (is_calm() && processes_[1].alive) {
      processes_[1].alive = false;
      wake_all();
    }
    if (schedule_.person_renews_at && !person_renewed_ &&
        now_ >= kNow + *schedule_.person_renews_at) {
      person_renewed_ = true;
      place("", "", now_, now_ + schedule_.issue_delay);
    }
    const bool leaves = schedule_.leaves != Leave::kNobody && now_ >= kNow + schedule_.leaves_at;
    if (leaves && !requests_[0].gone && !requests_[0].suspended) {
      requests_[0].gone = schedule_.leaves == Leave::kDeleted;
      requests_[0].suspended = !requests_[0].gone;
      // The pending Secret goes with its owner.
      if (requests_[0].gone) requests_[0].pending.reset();
      ++requests_[0].pending_version;
      for (Process& process : processes_) process.request_due[0] = now_;
    }
  }

  // ---- Who is next.

  void wake_all() {
    for (Process& process : processes_) {
      process.request_due.fill(now_);
      process.entry_due.fill(now_);
    }
  }

  Turn next_turn() {
    Turn best;
    int equal = 0;
    const auto consider = [&](const Turn& turn) {
      const TimePoint due = std::max(turn.due, now_);
      if (due > best.due && equal > 0) return;
      if (equal == 0 || due < best.due) {
        best = turn;
        best.due = due;
        equal = 1;
      } else if (dice_.number(++equal) == 0) {
        best = turn;
        best.due = due;
      }
    };
    for (std::size_t p = 0; p < processes_.size(); ++p) {
      const Process& process = processes_[p];
      if (!process.alive) continue;
      for (std::size_t i = 0; i < requests_.size(); ++i) {
        consider({p, false, i, process.request_due[i]});
      }
      for (std::size_t e = 0; e < entries_.size(); ++e) {
        consider({p, true, e, process.entry_due[e]});
      }
    }
    // No pass sleeps beyond what happens next.
    for (const seconds event : {schedule_.calm_at, schedule_.leaves_at,
                                schedule_.person_renews_at.value_or(seconds{0})}) {
      const TimePoint at = kNow + event;
      if (at > now_ && at < best.due) best.due = at;
    }
    return best;
  }

  void work(const Turn& turn) {
    Process& process = processes_[turn.process];
    const bool stale = !is_calm() && dice_.chance(schedule_.stale_percent);
    if (!stale) process.revision = revision_;
    if (turn.is_entry) {
      work_on_entry(turn.process, turn.index);
    } else {
      work_on_request(turn.process, turn.index);
    }
  }

  void reset(Process& process) {
    const bool alive = process.alive;
    process = Process{};
    process.alive = alive;
    process.revision = revision_;
    process.request_due.fill(now_);
    process.entry_due.fill(now_);
  }

  // Before and after each effect. False: the process has crashed, and remembers nothing.
  [[nodiscard]] bool survives(std::size_t p) {
    ++boundaries_;
    const bool chosen =
        std::ranges::find(schedule_.crash_at, boundaries_) != schedule_.crash_at.end();
    const bool crashes = chosen || (!is_calm() && schedule_.crash_percent > 0 &&
                                    dice_.chance(schedule_.crash_percent));
    if (crashes) {
      reset(processes_[p]);
      return false;
    }
    Process& other = processes_[1 - p];
    const bool turn =
        other.alive && !nested_ && !is_calm() && dice_.chance(schedule_.switch_percent);
    if (!turn) return true;
    nested_ = true;
    const bool long_pause = dice_.chance(10);
    for (int i = long_pause ? 12 : dice_.number(3); i >= 0; --i) {
      const std::size_t count = requests_.size() + entries_.size();
      const auto pick = static_cast<std::size_t>(dice_.number(static_cast<int>(count)));
      const bool entry = pick >= requests_.size();
      work({1 - p, entry, entry ? pick - requests_.size() : pick, now_});
      if (long_pause || dice_.chance(30)) now_ += seconds{dice_.number(long_pause ? 16 : 8)};
    }
    nested_ = false;
    return true;
  }

  // ---- The ledger in the API server.

  const Version* view(std::size_t p, std::size_t e) const {
    const Version* found = nullptr;
    for (const Version& version : entries_[e].versions) {
      if (version.revision <= processes_[p].revision) found = &version;
    }
    return found;
  }
  const Version& live(std::size_t e) const { return entries_[e].versions.back(); }

  std::optional<std::size_t> entry_named(const std::string& name) const {
    for (std::size_t e = 0; e < entries_.size(); ++e) {
      if (live(e).facts.name == name) return e;
    }
    return std::nullopt;
  }

  const Version& put(std::size_t p, std::size_t e, api::CertificateOrder object) {
    ++writes_;
    ++revision_;
    auto facts = rules::entry_of(object);
    entries_[e].versions.push_back({revision_, std::move(object), std::move(facts)});
    processes_[p].revision = revision_;
    for (Process& process : processes_) {
      process.request_due.fill(now_);
      process.entry_due[e] = now_;
    }
    return live(e);
  }

  // ---- A request.

  void work_on_request(std::size_t p, std::size_t i) {
    Process& process = processes_[p];
    Request& request = requests_[i];
    request.settled = false;
    if (request.gone) {
      sponsor(p, i, {});
      process.request_due[i] = kNever;
      request.settled = true;
      request.rule = "gone";
      return;
    }
    for (int pass = 0; pass < 12; ++pass) {
      Observed seen = observe(p, i);
      const int pending_version = request.pending_version;
      const int target_version = request.target_version;
      const rules::Decision made = decide_asking(process, i, seen);
      request.rule = made.rule;
      const Done done = act(p, i, seen, made, pending_version, target_version);
      if (done == Done::kCrashed) return;
      if (done == Done::kConflict) {
        process.request_due[i] = now_ + seconds{1};
        return;
      }
      if (std::holds_alternative<rules::OpenLedger>(made.action)) {
        process.request_due[i] = now_ + seconds{1};
        return;
      }
      if (is_wait(made)) return wait(p, i, made);
    }
    violate("passes without an end: " + request.rule);
  }

  static bool is_wait(const rules::Decision& made) {
    return std::holds_alternative<rules::Wait>(made.action) ||
           std::holds_alternative<rules::Nothing>(made.action);
  }

  void wait(std::size_t p, std::size_t i, const rules::Decision& made) {
    sponsor(p, i, {made.entry, made.sponsors});
    std::optional<TimePoint> until;
    if (const auto* wait = std::get_if<rules::Wait>(&made.action)) until = wait->until;
    if (const auto* nothing = std::get_if<rules::Nothing>(&made.action)) until = nothing->until;
    processes_[p].request_due[i] = std::max(until.value_or(kNever), now_ + seconds{1});
    requests_[i].settled = true;
  }

  void sponsor(std::size_t p, std::size_t i, const Sponsor& now) {
    Process& process = processes_[p];
    if (process.sponsors[i] == now) return;
    for (const std::string& name : {process.sponsors[i].entry, now.entry}) {
      if (const auto e = entry_named(name)) process.entry_due[*e] = now_;
    }
    process.sponsors[i] = now;
  }

  Observed observe(std::size_t p, std::size_t i) const {
    const Request& request = requests_[i];
    Observed seen = request.base;
    seen.now = now_;
    seen.request.spec.suspend = request.suspended;
    seen.pending = request.pending;
    seen.installed = request.installed;
    seen.failures = processes_[p].failures[i];
    const Answer& answer = processes_[p].answers[i];
    if (seen.pending && seen.pending->public_key_sha256 == answer.key) seen.ca.post = answer.post;
    for (std::size_t e = 0; e < entries_.size(); ++e) {
      if (const Version* version = view(p, e)) seen.ledger.push_back(version->facts);
    }
    rules::link_pending(seen);
    return seen;
  }

  rules::Decision decide_asking(Process& process, std::size_t i, Observed& seen) {
    for (int questions = 0;; ++questions) {
      rules::Decision made = rules::decide(seen);
      if (questions > 4) violate("asks without end");
      if (questions > 4 || !ask(seen, made)) return made;
      if (seen.ca_error) {
        seen.failures = ++process.failures[i];
      } else {
        process.failures[i] = 0;
      }
    }
  }

  Done act(std::size_t p, std::size_t i, Observed& seen, const rules::Decision& made,
           int pending_version, int target_version) {
    Request& request = requests_[i];
    if (is_wait(made)) return Done::kYes;
    if (!survives(p)) return Done::kCrashed;
    const bool install = std::holds_alternative<rules::InstallCertificate>(made.action);
    const bool target = install || std::holds_alternative<rules::RememberNoGain>(made.action);
    if (request.gone || (!target && request.pending_version != pending_version) ||
        (target && request.target_version != target_version)) {
      return Done::kConflict;
    }
    if (const auto* submit = std::get_if<rules::SubmitDuplicate>(&made.action)) {
      return act_submit(p, i, *submit);
    }
    if (const auto* open = std::get_if<rules::OpenLedger>(&made.action)) {
      return act_open(p, i, *open);
    }
    if (install) return act_install(p, i, seen);
    if (std::holds_alternative<rules::DropPending>(made.action)) return act_drop(p, i);
    const auto& tried = std::get<rules::RememberNoGain>(made.action);
    ++writes_;
    ++request.target_version;
    request.installed->no_gain_order = tried.order_id;
    request.installed->no_gain_certificate = tried.certificate_id;
    return survives(p) ? Done::kYes : Done::kCrashed;
  }

  void create_key(Request& request, const rules::FinalNames& names) {
    ++writes_;
    ++request.pending_version;
    request.pending = support::pending();
    request.pending->public_key_sha256 = "key-" + std::to_string(++keys_);
    request.pending->names = names;
    request.pending->order_id = 0;
  }

  Done act_submit(std::size_t p, std::size_t i, const rules::SubmitDuplicate& submit) {
    Request& request = requests_[i];
    if (!request.pending) {
      create_key(request, submit.names);
      request.pending->order_id = submit.order_id;
    }
    ++writes_;
    ++request.pending_version;
    request.pending->submitted_at = std::chrono::floor<seconds>(now_);
    request.pending->sends = submit.sends;
    const std::string key = request.pending->public_key_sha256;
    if (!survives(p)) return Done::kCrashed;
    const auto order =
        std::ranges::find(orders_, submit.order_id, [](const CaOrder& o) { return o.facts.id; });
    const bool eligible = order != orders_.end() && seen_now(*order).status == "issued";
    if (!eligible) violate("asks for a duplicate of an order that is not issued");
    if (is_out()) {
      processes_[p].answers[i] = {key, rules::CaView::Post::kNotSent};
      ++processes_[p].failures[i];
      return Done::kYes;
    }
    duplicates_.push_back({700000 + std::int64_t(duplicates_.size()), submit.order_id, key});
    now_ += seconds{1};
    if (!survives(p)) return Done::kCrashed;
    const bool lost = !is_calm() && dice_.chance(10);
    processes_[p].answers[i] = {
        key, lost ? rules::CaView::Post::kUnknown : rules::CaView::Post::kAccepted};
    return Done::kYes;
  }

  Done act_install(std::size_t p, std::size_t i, const Observed& seen) {
    Request& request = requests_[i];
    const rules::LeafFacts& leaf = *seen.ca.issued->leaf;
    // The pair is written with the key that was read in this pass.
    if (leaf.public_key_sha256 != seen.pending->public_key_sha256) violate("installs another key");
    if (leaf.common_name != "shop.example.com" || leaf.not_after <= now_) {
      violate("installs a wrong certificate");
    }
    const bool longer = !request.installed || leaf.not_after > request.installed->leaf->not_after;
    if (!longer) violate("replaces a pair by one that ends earlier");
    ++writes_;
    ++request.target_version;
    request.installed = support::secret_with(leaf);
    request.installed->order_id = seen.pending->order_id;
    return survives(p) ? Done::kYes : Done::kCrashed;
  }

  Done act_drop(std::size_t p, std::size_t i) {
    Request& request = requests_[i];
    // What the shell does before it drops such a key: it looks at the entry as it is.
    if (const auto e = entry_named(request.pending->entry)) {
      const auto& entry = live(*e).facts;
      const bool used =
          rules::is_open(entry) && entry.public_key_sha256 == request.pending->public_key_sha256;
      if (used) return Done::kConflict;
    }
    ++writes_;
    ++request.pending_version;
    request.pending.reset();
    processes_[p].answers[i] = {};
    return survives(p) ? Done::kYes : Done::kCrashed;
  }

  Done act_open(std::size_t p, std::size_t i, const rules::OpenLedger& open) {
    Request& request = requests_[i];
    const std::string name = "order-group-" + std::to_string(open.generation);
    if (request.pending && request.pending->entry != name) return act_drop(p, i);
    if (!request.pending) {
      create_key(request, open.group.names);
      request.pending->entry = name;
      if (!survives(p)) return Done::kCrashed;
      if (!request.pending || request.pending->entry != name) return Done::kConflict;
    }
    processes_[p].sponsors[i] = {name, true};
    const std::string key = request.pending->public_key_sha256;
    if (schedule_.mistake == Mistake::kPostBeforeLedger) {
      if (!entry_named(name)) violate("buys without an entry");
      take_order(key, name, now_, kNever);
      if (!survives(p)) return Done::kCrashed;
    }
    if (entry_named(name)) return Done::kConflict;
    check_generation(open.generation);
    if (entries_.size() == 16) violate("opens entries without end");
    if (!violation_.empty()) return Done::kConflict;
    entries_.emplace_back();
    put(p, entries_.size() - 1, entry_object(name, open, key));
    return survives(p) ? Done::kYes : Done::kCrashed;
  }

  void check_generation(int generation) {
    for (std::size_t e = 0; e < entries_.size(); ++e) {
      if (rules::is_open(live(e).facts)) violate("opens an entry beside an open one");
    }
    if (generation != static_cast<int>(entries_.size()) + 1) violate("skips a generation");
  }

  static api::CertificateOrder entry_object(const std::string& name, const rules::OpenLedger& open,
                                            const std::string& key) {
    api::CertificateOrder object;
    object.meta.name = name;
    object.spec = {.kind = open.kind,
                   .account = open.group.account,
                   .profile = "web/corp",
                   .product_name_id = open.group.product,
                   .organization_id = open.group.organization_id,
                   .common_name = open.group.names.common_name,
                   .dns_names = open.group.names.dns_names,
                   .public_key_sha256 = key,
                   .attempt_id = name};
    if (open.renewal_of != 0) object.spec.renewal_of = open.renewal_of;
    return object;
  }

  // ---- An entry of the ledger.

  void work_on_entry(std::size_t p, std::size_t e) {
    const Version* version = view(p, e);
    if (version == nullptr) {
      processes_[p].entry_due[e] = now_ + seconds{1};
      return;
    }
    auto facts = observe(p, e, *version);
    TimePoint looked_at{};
    // Twice as many as an item of work has: each POST that is not sent takes four.
    for (int pass = 0; pass < 24; ++pass) {
      const rules::OrderDecision made = rules::decide_order(facts);
      entries_[e].rule = made.rule;
      if (std::holds_alternative<rules::OrderAskLook>(made.action)) {
        looked_at = now_;
        look(p, e, facts);
        continue;
      }
      if (std::holds_alternative<rules::OrderForget>(made.action)) {
        processes_[p].entry_due[e] = kNever;
        return;
      }
      const bool sends = std::holds_alternative<rules::OrderSend>(made.action);
      const Done done =
          sends ? send(p, e, *version, made, looked_at) : record(p, e, *version, made);
      if (done == Done::kCrashed) return;
      if (done == Done::kConflict) {
        processes_[p].entry_due[e] = now_ + seconds{1};
        return;
      }
      if (const auto* wait = std::get_if<rules::OrderWait>(&made.action)) {
        processes_[p].entry_due[e] = std::max(wait->until.value_or(kNever), now_ + seconds{1});
        return;
      }
      version = view(p, e);
      facts = observe(p, e, *version);
    }
    violate("passes of an entry without an end");
  }

  rules::OrderObserved observe(std::size_t p, std::size_t e, const Version& version) {
    Process& process = processes_[p];
    Memory& memory = process.memories[e];
    rules::OrderObserved facts{.entry = version.facts,
                               .has_profile = true,
                               .failures = memory.failures,
                               .settle_window = kOrderWindow,
                               .now = now_};
    for (const Sponsor& sponsor : process.sponsors) {
      if (sponsor.entry == facts.entry.name && sponsor.may_buy) facts.sponsored = true;
    }
    if (facts.sponsored) memory.unsponsored_since.reset();
    if (!facts.sponsored && !memory.unsponsored_since) memory.unsponsored_since = now_;
    if (!facts.sponsored) {
      facts.unsponsored_for = std::chrono::floor<seconds>(now_ - *memory.unsponsored_since);
    }
    if (memory.post_revision == version.revision) facts.post = memory.post;
    const bool marks =
        memory.first_look && memory.last_look && memory.submitted_at == facts.entry.submitted_at;
    if (marks) {
      facts.settling = {std::chrono::floor<seconds>(*memory.last_look - *memory.first_look),
                        memory.looks};
    }
    std::vector<rules::LedgerEntry> before;
    for (std::size_t other = 0; other < e; ++other) before.push_back(live(other).facts);
    if (!before.empty()) facts.refusals = rules::refusals_up_to(before, before.back());
    return facts;
  }

  void look(std::size_t p, std::size_t e, rules::OrderObserved& facts) {
    Memory& memory = processes_[p].memories[e];
    if (is_out()) {
      facts.ca_error = support::ca_error(base::Code::kUnavailable);
      facts.failures = ++memory.failures;
      return;
    }
    memory.failures = 0;
    facts.look.emplace();
    if (schedule_.mistake == Mistake::kNoLook && facts.entry.state == State::kOpen) return;
    const bool accepted = facts.post && facts.post->outcome == Outcome::kAccepted;
    for (const CaOrder& order : orders_) {
      if (order.facts.id == facts.entry.renewal_of) continue;
      const bool known = order.facts.id == facts.entry.order_id ||
                         (accepted && order.facts.id == facts.post->order_id);
      if (!known && now_ < order.visible_at) continue;
      if (is_ours(order, facts.entry)) {
        facts.look->ours = seen_now(order);
      } else if (is_live(order)) {
        facts.look->successor = seen_now(order);
      }
    }
    if (facts.entry.state != State::kSubmitted) return;
    if (!memory.first_look || memory.submitted_at != facts.entry.submitted_at) {
      memory.first_look = now_;
      memory.looks = 0;
      memory.submitted_at = facts.entry.submitted_at;
    }
    memory.last_look = now_;
    ++memory.looks;
    facts.settling = {std::chrono::floor<seconds>(now_ - *memory.first_look), memory.looks};
    if (schedule_.mistake == Mistake::kNoSettleWindow) facts.settling = {kOrderWindow, 3};
  }

  Done write(std::size_t p, std::size_t e, const Version& version,
             const rules::OrderDecision& made) {
    api::CertificateOrder after = version.object;
    after.status = rules::report_order(version.object, made, now_);
    if (after.status == version.object.status) return Done::kYes;
    if (!survives(p)) return Done::kCrashed;
    const bool fresh = live(e).revision == version.revision;
    if (!fresh && schedule_.mistake != Mistake::kNoPrecondition) return Done::kConflict;
    if (api::is_closed(live(e).facts.state) && !made.surplus) violate("writes a closed entry");
    const bool ours = after.status.state == State::kPlaced || after.status.state == State::kIssued;
    for (const CaOrder& order : orders_) {
      const bool named = ours && order.facts.id == after.status.order_id;
      if (named && order.key != version.facts.public_key_sha256) violate("adopts another's order");
    }
    put(p, e, std::move(after));
    return survives(p) ? Done::kYes : Done::kCrashed;
  }

  Done record(std::size_t p, std::size_t e, const Version& version,
              const rules::OrderDecision& made) {
    return write(p, e, version, made);
  }

  Done send(std::size_t p, std::size_t e, const Version& version, const rules::OrderDecision& made,
            TimePoint looked_at) {
    Memory& memory = processes_[p].memories[e];
    memory.post.reset();
    const TimePoint marked_at = now_;
    const bool late_mark = schedule_.mistake == Mistake::kMarkAfterPost;
    if (!late_mark) {
      const Done marked = write(p, e, version, made);
      if (marked != Done::kYes) return marked;
    }
    memory.first_look.reset();
    memory.post_revision = processes_[p].revision;
    const bool old = now_ - marked_at > kMarkAgeMax && schedule_.mistake != Mistake::kOldMarks;
    rules::OrderPost answer{.outcome = Outcome::kNotSent,
                            .reason = api::Reason::kCaUnavailable,
                            .message = "it was not sent"};
    if (!old && !is_out()) answer = post(live(e).facts, looked_at);
    now_ += seconds{1};
    if (!survives(p)) return Done::kCrashed;
    if (late_mark) return write(p, e, version, made);
    if (answer.outcome == Outcome::kNotSent) ++memory.failures;
    memory.post = std::move(answer);
    return Done::kYes;
  }

  // ---- The end.

  bool is_ready(const Request& request) const {
    return request.installed && request.installed->leaf->not_after > now_ + days{100};
  }

  // Everybody is Ready, or waits for something that no pass will change.
  bool rests() {
    bool all = true;
    unknown_ = false;
    for (const Entry& entry : entries_) {
      if (entry.rule == "submissions_are_used_up") unknown_ = true;
    }
    for (const Request& request : requests_) {
      const bool rests = request.gone || request.suspended ||
                         (is_ready(request) && request.rule == "certificate_is_current") ||
                         waits_for_a_person(request);
      all = all && rests && request.settled;
    }
    for (std::size_t e = 0; e < entries_.size() && all; ++e) {
      const bool nobody =
          std::ranges::none_of(requests_, [](const Request& r) { return !r.gone && !r.suspended; });
      if (rules::is_open(live(e).facts) && !unknown_ && !nobody) all = false;
    }
    return all;
  }

  bool waits_for_a_person(const Request& request) const {
    if (request.rule == "submissions_are_used_up") return true;  // of a duplicate
    if (unknown_ && request.rule.starts_with("entry_")) return !any_order();
    const bool waits = request.rule == "nobody_renews_yet" || request.rule == "no_order_matches";
    return waits && !may_buy(request) && !any_order() &&
           (unknown_ || std::ranges::none_of(requests_, [&](const Request& other) {
              return may_buy(other) && !other.gone && !other.suspended &&
                     other.rule != "submissions_are_used_up";
            }));
  }

  bool may_buy(const Request& request) const {
    return request.kind == Kind::kNew ||
           (request.kind == Kind::kRenews && schedule_.start != Start::kNoOrder);
  }

  std::string waiting_text() const {
    std::string text;
    for (const Request& request : requests_) text += request.rule + ' ';
    for (std::size_t e = 0; e < entries_.size(); ++e) {
      text += std::string(api::name_of(live(e).facts.state)) + '/' + entries_[e].rule + ' ';
    }
    return text;
  }

  std::string at_the_end() const {
    for (const Request& request : requests_) {
      if (request.gone || request.suspended || !is_ready(request)) continue;
      if (request.pending) return "a pending Secret is left over";
    }
    return "";
  }

  property::Dice& dice_;
  bool person_renewed_ = false;
  // The API server.
  std::vector<Request> requests_{};
  std::deque<Entry> entries_{};
  int revision_ = 0;

  std::array<Process, 2> processes_{};
  bool nested_ = false;
  bool unknown_ = false;
  int keys_ = 0;
  int writes_ = 0;
  int steps_ = 0;
  int boundaries_ = 0;
};

inline Result run(const Schedule& schedule, property::Dice& dice) {
  return World(schedule, dice).run();
}

}  // namespace ledger_world
