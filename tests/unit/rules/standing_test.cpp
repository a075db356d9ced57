#include "rules/standing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "rules/renewal.h"
#include "support/observed_builder.h"

namespace rules {
namespace {

using std::chrono::days;
using support::foreign_secret;
using support::kNow;
using support::kOrderId;
using support::leaf;
using support::observed;
using support::order;
using support::secret_with;
using testing::HasSubstr;
using namespace std::chrono_literals;

LeafFacts leaf_for(std::string common_name, NameSet names) {
  LeafFacts facts = leaf();
  facts.common_name = std::move(common_name);
  facts.dns_names = std::move(names);
  return facts;
}

TEST(Standing, IsUsableWithAValidPairForTheSpec) {
  const Standing standing = standing_of(observed().with_secret(leaf()));

  EXPECT_TRUE(standing.usable);
  EXPECT_EQ(standing.reason, api::Reason::kIssued);
  EXPECT_EQ(standing.need, Need::kNone);
}

struct FaultCase {
  std::string name;
  Observed seen;
  api::Reason reason;
  std::string problem;
};

class Faults : public testing::TestWithParam<FaultCase> {};

TEST_P(Faults, CallForAReplacement) {
  const auto& row = GetParam();

  const Standing standing = standing_of(row.seen);

  EXPECT_FALSE(standing.usable);
  EXPECT_EQ(standing.reason, row.reason);
  EXPECT_THAT(standing.problem, HasSubstr(row.problem));
  EXPECT_EQ(standing.need, Need::kReplace);
  EXPECT_EQ(standing.need_text, standing.problem);
}

InstalledFacts damaged() {
  InstalledFacts secret = secret_with(leaf());
  secret.leaf.reset();
  secret.problem = "tls.crt: no PEM block";
  return secret;
}

InstalledFacts mismatched() {
  InstalledFacts secret = secret_with(leaf());
  secret.key_matches = false;
  return secret;
}

InstalledFacts of_other_request() {
  InstalledFacts secret = foreign_secret();
  secret.owner = SecretOwner::kOtherRequest;
  secret.owner_text = "it belongs to the request api";
  return secret;
}

INSTANTIATE_TEST_SUITE_P(
    EachFault, Faults,
    testing::Values(
        FaultCase{"InvalidSpec",
                  observed().with([](Observed& o) { o.spec_problems = {"spec.a: bad", "b"}; }),
                  api::Reason::kInvalidSpec, "spec.a: bad; b"},
        FaultCase{"OlderClaim", observed().with([](Observed& o) { o.older_claim = "elder"; }),
                  api::Reason::kSecretConflict,
                  "spec.secretName shop-tls is already used by the older request elder"},
        FaultCase{"NoSecret", observed(), api::Reason::kPending, "does not exist yet"},
        FaultCase{"ForeignSecret", observed().with_secret(foreign_secret()),
                  api::Reason::kSecretConflict, "it is managed by Helm"},
        FaultCase{"SecretOfAnotherRequest", observed().with_secret(of_other_request()),
                  api::Reason::kSecretConflict, "it belongs to the request api"},
        FaultCase{"BytesThatDoNotParse", observed().with_secret(damaged()),
                  api::Reason::kSecretInvalid, "no PEM block"},
        FaultCase{"KeyOfAnotherCertificate", observed().with_secret(mismatched()),
                  api::Reason::kSecretInvalid, "not the key of tls.crt"},
        FaultCase{"ExpiredWithoutAutomaticRenewal",
                  observed().without_automatic_renewal().with_secret(leaf(0s)),
                  api::Reason::kExpired, "expired at 2026-05-01T00:00:00Z"},
        FaultCase{"ExpiredAndAskedToRenew", observed().renew_requested("now").with_secret(leaf(0s)),
                  api::Reason::kExpired, "expired at 2026-05-01T00:00:00Z"},
        FaultCase{"OtherNames", observed().asking_for("new.example.com").with_secret(leaf()),
                  api::Reason::kPending,
                  "(shop.example.com, www.shop.example.com) does not have exactly the names"},
        FaultCase{"OtherKindOfKey", observed().with_secret(leaf()).with([](Observed& o) {
                    o.request.spec.private_key =
                        api::PrivateKeySpec{.algorithm = api::KeyAlgorithm::kRsa};
                  }),
                  api::Reason::kPending, "not of the kind in spec.privateKey"}),
    [](const auto& row) { return row.param.name; });

TEST(Standing, IsAnExpiringOneStillWhenTheRenewalCameTooLate) {
  const Standing standing = standing_of(observed().with_secret(leaf(0s)));

  EXPECT_FALSE(standing.usable);
  EXPECT_EQ(standing.reason, api::Reason::kExpired);
  EXPECT_EQ(standing.need, Need::kExpiring);
}

TEST(Standing, KeepsAPairWhenOnlyTheProfilesKeyPolicyChanged) {
  const Standing standing = standing_of(observed().with_secret(leaf()).with(
      [](Observed& o) { o.key = {.algorithm = api::KeyAlgorithm::kRsa, .size = 4096}; }));

  EXPECT_TRUE(standing.usable);
}

TEST(Standing, UsesASecretWhoseRequestIsGone) {
  InstalledFacts secret = secret_with(leaf());
  secret.owner = SecretOwner::kNobody;

  EXPECT_TRUE(standing_of(observed().with_secret(secret)).usable);
}

TEST(Standing, IsExpiringFromItsRenewalTimeOn) {
  auto seen = observed().with_secret(leaf(days{100})).build();
  const base::TimePoint due = *standing_of(seen).renewal_time;
  EXPECT_EQ(due, renewal_time({kNow - days{65}, kNow + days{100}}, seen.renewal,
                              base::stable_hash("uid-request")));

  seen.now = due - 1s;
  EXPECT_EQ(standing_of(seen).need, Need::kNone);
  seen.now = due;
  EXPECT_EQ(standing_of(seen).need, Need::kExpiring);
  EXPECT_THAT(standing_of(seen).need_text, HasSubstr("ends at 2026-08-09"));
}

TEST(Standing, NeverExpiresBySettingWhenAutomaticRenewalIsOff) {
  EXPECT_EQ(standing_of(observed().without_automatic_renewal().with_secret(leaf(1h))).need,
            Need::kNone);
}

TEST(Standing, TellsWhenAQuarterOfTheRenewalTimeIsLeft) {
  const Standing standing = standing_of(observed().with_secret(leaf(days{300})));

  EXPECT_EQ(standing.expires_soon_time, kNow + days{300} - 180h);
}

TEST(Standing, ReplacesOnceForEachNewRenewRequest) {
  InstalledFacts acted = secret_with(leaf());
  acted.renew_requested_at = "2026-04-01T00:00:00Z";

  EXPECT_EQ(standing_of(observed().renew_requested("2026-05-01T00:00:00Z").with_secret(acted)).need,
            Need::kReplace);
  EXPECT_EQ(standing_of(observed().renew_requested("2026-04-01T00:00:00Z").with_secret(acted)).need,
            Need::kNone);
}

// shop.example.com was asked for, and the leaf has pay.example.com as well.
Observed with_a_further_name() {
  return observed()
      .asking_for("shop.example.com", {"shop.example.com"})
      .with_secret(leaf_for("shop.example.com", {"shop.example.com", "pay.example.com"}));
}

TEST(Standing, TrustsAPairUntilTheNamesOfItsOrderAreKnown) {
  const Standing standing = standing_of(with_a_further_name());

  EXPECT_TRUE(standing.usable);
  EXPECT_TRUE(standing.needs_order_names);
}

TEST(Standing, AcceptsFurtherNamesOfItsOrder) {
  Observed seen = with_a_further_name();
  OrderFacts facts = order();
  facts.dns_names.emplace_back("pay.example.com");
  seen.ca.orders = {facts};

  EXPECT_TRUE(standing_of(seen).usable);
  EXPECT_FALSE(standing_of(seen).needs_order_names);
}

TEST(Standing, RefusesFurtherNamesThatItsOrderDoesNotHave) {
  Observed seen = with_a_further_name();
  seen.ca.orders = {order()};

  EXPECT_FALSE(standing_of(seen).usable);
  EXPECT_FALSE(standing_of(seen).needs_order_names);
}

TEST(Standing, RefusesFurtherNamesOfASecretThatTellsNoOrder) {
  Observed seen = with_a_further_name();
  seen.installed->order_id = 0;

  EXPECT_FALSE(standing_of(seen).usable);
  EXPECT_FALSE(standing_of(seen).needs_order_names);
}

TEST(Standing, HoldsALinkThatTheCaHasToldOnce) {
  OrderFacts renewed = support::renewed_order();
  renewed.renewal_of_order_id = 0;
  support::ObservedBuilder built = observed();
  built.asking_for_order(kOrderId).with_secret(leaf()).with_order(order()).with_order(renewed);
  built.with([](Observed& seen) { seen.installed->order_id = 67890; });
  EXPECT_EQ(standing_of(built).need, Need::kReplace);

  built.with([](Observed& seen) {
    seen.request.status.order = api::OrderInUse{.id = 67890, .renewal_of = kOrderId};
  });

  EXPECT_EQ(standing_of(built).need, Need::kNone);
}

TEST(InputsFingerprint, ChangesWithEverythingThatMayTurnANoIntoAYes) {
  const std::string before = inputs_fingerprint(observed());

  EXPECT_EQ(inputs_fingerprint(observed().with_secret(leaf()).at(kNow + 1h)), before);
  EXPECT_NE(inputs_fingerprint(observed().renew_requested("now")), before);
  EXPECT_NE(inputs_fingerprint(observed().without_profile()), before);
  EXPECT_NE(inputs_fingerprint(
                observed().with([](Observed& o) { o.profile->fingerprint = "profile-2"; })),
            before);
  EXPECT_NE(inputs_fingerprint(observed().with([](Observed& o) { o.request.meta.generation = 2; })),
            before);
}

}  // namespace
}  // namespace rules
