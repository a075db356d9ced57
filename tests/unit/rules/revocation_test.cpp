// A certificate that the CA lists as revoked is replaced, free of charge, or left for a person.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/decide.h"
#include "rules/report.h"
#include "support/observed_builder.h"

namespace rules {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using support::kNow;
using support::leaf;
using support::observed;
using support::ObservedBuilder;
using support::order;
using testing::HasSubstr;

ObservedBuilder shown(const RevocationFacts& facts, LeafFacts pair = leaf()) {
  ObservedBuilder built = observed();
  built.with_secret(std::move(pair)).with([&](Observed& seen) { seen.revocation = facts; });
  return built;
}

const RevocationFacts kNotYet{.next_look = kNow + 1h};
const RevocationFacts kRevoked{.revoked = true, .next_look = kNow + 1h};

TEST(Revocation, IsLookedForWhenItIsTimeAndNoSooner) {
  EXPECT_EQ(decide(shown(kNotYet)).rule, "certificate_is_current");
  EXPECT_EQ(decide(shown({.next_look = kNow})).rule, "revocation_is_looked_for");
  EXPECT_EQ(decide(shown({.next_look = kNow}).suspended()).rule, "request_is_suspended");
  EXPECT_EQ(decide(shown({.next_look = kNow}).without_profile()).rule, "certificate_is_current");
}

TEST(Revocation, WakesASettledRequestForTheNextLook) {
  const Decision made = decide(shown(kNotYet));

  EXPECT_EQ(std::get<Nothing>(made.action).until, kNow + 1h);
}

TEST(Revocation, IsLookedForBesideARenewalThatWaits) {
  const auto due = leaf(days{20});

  EXPECT_EQ(decide(shown({.next_look = kNow}, due)).rule, "revocation_is_looked_for");
  EXPECT_EQ(decide(shown(kNotYet, due)).rule, "orders_are_needed");
}

TEST(Revocation, CallsForADuplicateOfTheLatestOrder) {
  const Observed seen = shown(kRevoked).with_order(order());

  const Standing standing = standing_of(seen);
  EXPECT_FALSE(standing.usable);
  EXPECT_EQ(standing.reason, api::Reason::kRevoked);
  EXPECT_EQ(standing.need, Need::kReplace);
  EXPECT_THAT(standing.problem, HasSubstr("serial number 0a1b"));
  EXPECT_EQ(decide(seen).rule, "order_is_found");
}

TEST(Revocation, NeverBuys) {
  for (const days left : {days{150}, days{20}}) {
    const Observed none = shown(kRevoked, leaf(left)).placing_orders().without_orders();
    const Decision made = decide(none);

    EXPECT_EQ(made.rule, "no_order_matches");
    EXPECT_EQ(made.reason, api::Reason::kRevoked);
    EXPECT_THAT(made.message, HasSubstr("Nothing is bought because of it"));
    const Decision renewable = decide(
        shown(kRevoked, leaf(left)).placing_orders().with_order(support::ending_order(-days{2})));
    EXPECT_EQ(renewable.rule, "no_order_matches");
  }
}

TEST(Revocation, CallsAPersonWhenNoOrderMatches) {
  const Observed seen = shown(kRevoked).without_orders();

  const auto status = report(seen, decide(seen));

  const auto* stalled = api::find_condition(status.conditions, api::kStalled);
  ASSERT_NE(stalled, nullptr);
  EXPECT_EQ(stalled->reason, "Revoked");
  EXPECT_FALSE(api::is_true(status.conditions, api::kReady));
}

TEST(Revocation, IsLookedForStillWhenItIsKnown) {
  RevocationFacts due = kRevoked;
  due.next_look = kNow;

  EXPECT_EQ(decide(shown(due).without_orders()).rule, "revocation_is_looked_for");
}

TEST(Revocation, DoesNotMatterOnceTheCertificateHasEnded) {
  EXPECT_EQ(standing_of(shown(kRevoked, leaf(-1h))).reason, api::Reason::kExpired);
}

}  // namespace
}  // namespace rules
