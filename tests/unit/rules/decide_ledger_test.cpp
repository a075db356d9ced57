// The rules of decide() about orders that follow others, and about buying one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/decide.h"
#include "support/observed_builder.h"

namespace rules {
namespace {

using std::chrono::days;
using support::ending_order;
using support::entry;
using support::entry_key;
using support::kNow;
using support::kOrderId;
using support::leaf;
using support::observed;
using support::order;
using support::pending;
using support::renewed_order;
using testing::HasSubstr;
using namespace std::chrono_literals;
using api::OrderState;

// Due, and its order ends with it: only a renewal helps.
support::ObservedBuilder due() {
  return observed().with_secret(leaf(days{20})).with_order(ending_order(days{20}));
}

OrderFacts with_status(OrderFacts facts, const std::string& status) {
  facts.status = status;
  return facts;
}

// A one-year order with a certificate of 199 days, which ends now + `left`.
OrderFacts half_used_order(std::chrono::milliseconds left) {
  OrderFacts facts = order();
  facts.order_valid_till = kNow + left + days{166};
  facts.certificate_valid_till = kNow + left;
  return facts;
}

LeafFacts short_leaf(std::chrono::milliseconds left) {
  LeafFacts facts = leaf(left);
  facts.not_before = facts.not_after - days{199};
  return facts;
}

LedgerEntry refused(std::chrono::milliseconds again_in) {
  LedgerEntry made = entry(OrderState::kRefused);
  made.reason = api::Reason::kCaRejected;
  made.message = "payment_declined: no funds";
  made.next_attempt = kNow + again_in;
  return made;
}

template <class A>
const A* action_of(const Decision& made) {
  return std::get_if<A>(&made.action);
}

Observed linked(Observed seen) {
  link_pending(seen);
  return seen;
}

struct LedgerCase {
  std::string rule;
  std::string when;
  Observed seen;
  std::string action;
  api::Reason reason;
  std::vector<std::string> message;  // parts that a person needs: field, value, fix
};

class EachLedgerRule : public testing::TestWithParam<LedgerCase> {};

TEST_P(EachLedgerRule, SaysWhatItDoesAndWhy) {
  const auto& row = GetParam();

  const Decision made = decide(row.seen);

  EXPECT_EQ(made.rule, row.rule);
  EXPECT_EQ(name_of(made.action), row.action);
  EXPECT_EQ(api::name_of(made.reason), api::name_of(row.reason));
  for (const std::string& part : row.message) EXPECT_THAT(made.message, HasSubstr(part));
}

std::string name_of_case(const testing::TestParamInfo<LedgerCase>& row) {
  return row.param.rule + "_" + row.param.when;
}

INSTANTIATE_TEST_SUITE_P(
    OfKeys, EachLedgerRule,
    testing::Values(
        LedgerCase{"entry_uses_the_key",
                   "open",
                   due().with_pending(entry_key()).with_entry(entry()),
                   "wait",
                   api::Reason::kAwaitingRenewedOrder,
                   {"the renewal of order 12345 is under way", "order-0123456789abcdef0123-1"}},
        LedgerCase{"entry_uses_the_key",
                   "though_another_order_is_there",
                   due()
                       .with_order(renewed_order())
                       .with_pending(entry_key())
                       .with_entry(entry(OrderState::kSubmitted)),
                   "wait",
                   api::Reason::kAwaitingRenewedOrder,
                   {"under way"}},
        LedgerCase{"entry_is_issued",
                   "orders_unknown",
                   linked(observed()
                              .with_secret(leaf(days{20}))
                              .with_pending(entry_key())
                              .with_entry(entry(OrderState::kIssued))),
                   "ask_orders",
                   api::Reason::kPending,
                   {}},
        LedgerCase{"entry_is_issued",
                   "order_hidden",
                   linked(due().with_pending(entry_key()).with_entry(entry(OrderState::kIssued))),
                   "wait",
                   api::Reason::kAwaitingRenewedOrder,
                   {"the renewal of order 12345"}},
        LedgerCase{"entry_is_issued",
                   "certificate_unknown",
                   linked(due()
                              .with_order(renewed_order())
                              .with_pending(entry_key())
                              .with_entry(entry(OrderState::kIssued))),
                   "ask_certificate",
                   api::Reason::kAwaitingIssuance,
                   {"order 67890"}},
        LedgerCase{"entry_is_issued",
                   "with_other_names",
                   linked(due()
                              .with_order(renewed_order())
                              .with_pending(entry_key())
                              .with_entry(entry(OrderState::kIssued))
                              .ca_returned([] {
                                LeafFacts other = leaf(days{390});
                                other.common_name = "old.example.com";
                                return support::issued(other);
                              }())),
                   "drop_pending",
                   api::Reason::kPending,
                   {"order 67890", "a duplicate follows"}},
        LedgerCase{"entry_is_issued",
                   "with_another_key",
                   linked(due()
                              .with_order(renewed_order())
                              .with_pending(entry_key())
                              .with_entry(entry(OrderState::kIssued))
                              .ca_returned({.leaf = leaf(days{390})})),
                   "wait",
                   api::Reason::kCertificateMismatch,
                   {"another certificate", "order 67890", "not installed"}},
        LedgerCase{"entry_is_issued",
                   "with_another_key_for_a_day",
                   linked(due()
                              .with_order(renewed_order())
                              .with_pending(entry_key())
                              .with_entry([] {
                                LedgerEntry made = entry(OrderState::kIssued);
                                made.closed_at = kNow - 24h;
                                return made;
                              }())
                              .ca_returned({.leaf = leaf(days{390})})),
                   "drop_pending",
                   api::Reason::kPending,
                   {"order 67890", "a duplicate follows"}},
        LedgerCase{"certificate_came_back",
                   "of_the_order",
                   linked(due()
                              .with_order(renewed_order())
                              .with_pending(entry_key())
                              .with_entry(entry(OrderState::kIssued))
                              .ca_returned(support::issued(leaf(days{390})))),
                   "install_certificate",
                   api::Reason::kIssued,
                   {}},
        LedgerCase{"entry_is_closed",
                   "refused",
                   due().with_pending(entry_key()).with_entry(refused(6h)),
                   "drop_pending",
                   api::Reason::kPending,
                   {"closed as Refused"}},
        LedgerCase{"entry_is_closed",
                   "made_with_another_key",
                   due().with_pending(entry_key()).with_entry([] {
                     LedgerEntry made = entry();
                     made.public_key_sha256 = "key-of-a-faster-one";
                     return made;
                   }()),
                   "drop_pending",
                   api::Reason::kPending,
                   {"another key"}}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    OfOrders, EachLedgerRule,
    testing::Values(
        LedgerCase{"entry_is_under_way",
                   "opened_by_another_request",
                   due().with_entry(entry(OrderState::kPlaced)),
                   "wait",
                   api::Reason::kAwaitingRenewedOrder,
                   {"the renewal of order 12345", "order-0123456789abcdef0123-1"}},
        LedgerCase{"entry_is_under_way",
                   "issued_but_hidden",
                   due().with_entry(entry(OrderState::kIssued)),
                   "wait",
                   api::Reason::kAwaitingRenewedOrder,
                   {}},
        LedgerCase{"successor_is_on_its_way",
                   "linked",
                   due().with_order(with_status(renewed_order(), "pending")),
                   "wait",
                   api::Reason::kAwaitingRenewedOrder,
                   {"order 67890", "on its way", "pending"}},
        LedgerCase{"successor_is_on_its_way",
                   "not_linked",
                   due().with_order([] {
                     OrderFacts facts = with_status(renewed_order(), "needs_approval");
                     facts.renewal_of_order_id = 0;
                     return facts;
                   }()),
                   "wait",
                   api::Reason::kAwaitingRenewedOrder,
                   {"order 67890", "needs_approval"}},
        LedgerCase{"successor_is_on_its_way",
                   "itself_reissued",
                   observed()
                       .with_secret(leaf(days{20}))
                       .with_order(with_status(ending_order(days{20}), "reissue_pending")),
                   "wait",
                   api::Reason::kAwaitingRenewedOrder,
                   {"order 12345", "being reissued"}},
        LedgerCase{"successor_is_on_its_way",
                   "successor_reissued",
                   due().with_order(with_status(renewed_order(), "reissue_processing")),
                   "wait",
                   api::Reason::kAwaitingRenewedOrder,
                   {"order 67890", "being reissued"}},
        LedgerCase{"successor_is_not_eligible",
                   "duplicates_off",
                   due().with_order([] {
                     OrderFacts facts = renewed_order();
                     facts.allow_duplicates = false;
                     return facts;
                   }()),
                   "wait",
                   api::Reason::kOrderNotEligible,
                   {"Order 67890 has followed", "duplicates are not allowed", "CertCentral"}},
        LedgerCase{"successor_is_not_eligible",
                   "pinned_and_not_linked",
                   due().asking_for_order(kOrderId).with_order([] {
                     OrderFacts facts = renewed_order();
                     facts.renewal_of_order_id = 0;
                     return facts;
                   }()),
                   "wait",
                   api::Reason::kOrderNotEligible,
                   {"Order 67890", "spec.orderID"}},
        LedgerCase{"order_needs_reissue",
                   "after_a_try",
                   observed()
                       .with_secret(short_leaf(days{29}))
                       .with([](Observed& o) {
                         o.installed->no_gain_order = kOrderId;
                         o.installed->no_gain_certificate = kOrderId * 10;
                       })
                       .with_order(half_used_order(days{29})),
                   "wait",
                   api::Reason::kOrderNeedsReissue,
                   {"order 12345 is paid until 2026-11-12", "reissue it in CertCentral"}},
        LedgerCase{"nobody_renews_yet",
                   "the_policy_is_to_wait",
                   due().waiting_for_renewals(),
                   "wait",
                   api::Reason::kRenewalDue,
                   {"ends at 2026-05-21", "renewal.onNoRenewedOrder is Wait", "order 12345"}},
        LedgerCase{"nobody_renews_yet",
                   "too_early",
                   observed()
                       .with([](Observed& o) { o.renewal.before = days{120}; })
                       .with_secret([] {
                         LeafFacts facts = leaf(days{100});
                         facts.not_before = kNow - days{265};
                         return facts;
                       }())
                       .with_order(ending_order(days{100})),
                   "wait",
                   api::Reason::kRenewalDue,
                   {"order 12345 can be renewed from 2026-05-11 on"}}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    OfPurchases, EachLedgerRule,
    testing::Values(
        LedgerCase{"name_of_the_order_is_not_allowed",
                   "for_a_renewal",
                   observed()
                       .with_secret([] {
                         LeafFacts facts = leaf(days{20});
                         facts.dns_names.insert("pay.example.com");
                         return facts;
                       }())
                       .allowing_only({"shop.example.com"})
                       .with_order([] {
                         OrderFacts facts = ending_order(days{20});
                         facts.dns_names.emplace_back("pay.example.com");
                         return facts;
                       }()),
                   "wait",
                   api::Reason::kNameNotAllowed,
                   {"order 12345", "pay.example.com", "spec.nameConstraints"}},
        LedgerCase{"purchase_was_refused",
                   "recently",
                   due().with_entry(refused(6h)),
                   "wait",
                   api::Reason::kCaRejected,
                   {"the renewal of order 12345 was refused", "payment_declined",
                    "2026-05-01T06:00:00Z", "AutomationProfile web/corp"}},
        LedgerCase{"purchase_was_refused",
                   "by_an_approver",
                   due().with_entry([] {
                     LedgerEntry made = refused(6h);
                     made.state = OrderState::kRejected;
                     made.reason = api::Reason::kApprovalRejected;
                     return made;
                   }()),
                   "wait",
                   api::Reason::kApprovalRejected,
                   {"was rejected"}},
        LedgerCase{"approvals_stop_purchases",
                   "",
                   due().approval_step_enabled(),
                   "wait",
                   api::Reason::kApprovalStepEnabled,
                   {"the renewal of order 12345", "Approval Steps", "spec.approval"}},
        LedgerCase{"order_budget_is_used_up",
                   "",
                   due().with([](Observed& o) { o.profile->orders_today = 10; }),
                   "wait",
                   api::Reason::kOrderBudgetExceeded,
                   {"10 orders", "limits.ordersPerDay is 10", "Raise it"}},
        LedgerCase{"pending_is_not_needed",
                   "of_a_duplicate",
                   observed().with_secret(leaf(days{200})).with_pending(pending()),
                   "drop_pending",
                   api::Reason::kPending,
                   {"the installed certificate is current"}},
        LedgerCase{
            "certificate_is_current",
            "as_far_as_is_known_before_the_profile_was_checked",
            observed().with_secret(leaf(days{200})).with_pending(pending()).with([](Observed& o) {
              o.profile->unusable = api::Reason::kPending;
            }),
            "nothing",
            api::Reason::kIssued,
            {"valid until"}},
        LedgerCase{"certificate_is_current",
                   "and_the_key_of_an_open_entry_stays",
                   observed()
                       .with_secret(leaf(days{200}))
                       .with_pending(entry_key())
                       .with_entry(entry(OrderState::kSubmitted)),
                   "nothing",
                   api::Reason::kIssued,
                   {"valid until"}},
        LedgerCase{"pending_is_for_no_purchase",
                   "but_a_duplicate",
                   due().with_pending(pending()).ca_lists({}),
                   "drop_pending",
                   api::Reason::kPending,
                   {"an order is bought first"}},
        LedgerCase{"pending_is_for_no_purchase",
                   "but_an_older_one",
                   due().with_pending(entry_key(1)).with([](Observed& o) {
                     LedgerEntry second = refused(-1s);
                     second.name = entry(OrderState::kRefused, 2).name;
                     second.generation = 2;
                     o.ledger.push_back(second);
                   }),
                   "drop_pending",
                   api::Reason::kPending,
                   {"order-0123456789abcdef0123-1"}},
        LedgerCase{"order_is_bought",
                   "renewal",
                   due(),
                   "open_ledger",
                   api::Reason::kRenewing,
                   {"the renewal of order 12345"}},
        LedgerCase{"order_is_bought",
                   "new",
                   observed().placing_orders().without_orders(),
                   "open_ledger",
                   api::Reason::kAwaitingIssuance,
                   {"a new order for shop.example.com"}}),
    name_of_case);

TEST(DecideOfTheLedger, RemembersADuplicateThatBroughtNothing) {
  const Observed seen = observed()
                            .with_secret(short_leaf(days{29}))
                            .with_order(half_used_order(days{29}))
                            .with_pending(support::submitted(1min))
                            .ca_returned(support::issued(short_leaf(days{29} + 23h)));

  const Decision made = decide(seen);

  EXPECT_EQ(made.rule, "certificate_brings_no_gain");
  const auto* tried = action_of<RememberNoGain>(made);
  ASSERT_NE(tried, nullptr);
  EXPECT_EQ(tried->order_id, kOrderId);
  EXPECT_EQ(tried->certificate_id, kOrderId * 10);
}

TEST(DecideOfTheLedger, DropsAKeyThatIsKnownToBringNothing) {
  Observed seen = observed()
                      .with_secret(short_leaf(days{29}))
                      .with_order(half_used_order(days{29}))
                      .with_pending(support::submitted(1min))
                      .ca_returned(support::issued(short_leaf(days{29} + 23h)));
  seen.installed->no_gain_order = kOrderId;
  seen.installed->no_gain_certificate = kOrderId * 10;

  EXPECT_NE(action_of<DropPending>(decide(seen)), nullptr);
}

TEST(DecideOfTheLedger, BuysUnderTheNextGeneration) {
  const Decision made = decide(due().with_entry(refused(-1s)));

  const auto* open = action_of<OpenLedger>(made);
  ASSERT_NE(open, nullptr) << made.rule;
  EXPECT_EQ(open->generation, 2);
  EXPECT_EQ(open->renewal_of, kOrderId);
  EXPECT_EQ(open->kind, api::OrderKind::kRenewal);
  EXPECT_EQ(open->group, support::group());
}

TEST(DecideOfTheLedger, TriesAgainAtOnceWhenTheProfileHasChanged) {
  LedgerEntry before = refused(6h);
  before.inputs = "profile-0";
  EXPECT_EQ(decide(due().with_entry(before)).rule, "order_is_bought");

  before.profile = "web/other";  // of which this request knows no change
  EXPECT_EQ(decide(due().with_entry(before)).rule, "purchase_was_refused");
}

TEST(DecideOfTheLedger, GoesOnWithTheKeyThatACrashLeftBehind) {
  EXPECT_EQ(decide(due().with_pending(entry_key())).rule, "order_is_bought");
}

// Which of those that wait lets the order be sent.
TEST(DecideOfTheLedger, SponsorsOnlyWhatItMayBuy) {
  LedgerEntry renewal = entry();
  LedgerEntry fresh = entry();
  fresh.kind = api::OrderKind::kNew;
  const auto sponsors = [](const Observed& seen) { return decide(seen).sponsors; };

  EXPECT_TRUE(sponsors(due().with_entry(renewal)));
  EXPECT_FALSE(sponsors(due().waiting_for_renewals().with_entry(renewal)));
  EXPECT_FALSE(sponsors(due().with_entry(fresh)));
  EXPECT_TRUE(sponsors(due().placing_orders().with_entry(fresh)));
}

TEST(DecideOfTheLedger, SponsorsNoNamesThatItsProfileRefuses) {
  LedgerEntry wide = entry();
  wide.group.names.dns_names.emplace_back("pay.example.com");
  const Observed seen =
      due().allowing_only({"shop.example.com"}).with_pending(entry_key()).with_entry(wide);

  const Decision made = decide(seen);

  EXPECT_EQ(made.rule, "entry_uses_the_key");
  EXPECT_FALSE(made.sponsors);
}

TEST(DecideOfTheLedger, FetchesAWrongCertificateAgainSoonAtFirst) {
  const auto wait_after = [](std::chrono::seconds age) {
    LedgerEntry issued = entry(OrderState::kIssued);
    issued.closed_at = kNow - age;
    const Decision made = decide(linked(due()
                                            .with_order(renewed_order())
                                            .with_pending(entry_key())
                                            .with_entry(issued)
                                            .ca_returned({.leaf = leaf(days{390})})));
    const auto* wait = action_of<Wait>(made);
    return wait == nullptr ? base::TimePoint{} : wait->until.value_or(base::TimePoint{});
  };

  EXPECT_EQ(wait_after(4s), kNow + 2s);
  EXPECT_EQ(wait_after(60s), kNow + 15s);
  EXPECT_EQ(wait_after(10h), kNow + 5min);
}

TEST(DecideOfTheLedger, AsksForTheOrdersThatTheLedgerKnows) {
  LedgerEntry rejected = entry(OrderState::kRejected, 2);
  rejected.order_id = 5;
  const Decision made = decide(observed()
                                   .with_secret(leaf(days{20}))
                                   .with_entry(entry(OrderState::kIssued))
                                   .with_entry(rejected));

  const auto* asked = action_of<AskOrders>(made);
  ASSERT_NE(asked, nullptr);
  EXPECT_EQ(asked->also, std::vector<std::int64_t>{67890});
}

TEST(LinkPending, GivesTheKeyOfAnIssuedEntryItsOrder) {
  const auto linked_order = [](const LedgerEntry& made) {
    return linked(observed().with_pending(entry_key()).with_entry(made)).pending->order_id;
  };
  LedgerEntry of_another = entry(OrderState::kIssued);
  of_another.public_key_sha256 = "key-of-a-faster-one";
  LedgerEntry other_entry = entry(OrderState::kIssued);
  other_entry.name = "order-other-1";

  EXPECT_EQ(linked_order(entry(OrderState::kIssued)), 67890);
  EXPECT_EQ(linked_order(entry(OrderState::kPlaced)), 0);
  EXPECT_EQ(linked_order(of_another), 0);
  EXPECT_EQ(linked_order(other_entry), 0);
}

TEST(LinkRenewals, TellsWhatTheCaDoesNot) {
  OrderFacts renewed = support::renewed_order();
  renewed.renewal_of_order_id = 0;
  LedgerEntry bought = entry(OrderState::kIssued);
  Observed seen = observed()
                      .asking_for_order(support::kOrderId)
                      .with_secret(leaf(days{20}))
                      .with_order(ending_order(days{20}))
                      .with_order(renewed)
                      .with_entry(bought);
  EXPECT_EQ(decide(seen).rule, "successor_is_not_eligible") << "a pinned order follows links alone";

  link_renewals(seen);

  EXPECT_EQ(seen.ca.orders->back().renewal_of_order_id, support::kOrderId);
  EXPECT_EQ(decide(seen).rule, "order_is_found");
}

TEST(LinkRenewals, LeavesWhatTheCaSaysAndWhatIsNotIssued) {
  OrderFacts renewed = support::renewed_order();
  renewed.renewal_of_order_id = 5;
  Observed told = observed().with_order(renewed).with_entry(entry(OrderState::kIssued));
  renewed.renewal_of_order_id = 0;
  LedgerEntry superseded = entry(OrderState::kSuperseded);
  superseded.order_id = renewed.id;
  Observed open = observed().with_order(renewed).with_entry(superseded);

  link_renewals(told);
  link_renewals(open);

  EXPECT_EQ(told.ca.orders->back().renewal_of_order_id, 5);
  EXPECT_EQ(open.ca.orders->back().renewal_of_order_id, 0);
}

// Replace is free and never leads to a purchase.
TEST(Replace, NeverBuysWhileTheOrderIsPaid) {
  const auto rule = [](const Observed& seen) { return decide(seen).rule; };
  const OrderFacts paid = ending_order(days{150});

  EXPECT_EQ(rule(observed().renew_requested("now").with_secret(leaf(days{150})).with_order(paid)),
            "order_is_found");
  EXPECT_EQ(rule(observed().placing_orders().with_order(paid)), "order_is_found");
  LeafFacts with_an_extra = leaf(days{150});
  with_an_extra.dns_names.insert("pay.example.com");
  EXPECT_EQ(rule(observed()
                     .placing_orders()
                     .asking_for("shop.example.com", {"shop.example.com"})
                     .with_secret(with_an_extra)
                     .with_order(paid)),
            "order_is_found");
}

TEST(Replace, NeverBuysARenewalEither) {
  // The order is over, and inside its renewal window; a Replace does not look at that.
  const OrderFacts over = ending_order(-days{2});
  const Observed asked =
      observed().renew_requested("now").with_secret(leaf(days{20})).with_order(over);
  const Observed gone = observed().with_order(over);

  EXPECT_EQ(decide(asked).rule, "no_order_matches");
  EXPECT_EQ(decide(gone).rule, "no_order_matches");
}

TEST(Replace, KeepsAUsablePairWhateverTheProfileMayBuy) {
  EXPECT_EQ(decide(observed()
                       .placing_orders()
                       .renew_requested("now")
                       .with_secret(leaf(days{150}))
                       .without_orders())
                .rule,
            "no_order_matches");
}

// Bought by us for a request with other names: the ledger tells sooner than a look when it is
// there.
TEST(DecideLedger, ASuccessorThatIsBeingBoughtIsWaitedForByItsEntry) {
  const auto other_names = [](OrderState state) {
    LedgerEntry made = entry(state);
    made.group.names = {"*.example.com", {"*.example.com"}};
    made.order_id = renewed_order().id;
    return made;
  };
  const auto waits_by = [](LedgerEntry one) {
    return decide(due()
                      .with_order(with_status(renewed_order(), "pending"))
                      .with_entry(std::move(one))
                      .build())
        .entry;
  };

  EXPECT_EQ(waits_by(other_names(OrderState::kPlaced)), entry().name);
  EXPECT_EQ(waits_by(other_names(OrderState::kIssued)), "") << "it tells nothing more";
}

}  // namespace
}  // namespace rules
