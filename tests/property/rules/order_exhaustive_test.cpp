// Every abstract state of OrderObserved against what must hold whenever an entry is decided: above
// all, when money may leave. Written without the helpers of controller/rules.
#include <set>

#include <gtest/gtest.h>

#include "rules/order_decide.h"
#include "rules/order_report.h"
#include "support/order_states.h"

namespace rules_properties {
namespace {

using api::OrderState;
using rules::OrderDecision;
using rules::OrderObserved;
using Outcome = rules::OrderPost::Outcome;

template <class A>
const A* action_of(const OrderDecision& made) {
  return std::get_if<A>(&made.action);
}

bool is_over(OrderState state) {
  return state != OrderState::kOpen && state != OrderState::kSubmitted &&
         state != OrderState::kPlaced;
}

bool is_sent(const OrderObserved& seen) {
  return seen.entry.state == OrderState::kSubmitted;
}

bool has_settled(const OrderObserved& seen) {
  return seen.settling.since_first_look >= seen.settle_window && seen.settling.looks >= 3;
}

bool shows_ours(const OrderObserved& seen, bool alive) {
  if (!seen.look || !seen.look->ours) return false;
  const std::string& status = seen.look->ours->status;
  return !alive || status != "rejected";
}

std::string check_send(const OrderObserved& seen, const OrderDecision& made) {
  const auto* send = action_of<rules::OrderSend>(made);
  if (send == nullptr) return "";
  if (!seen.look) return "sends without a look";
  if (shows_ours(seen, /*alive=*/false)) return "sends what is there";
  if (seen.look->successor || seen.look->being_reissued) return "sends beside another order";
  if (seen.ca_error) return "sends to a CA that did not answer";
  if (!seen.has_profile || !seen.sponsored) return "sends without anybody who may buy";
  if (seen.orders_today >= seen.orders_per_day) return "sends beyond the fuse";
  if (std::chrono::abs(seen.look->clock_skew) > std::chrono::minutes{5}) return "sends in doubt";
  if (!seen.lease_is_certain) return "sends without the lease";
  if (seen.entry.being_deleted) return "sends for an entry that goes";
  const bool first = seen.entry.state == OrderState::kOpen;
  if (first) return send->submissions == 1 ? "" : "counts wrongly";
  if (!is_sent(seen)) return "sends what is placed or over";
  if (!has_settled(seen)) return "sends again within the settle window";
  if (seen.entry.submissions >= 2) return "sends a third time";
  return send->submissions == seen.entry.submissions + 1 ? "" : "counts wrongly";
}

std::string check_record(const OrderObserved& seen, const OrderDecision& made) {
  const auto* record = action_of<rules::OrderRecord>(made);
  if (record == nullptr) return "";
  const bool surplus = made.surplus && record->state == OrderState::kSuperseded &&
                       seen.entry.state == OrderState::kSuperseded && shows_ours(seen, true);
  if (is_over(seen.entry.state)) return surplus ? "" : "writes a closed entry";
  const bool sent_and_open = is_sent(seen) && !has_settled(seen);
  switch (record->state) {
    case OrderState::kIssued:
      return shows_ours(seen, true) && seen.look->ours->status == "issued" ? ""
                                                                           : "Issued too early";
    case OrderState::kPlaced:
      return shows_ours(seen, true) || (seen.post && seen.post->outcome == Outcome::kAccepted)
                 ? ""
                 : "Placed without an order";
    case OrderState::kRefused:
      return is_sent(seen) && seen.post && seen.post->outcome == Outcome::kRefused &&
                     made.next_attempt > seen.now
                 ? ""
                 : "Refused without a refusal, or for ever";
    case OrderState::kRejected:
      return shows_ours(seen, false) && made.next_attempt > seen.now ? ""
                                                                     : "Rejected, though it is not";
    case OrderState::kSuperseded:
      if (sent_and_open) return "Superseded while ours may still show";
      return seen.look && !seen.look->ours && (seen.look->successor || seen.look->being_reissued)
                 ? ""
                 : "Superseded by nothing";
    case OrderState::kAbandoned:
      if (seen.sponsored || sent_and_open) return "Abandoned too early";
      return seen.look && !seen.look->ours ? "" : "Abandoned without a look";
    case OrderState::kOpen:
    case OrderState::kSubmitted:
      return is_sent(seen) && seen.post && seen.post->outcome == Outcome::kNotSent &&
                     record->submissions == seen.entry.submissions - 1 &&
                     (record->state == OrderState::kOpen) == (record->submissions == 0)
                 ? ""
                 : "forgets what was sent";
  }
  return "an unknown state";
}

std::string check_rest(const OrderObserved& seen, const OrderDecision& made) {
  if (made.rule.empty() || (made.message.empty() && !seen.entry.message.empty())) return "no words";
  if (made.message.find('{') != std::string::npos) return "an unfilled message";
  if (const auto* wait = action_of<rules::OrderWait>(made); wait != nullptr && wait->until) {
    if (*wait->until <= seen.now) return "waits for an instant that is over";
    if (*wait->until > seen.now + rules::kLedgerKept) return "waits for longer than a month";
  }
  if (action_of<rules::OrderAskLook>(made) != nullptr) {
    if (seen.look || seen.ca_error) return "looks twice";
    if (!seen.has_profile) return "looks without a profile";
  }
  if (action_of<rules::OrderForget>(made) != nullptr) {
    if (!is_over(seen.entry.state)) return "forgets an open entry";
    if (seen.is_latest) return "forgets the last generation";
  }
  const bool over = is_over(seen.entry.state);
  if (over && made.next_attempt != seen.entry.next_attempt && !made.surplus) {
    return "changes when a refused purchase may be tried again";
  }
  if (made.surplus && !over) return "a surplus of an open entry";
  return "";
}

std::string check_order(const OrderObserved& seen, const OrderDecision& made) {
  for (const auto& property : {check_send, check_record, check_rest}) {
    if (std::string wrong = property(seen, made); !wrong.empty()) return wrong;
  }
  return "";
}

// What the rules see of the object after the decision is written: the same again, if it is to wait.
std::string check_report(const OrderObserved& seen, const OrderDecision& made) {
  api::CertificateOrder object;
  object.meta.name = seen.entry.name;
  object.status.state = seen.entry.state;
  object.status.closed_at = seen.entry.closed_at;
  object.status.submissions = seen.entry.submissions;
  object.status.submitted_at = seen.entry.submitted_at;
  object.status.next_attempt_time = seen.entry.next_attempt;
  const auto status = rules::report_order(object, made, seen.now);
  api::CertificateOrder after = object;
  after.status = status;
  if (rules::report_order(after, made, seen.now) != status) return "a second report differs";
  if (is_over(status.state) && !status.closed_at) return "closed without an instant";
  if (is_over(seen.entry.state) && status.closed_at != seen.entry.closed_at) return "closed again";
  const bool sent = status.state == OrderState::kSubmitted;
  if (sent && (!status.submitted_at || status.submissions < 1)) return "sent without a mark";
  if (status.state == OrderState::kOpen && status.submitted_at) return "open, and marked as sent";
  return "";
}

TEST(EveryOrderState, IsDecidedSafely) {
  std::size_t failures = 0;
  std::size_t states = 0;

  support::for_each_order_state(
      support::all_order_facts(),
      [&](const support::OrderStateNames& state, const OrderObserved& seen) {
        ++states;
        const OrderDecision made = rules::decide_order(seen);
        std::string wrong = check_order(seen, made);
        if (wrong.empty()) wrong = check_report(seen, made);
        if (wrong.empty() || ++failures > 5) return;
        ADD_FAILURE() << wrong << "\n  " << support::text_of(state) << "\n  rule " << made.rule
                      << " -> " << rules::name_of(made.action) << ": " << made.message;
      });

  EXPECT_EQ(failures, 0U) << "of " << states;
  EXPECT_GT(states, 100'000U);
}

TEST(EveryOrderState, FiresEachRule) {
  std::set<std::string_view> fired;

  support::for_each_order_state(support::all_order_facts(),
                                [&](const support::OrderStateNames&, const OrderObserved& seen) {
                                  fired.insert(rules::decide_order(seen).rule);
                                });

  for (const std::string_view rule : rules::order_rule_names()) {
    EXPECT_TRUE(fired.contains(rule)) << rule;
  }
}

}  // namespace
}  // namespace rules_properties
