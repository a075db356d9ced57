#include "rules/decide.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/observed_builder.h"
#include "unit/rules/rule_case.h"

namespace rules {
namespace {

using std::chrono::days;
using support::ca_error;
using support::foreign_secret;
using support::issued;
using support::kNow;
using support::kOrderId;
using support::kPendingKey;
using support::leaf;
using support::listed_duplicate;
using support::observed;
using support::order;
using support::pending;
using support::secret_with;
using support::submitted;
using testing::HasSubstr;
using namespace std::chrono_literals;
using Post = CaView::Post;

class EachRule : public testing::TestWithParam<RuleCase> {};

TEST_P(EachRule, SaysWhatItDoesAndWhy) {
  expect_decision(GetParam());
}

LeafFacts leaf_for(std::string common_name, NameSet names) {
  LeafFacts facts = leaf();
  facts.common_name = std::move(common_name);
  facts.dns_names = std::move(names);
  return facts;
}

InstalledFacts secret_with_the_pending_key() {
  InstalledFacts secret = secret_with(leaf());
  secret.leaf->public_key_sha256 = kPendingKey;
  return secret;
}

PendingFacts with_names(std::string name) {
  PendingFacts facts = pending();
  facts.names = {name, {name}};
  return facts;
}

PendingFacts for_order(std::int64_t id) {
  PendingFacts facts = pending();
  facts.order_id = id;
  return facts;
}

OrderFacts order_with_names(std::vector<std::string> names) {
  OrderFacts facts = order();
  facts.dns_names = std::move(names);
  return facts;
}

OrderFacts without_duplicates() {
  OrderFacts facts = order();
  facts.allow_duplicates = false;
  return facts;
}

INSTANTIATE_TEST_SUITE_P(
    OfTheRequest1, EachRule,
    testing::Values(
        RuleCase{"request_is_being_deleted",
                 "",
                 observed().deleted().with_order(order()),
                 "nothing",
                 api::Reason::kPending,
                 {"is being deleted"}},
        RuleCase{"spec_is_invalid",
                 "",
                 observed().with([](Observed& o) {
                   o.spec_problems = {"spec.renewal.before: 5m is below 1h"};
                 }),
                 "wait",
                 api::Reason::kInvalidSpec,
                 {"spec.renewal.before", "5m", "1h"}},
        RuleCase{"secret_is_not_ours",
                 "foreign",
                 observed().with_secret(foreign_secret()),
                 "wait",
                 api::Reason::kSecretConflict,
                 {"shop-tls", "Helm", "Delete it", "spec.secretName"}},
        RuleCase{"secret_is_not_ours",
                 "claimed",
                 observed().with([](Observed& o) { o.older_claim = "elder"; }),
                 "wait",
                 api::Reason::kSecretConflict,
                 {"spec.secretName", "shop-tls", "elder", "spec.secretName of its own"}},
        RuleCase{"order_names_are_needed",
                 "",
                 observed()
                     .asking_for("shop.example.com", {"shop.example.com"})
                     .with_secret(leaf_for("shop.example.com", {"shop.example.com", "b.org"})),
                 "ask_orders",
                 api::Reason::kPending,
                 {}},
        RuleCase{"order_names_are_needed",
                 "but_the_ca_is_away",
                 observed()
                     .asking_for("shop.example.com", {"shop.example.com"})
                     .with_secret(leaf_for("shop.example.com", {"shop.example.com", "b.org"}))
                     .ca_failed(ca_error(base::Code::kUnavailable)),
                 "wait",
                 api::Reason::kCaUnavailable,
                 {}},
        RuleCase{"request_is_suspended",
                 "asks_for_candidates",
                 observed().suspended(),
                 "ask_orders",
                 api::Reason::kSuspended,
                 {}},
        RuleCase{"request_is_suspended",
                 "shows_candidates",
                 observed().suspended().with_order(order()),
                 "wait",
                 api::Reason::kSuspended,
                 {"spec.suspend is true", "set it to false"}}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    OfTheRequest2, EachRule,
    testing::Values(
        RuleCase{"pending_key_is_installed",
                 "",
                 observed().with_secret(secret_with_the_pending_key()).with_pending(submitted(1h)),
                 "drop_pending",
                 api::Reason::kIssued,
                 {}},
        RuleCase{"revocation_is_looked_for",
                 "",
                 observed().with_secret(leaf()).with([](Observed& o) {
                   o.revocation = RevocationFacts{.next_look = kNow};
                 }),
                 "ask_revocation",
                 api::Reason::kIssued,
                 {"order 12345"}},
        RuleCase{"order_is_to_be_described",
                 "",
                 observed().with_secret(leaf()).with_status_of_order(std::nullopt),
                 "ask_orders",
                 api::Reason::kIssued,
                 {"order 12345"}},
        RuleCase{"certificate_is_current",
                 "",
                 observed().with_secret(leaf()),
                 "nothing",
                 api::Reason::kIssued,
                 {"valid until 2027-02-25"}},
        RuleCase{"profile_is_missing",
                 "",
                 observed().without_profile(),
                 "wait",
                 api::Reason::kProfileNotFound,
                 {"spec.profileRef", "web/corp", "create it or correct the reference"}},
        RuleCase{"namespace_is_not_allowed",
                 "",
                 observed().with([](Observed& o) { o.profile->namespace_allowed = false; }),
                 "wait",
                 api::Reason::kNamespaceNotAllowed,
                 {"web/corp", "namespace web", "spec.allowedNamespaces"}},
        RuleCase{"profile_is_unusable",
                 "",
                 observed().with([](Observed& o) {
                   o.profile->unusable = api::Reason::kCredentialsRejected;
                   o.profile->problem = "Secret certcentral has no key api-key";
                 }),
                 "wait",
                 api::Reason::kCredentialsRejected,
                 {"web/corp", "certcentral", "api-key"}},
        RuleCase{"product_has_no_duplicates",
                 "",
                 observed().with([](Observed& o) { o.profile->product_allows_duplicates = false; }),
                 "wait",
                 api::Reason::kDuplicatesNotAllowed,
                 {"ssl_basic", "administrator enables them"}},
        RuleCase{"name_is_not_allowed",
                 "",
                 observed().allowing_only({"*.other.org"}),
                 "wait",
                 api::Reason::kNameNotAllowed,
                 {"shop.example.com", "namespace web", "spec.nameConstraints", "web/corp"}}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    OfAPendingKey1, EachRule,
    testing::Values(RuleCase{"pending_does_not_fit",
                             "unusable",
                             observed().with_pending({}),
                             "drop_pending",
                             api::Reason::kPending,
                             {"its key does not fit its CSR"}},
                    RuleCase{"pending_does_not_fit",
                             "names",
                             observed().with_pending(with_names("old.example.com")),
                             "drop_pending",
                             api::Reason::kPending,
                             {"the names have changed"}},
                    RuleCase{"pending_does_not_fit",
                             "key_kind",
                             observed().with_pending(pending()).with([](Observed& o) {
                               o.key = {.algorithm = api::KeyAlgorithm::kRsa, .size = 2048};
                             }),
                             "drop_pending",
                             api::Reason::kPending,
                             {"the kind of key has changed"}},
                    RuleCase{"pending_does_not_fit",
                             "account",
                             observed().with_pending(pending()).with([](Observed& o) {
                               o.profile->account = "www.digicert.com/9";
                             }),
                             "drop_pending",
                             api::Reason::kPending,
                             {"the account has changed"}},
                    RuleCase{"pending_does_not_fit",
                             "order_id",
                             observed().with_pending(pending()).asking_for_order(1),
                             "drop_pending",
                             api::Reason::kPending,
                             {"spec.orderID has changed"}},
                    RuleCase{"pending_does_not_fit",
                             "name_constraints",
                             observed()
                                 .asking_for(std::nullopt, {})
                                 .asking_for_order(kOrderId)
                                 .with_pending(pending())
                                 .with([](Observed& o) { o.pending->asked_order_id = kOrderId; })
                                 .allowing_only({"*.other.org"}),
                             "drop_pending",
                             api::Reason::kPending,
                             {"spec.nameConstraints of the profile"}},
                    RuleCase{
                        "certificate_came_back_wrong",
                        "other_key",
                        observed().with_pending(submitted(1min)).ca_returned({77, leaf(), ""}),
                        "wait",
                        api::Reason::kCertificateMismatch,
                        {"certificate 77", "order 12345", "another public key", "not installed"}}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    OfAPendingKey2, EachRule,
    testing::Values(
        RuleCase{"certificate_came_back_wrong",
                 "expired",
                 observed().with_pending(submitted(1min)).ca_returned(issued(leaf(0s))),
                 "wait",
                 api::Reason::kCertificateMismatch,
                 {"it has expired already"}},
        RuleCase{"certificate_came_back_wrong",
                 "names",
                 observed()
                     .with_pending(submitted(1min))
                     .ca_returned(issued(leaf_for("b.org", {"b.org"}))),
                 "wait",
                 api::Reason::kCertificateMismatch,
                 {"names are not those of the request"}},
        RuleCase{"certificate_came_back_wrong",
                 "unreadable",
                 observed().with_pending(submitted(1min)).ca_returned({77, std::nullopt, ""}),
                 "wait",
                 api::Reason::kCertificateMismatch,
                 {"it cannot be read"}},
        RuleCase{"certificate_came_back_wrong",
                 "for_a_day",
                 observed().with_pending(submitted(24h)).ca_returned({77, std::nullopt, "bad"}),
                 "drop_pending",
                 api::Reason::kCertificateMismatch,
                 {"for 24 hours", "asking anew"}},
        RuleCase{"certificate_came_back",
                 "",
                 observed().with_pending(submitted(1min)).ca_returned(issued()),
                 "install_certificate",
                 api::Reason::kIssued,
                 {"order 12345"}},
        RuleCase{"refusal_is_recent",
                 "",
                 observed().with_pending(submitted(1h)).refused(1h).with_order(order()),
                 "wait",
                 api::Reason::kCaRejected,
                 {"order 12345", "invalid_csr", "2026-05-01T05:00:00Z", "at once when"}},
        RuleCase{"refusal_is_recent",
                 "asks_for_another_order",
                 observed().with_pending(submitted(1h)).refused(1h),
                 "ask_orders",
                 api::Reason::kPending,
                 {}},
        RuleCase{"listed_and_issued",
                 "",
                 observed().with_pending(submitted(1min)).ca_lists({listed_duplicate(true)}),
                 "ask_certificate",
                 api::Reason::kAwaitingIssuance,
                 {"123452"}}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    OfAPendingKey3, EachRule,
    testing::Values(
        RuleCase{"listed_but_not_issued",
                 "",
                 observed().with_pending(submitted(1min)).ca_lists({listed_duplicate(false)}),
                 "wait",
                 api::Reason::kAwaitingIssuance,
                 {"order 12345", "has not issued it yet"}},
        RuleCase{"listing_is_needed",
                 "",
                 observed().with_pending(submitted(1min)),
                 "ask_duplicates",
                 api::Reason::kAwaitingIssuance,
                 {"order 12345"}},
        RuleCase{"accepted_but_not_listed",
                 "",
                 observed().with_pending(submitted(1h)).ca_lists({}).post_was(Post::kAccepted),
                 "wait",
                 api::Reason::kAwaitingIssuance,
                 {"accepted it and does not list it yet"}},
        RuleCase{"accepted_but_not_listed",
                 "by_its_request_id",
                 observed().with_pending(submitted(1h)).ca_lists({}).with([](Observed& o) {
                   o.pending->request_id = 5;
                   o.ca.approval.emplace();
                 }),
                 "wait",
                 api::Reason::kAwaitingIssuance,
                 {}},
        RuleCase{"accepted_but_not_listed",
                 "awaits_approval",
                 observed()
                     .with_pending(submitted(1h))
                     .ca_lists({})
                     .post_was(Post::kAccepted)
                     .with([](Observed& o) { o.ca.awaits_approval = true; }),
                 "wait",
                 api::Reason::kAwaitingApproval,
                 {"approver", "status.csr", "Settings > Preferences", "Skip approval step"}},
        RuleCase{"nothing_was_sent",
                 "",
                 observed().with_pending(submitted(1s)).post_was(Post::kNotSent),
                 "wait",
                 api::Reason::kCaUnavailable,
                 {"order 12345", "could not be sent"}},
        RuleCase{"submission_may_still_show",
                 "",
                 observed().with_pending(submitted(1min)).ca_lists({}),
                 "wait",
                 api::Reason::kAwaitingIssuance,
                 {"answer was lost", "not listed", "2026-05-01T00:02:00Z"}},
        RuleCase{
            "submissions_are_used_up",
            "",
            observed().with_pending(submitted(1h, 3)).ca_lists({}),
            "wait",
            api::Reason::kAwaitingIssuance,
            {"sent 3 times", "not sent again", "Look at the order", "delete Secret shop-pending"}}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    OfTheCaAndItsOrders1, EachRule,
    testing::Values(
        RuleCase{"ca_did_not_answer",
                 "unavailable",
                 observed().ca_failed(ca_error(base::Code::kUnavailable)),
                 "wait",
                 api::Reason::kCaUnavailable,
                 {"the CA did not answer", "list orders"}},
        RuleCase{"ca_did_not_answer",
                 "rate_limited",
                 observed().ca_failed(ca_error(base::Code::kExhausted)),
                 "wait",
                 api::Reason::kRateLimited,
                 {"rate limit"}},
        RuleCase{"ca_did_not_answer",
                 "credentials",
                 observed().ca_failed(ca_error(base::Code::kUnauthenticated)),
                 "wait",
                 api::Reason::kCredentialsRejected,
                 {"account.apiKeySecretRef"}},
        RuleCase{"ca_did_not_answer",
                 "refused",
                 observed().ca_failed(ca_error(base::Code::kInvalid)),
                 "wait",
                 api::Reason::kCaRejected,
                 {}},
        RuleCase{"ca_did_not_answer",
                 "still_making_it",
                 observed()
                     .with_pending(submitted(1min))
                     .ca_failed(ca_error(base::Code::kInvalid, "cert_unavailable_processing")),
                 "wait",
                 api::Reason::kAwaitingIssuance,
                 {"is being made"}},
        RuleCase{"orders_are_needed", "", observed(), "ask_orders", api::Reason::kPending, {}},
        RuleCase{"no_order_matches",
                 "",
                 observed().without_orders(),
                 "wait",
                 api::Reason::kNoMatchingOrder,
                 {"ssl_basic", "organization 7", "shop.example.com", "Place or renew"}},
        RuleCase{"no_order_matches",
                 "near_miss",
                 observed().with_order([] {
                   OrderFacts facts = order();
                   facts.status = "pending";
                   return facts;
                 }()),
                 "wait",
                 api::Reason::kNoMatchingOrder,
                 {"status.candidates"}},
        RuleCase{"no_order_matches",
                 "extra_names",
                 observed().asking_for("shop.example.com", {"new.example.com"}).with_order(order()),
                 "wait",
                 api::Reason::kExtraSansNotAllowed,
                 {"order 12345", "new.example.com", "Remove the name", "reissue the order"}}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    OfTheCaAndItsOrders2, EachRule,
    testing::Values(
        RuleCase{"no_order_matches",
                 "duplicates_off",
                 observed().with_order(without_duplicates()),
                 "wait",
                 api::Reason::kDuplicatesNotAllowed,
                 {"order 12345", "administrator enables them"}},
        RuleCase{"no_order_matches",
                 "no_such_order_id",
                 observed().asking_for(std::nullopt).asking_for_order(9).without_orders(),
                 "wait",
                 api::Reason::kNoMatchingOrder,
                 {"spec.orderID 9", "no such order", "API key"}},
        RuleCase{"no_order_matches",
                 "order_id_of_other_names",
                 observed().asking_for("b.org").asking_for_order(kOrderId).with_order(order()),
                 "wait",
                 api::Reason::kOrderNotEligible,
                 {"spec.orderID 12345", "its common name is shop.example.com, not b.org"}},
        RuleCase{"name_of_the_order_is_not_allowed",
                 "",
                 observed()
                     .asking_for("shop.example.com")
                     .allowing_only({"shop.example.com"})
                     .with_order(order_with_names({"shop.example.com", "pay.example.com"})),
                 "wait",
                 api::Reason::kNameNotAllowed,
                 {"order 12345", "pay.example.com", "spec.nameConstraints", "give spec.dnsNames"}},
        RuleCase{"pending_is_for_another_order",
                 "",
                 observed().with_pending(for_order(1)).ca_lists({}).with_order(order()),
                 "drop_pending",
                 api::Reason::kPending,
                 {"order 1 "}},
        RuleCase{"pending_is_for_another_order",
                 "of_other_names",
                 observed().with_pending(pending()).ca_lists({}).with_order(
                     order_with_names({"shop.example.com", "new.example.com"})),
                 "drop_pending",
                 api::Reason::kPending,
                 {"order 12345 has other names"}},
        RuleCase{"pending_name_is_taken",
                 "",
                 observed().pending_name_taken("Secret shop-pending of type Opaque"),
                 "wait",
                 api::Reason::kSecretConflict,
                 {"Secret shop-pending", "another name"}},
        RuleCase{"order_is_found",
                 "for_a_new_secret",
                 observed().with_order(order()),
                 "submit_duplicate",
                 api::Reason::kAwaitingIssuance,
                 {"order 12345"}}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(OfTheCaAndItsOrders3, EachRule,
                         testing::Values(RuleCase{
                             "order_is_found",
                             "for_a_renewal",
                             observed().with_secret(leaf(days{3})).with_order(order()),
                             "submit_duplicate",
                             api::Reason::kRenewing,
                             {"order 12345"}}),
                         name_of_case);

TEST(Decide, HasARowForEachRule) {
  // Guards the tables above and those of decide_ledger_test.cpp and adoption_rules_test.cpp: a new
  // rule without a test fails here.
  const std::vector<std::string_view> tested{"request_is_being_deleted",
                                             "spec_is_invalid",
                                             "secret_is_not_ours",
                                             "names_are_unknown",
                                             "order_names_are_needed",
                                             "request_is_suspended",
                                             "pending_key_is_installed",
                                             "marks_are_outdated",
                                             "keystore_is_outdated",
                                             "keystore_cannot_be_made",
                                             "revocation_is_looked_for",
                                             "pending_is_not_needed",
                                             "order_is_to_be_described",
                                             "certificate_is_current",
                                             "profile_is_missing",
                                             "namespace_is_not_allowed",
                                             "profile_is_unusable",
                                             "product_has_no_duplicates",
                                             "name_is_not_allowed",
                                             "ownership_is_needed",
                                             "certificate_is_foreign",
                                             "certificate_is_the_accounts_own",
                                             "pending_name_is_taken",
                                             "entry_uses_the_key",
                                             "entry_is_issued",
                                             "entry_is_closed",
                                             "pending_does_not_fit",
                                             "certificate_came_back_wrong",
                                             "certificate_brings_no_gain",
                                             "old_pair_is_not_kept",
                                             "certificate_came_back",
                                             "ca_did_not_answer",
                                             "rejection_stands",
                                             "refusal_is_recent",
                                             "listed_and_issued",
                                             "approval_is_in_doubt",
                                             "approval_was_rejected",
                                             "listed_but_not_issued",
                                             "listing_is_needed",
                                             "accepted_but_not_listed",
                                             "nothing_was_sent",
                                             "submission_may_still_show",
                                             "submissions_are_used_up",
                                             "waiting_for_schedule",
                                             "orders_are_needed",
                                             "entry_is_under_way",
                                             "successor_is_on_its_way",
                                             "successor_is_not_eligible",
                                             "order_needs_reissue",
                                             "nobody_renews_yet",
                                             "no_order_matches",
                                             "name_of_the_order_is_not_allowed",
                                             "purchase_was_refused",
                                             "approvals_stop_purchases",
                                             "order_budget_is_used_up",
                                             "pending_is_for_no_purchase",
                                             "order_is_bought",
                                             "pending_is_for_another_order",
                                             "approval_step_is_enabled",
                                             "order_is_found"};

  EXPECT_EQ(rule_names(), tested);
}

template <class A>
A action_of(const Observed& seen) {
  const Decision made = decide(seen);
  const A* action = std::get_if<A>(&made.action);
  EXPECT_NE(action, nullptr) << made.rule << ": " << made.message;
  return action == nullptr ? A{} : *action;
}

TEST(Decide, CountsHowOftenACsrWillHaveBeenSent) {
  const auto sends = [](support::ObservedBuilder seen) {
    return action_of<SubmitDuplicate>(seen.with_order(order()).ca_never_lists()).sends;
  };

  EXPECT_EQ(sends(observed()), 1);
  EXPECT_EQ(sends(observed().with_pending(pending())), 1);
  EXPECT_EQ(sends(observed().with_pending(submitted(1h, 1))), 2);
  EXPECT_EQ(sends(observed().with_pending(submitted(1h, 2)).post_was(Post::kNotSent)), 2);
  EXPECT_EQ(sends(observed().with_pending(submitted(7h, 2)).refused(6h)), 1);
}

TEST(Decide, AsksForTheLongestValidOfSeveralDuplicatesWithOurKey) {
  ListedDuplicate shorter = listed_duplicate(true);
  shorter.certificate_id = 1;
  shorter.valid_till = kNow + days{10};
  ListedDuplicate unissued = listed_duplicate(false);
  unissued.valid_till = kNow + days{900};
  const ListedDuplicate longest = listed_duplicate(true);
  ListedDuplicate twin = longest;
  twin.certificate_id = longest.certificate_id - 1;

  for (const auto& entries : {std::vector{shorter, twin, longest, unissued},
                              std::vector{unissued, longest, twin, shorter}}) {
    EXPECT_EQ(action_of<AskCertificate>(observed().with_pending(submitted(1min)).ca_lists(entries))
                  .certificate_id,
              longest.certificate_id);
  }
}

TEST(Decide, LooksAtTheListBeforeItSendsAgainAfterARefusal) {
  const auto& seen = observed().with_pending(submitted(7h)).refused(6h).build();

  EXPECT_EQ(decide(seen).rule, "listing_is_needed");
}

TEST(Decide, LooksAtTheListIfAnEarlierSendMayHaveBeenAccepted) {
  EXPECT_EQ(decide(observed().with_pending(submitted(1h, 2)).post_was(Post::kNotSent)).rule,
            "listing_is_needed");
  EXPECT_EQ(decide(observed().with_pending(submitted(1h, 1)).post_was(Post::kNotSent)).rule,
            "orders_are_needed");
}

TEST(Decide, TriesARefusedKeyAgainAtOnceWhenAnInputChanges) {
  auto seen = observed().with_pending(submitted(1h)).refused(1h).with_order(order()).ca_lists({});
  EXPECT_EQ(decide(seen).rule, "refusal_is_recent");

  seen.with([](Observed& o) { o.profile->fingerprint = "profile-2"; });

  EXPECT_EQ(decide(seen).rule, "order_is_found");
}

TEST(Decide, TriesAnotherOrderAtOnceAfterARefusal) {
  OrderFacts later = order(99);
  later.order_valid_till = kNow + days{400};
  const auto& seen = observed()
                         .with_pending(submitted(1h))
                         .refused(1h)
                         .ca_lists({})
                         .with_order(order())
                         .with_order(later)
                         .build();

  EXPECT_EQ(decide(seen).rule, "pending_is_for_another_order");
}

TEST(Decide, TriesARefusalHourlyWhenTheCertificateIsAboutToEnd) {
  const auto wait = action_of<Wait>(observed()
                                        .with_secret(leaf(days{3}))
                                        .with_pending(submitted(10min))
                                        .refused(10min)
                                        .with_order(order()));

  EXPECT_EQ(wait.until, kNow + 50min);
}

TEST(Decide, HonoursRetryAfterWithinBounds) {
  const auto pause = [](std::chrono::seconds retry_after) {
    base::Error error = ca_error(base::Code::kExhausted);
    error.retry_after = retry_after;
    return *action_of<Wait>(observed().ca_failed(error)).until - kNow;
  };

  EXPECT_EQ(pause(90s), 90s);
  EXPECT_EQ(pause(0s), 1s);
  EXPECT_EQ(pause(-5s), 1s);
  EXPECT_EQ(pause(std::chrono::days{365}), 24h);
}

TEST(Decide, WaitsForTheSettleWindowThatDoublesWithEachSend) {
  const auto rule = [](std::chrono::seconds ago, int sends) {
    return decide(
               observed().with_pending(submitted(ago, sends)).ca_never_lists().with_order(order()))
        .rule;
  };

  EXPECT_EQ(rule(179s, 1), "submission_may_still_show");
  EXPECT_EQ(rule(180s, 1), "order_is_found");
  EXPECT_EQ(rule(359s, 2), "submission_may_still_show");
  EXPECT_EQ(rule(360s, 2), "order_is_found");
}

TEST(Decide, PollsWhenTheClockWasSetBackBehindTheMark) {
  const auto wait = action_of<Wait>(observed().with_pending(submitted(-1h)).ca_lists({}));

  EXPECT_EQ(wait.until, kNow + 2s);
}

TEST(Decide, AsksTheInstalledOrderWhenASpecLeavesNamesOfItOut) {
  const auto ask = action_of<AskOrders>(
      observed()
          .asking_for("shop.example.com", {"shop.example.com"})
          .with_secret(leaf_for("shop.example.com", {"shop.example.com", "b.org"})));

  EXPECT_EQ(ask.order_id, kOrderId);
}

TEST(Decide, InstallsALeafWithFurtherNamesOfItsOrderOnly) {
  auto seen = observed()
                  .asking_for("shop.example.com", {"shop.example.com"})
                  .with_pending(submitted(1min))
                  .ca_returned(issued(
                      leaf_for("shop.example.com", {"shop.example.com", "pay.example.com"})));
  EXPECT_EQ(action_of<AskOrders>(seen).order_id, kOrderId);

  auto knows = seen;
  EXPECT_EQ(decide(knows.with_order(order_with_names({"pay.example.com"}))).rule,
            "certificate_came_back");
  auto knows_not = seen;
  EXPECT_EQ(decide(knows_not.with_order(order())).rule, "certificate_came_back_wrong");
}

TEST(Decide, BlamesTheCaNotTheCertificateWhileTheNamesOfTheOrderAreUnknown) {
  const auto& seen = observed()
                         .asking_for("shop.example.com", {"shop.example.com"})
                         .with_pending(submitted(48h))
                         .ca_returned(issued(
                             leaf_for("shop.example.com", {"shop.example.com", "pay.example.com"})))
                         .ca_failed(ca_error(base::Code::kUnavailable))
                         .build();

  EXPECT_EQ(api::name_of(decide(seen).reason), "CAUnavailable");
  EXPECT_EQ(name_of(decide(seen).action), "wait");
}

TEST(Decide, FollowsTheLatestOrderThatOutlivesAnExpiringCertificate) {
  OrderFacts paid_longer = order(2);
  paid_longer.order_valid_till = kNow + days{700};
  paid_longer.certificate_valid_till = kNow + days{3};
  const auto seen = [&](LeafFacts pair) {
    return observed().with_secret(std::move(pair)).with_order(paid_longer).with_order(order(1));
  };

  EXPECT_EQ(action_of<SubmitDuplicate>(seen(leaf(days{3}))).order_id, 1);
  EXPECT_EQ(action_of<SubmitDuplicate>(seen(leaf(-1s))).order_id, 2);
}

TEST(Decide, GainsAtLeastADayByARenewal) {
  const auto rule = [](std::chrono::seconds later) {
    OrderFacts facts = order();
    facts.certificate_valid_till = kNow + days{3} + later;
    facts.order_valid_till = facts.certificate_valid_till;
    return decide(observed().with_secret(leaf(days{3})).with_order(facts)).rule;
  };

  EXPECT_EQ(rule(24h - 1s), "order_is_bought");
  EXPECT_EQ(rule(24h), "order_is_found");
}

TEST(Decide, ReplacesEvenWithoutAGain) {
  OrderFacts facts = order();
  facts.certificate_valid_till = kNow + days{3};

  EXPECT_EQ(
      decide(observed().renew_requested("x").with_secret(leaf(days{3})).with_order(facts)).rule,
      "order_is_found");
}

TEST(Decide, WakesForTheRenewalOrWithoutOneForTheReports) {
  const auto until = [](const Observed& seen) { return action_of<Nothing>(seen).until; };
  const auto& automatic = observed().with_secret(leaf()).build();
  EXPECT_EQ(until(automatic), standing_of(automatic).renewal_time);

  auto manual = observed().without_automatic_renewal().with_secret(leaf());
  EXPECT_EQ(until(manual), kNow + days{300} - 180h);
  EXPECT_EQ(until(manual.at(kNow + days{299})), kNow + days{300});
}

TEST(Decide, TouchesNothingWhileSuspendedOrNotAllowed) {
  const auto installed = [] {
    return observed().with_secret(secret_with_the_pending_key()).with_pending(submitted(1h));
  };

  EXPECT_EQ(name_of(decide(installed().suspended().with_order(order())).action), "wait");
  EXPECT_EQ(name_of(decide(installed().allowing_only({})).action), "nothing");
  EXPECT_EQ(name_of(decide(installed().with([](Observed& o) {
                      o.profile->namespace_allowed = false;
                    })).action),
            "nothing");
}

TEST(Decide, AsksNothingForNamesThatAreNotAllowed) {
  const auto in_doubt = [] {
    return observed()
        .asking_for("shop.example.com", {"shop.example.com"})
        .with_secret(leaf_for("shop.example.com", {"shop.example.com", "b.org"}))
        .allowing_only({});
  };

  EXPECT_EQ(name_of(decide(in_doubt()).action), "nothing");
  EXPECT_EQ(name_of(decide(in_doubt().suspended()).action), "wait");
}

}  // namespace
}  // namespace rules
