// Renewals: every copy follows the renewed order, and one renewal is bought for all of them, or
// none where somebody else has renewed.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/renewal_world.h"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using support::Copy;
using testing::HasSubstr;

class Renewal : public support::RenewalTest {};

// The vendor's example, word for word. "Suppose you have an original certificate and a duplicate of
// the original certificate. The Order ID will be the same for both, for example, 12345. Assume the
// original certificate requires renewal. The automation will start the renewal and issue a new
// certificate with a new order ID, for example, 67890. If the duplicate certificate is due for
// renewal, [a] duplicate of the last renewed order (67890) [is issued] instead of renewing."
TEST_F(Renewal, TheWorkedExampleOriginalFirst) {
  begin();
  install({{.name = "original"}});
  start();

  wait_order(67890, "original");
  EXPECT_EQ(order_in("original"), 67890);
  expect_good_pair("original-tls");
  ASSERT_EQ(renewals_of(12345), 1U);

  install({{.namespace_ = other(), .name = "duplicate"}});
  wait_order(67890, "duplicate", other());

  EXPECT_EQ(order_in("duplicate", other()), 67890);
  expect_good_pair("duplicate-tls", other());
  EXPECT_EQ(ca().count("order_place"), 1U) << "a second renewal was placed";
  EXPECT_EQ(ca().count("duplicate_create"), 1U);
  expect_clean();
}

TEST_F(Renewal, TheWorkedExampleBothAtOnceByAutoRenew) {
  begin();
  install({{.name = "original"}, {.namespace_ = other(), .name = "duplicate"}});
  start();

  wait_order(67890, "original");
  wait_order(67890, "duplicate", other());

  EXPECT_EQ(renewals_of(12345), 1U);
  EXPECT_EQ(ca().count("order_place"), 1U);
  EXPECT_EQ(ca().count("duplicate_create"), 1U) << "one copy is the order's own certificate";
  EXPECT_NE(leaf("original-tls").public_key_sha256(),
            leaf("duplicate-tls", other()).public_key_sha256());
  const auto entries = ledger();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0]["status"]["state"], "Issued");
  EXPECT_EQ(entries[0]["spec"]["renewalOf"], 12345);
  EXPECT_EQ(entries[0]["status"]["orderID"], 67890);
  expect_clean();
}

TEST_F(Renewal, WritesTheLedgerThreeTimesForTheWholeGroup) {
  begin();
  install({{.name = "original"}, {.namespace_ = other(), .name = "duplicate"}});
  start();
  wait_order(67890, "original");
  wait_order(67890, "duplicate", other());

  const auto audit = cluster().audit_events(operator_user());
  const auto writes = std::ranges::count_if(audit, [&](const support::AuditEvent& one) {
    return one.is_write() && one.code < 300 && one.name_space == home() &&
           one.resource == "certificateorders";
  });
  EXPECT_EQ(writes, 3) << "created, marked as sent, closed as issued";
}

TEST_F(Renewal, FollowsWhatAPersonHasRenewed) {
  begin();
  const auto placed = ca().place_order({.renewal_of = 12345, .id = 55555});
  ASSERT_TRUE(placed) << placed.error().message;
  install({{.name = "shop"}});
  start();

  wait_order(55555);

  EXPECT_EQ(order_in("shop"), 55555);
  expect_no_purchase();
}

TEST_F(Renewal, WaitsForWhatAPersonHasRenewedAndThatIsPending) {
  begin();
  ASSERT_TRUE(ca().place_order({.renewal_of = 12345, .id = 55555, .pending = true}));
  install({{.name = "shop"}});
  start();

  EXPECT_THAT(wait_renewing("AwaitingRenewedOrder"), HasSubstr("55555"));
  expect_no_purchase();
  EXPECT_EQ(condition(request(), "Ready")["status"], "True");
}

TEST_F(Renewal, RenewsNothingWhenThePolicyIsToWait) {
  begin({.extra = "  renewal: {onNoRenewedOrder: Wait}\n"});
  install({{.name = "shop"}});
  start();

  EXPECT_THAT(wait_renewing("RenewalDue"), HasSubstr("onNoRenewedOrder"));
  expect_no_purchase();
}

TEST_F(Renewal, ARequestCannotLoosenThePolicyOfItsProfile) {
  begin();
  install({{.name = "shop", .spec = "  renewal: {onNoRenewedOrder: Wait}"}});
  start();

  wait_renewing("RenewalDue");
  expect_no_purchase();
  const auto refused =
      cluster().kubectl({"patch", "dcr", "shop", "-n", home(), "--type=merge", "-p",
                         R"({"spec":{"renewal":{"onNoRenewedOrder":"RenewOrder"}}})"});
  EXPECT_FALSE(refused.ok()) << "purchase policy is the profile's alone";
}

TEST_F(Renewal, FollowsTheRenewalOfAPinnedOrderEvenIfTheCaNeverShowsTheLink) {
  begin();
  ASSERT_TRUE(ca().set_faults({"missing_links=on"}));
  install({{.name = "one", .spec = "  orderID: 12345"},
           {.namespace_ = other(), .name = "two", .spec = "  orderID: 12345"}});
  start();

  wait_order(67890, "one");
  wait_order(67890, "two", other());

  std::this_thread::sleep_for(2s);
  EXPECT_EQ(order_in("one"), 67890) << "gone back to the pinned order";
  EXPECT_EQ(order_in("two", other()), 67890);
  EXPECT_EQ(renewals_of(12345), 1U);
  EXPECT_EQ(ca().count("order_place"), 1U);
  EXPECT_EQ(ca().count("duplicate_create"), 1U);
}

TEST_F(Renewal, BuysNothingBesideAPinnedOrdersRenewalThatIsNotLinked) {
  begin();
  ASSERT_TRUE(ca().place_order({.renewal_of = 12345, .id = 55555, .linked = false}));
  install({{.name = "shop", .spec = "  orderID: 12345"}});
  start();

  EXPECT_THAT(wait_renewing("OrderNotEligible"),
              testing::AllOf(HasSubstr("55555"), HasSubstr("spec.orderID")));
  expect_no_purchase();
  EXPECT_EQ(condition(request(), "Ready")["status"], "True");
}

TEST_F(Renewal, StopsWhenItsProfileWithdrawsItsConsent) {
  begin();
  install({{.namespace_ = other(), .name = "shop"}});
  const auto before = leaf("shop-tls", other()).serial_number();
  const auto withdrawn =
      cluster().kubectl({"patch", "aprofile", "basic", "-n", home(), "--type=merge", "-p",
                         R"({"spec":{"allowedNamespaces":{"from":"Same"}}})"});
  ASSERT_TRUE(withdrawn.ok()) << withdrawn.err;
  start();

  EXPECT_THAT(wait_renewing("NamespaceNotAllowed", "shop", other()),
              HasSubstr("allowedNamespaces"));
  expect_no_purchase();
  EXPECT_EQ(ca().count("duplicate_create"), 0U);
  EXPECT_EQ(leaf("shop-tls", other()).serial_number(), before);
}

TEST_F(Renewal, WaitsForAnOrderThatIsBeingReissued) {
  begin();
  ASSERT_TRUE(ca().admin("PUT", "/orders/12345", R"({"status":"reissue_pending"})"));
  install({{.name = "shop"}});
  start();

  EXPECT_THAT(wait_renewing("AwaitingRenewedOrder"), HasSubstr("reissued"));
  expect_no_purchase();
}

TEST_F(Renewal, IsRefusedOnceForAllAndTriedAgainAsTheNextGeneration) {
  begin();
  ASSERT_TRUE(ca().set_faults({"insufficient_funds=on"}));
  install({{.name = "one"}, {.namespace_ = other(), .name = "two"}});
  start();

  EXPECT_THAT(wait_renewing("CARejected", "one"), HasSubstr("insufficient_funds"));
  EXPECT_THAT(wait_renewing("CARejected", "two", other()), HasSubstr("insufficient_funds"));
  EXPECT_EQ(ca().journal({.operation = "order_place"}).size(), 1U) << "one try for the whole group";
  ASSERT_TRUE(ca().set_faults({}));
  cluster().kubectl({"annotate", "aprofile", "basic", "-n", home(),
                     "duplicert.io/recheck-requested-at=2026-01-01T00:00:00Z"});

  wait_order(67890, "one");
  wait_order(67890, "two", other());

  const auto entries = ledger();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0]["status"]["state"], "Refused");
  EXPECT_EQ(entries[1]["status"]["state"], "Issued");
  EXPECT_EQ(renewals_of(12345), 1U);
}

TEST_F(Renewal, IsRejectedByAnApproverAndTriedAgainAsTheNextGeneration) {
  begin({.extra = "  approval: WaitForApproval\n"});
  ASSERT_TRUE(ca().require_approval(1001, true));
  install({{.name = "shop"}});
  start();
  wait_renewing("AwaitingApproval");
  const json pending = json::parse(*ca().admin("GET", "/requests?status=pending"));
  ASSERT_TRUE(ca().reject_request(pending["requests"][0]["id"], "too expensive"));

  EXPECT_THAT(wait_renewing("ApprovalRejected"), HasSubstr("rejected"));
  ASSERT_TRUE(ca().require_approval(1001, false));
  cluster().kubectl({"annotate", "aprofile", "basic", "-n", home(),
                     "duplicert.io/recheck-requested-at=2026-01-01T00:00:00Z"});

  ASSERT_TRUE(support::eventually([&] { return ca().count("order_place") == 2; }));
  ASSERT_TRUE(support::eventually([&] { return order_in("shop") > 67890; }));
}

// Paid is used up.

TEST_F(Renewal, UsesUpAPaidYearBeforeItBuys) {
  begin();
  install({{.name = "shop",
            .order_id = 22222,
            .common_name = "year.example.com",
            .issued_ago = "178d"}});
  start();

  EXPECT_THAT(wait_renewing("OrderNeedsReissue"), HasSubstr("22222"));
  EXPECT_EQ(ca().count("duplicate_create"), 1U) << "one duplicate is tried, and remembered";
  expect_no_purchase();
  const int stopped = stop_operator();
  EXPECT_EQ(stopped, 0);
  start();
  wait_renewing("OrderNeedsReissue");
  std::this_thread::sleep_for(2s);
  EXPECT_EQ(ca().count("duplicate_create"), 1U) << "a restart has forgotten what was tried";

  ASSERT_TRUE(ca().reissue_primary(22222));
  stop_operator();
  start();

  ASSERT_TRUE(support::eventually([&] { return ca().count("duplicate_create") == 2; }));
  wait_for("shop", home(), [&](const json& seen) { return condition(seen, "Renewing").is_null(); });
  expect_no_purchase();
}

// Orders for requests that match none.

TEST_F(Renewal, PlacesANewOrderOnlyWhenAskedTo) {
  begin();
  apply_profile({.name = "buyer", .extra = "  onNoMatchingOrder: PlaceOrder\n"});
  start();
  apply_request({.name = "poor", .spec = "  commonName: new.example.com\n"});
  wait_reason("NoMatchingOrder", "poor");
  EXPECT_EQ(ca().count("order_place"), 0U);

  apply_request({.name = "rich", .profile = "buyer", .spec = "  commonName: new.example.com\n"});
  apply_request({.namespace_ = other(),
                 .name = "second",
                 .profile = "buyer",
                 .profile_namespace = home(),
                 .spec = "  commonName: new.example.com\n"});

  wait_ready("rich");
  wait_ready("second", other());
  EXPECT_EQ(ca().count("order_place"), 1U);
  expect_good_pair("rich-tls");
  expect_good_pair("second-tls", other());
}

TEST_F(Renewal, TheFuseStopsPurchases) {
  begin({.extra = "  limits: {ordersPerDay: 0}\n"});
  install({{.name = "shop"}});
  start();

  EXPECT_THAT(wait_renewing("OrderBudgetExceeded"), HasSubstr("ordersPerDay"));
  expect_no_purchase();
}

}  // namespace
