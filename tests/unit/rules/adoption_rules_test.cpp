// What decide() and report() do with Secrets that are to be adopted, with the marks of those that
// are ours, and with edits of a request.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/decide.h"
#include "rules/report.h"
#include "support/observed_builder.h"

namespace rules {
namespace {

using api::Action;
using std::chrono::days;
using support::ca_error;
using support::issued;
using support::kNow;
using support::kOrderId;
using support::leaf;
using support::observed;
using support::order;
using support::secret_with;
using support::submitted;
using support::unclaimed_secret;
using testing::AllOf;
using testing::HasSubstr;
using namespace std::chrono_literals;

support::ObservedBuilder adopting(Action action, LeafFacts pair = leaf()) {
  return observed().acting(action).with_secret(unclaimed_secret(std::move(pair)));
}

// A pending key whose certificate has come back.
support::ObservedBuilder about_to_install(Action action) {
  return adopting(action).with_pending(submitted(1min)).ca_returned(issued());
}

std::string done(const Observed& seen) {
  const Decision made = decide(seen);
  return std::string(made.rule) + ": " + std::string(name_of(made.action)) + ", " +
         std::string(api::name_of(made.reason));
}

api::Condition ready_of(const Observed& seen) {
  return *api::find_condition(report(seen, decide(seen)).conditions, api::kReady);
}

TEST(Adopt, AsksWhoseTheCertificateIsFirst) {
  EXPECT_EQ(done(adopting(Action::kRenew)), "ownership_is_needed: ask_ownership, Pending");
  EXPECT_EQ(done(adopting(Action::kSwitchToDigiCert)),
            "ownership_is_needed: ask_ownership, Pending");
  EXPECT_EQ(done(adopting(Action::kRenew).ca_failed(ca_error(base::Code::kUnavailable))),
            "ownership_is_needed: wait, CAUnavailable");
}

TEST(Adopt, AsksNothingWithoutTheConsentOfTheProfile) {
  EXPECT_EQ(done(adopting(Action::kRenew).without_profile()),
            "profile_is_missing: wait, ProfileNotFound");
  EXPECT_EQ(done(adopting(Action::kRenew).with([](Observed& o) {
              o.profile->namespace_allowed = false;
            })),
            "namespace_is_not_allowed: wait, NamespaceNotAllowed");
}

TEST(Adopt, BoundsNamesThatComeFromTheCertificate) {
  const auto seen = adopting(Action::kSwitchToDigiCert)
                        .asking_for(std::nullopt)
                        .allowing_only({"*.other.org"})
                        .build();

  EXPECT_EQ(done(seen), "name_is_not_allowed: wait, NameNotAllowed");
  EXPECT_THAT(decide(seen).message, HasSubstr("shop.example.com"));
}

TEST(Adopt, RenewReplacesACertificateOfTheAccountWhileItStaysReady) {
  const auto seen = adopting(Action::kRenew).owned_by_order(kOrderId).with_order(order()).build();

  EXPECT_EQ(done(seen), "order_is_found: submit_duplicate, Renewing");
  EXPECT_EQ(standing_of(seen).need, Need::kReplace);
  EXPECT_THAT(standing_of(seen).need_text, HasSubstr("replaced once"));
  EXPECT_EQ(ready_of(seen).status, api::ConditionStatus::kTrue);
}

TEST(Adopt, RenewLeavesACertificateFromElsewhereAlone) {
  const auto seen = adopting(Action::kRenew).owned_by_order(0).with_order(order()).build();

  EXPECT_EQ(done(seen), "certificate_is_foreign: wait, NotADigiCertCertificate");
  EXPECT_THAT(decide(seen).message, AllOf(HasSubstr("0a1b"), HasSubstr("SwitchToDigiCert")));
}

TEST(Adopt, SwitchReplacesACertificateFromElsewhereThoughItIsValid) {
  const auto seen =
      adopting(Action::kSwitchToDigiCert).owned_by_order(0).with_order(order()).build();

  EXPECT_EQ(done(seen), "order_is_found: submit_duplicate, AwaitingIssuance");
  EXPECT_EQ(standing_of(seen).need, Need::kReplace);
}

TEST(Adopt, SwitchKeepsACertificateOfTheAccountAsCurrent) {
  const auto seen = adopting(Action::kSwitchToDigiCert).owned_by_order(kOrderId).build();

  EXPECT_EQ(done(seen), "certificate_is_current: nothing, AlreadyDigiCert");
  EXPECT_EQ(ready_of(seen).status, api::ConditionStatus::kTrue);
  EXPECT_EQ(ready_of(seen).reason, "AlreadyDigiCert");
  const auto status = report(seen, decide(seen));
  ASSERT_TRUE(status.certificate);
  EXPECT_EQ(status.certificate->secret_uid, "") << "it was found, not installed";
}

TEST(Adopt, SwitchRenewsWhatItFoundWhenThatIsDue) {
  const auto due = adopting(Action::kSwitchToDigiCert, leaf(days{20})).owned_by_order(kOrderId);

  EXPECT_EQ(standing_of(due).need, Need::kExpiring);
}

TEST(Adopt, SwitchReplacesWhatItFoundOnceThatHasExpired) {
  const auto seen = adopting(Action::kSwitchToDigiCert, leaf(-1h))
                        .owned_by_order(kOrderId)
                        .with_order(order())
                        .build();

  EXPECT_EQ(done(seen), "order_is_found: submit_duplicate, AwaitingIssuance");
}

TEST(Adopt, SwitchDoesNotReplaceWhatItFoundBecauseOfTheSpec) {
  const auto seen = adopting(Action::kSwitchToDigiCert)
                        .owned_by_order(kOrderId)
                        .with([](Observed& o) {
                          o.request.spec.private_key = {.algorithm = api::KeyAlgorithm::kRsa};
                        })
                        .build();

  EXPECT_EQ(done(seen), "certificate_is_the_accounts_own: wait, AlreadyDigiCert");
  EXPECT_THAT(decide(seen).message, AllOf(HasSubstr("order 12345"), HasSubstr("Renew")));
}

TEST(Adopt, ANewValueOfTheAnnotationReplacesWhatSwitchFound) {
  const auto seen = adopting(Action::kSwitchToDigiCert)
                        .owned_by_order(kOrderId)
                        .renew_requested("now")
                        .with_order(order())
                        .build();

  EXPECT_EQ(done(seen), "order_is_found: submit_duplicate, Renewing");
}

TEST(Adopt, KeepsTheOldPairBeforeItInstalls) {
  const auto before = about_to_install(Action::kSwitchToDigiCert).owned_by_order(0);

  EXPECT_EQ(done(before), "old_pair_is_not_kept: back_up_secret, AwaitingIssuance");
  EXPECT_EQ(
      done(
          about_to_install(Action::kSwitchToDigiCert).owned_by_order(0).with_backup(Backup::kDone)),
      "certificate_came_back: install_certificate, Issued");
}

TEST(Adopt, ReplacesNothingWhenTheNameOfTheCopyIsTaken) {
  const auto seen = about_to_install(Action::kRenew)
                        .owned_by_order(kOrderId)
                        .with_backup(Backup::kNameTaken)
                        .build();

  EXPECT_EQ(done(seen), "old_pair_is_not_kept: wait, SecretConflict");
  EXPECT_THAT(decide(seen).message, HasSubstr("shop-tls-before-f1f2"));
}

TEST(Adopt, LeavesBytesThatAreNoPairAlone) {
  const auto seen = adopting(Action::kRenew)
                        .with([](Observed& o) {
                          o.installed->leaf.reset();
                          o.installed->problem = "tls.crt: no PEM block";
                        })
                        .build();

  EXPECT_EQ(done(seen), "secret_is_not_ours: wait, SecretInvalid");
  EXPECT_THAT(decide(seen).message, HasSubstr("tls.crt: no PEM block"));
}

TEST(Adopt, DoesNotReplaceTwiceWhatSomebodyPutBack) {
  const auto seen = adopting(Action::kSwitchToDigiCert)
                        .with([](Observed& o) {
                          o.request.status.certificate = api::InstalledCertificate{
                              .sha256_fingerprint = "another", .secret_uid = "uid-secret"};
                        })
                        .build();

  EXPECT_EQ(done(seen), "secret_is_not_ours: wait, SecretConflict");
  EXPECT_TRUE(report(seen, decide(seen)).certificate) << "or the next pass would not know";
}

TEST(Adopt, RequestCertificateSaysHowItCould) {
  EXPECT_EQ(done(adopting(Action::kRequestCertificate)),
            "secret_is_not_ours: wait, SecretConflict");
  EXPECT_THAT(decide(adopting(Action::kRequestCertificate)).message,
              AllOf(HasSubstr("Renew"), HasSubstr("SwitchToDigiCert")));
}

TEST(Adopt, WithoutASecretOrNamesAsksForNames) {
  const auto seen = observed().acting(Action::kRenew).asking_for(std::nullopt).build();

  EXPECT_EQ(done(seen), "names_are_unknown: wait, SecretNotFound");
  EXPECT_THAT(decide(seen).message, HasSubstr("give commonName, dnsNames or orderID"));
  EXPECT_EQ(done(observed().acting(Action::kRenew).with_order(order())),
            "order_is_found: submit_duplicate, AwaitingIssuance")
      << "with names it acts as RequestCertificate";
}

TEST(Marks, AreWrittenWhenATemplateOrAnOwnerChanged) {
  const auto outdated = [](Observed& o) { o.installed->marks_fit = false; };

  EXPECT_EQ(done(observed().with_secret(leaf()).with(outdated)),
            "marks_are_outdated: apply_marks, Issued");
  EXPECT_EQ(done(observed().with_secret(leaf()).with(outdated).suspended()),
            "request_is_suspended: ask_orders, Suspended");
  EXPECT_EQ(done(observed().with_secret(leaf()).with(outdated).without_profile()),
            "certificate_is_current: nothing, Issued")
      << "never act on a request that is not allowed to use its profile";
}

TEST(Marks, OfADamagedPairWaitForTheNewOne) {
  EXPECT_EQ(done(observed().with_secret(leaf(-1h)).with_order(order()).with(
                [](Observed& o) { o.installed->marks_fit = false; })),
            "order_is_found: submit_duplicate, AwaitingIssuance");
}

TEST(Trouble, OfTheApiServerIsToldInTheStatus) {
  const auto told = [](const Observed& seen) {
    Decision made = decide(seen);
    made.trouble = "write the Secret: denied by admission";
    const auto status = report(seen, made);
    return *api::find_condition(status.conditions, api::kReady);
  };

  const auto installing = told(observed().with_pending(submitted(1min)).ca_returned(issued()));
  EXPECT_EQ(installing.reason, "Pending") << "Issued would be a lie";
  EXPECT_THAT(installing.message, HasSubstr("denied by admission"));
  const auto marking = told(
      observed().with_secret(leaf()).with([](Observed& o) { o.installed->marks_fit = false; }));
  EXPECT_EQ(marking.status, api::ConditionStatus::kTrue);
  EXPECT_THAT(marking.message, HasSubstr("denied by admission"));
}

// Edits of the request apply now; edits of its profile at the next issuance.
support::ObservedBuilder served() {
  return observed().with_secret(leaf()).with([](Observed& o) {
    o.installed->profile = "web/corp";
    o.request.status.order =
        api::OrderInUse{.id = kOrderId, .product_name_id = "ssl_basic", .organization_id = 7};
  });
}

TEST(Edits, OfTheProfileReplaceNothing) {
  EXPECT_EQ(standing_of(served().with_product("ssl_plus")).need, Need::kNone);
  EXPECT_EQ(standing_of(served().with([](Observed& o) { o.profile->account = "other/1"; })).need,
            Need::kNone);
}

TEST(Edits, OfTheProfileRefReplaceACertificateOfAnotherHome) {
  const auto moved = [](auto change) {
    return standing_of(served().with([&](Observed& o) {
      o.profile->name = "web/other";
      change(o);
    }));
  };

  EXPECT_EQ(moved([](Observed&) {}).need, Need::kNone) << "both stand for the same";
  const Standing product = moved([](Observed& o) { o.profile->product = "ssl_plus"; });
  EXPECT_EQ(product.need, Need::kReplace);
  EXPECT_TRUE(product.usable) << "it stays until the new one is there";
  EXPECT_THAT(product.need_text, AllOf(HasSubstr("profileRef"), HasSubstr("ssl_plus")));
  EXPECT_EQ(moved([](Observed& o) { o.profile->organization_id = 8; }).need, Need::kReplace);
  EXPECT_EQ(moved([](Observed& o) { o.profile->account = "other/1"; }).need, Need::kReplace);
}

TEST(Edits, OfTheProfileRefAskTheCaWhatTheStatusDoesNotTell) {
  const auto seen = served().with([](Observed& o) {
    o.profile->name = "web/other";
    o.request.status.order.reset();
  });

  EXPECT_EQ(done(seen), "order_names_are_needed: ask_orders, Pending");
}

TEST(Edits, OfTheOrderIdReplaceWhatItDoesNotLeadTo) {
  const auto pinned = [] { return served().asking_for_order(777); };

  EXPECT_EQ(done(pinned()), "order_names_are_needed: ask_orders, Pending");
  EXPECT_EQ(standing_of(pinned().with_order(order()).with_order(order(777))).need, Need::kReplace);
  OrderFacts renewal = order();
  renewal.renewal_of_order_id = 777;
  EXPECT_EQ(standing_of(pinned().with_order(renewal).with_order(order(777))).need, Need::kNone);
  EXPECT_EQ(standing_of(pinned().with([](Observed& o) {
              o.request.status.order->renewal_of = 777;
            })).need,
            Need::kNone);
}

TEST(Edits, ACertificateOfAnotherHomeIsExchangedAndNeverRenewed) {
  const auto due = [](auto change) {
    return standing_of(served().with_secret(leaf(days{20})).with([&](Observed& o) { change(o); }));
  };

  EXPECT_EQ(due([](Observed&) {}).need, Need::kExpiring);
  EXPECT_EQ(due([](Observed& o) { o.profile->account = "other/1"; }).need, Need::kReplace);
  EXPECT_EQ(due([](Observed& o) { o.profile->product = "ssl_plus"; }).need, Need::kReplace);
  EXPECT_EQ(due([](Observed& o) { o.profile->organization_id = 8; }).need, Need::kReplace);
}

}  // namespace
}  // namespace rules
