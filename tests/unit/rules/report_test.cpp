#include "rules/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/decide.h"
#include "support/observed_builder.h"

namespace rules {
namespace {

using std::chrono::days;
using support::ca_error;
using support::kNow;
using support::kOrderId;
using support::leaf;
using support::observed;
using support::order;
using support::secret_with;
using support::submitted;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using namespace std::chrono_literals;

using Status = api::DuplicateCertificateRequestStatus;

Status report_of(const Observed& seen) {
  return report(seen, decide(seen));
}

// Reports, and again `later`, with the first status on the request as the API server would have it.
Status report_again(Observed seen, std::chrono::milliseconds later) {
  seen.request.status = report_of(seen);
  seen.now += later;
  return report_of(seen);
}

std::string reason_of(const Status& status, std::string_view type) {
  const auto* condition = api::find_condition(status.conditions, type);
  return condition == nullptr ? "" : condition->reason;
}

TEST(Report, ShowsReadyAloneForACurrentSecret) {
  const Status status = report_of(observed().with_secret(leaf()));

  ASSERT_EQ(status.conditions.size(), 1U);
  EXPECT_TRUE(api::is_true(status.conditions, api::kReady));
  EXPECT_EQ(status.conditions[0].reason, "Issued");
  EXPECT_EQ(status.conditions[0].message,
            "Secret shop-tls holds a duplicate of order 12345, valid until 2027-02-25T00:00:00Z");
}

TEST(Report, DoesNotInventAnOrder) {
  InstalledFacts secret = secret_with(leaf());
  secret.order_id = 0;

  const Status status = report_of(observed().with_secret(secret));

  EXPECT_THAT(status.conditions[0].message, HasSubstr("holds a certificate, valid until"));
  EXPECT_FALSE(status.order);
}

TEST(Report, StaysReadyWhileARenewalIsUnderWayOrFails) {
  const auto due = [] { return observed().with_secret(leaf(days{20})); };

  for (const Observed& seen : {due().with_pending(submitted(1min)).ca_lists({}).build(),
                               due().ca_failed(ca_error(base::Code::kUnavailable)).build(),
                               due().without_orders().build(), due().without_profile().build()}) {
    const Status status = report_of(seen);
    EXPECT_EQ(reason_of(status, api::kReady), "Issued");
    EXPECT_EQ(reason_of(status, api::kRenewing), api::name_of(decide(seen).reason));
    EXPECT_EQ(status.conditions.size(), 2U);
  }
}

TEST(Report, CallsAPersonWhenLittleIsLeftAndTheRenewalIsBlocked) {
  const Status status = report_of(observed().with_secret(leaf(days{7})).without_orders());

  EXPECT_EQ(reason_of(status, api::kReady), "ExpiresSoon");
  EXPECT_FALSE(api::is_true(status.conditions, api::kReady));
  EXPECT_EQ(reason_of(status, api::kStalled), "ExpiresSoon");
  EXPECT_EQ(reason_of(status, api::kRenewing), "");
  EXPECT_THAT(api::find_condition(status.conditions, api::kStalled)->message,
              HasSubstr("ends at 2026-05-08T00:00:00Z; no issued order"));
}

TEST(Report, DoesNotCallAPersonEarlier) {
  EXPECT_EQ(
      reason_of(report_of(observed().with_secret(leaf(days{8})).without_orders()), api::kReady),
      "Issued");
}

TEST(Report, DoesNotCallAPersonWhileTheRenewalGoesOnByItself) {
  const Status status =
      report_of(observed().with_secret(leaf(days{3})).with_pending(submitted(1min)).ca_lists({}));

  EXPECT_EQ(reason_of(status, api::kReady), "Issued");
}

TEST(Report, CallsAPersonWhenARenewalWaitsForARenewedOrder) {
  const auto seen = observed()
                        .waiting_for_renewals()
                        .with_secret(leaf(days{3}))
                        .with_order(support::ending_order(days{3}));

  EXPECT_EQ(reason_of(report_of(seen), api::kStalled), "ExpiresSoon");
}

TEST(Report, TellsThatTheCertificateHasExpiredAndWhatIsInTheWay) {
  const Status status = report_of(observed().with_secret(leaf(-1h)).without_orders());

  EXPECT_EQ(reason_of(status, api::kReady), "Expired");
  EXPECT_EQ(reason_of(status, api::kStalled), "Expired");
  EXPECT_THAT(api::find_condition(status.conditions, api::kStalled)->message,
              HasSubstr("expired at 2026-04-30T23:00:00Z; no issued order"));
}

TEST(Report, TellsAnEndOnlyOnce) {
  const Status status =
      report_of(observed().waiting_for_renewals().with_secret(leaf(-1h)).with_order(
          support::ending_order(-1h)));

  EXPECT_THAT(api::find_condition(status.conditions, api::kReady)->message,
              StartsWith("the certificate expired at 2026-04-30T23:00:00Z, and no later order"));
}

TEST(Report, GoesOnAfterTheEndAsLongAsItGoesOnByItself) {
  const Status status =
      report_of(observed().with_secret(leaf(-1h)).with_pending(submitted(1min)).ca_lists({}));

  EXPECT_EQ(reason_of(status, api::kReconciling), "AwaitingIssuance");
}

TEST(Report, TellsAnExpiryThatNoRenewalWillPrevent) {
  const auto seen = observed().without_automatic_renewal().with_secret(leaf(days{3})).build();

  const Status status = report_of(seen);

  EXPECT_EQ(reason_of(status, api::kStalled), "ExpiresSoon");
  EXPECT_THAT(api::find_condition(status.conditions, api::kReady)->message,
              HasSubstr("renewal.auto is false; set it to true"));
  EXPECT_FALSE(status.renewal_time);
}

TEST(Report, ShowsProgressWhileWorkGoesOnByItself) {
  const Status status = report_of(observed().with_pending(submitted(1min)).ca_lists({}));

  EXPECT_EQ(reason_of(status, api::kReady), "AwaitingIssuance");
  EXPECT_EQ(reason_of(status, api::kReconciling), "AwaitingIssuance");
  EXPECT_EQ(reason_of(status, api::kStalled), "");
}

TEST(Report, StallsAtOnceForAPerson) {
  const Status status = report_of(observed().with_secret(support::foreign_secret()));

  EXPECT_EQ(reason_of(status, api::kStalled), "SecretConflict");
  EXPECT_EQ(reason_of(status, api::kReconciling), "");
}

TEST(Report, GivesFiveMinutesOfGrace) {
  const auto missing = observed().without_profile().build();

  EXPECT_EQ(reason_of(report_of(missing), api::kReconciling), "ProfileNotFound");
  EXPECT_EQ(reason_of(report_again(missing, 5min - 1s), api::kReconciling), "ProfileNotFound");
  const Status stalled = report_again(missing, 5min);
  EXPECT_EQ(reason_of(stalled, api::kStalled), "ProfileNotFound");
  EXPECT_EQ(reason_of(stalled, api::kReconciling), "");
}

TEST(Report, LooksAgainNoLaterThanTheGraceEnds) {
  for (const Observed& seen :
       {observed().without_profile().build(), observed().without_orders().build(),
        observed().with([](Observed& o) { o.profile->namespace_allowed = false; }).build(),
        observed()
            .with([](Observed& o) { o.profile->unusable = api::Reason::kProfileNotReady; })
            .build()}) {
    EXPECT_LE(std::get<Wait>(decide(seen).action).until, kNow + 5min) << decide(seen).rule;
  }
}

TEST(Report, GivesADayToACertificateThatDoesNotMatch) {
  const auto wrong =
      observed().with_pending(submitted(1min)).ca_returned({77, std::nullopt, "bad"}).build();

  EXPECT_EQ(reason_of(report_again(wrong, 23h), api::kReconciling), "CertificateMismatch");
  EXPECT_EQ(reason_of(report_of(wrong), api::kStalled), "");
}

TEST(Report, MovesTheTransitionTimeWithTheStatusOnly) {
  const auto failing = observed().ca_failed(ca_error(base::Code::kUnavailable)).build();
  const Status status = report_again(failing, 1h);

  for (const auto& condition : status.conditions) {
    EXPECT_EQ(condition.last_transition_time, kNow) << condition.type;
  }
}

TEST(Report, TellsTheNextAttemptOfLongWaitsOnly) {
  const auto poll = observed().with_pending(submitted(1min)).ca_lists({});
  const auto refused =
      observed().with_pending(submitted(1h)).refused(1h).with_order(order()).build();

  EXPECT_EQ(report_of(poll).next_attempt_time, std::nullopt);
  EXPECT_EQ(report_of(refused).next_attempt_time, kNow + 1h);
}

// A restart of the operator must not write the status of everything that waits.
TEST(Report, KeepsTheInstantOfARoutineLookThatItHasAnnounced) {
  Observed seen = observed().suspended().with_order(order()).build();
  const Status first = report_of(seen);
  ASSERT_GT(first.next_attempt_time, kNow + 1h);
  seen.request.status = first;

  seen.now = kNow + 1h;
  EXPECT_EQ(report_of(seen), first);
  EXPECT_EQ(wake_up(seen, decide(seen)), first.next_attempt_time);

  seen.now = *first.next_attempt_time;
  EXPECT_GT(report_of(seen).next_attempt_time, seen.now) << "it is there";

  seen.now = kNow + 1h;
  seen.failures = 1;
  EXPECT_NE(report_of(seen).next_attempt_time, first.next_attempt_time) << "it failed since";
}

TEST(Report, MirrorsTheInstalledCertificate) {
  const Status status = report_of(observed().with_secret(leaf()).with(
      [](Observed& o) { o.installed->renew_requested_at = "2026-04-01T00:00:00Z"; }));

  ASSERT_TRUE(status.certificate);
  EXPECT_EQ(status.certificate->id, kOrderId * 10 + 1);
  EXPECT_EQ(status.certificate->serial_number, "0a1b");
  EXPECT_EQ(status.certificate->not_after, kNow + days{300});
  EXPECT_EQ(status.certificate->secret_uid, "uid-secret");
  EXPECT_EQ(status.certificate->secret_resource_version, "5");
  EXPECT_EQ(status.last_renew_requested_at, "2026-04-01T00:00:00Z");
  EXPECT_TRUE(status.renewal_time);
  EXPECT_EQ(status.order->id, kOrderId);
}

TEST(Report, ShowsNothingOfASecretThatIsNotOurs) {
  const Status status = report_of(observed().with_secret(support::foreign_secret()));

  EXPECT_FALSE(status.certificate);
  EXPECT_FALSE(status.order);
  EXPECT_FALSE(status.renewal_time);
}

TEST(Report, KeepsWhatTheCaOnceToldAboutTheOrder) {
  auto seen = observed().with_secret(leaf(days{20})).with_order(order()).build();
  seen.request.status = report_of(seen);
  ASSERT_EQ(seen.request.status.order->product_name_id, "ssl_basic");
  seen.ca.orders.reset();

  EXPECT_EQ(report_of(seen).order, seen.request.status.order);

  seen.installed->order_id = 99;
  EXPECT_EQ(report_of(seen).order->product_name_id, "");
}

TEST(Report, ShowsCandidatesWhileAnOrderIsLookedForAndThenNoMore) {
  OrderFacts near = order();
  near.status = "pending";
  near.dns_names.assign(25, "shop.example.com");
  auto seen = observed().with_order(near).build();

  const Status looking = report_of(seen);

  ASSERT_EQ(looking.candidates.size(), 1U);
  EXPECT_EQ(looking.candidates[0].dns_names.size(), 10U);
  EXPECT_EQ(looking.candidates[0].dns_names_count, 25);
  EXPECT_FALSE(looking.candidates[0].eligible);
  EXPECT_EQ(looking.candidates[0].reason, "its status is pending");
  seen.request.status = looking;
  seen.installed = secret_with(leaf());
  EXPECT_THAT(report_of(seen).candidates, IsEmpty());
}

TEST(Report, ShowsAtMostTenCandidatesOfADecision) {
  auto seen = observed();
  for (std::int64_t id = 1; id <= 15; ++id) {
    OrderFacts facts = order(id);
    facts.status = "pending";
    seen.with_order(facts);
  }

  EXPECT_EQ(decide(seen).candidates.size(), 10U);
  EXPECT_EQ(decide(seen).candidates.front().order.id, 15);
}

// The process died between the Secret and the status, or the ledger changed between them.
TEST(Report, WaitsForWhatTheCaTellsOfAnotherOrderThanTheStatusHas) {
  const auto rule = [](const Observed& seen) { return decide(seen).rule; };
  const auto held = [](std::optional<api::OrderInUse> told) {
    return observed().with_secret(leaf()).with_status_of_order(std::move(told));
  };

  EXPECT_EQ(rule(held(std::nullopt)), "order_is_to_be_described");
  EXPECT_EQ(rule(held(api::OrderInUse{.id = 11})), "order_is_to_be_described");
  EXPECT_EQ(rule(held(api::OrderInUse{.id = kOrderId})), "certificate_is_current");
  EXPECT_EQ(rule(held(std::nullopt).with_order(order())), "certificate_is_current");
  EXPECT_EQ(report_of(held(std::nullopt).with_order(order())).order->product_name_id, "ssl_basic");
}

TEST(Report, DoesNotWaitForWhatNobodyTellsOfTheOrder) {
  const auto rule = [](const Observed& seen) { return decide(seen).rule; };
  const auto held = [] { return observed().with_secret(leaf()).with_status_of_order({}); };

  EXPECT_EQ(rule(held().without_orders()), "certificate_is_current") << "it is not listed";
  EXPECT_EQ(rule(held().ca_failed(ca_error(base::Code::kUnavailable), 1)),
            "certificate_is_current");
  EXPECT_EQ(rule(held().without_profile()), "certificate_is_current");
}

TEST(Report, ShowsASuspendedRequestsCandidates) {
  const Status status = report_of(observed().suspended().with_order(order()));

  ASSERT_EQ(status.candidates.size(), 1U);
  EXPECT_TRUE(status.candidates[0].eligible);
  EXPECT_EQ(status.candidates[0].reason, "it can be duplicated");
}

TEST(Report, ShowsTheCsrOnlyWhileAnApproverNeedsIt) {
  const auto seen = observed()
                        .with_pending(submitted(1h))
                        .ca_lists({})
                        .post_was(CaView::Post::kAccepted)
                        .with([](Observed& o) { o.ca.awaits_approval = true; })
                        .build();
  EXPECT_EQ(report_of(seen).csr, seen.pending->csr);

  Observed approved = seen;
  approved.request.status = report_of(seen);
  approved.ca.awaits_approval = false;
  EXPECT_EQ(report_of(approved).csr, std::nullopt);
}

TEST(Report, CountsFailures) {
  EXPECT_EQ(report_of(observed().ca_failed(ca_error(base::Code::kUnavailable), 3)).failed_attempts,
            3);
}

}  // namespace
}  // namespace rules
