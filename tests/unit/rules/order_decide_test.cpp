#include "rules/order_decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/order_report.h"
#include "support/order_states.h"

namespace rules {
namespace {

using api::OrderState;
using support::entry;
using support::kNow;
using support::kOrderWindow;
using support::order_observed;
using support::our_order;
using support::placed_entry;
using support::refused_entry;
using support::sent_entry;
using support::superseded_entry;
using testing::HasSubstr;
using namespace std::chrono_literals;
using Outcome = OrderPost::Outcome;

template <class A>
A action_of(const OrderDecision& made) {
  const A* action = std::get_if<A>(&made.action);
  EXPECT_NE(action, nullptr) << made.rule << ": " << made.message;
  return action == nullptr ? A{} : *action;
}

// A look that shows nothing, in this pass.
OrderObserved looked(LedgerEntry made = entry()) {
  OrderObserved seen = order_observed(std::move(made));
  seen.look.emplace();
  return seen;
}

OrderObserved settled(int submissions = 1) {
  OrderObserved seen = looked(sent_entry(submissions));
  seen.settling = {kOrderWindow, kSettleLooksMin};
  return seen;
}

OrderObserved posted(OrderPost::Outcome outcome, int submissions = 1) {
  OrderObserved seen = order_observed(sent_entry(submissions));
  seen.post = support::post_that(outcome);
  return seen;
}

std::string_view rule(const OrderObserved& seen) {
  return decide_order(seen).rule;
}

TEST(DecideOrder, LooksBeforeItSends) {
  EXPECT_EQ(rule(order_observed()), "look_is_needed");
  EXPECT_EQ(action_of<OrderSend>(decide_order(looked())).submissions, 1);
}

TEST(DecideOrder, SendsNothingBesideAnotherOrder) {
  OrderObserved seen = looked();
  seen.look->successor = our_order("pending");
  const OrderDecision made = decide_order(seen);

  EXPECT_EQ(action_of<OrderRecord>(made).state, OrderState::kSuperseded);
  EXPECT_EQ(action_of<OrderRecord>(made).order_id, 67890);
  EXPECT_THAT(made.message, HasSubstr("order 67890 (status pending)"));

  seen = looked();
  seen.look->being_reissued = true;
  EXPECT_EQ(action_of<OrderRecord>(decide_order(seen)).state, OrderState::kSuperseded);
}

TEST(DecideOrder, NeedsASponsorABudgetTheTimeAndTheLease) {
  OrderObserved seen = looked();
  seen.sponsored = false;
  EXPECT_EQ(rule(seen), "nobody_sponsors");
  seen = looked();
  seen.orders_today = seen.orders_per_day;
  EXPECT_EQ(rule(seen), "order_budget_is_used_up");
  seen.orders_today = seen.orders_per_day - 1;
  EXPECT_EQ(rule(seen), "order_is_sent");
  seen = looked();
  seen.look->clock_skew = 5min;
  EXPECT_EQ(rule(seen), "order_is_sent");
  seen.look->clock_skew = 5min + 1s;
  EXPECT_EQ(rule(seen), "clocks_differ");
  seen.look->clock_skew = -5min - 1s;
  EXPECT_EQ(rule(seen), "clocks_differ");
  seen = looked();
  seen.lease_is_certain = false;
  EXPECT_EQ(rule(seen), "lease_is_in_doubt");
}

TEST(DecideOrder, WaitsForWhatMayStillShow) {
  OrderObserved seen = looked(sent_entry());
  seen.settling = {kOrderWindow - 1s, 99};
  EXPECT_EQ(rule(seen), "submission_may_still_show");
  seen.settling = {kOrderWindow * 9, kSettleLooksMin - 1};
  EXPECT_EQ(rule(seen), "submission_may_still_show");
  EXPECT_EQ(action_of<OrderSend>(decide_order(settled())).submissions, 2);
}

TEST(DecideOrder, CountsOnlyALookOfThisPassBeforeItSendsAgain) {
  OrderObserved seen = settled();
  seen.look.reset();
  EXPECT_EQ(rule(seen), "look_is_needed");
}

TEST(DecideOrder, AsksAPersonAfterTheSecondTime) {
  const OrderDecision made = decide_order(settled(kOrderSendsMax));

  EXPECT_EQ(made.rule, "submissions_are_used_up");
  EXPECT_EQ(made.reason, api::Reason::kOrderOutcomeUnknown);
  EXPECT_THAT(made.message, HasSubstr("delete CertificateOrder order-0123456789abcdef0123-1"));
  EXPECT_EQ(action_of<OrderWait>(made).until, kNow + 30min);
}

TEST(DecideOrder, FollowsAnOtherOrderEvenThen) {
  OrderObserved seen = settled(kOrderSendsMax);
  seen.look->successor = our_order("issued");
  EXPECT_EQ(action_of<OrderRecord>(decide_order(seen)).state, OrderState::kSuperseded);
}

TEST(DecideOrder, LetsOursShowBeforeItIsSuperseded) {
  OrderObserved seen = looked(sent_entry());
  seen.look->successor = our_order("issued");
  EXPECT_EQ(rule(seen), "submission_may_still_show");
  seen.settling = {kOrderWindow, kSettleLooksMin};
  EXPECT_EQ(rule(seen), "another_order_won");
}

TEST(DecideOrder, RecordsHowOursIsDoing) {
  const auto made = [](const std::string& status) {
    OrderObserved seen = looked(sent_entry());
    seen.look->ours = our_order(status);
    return decide_order(seen);
  };
  EXPECT_EQ(action_of<OrderRecord>(made("issued")).state, OrderState::kIssued);
  EXPECT_EQ(action_of<OrderRecord>(made("issued")).valid_till, kNow + std::chrono::days{665});
  EXPECT_EQ(action_of<OrderRecord>(made("reissue_pending")).state, OrderState::kIssued);
  EXPECT_EQ(action_of<OrderRecord>(made("pending")).state, OrderState::kPlaced);
  EXPECT_EQ(made("needs_approval").reason, api::Reason::kAwaitingApproval);
  const OrderDecision rejected = made("rejected");
  EXPECT_EQ(action_of<OrderRecord>(rejected).state, OrderState::kRejected);
  EXPECT_EQ(action_of<OrderRecord>(rejected).order_id, 67890);
  EXPECT_EQ(rejected.next_attempt, kNow + 6h);
}

TEST(DecideOrder, PollsAPlacedOrder) {
  OrderObserved seen = looked(placed_entry());
  seen.look->ours = our_order("pending");
  EXPECT_EQ(action_of<OrderWait>(decide_order(seen)).until, kNow + 30s);
  seen.look->ours.reset();
  EXPECT_EQ(rule(seen), "placed_order_is_hidden");
}

TEST(DecideOrder, BelievesTheAnswerBeforeTheListingShowsIt) {
  OrderObserved seen = posted(Outcome::kAccepted);
  seen.post->order_id = 4711;
  EXPECT_EQ(rule(seen), "look_is_needed");
  seen.look.emplace();
  const OrderDecision made = decide_order(seen);
  EXPECT_EQ(action_of<OrderRecord>(made).state, OrderState::kPlaced);
  EXPECT_EQ(action_of<OrderRecord>(made).order_id, 4711);
}

TEST(DecideOrder, ClosesWhatTheCaRefused) {
  OrderObserved seen = posted(Outcome::kRefused);
  EXPECT_EQ(action_of<OrderRecord>(decide_order(seen)).state, OrderState::kRefused);
  EXPECT_EQ(decide_order(seen).next_attempt, kNow + 6h);
  seen.refusals = 1;
  EXPECT_EQ(decide_order(seen).next_attempt, kNow + 12h);
  seen.refusals = 9;
  EXPECT_EQ(decide_order(seen).next_attempt, kNow + 24h);
  seen.urgent = true;
  EXPECT_EQ(decide_order(seen).next_attempt, kNow + 1h);
}

TEST(DecideOrder, TakesBackAMarkWhosePostDidNotLeave) {
  const OrderDecision made = decide_order(posted(Outcome::kNotSent));

  EXPECT_EQ(action_of<OrderRecord>(made).state, OrderState::kOpen);
  EXPECT_EQ(action_of<OrderRecord>(made).submissions, 0);
  EXPECT_EQ(made.next_attempt, kNow + 5s);
}

// The first POST of the two may have arrived: it is neither forgotten nor counted twice.
TEST(DecideOrder, DoesNotForgetTheFirstWhenTheSecondDidNotLeave) {
  const OrderDecision made = decide_order(posted(Outcome::kNotSent, 2));

  EXPECT_EQ(action_of<OrderRecord>(made).state, OrderState::kSubmitted);
  EXPECT_EQ(action_of<OrderRecord>(made).submissions, 1);
}

TEST(DecideOrder, WaitsAsLongAsTheRateLimitSays) {
  OrderObserved seen = posted(Outcome::kNotSent);
  seen.post->retry_after = 90s;
  EXPECT_EQ(decide_order(seen).next_attempt, kNow + 90s);
  seen.post->retry_after = 0s;
  EXPECT_EQ(decide_order(seen).next_attempt, kNow + 1s);
}

TEST(DecideOrder, KeepsTheInstantOfTheNextTry) {
  LedgerEntry later = entry();
  later.next_attempt = kNow + 5min;
  const OrderDecision made = decide_order(order_observed(later));
  EXPECT_EQ(made.rule, "next_attempt_is_later");
  EXPECT_EQ(made.next_attempt, later.next_attempt);

  const OrderDecision closed = decide_order(order_observed(refused_entry()));
  EXPECT_EQ(closed.rule, "entry_is_closed");
  EXPECT_EQ(closed.next_attempt, refused_entry().next_attempt);
}

TEST(DecideOrder, AbandonsWhatNobodyNeeds) {
  OrderObserved seen = looked();
  seen.sponsored = false;
  seen.unsponsored_for = kOrderWindow - 1s;
  EXPECT_EQ(action_of<OrderWait>(decide_order(seen)).until, kNow + 10min);
  seen.unsponsored_for = kOrderWindow;
  EXPECT_EQ(action_of<OrderRecord>(decide_order(seen)).state, OrderState::kAbandoned);

  seen = settled();
  seen.sponsored = false;
  EXPECT_EQ(action_of<OrderRecord>(decide_order(seen)).state, OrderState::kAbandoned);
  seen.settling = {};
  EXPECT_EQ(rule(seen), "submission_may_still_show");
}

TEST(DecideOrder, WatchesForASurplusOnceAProfileIsChecked) {
  OrderObserved seen = order_observed(superseded_entry());
  seen.has_profile = false;
  EXPECT_EQ(rule(seen), "surplus_is_watched_for");
  EXPECT_EQ(action_of<OrderWait>(decide_order(seen)).until, kNow + 5min);
}

TEST(DecideOrder, WatchesADayForASurplus) {
  LedgerEntry made = superseded_entry();
  EXPECT_EQ(rule(order_observed(made)), "surplus_is_watched_for");
  OrderObserved seen = looked(made);
  seen.look->ours = our_order("pending");
  const OrderDecision surplus = decide_order(seen);
  EXPECT_TRUE(surplus.surplus);
  EXPECT_EQ(surplus.reason, api::Reason::kSurplusOrder);
  EXPECT_THAT(surplus.message, HasSubstr("order 67890 turned up after order 55555"));

  seen.look->ours = our_order("rejected");
  EXPECT_FALSE(decide_order(seen).surplus);
  made.closed_at = kNow - 24h;
  EXPECT_EQ(rule(order_observed(made)), "entry_is_closed");
  made = superseded_entry();
  made.submitted_at.reset();
  EXPECT_EQ(rule(order_observed(made)), "entry_is_closed");
}

TEST(DecideOrder, ForgetsAClosedEntryAfterAMonth) {
  LedgerEntry made = refused_entry();
  made.closed_at = kNow - kLedgerKept + 1s;
  EXPECT_EQ(action_of<OrderWait>(decide_order(order_observed(made))).until, kNow + 1s);
  made.closed_at = kNow - kLedgerKept;
  action_of<OrderForget>(decide_order(order_observed(made)));
}

// Generations would begin anew: two processes, one of them with a lagging cache, would take two
// different names for the one lock.
TEST(DecideOrder, NeverForgetsTheLatestGeneration) {
  LedgerEntry made = refused_entry();
  made.closed_at = kNow - kLedgerKept;
  OrderObserved seen = order_observed(made);
  seen.is_latest = true;

  EXPECT_EQ(action_of<OrderWait>(decide_order(seen)).until, kNow + 24h);
}

TEST(DecideOrder, BacksOffFromACaThatDoesNotAnswer) {
  OrderObserved seen = order_observed();
  seen.ca_error = support::ca_error(base::Code::kUnavailable);
  seen.failures = 1;
  EXPECT_EQ(action_of<OrderWait>(decide_order(seen)).until, kNow + 5s);
  EXPECT_EQ(decide_order(seen).reason, api::Reason::kCaUnavailable);
  seen.failures = 20;  // never rarer than the looks that a window needs
  EXPECT_EQ(action_of<OrderWait>(decide_order(seen)).until, kNow + 10min);
  seen.ca_error = support::ca_error(base::Code::kExhausted);
  seen.ca_error->retry_after = 42s;
  EXPECT_EQ(action_of<OrderWait>(decide_order(seen)).until, kNow + 42s);
  EXPECT_EQ(decide_order(seen).reason, api::Reason::kRateLimited);
}

TEST(DecideOrder, LeavesAnEntryAloneThatIsBeingDeletedOrHasNoProfile) {
  OrderObserved seen = looked();
  seen.entry.being_deleted = true;
  EXPECT_FALSE(action_of<OrderWait>(decide_order(seen)).until);
  seen = order_observed();
  seen.has_profile = false;
  seen.profile_problem = "AutomationProfile web/corp does not exist";
  EXPECT_EQ(rule(seen), "no_profile_serves");
  EXPECT_THAT(decide_order(seen).message, HasSubstr("web/corp does not exist"));
}

// ---- report_order

api::CertificateOrder object_in(OrderState state) {
  api::CertificateOrder object;
  object.meta.name = entry().name;
  object.meta.generation = 1;
  object.status.state = state;
  return object;
}

std::string reason_of(const api::CertificateOrderStatus& status, std::string_view type) {
  const auto* condition = api::find_condition(status.conditions, type);
  return condition == nullptr ? "" : condition->reason;
}

TEST(ReportOrder, MarksBeforeItIsSent) {
  const auto status = report_order(object_in(OrderState::kOpen), decide_order(looked()), kNow);

  EXPECT_EQ(status.state, OrderState::kSubmitted);
  EXPECT_EQ(status.submitted_at, kNow);
  EXPECT_EQ(status.submissions, 1);
  EXPECT_EQ(reason_of(status, api::kReconciling), "AwaitingRenewedOrder");
}

TEST(ReportOrder, ClosesForGood) {
  OrderObserved seen = looked(sent_entry());
  seen.look->ours = our_order("issued");
  const auto status = report_order(object_in(OrderState::kSubmitted), decide_order(seen), kNow);

  EXPECT_EQ(status.state, OrderState::kIssued);
  EXPECT_EQ(status.order_id, 67890);
  EXPECT_EQ(status.closed_at, kNow);
  EXPECT_EQ(status.placed_at, kNow);
  EXPECT_TRUE(api::is_true(status.conditions, api::kReady));
  EXPECT_EQ(reason_of(status, api::kReconciling), "");

  api::CertificateOrder after = object_in(OrderState::kIssued);
  after.status = status;
  const auto again = report_order(after, decide_order(order_observed(entry_of(after))), kNow + 1h);
  EXPECT_EQ(again.closed_at, kNow);
}

// The pass after the refusal must not wipe when it is tried again: it would be sent at once.
TEST(ReportOrder, KeepsTheNextTryOfARefusal) {
  api::CertificateOrder object = object_in(OrderState::kSubmitted);
  object.status = report_order(object, decide_order(posted(Outcome::kRefused)), kNow);
  EXPECT_EQ(object.status.next_attempt_time, kNow + 6h);

  const auto again =
      report_order(object, decide_order(order_observed(entry_of(object))), kNow + 1min);

  EXPECT_EQ(again, object.status);
}

TEST(ReportOrder, TakesAMarkBack) {
  api::CertificateOrder object = object_in(OrderState::kSubmitted);
  object.status.submitted_at = kNow;
  object.status.submissions = 2;

  auto status = report_order(object, decide_order(posted(Outcome::kNotSent, 2)), kNow);
  EXPECT_EQ(status.state, OrderState::kSubmitted);
  EXPECT_EQ(status.submissions, 1);
  EXPECT_EQ(status.submitted_at, kNow);

  status = report_order(object, decide_order(posted(Outcome::kNotSent, 1)), kNow);
  EXPECT_EQ(status.state, OrderState::kOpen);
  EXPECT_EQ(status.submissions, 0);
  EXPECT_FALSE(status.submitted_at);
}

TEST(ReportOrder, CallsAPersonWhenTheOutcomeIsUnknown) {
  const auto status =
      report_order(object_in(OrderState::kSubmitted), decide_order(settled(kOrderSendsMax)), kNow);

  EXPECT_EQ(reason_of(status, api::kStalled), "OrderOutcomeUnknown");
  EXPECT_EQ(reason_of(status, api::kReady), "OrderOutcomeUnknown");
  EXPECT_EQ(reason_of(status, api::kReconciling), "");
}

}  // namespace
}  // namespace rules
