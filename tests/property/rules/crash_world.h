// A small world around decide(): a CA that lags, answers late, loses answers and goes away; an API
// server that keeps what was written; and a process that may crash before and after each write and
// each POST, and then remembers nothing. Entry point: run(). Deterministic, no clock, no threads.
//
// The process does what controller/reconcile does: intent is written before the POST, one effect
// per pass, and the status when the decision is to wait. What the world must never see is noted in
// `violation`.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "rules/backoff.h"
#include "rules/decide.h"
#include "rules/report.h"
#include "support/observed_builder.h"

namespace crash_world {

using base::TimePoint;
using rules::Observed;
using Post = rules::CaView::Post;
using support::kNow;

inline constexpr std::chrono::seconds kSettleWindow{8};
inline constexpr std::chrono::seconds kOutage{60};
inline constexpr int kPassesMax = 120;

enum class Need { kNewSecret, kExpiring, kAskedToRenew };
enum class FirstPost { kAccepted, kAnswerLost, kRequestLost, kNotSent, kRefused };
enum class Issuance { kInTheAnswer, kAtOnce, kLater, kOtherKeyFirst, kOtherNamesFirst };
enum class Outage { kNone, kAtFirst, kAfterTheFirstPost };

// What the test itself may get wrong on purpose, to show that it would be noticed.
enum class Order { kMarkBeforePost, kMarkAfterPost };

struct Schedule {
  Need need = Need::kNewSecret;
  std::chrono::seconds listing_lag{};
  Issuance issuance = Issuance::kAtOnce;
  FirstPost first_post = FirstPost::kAccepted;
  Outage outage = Outage::kNone;
  std::array<int, 2> crash_at{};  // counted steps; 0: no crash
  Order order = Order::kMarkBeforePost;
};

struct Result {
  std::string violation{};  // empty: all is well
  int steps = 0;
  // Three marks were spent and the CA got nothing: a person is asked to look, and no more is sent.
  bool gave_up = false;
};

class World {
 public:
  explicit World(const Schedule& schedule) : schedule_(schedule) {
    auto builder = support::observed();
    if (schedule.need == Need::kExpiring) builder.with_secret(support::leaf(std::chrono::days{20}));
    if (schedule.need == Need::kAskedToRenew) {
      builder.with_secret(support::leaf()).renew_requested("now");
    }
    seen_ = builder.build();
    seen_.settle_window = kSettleWindow;
    if (schedule.outage == Outage::kAtFirst) outage_ends_ = kNow + kOutage;
  }

  Result run() {
    int quiet = 0;
    for (int pass = 0; pass < kPassesMax && violation_.empty(); ++pass) {
      const int writes = writes_;
      if (!one_pass()) {
        restart();
        continue;
      }
      quiet = settled_ && writes == writes_ ? quiet + 1 : 0;
      if (settled_) restart();  // what is settled stays so without any memory
      if (quiet == 3) return {at_the_end(), steps_};
      if (gave_up_) return {violation_, steps_, true};
    }
    return {violation_.empty() ? "it never ends" : violation_, steps_};
  }

 private:
  struct Duplicate {
    std::string key{};
    std::int64_t id = 0;
    TimePoint accepted_at{};
  };
  struct Sent {
    std::string key{};
    TimePoint at{};
    bool may_be_accepted = false;
  };

  void violate(const std::string& what) {
    if (violation_.empty()) violation_ = what;
  }

  // A place where the process may crash; false: it does.
  [[nodiscard]] bool survives() {
    ++steps_;
    return std::ranges::find(schedule_.crash_at, steps_) == schedule_.crash_at.end();
  }

  void restart() {
    answered_.reset();
    fruitless_ = 0;
    chain_.reset();
    seen_.failures = 0;
    seen_.now += std::chrono::seconds{1};
  }

  // Returns false if the process crashed.
  bool one_pass() {
    settled_ = false;
    // With an empty memory a crash between passes changes nothing; one such place is enough.
    if (answered_ && ++polls_ == 1 && !survives()) return false;
    seen_.ca = {};
    seen_.ca_error.reset();
    if (seen_.pending && answered_) seen_.ca.post = *answered_;
    if (seen_.pending && chain_) seen_.ca.issued = chain_;
    const rules::Decision made = decide_asking();
    if (const auto* submit = std::get_if<rules::SubmitDuplicate>(&made.action)) {
      return act_submit(*submit);
    }
    if (std::holds_alternative<rules::InstallCertificate>(made.action)) return act_install();
    if (std::holds_alternative<rules::DropPending>(made.action)) return act_drop();
    return report_and_sleep(made);
  }

  rules::Decision decide_asking() {
    for (int questions = 0;; ++questions) {
      rules::Decision made = rules::decide(seen_);
      if (questions > 4) violate("asks without end");
      if (questions > 4 || !ask(made)) return made;
    }
  }

  // Answers the question, if it is one.
  bool ask(const rules::Decision& made) {
    const bool orders = std::holds_alternative<rules::AskOrders>(made.action);
    const bool listing = std::holds_alternative<rules::AskDuplicates>(made.action);
    const auto* download = std::get_if<rules::AskCertificate>(&made.action);
    if (!orders && !listing && download == nullptr) return false;
    if (seen_.now < outage_ends_) {
      seen_.ca_error = support::ca_error(base::Code::kUnavailable);
      ++seen_.failures;
      return true;
    }
    if (orders) seen_.ca.orders = {support::order()};
    if (listing) list();
    if (download != nullptr) fetch();
    return true;
  }

  bool is_listed(const Duplicate& duplicate) const {
    return seen_.now >= duplicate.accepted_at + schedule_.listing_lag;
  }
  bool is_issued(const Duplicate& duplicate) const {
    const auto delay =
        schedule_.issuance == Issuance::kLater ? std::chrono::seconds{20} : std::chrono::seconds{0};
    return seen_.now >= duplicate.accepted_at + delay;
  }

  void list() {
    seen_.ca.listed.emplace();
    for (const Duplicate& duplicate : duplicates_) {
      if (duplicate.key != seen_.pending->public_key_sha256 || !is_listed(duplicate)) continue;
      seen_.ca.listed->push_back({.certificate_id = duplicate.id,
                                  .issued = is_issued(duplicate),
                                  .valid_till = support::leaf().not_after});
    }
    if (!seen_.ca.listed->empty()) return;
    seen_.ca.fruitless_looks = ++fruitless_;
    seen_.ca.last_look = seen_.now;
  }

  rules::IssuedFacts certificate() {
    rules::IssuedFacts facts = support::issued();
    facts.leaf->public_key_sha256 = seen_.pending->public_key_sha256;
    const bool first = !std::exchange(downloaded_, true);
    if (first && schedule_.issuance == Issuance::kOtherKeyFirst) {
      facts.leaf->public_key_sha256 = "key-of-the-primary";
    }
    if (first && schedule_.issuance == Issuance::kOtherNamesFirst) {
      facts.leaf->common_name = "old.example.com";
      facts.leaf->dns_names = {"old.example.com"};
    }
    return facts;
  }

  void fetch() { seen_.ca.issued = certificate(); }

  void write() { ++writes_; }

  [[nodiscard]] bool mark(const rules::SubmitDuplicate& submit) {
    if (!survives()) return false;
    write();
    seen_.pending->submitted_at = std::chrono::floor<std::chrono::seconds>(seen_.now);
    seen_.pending->sends = submit.sends;
    seen_.pending->refusal.reset();
    return survives();
  }

  [[nodiscard]] bool create(const rules::SubmitDuplicate& submit) {
    if (!survives()) return false;
    write();
    seen_.pending = support::pending();
    seen_.pending->public_key_sha256 = "key-" + std::to_string(++keys_);
    seen_.pending->order_id = submit.order_id;
    seen_.pending->names = submit.names;
    return true;
  }

  bool act_submit(const rules::SubmitDuplicate& submit) {
    if (!seen_.pending && !create(submit)) return false;
    if (schedule_.order == Order::kMarkAfterPost) return post() && mark(submit);
    return mark(submit) && post();
  }

  // What must hold whenever a POST leaves.
  void check_post(const std::string& key) {
    if (!seen_.pending->submitted_at) violate("posts before the mark is durable");
    int sends = 0;
    for (const Sent& sent : sent_) {
      if (sent.key != key) violate("posts a second key");
      if (!sent.may_be_accepted) continue;
      const auto window = rules::settle_window(kSettleWindow, ++sends);
      if (seen_.now < sent.at + window - std::chrono::seconds{1})
        violate("posts again within the settle window");
      if (&sent == &sent_.back() && fruitless_ < 3) violate("posts again after too few looks");
    }
    const bool listed = std::ranges::any_of(
        duplicates_, [&](const Duplicate& d) { return d.key == key && is_listed(d); });
    if (listed) violate("posts again what is listed");
    if (seen_.now < outage_ends_) violate("posts to a CA that does not answer");
  }

  [[nodiscard]] bool post() {
    const std::string key = seen_.pending->public_key_sha256;
    check_post(key);
    const FirstPost outcome = sent_.empty() ? schedule_.first_post : FirstPost::kAccepted;
    const bool arrives = outcome == FirstPost::kAccepted || outcome == FirstPost::kAnswerLost;
    sent_.push_back({key, seen_.now, arrives || outcome == FirstPost::kRequestLost});
    if (arrives) {
      duplicates_.push_back({key, 1000 + static_cast<std::int64_t>(sent_.size()), seen_.now});
    }
    const bool first = sent_.size() == 1;
    if (first && schedule_.outage == Outage::kAfterTheFirstPost) {
      outage_ends_ = seen_.now + kOutage;
    }
    seen_.now += std::chrono::seconds{1};
    fruitless_ = 0;
    if (!survives()) return false;
    return hear(outcome);
  }

  // What the process learns from the answer.
  [[nodiscard]] bool hear(FirstPost outcome) {
    switch (outcome) {
      case FirstPost::kAccepted:
        answered_ = Post::kAccepted;
        if (schedule_.issuance == Issuance::kInTheAnswer) chain_ = certificate();
        return true;
      case FirstPost::kAnswerLost:
      case FirstPost::kRequestLost:
        answered_ = Post::kUnknown;
        return true;
      case FirstPost::kNotSent:
        answered_ = Post::kNotSent;
        ++seen_.failures;
        return true;
      case FirstPost::kRefused:
        return record_refusal();
    }
    return true;
  }

  [[nodiscard]] bool record_refusal() {
    answered_.reset();
    if (!survives()) return false;
    write();
    seen_.pending->refusals += 1;
    seen_.pending->refusal = rules::Refusal{.message = "invalid_csr: no",
                                            .at = seen_.now,
                                            .count = seen_.pending->refusals,
                                            .inputs = rules::refusal_inputs(seen_)};
    return survives();
  }

  [[nodiscard]] bool act_install() {
    const rules::LeafFacts& leaf = *seen_.ca.issued->leaf;
    if (leaf.public_key_sha256 != seen_.pending->public_key_sha256) violate("installs another key");
    if (leaf.common_name != "shop.example.com") violate("installs other names");
    if (!survives()) return false;
    write();
    const std::string requested = rules::renew_requested(seen_);
    seen_.installed = support::secret_with(leaf);
    seen_.installed->renew_requested_at = requested;
    seen_.installed->resource_version = std::to_string(writes_);
    return survives();
  }

  [[nodiscard]] bool act_drop() {
    const bool installed = seen_.installed && seen_.installed->leaf->public_key_sha256 ==
                                                  seen_.pending->public_key_sha256;
    if (!installed) violate("drops a key that is under way");
    if (!survives()) return false;
    write();
    seen_.pending.reset();
    answered_.reset();
    chain_.reset();
    return survives();
  }

  [[nodiscard]] bool report_and_sleep(const rules::Decision& made) {
    auto status = rules::report(seen_, made);
    if (status != seen_.request.status) {
      if (!survives()) return false;
      write();
      seen_.request.status = std::move(status);
      if (!survives()) return false;
    }
    if (std::holds_alternative<rules::Nothing>(made.action)) {
      settled_ = true;
      return true;
    }
    gave_up_ = made.rule == "submissions_are_used_up" && duplicates_.empty();
    const auto* wait = std::get_if<rules::Wait>(&made.action);
    if (wait == nullptr || !wait->until || *wait->until <= seen_.now) {
      violate("waits for nothing: " + made.message);
      return true;
    }
    seen_.now = *wait->until;
    return true;
  }

  std::string at_the_end() const {
    if (!api::is_true(seen_.request.status.conditions, api::kReady)) return "it is not Ready";
    if (seen_.pending) return "the pending Secret is left over";
    if (keys_ != 1 || seen_.installed->leaf->public_key_sha256 != "key-1") return "a key was lost";
    const bool lag_is_bounded = schedule_.listing_lag < kSettleWindow;
    if (lag_is_bounded && duplicates_.size() != 1) return "more than one duplicate at the CA";
    return sent_.size() <= 4 ? "" : "too many POSTs";
  }

  const Schedule schedule_;
  Observed seen_{};  // the API server's objects and the clock; its CA part is one pass's view
  TimePoint outage_ends_ = kNow;
  std::vector<Duplicate> duplicates_{};
  std::vector<Sent> sent_{};
  bool downloaded_ = false;
  // The memory of the process.
  std::optional<Post> answered_{};
  std::optional<rules::IssuedFacts> chain_{};
  int fruitless_ = 0;

  bool settled_ = false;
  bool gave_up_ = false;
  int keys_ = 0;
  int writes_ = 0;
  int polls_ = 0;
  int steps_ = 0;
  std::string violation_{};
};

inline Result run(const Schedule& schedule) {
  return World(schedule).run();
}

}  // namespace crash_world
