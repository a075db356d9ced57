#include "rules/ledger.h"

#include <gtest/gtest.h>

#include "api/names.h"
#include "support/observed_builder.h"

namespace rules {
namespace {

using api::OrderState;
using support::entry;
using support::kAccount;
using support::kNow;
using support::order;

api::CertificateOrder object_named(const std::string& name) {
  api::CertificateOrder object;
  object.meta.name = name;
  object.spec = {.account = kAccount,
                 .profile = "web/corp",
                 .renewal_of = 12345,
                 .product_name_id = "ssl_basic",
                 .organization_id = 7,
                 .common_name = "shop.example.com",
                 .dns_names = {"shop.example.com"},
                 .public_key_sha256 = "key"};
  return object;
}

api::Condition ready_with(const std::string& reason) {
  return {.type = std::string(api::kReady),
          .status = api::ConditionStatus::kFalse,
          .reason = reason,
          .message = "why"};
}

TEST(OrderGroup, IsTheSameWhateverTheOrderOfNamesAndWithoutTwins) {
  const OrderGroup group =
      make_group(kAccount, "ssl_basic", 7, {"shop.example.com", {"b.org", "a.org"}});

  EXPECT_EQ(group, make_group(kAccount, "ssl_basic", 7,
                              {"shop.example.com",
                               {"a.org", "shop.example.com", "www.shop.example.com", "b.org"}}));
  EXPECT_EQ(group.names.dns_names,
            (std::vector<std::string>{"shop.example.com", "a.org", "b.org"}));
}

TEST(OrderGroup, DiffersByEverythingThatIsBought) {
  const FinalNames names{"shop.example.com", {}};
  const OrderGroup group = make_group(kAccount, "ssl_basic", 7, names);

  EXPECT_NE(group, make_group("www.digicert.com/9", "ssl_basic", 7, names));
  EXPECT_NE(group, make_group(kAccount, "ssl_plus", 7, names));
  EXPECT_NE(group, make_group(kAccount, "ssl_basic", 8, names));
  EXPECT_NE(group, make_group(kAccount, "ssl_basic", 7, {"shop.example.com", {"a.org"}}));
  EXPECT_NE(group, make_group(kAccount, "ssl_basic", 7, {"a.org", {"shop.example.com"}}));
}

TEST(OrderGroup, HasATextThatTellsAllOfIt) {
  EXPECT_EQ(text_of(group_of(order(), kAccount)),
            "www.digicert.com/1234567|ssl_basic|7|shop.example.com");
}

TEST(LedgerEntryOf, ReadsTheObject) {
  api::CertificateOrder object = object_named("order-0123-7");
  object.meta.annotations[std::string(api::kInputsAnnotation)] = "profile-1";
  object.status = {.state = OrderState::kRefused,
                   .submitted_at = kNow,
                   .submissions = 1,
                   .closed_at = kNow,
                   .message = "no",
                   .next_attempt_time = kNow};
  object.status.conditions = {ready_with("CARejected")};

  const LedgerEntry made = entry_of(object);

  EXPECT_EQ(made.generation, 7);
  EXPECT_EQ(made.group, support::group());
  EXPECT_EQ(made.renewal_of, 12345);
  EXPECT_EQ(made.inputs, "profile-1");
  EXPECT_EQ(made.state, OrderState::kRefused);
  EXPECT_EQ(made.next_attempt, kNow);
  EXPECT_EQ(made.closed_at, kNow);
  EXPECT_EQ(made.reason, api::Reason::kCaRejected);
  EXPECT_FALSE(made.being_deleted);
}

TEST(LedgerEntryOf, HasAReasonBeforeAnyoneHasLooked) {
  api::CertificateOrder object = object_named("order-0123-1");
  EXPECT_EQ(entry_of(object).reason, api::Reason::kAwaitingRenewedOrder);
  EXPECT_EQ(entry_of(object).state, OrderState::kOpen);

  object.status.conditions = {ready_with("Pending")};
  EXPECT_EQ(entry_of(object).reason, api::Reason::kAwaitingRenewedOrder);

  object.spec.kind = api::OrderKind::kNew;
  object.status.conditions = {ready_with("of another version")};
  EXPECT_EQ(entry_of(object).reason, api::Reason::kAwaitingIssuance);
}

TEST(LatestEntry, IsTheNewestGenerationOfTheGroup) {
  LedgerEntry of_others = entry(OrderState::kOpen, 9);
  of_others.group.organization_id = 8;
  const std::vector<LedgerEntry> ledger{entry(OrderState::kRefused, 10),
                                        entry(OrderState::kIssued, 2), of_others};

  ASSERT_NE(latest_entry(ledger, support::group()), nullptr);
  EXPECT_EQ(latest_entry(ledger, support::group())->generation, 10);
  EXPECT_EQ(latest_entry({}, support::group()), nullptr);
  EXPECT_EQ(find_entry(ledger, ledger[1].name), &ledger[1]);
  EXPECT_EQ(find_entry(ledger, "order-none-1"), nullptr);
}

TEST(Refusals, AreCountedInARow) {
  const std::vector<LedgerEntry> ledger{
      entry(OrderState::kRefused, 1), entry(OrderState::kIssued, 2),
      entry(OrderState::kRejected, 3), entry(OrderState::kRefused, 4)};

  EXPECT_EQ(refusals_up_to(ledger, ledger[3]), 2);
  EXPECT_EQ(refusals_up_to(ledger, ledger[2]), 1);
  EXPECT_EQ(refusals_up_to(ledger, ledger[1]), 0);
  EXPECT_EQ(refusals_up_to(ledger, ledger[0]), 1);
}

TEST(Refusals, OfOtherGroupsDoNotCount) {
  LedgerEntry of_others = entry(OrderState::kRefused, 1);
  of_others.group.product = "ssl_plus";
  const std::vector<LedgerEntry> ledger{of_others, entry(OrderState::kRefused, 2)};

  EXPECT_EQ(refusals_up_to(ledger, ledger[1]), 1);
}

TEST(Succession, NeedsProductOrganizationNamesAndALaterDate) {
  const OrderFacts old = order();
  OrderFacts later = support::renewed_order();
  later.renewal_of_order_id = 0;
  EXPECT_TRUE(succeeds(later, old));
  EXPECT_FALSE(succeeds(old, later));
  EXPECT_FALSE(succeeds(old, old));

  OrderFacts other = later;
  other.product = "ssl_plus";
  EXPECT_FALSE(succeeds(other, old));
  other = later;
  other.organization_id = 8;
  EXPECT_FALSE(succeeds(other, old));
  other = later;
  other.dns_names.emplace_back("pay.example.com");
  EXPECT_FALSE(succeeds(other, old));
  other = later;
  other.dns_names = {"shop.example.com"};  // without its free twin
  EXPECT_TRUE(succeeds(other, old));
  other.date_created = old.date_created;
  EXPECT_TRUE(succeeds(other, old));
  EXPECT_FALSE(succeeds(old, other));
}

}  // namespace
}  // namespace rules
