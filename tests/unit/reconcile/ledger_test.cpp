#include "reconcile/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/names.h"
#include "support/observed_builder.h"

namespace reconcile {
namespace {

using api::OrderState;
using support::kAccount;
using support::kNow;
using support::observed;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;
using Order = api::CertificateOrder;

Order entry(const std::string& name, const std::string& common_name = "shop.example.com") {
  Order made;
  made.meta = {.namespace_ = "duplicert", .name = name, .uid = name, .resource_version = "1"};
  made.spec = {.account = kAccount,
               .profile = "web/corp",
               .product_name_id = "ssl_basic",
               .organization_id = 7,
               .common_name = common_name,
               .dns_names = {common_name}};
  return made;
}

class LedgerTest : public testing::Test {
 protected:
  LedgerTest() {
    entries_.add_index(kByAccount,
                       [](const Order& order) { return std::vector{order.spec.account}; });
  }
  void put(Order order) { entries_.upsert(std::make_shared<const Order>(std::move(order))); }
  std::vector<std::string> names_for(const rules::Observed& facts) {
    std::vector<std::string> names;
    for (const auto& made : ledger_of(entries_, facts)) names.push_back(made.name);
    return names;
  }
  int today(const std::string& except = "", bool unsent = false) {
    return orders_today(entries_, kAccount, "web/corp", kNow, except, unsent);
  }

  runtime::Store<Order> entries_;
};

TEST(EntryName, IsTheSameForTheSameGroup) {
  const auto name = entry_name(support::group(), 1);

  EXPECT_EQ(name, "order-389719e290d50104588e-1");
  EXPECT_EQ(entry_name(support::group(), 12), name.substr(0, name.size() - 1) + "12");
  rules::OrderGroup other = support::group();
  other.organization_id = 8;
  EXPECT_NE(entry_name(other, 1), name);
}

TEST_F(LedgerTest, GivesTheEntriesThatShareAName) {
  put(entry("order-a-1"));
  put(entry("order-b-1", "other.example.com"));
  put(entry("order-c-1", "*.example.com"));
  Order elsewhere = entry("order-d-1");
  elsewhere.spec.account = "www.digicert.com/9";
  put(elsewhere);

  EXPECT_THAT(names_for(observed()), ElementsAre("order-a-1", "order-c-1"));
}

TEST_F(LedgerTest, KnowsTheNamesOfTheInstalledCertificateToo) {
  put(entry("order-a-1"));

  EXPECT_THAT(names_for(observed().asking_for("new.example.com")), IsEmpty());
  EXPECT_THAT(names_for(observed().asking_for("new.example.com").with_secret(support::leaf())),
              ElementsAre("order-a-1"));
}

TEST_F(LedgerTest, GivesAllToARequestWithoutNames) {
  put(entry("order-a-1"));
  put(entry("order-b-1", "other.example.com"));

  EXPECT_EQ(names_for(observed().asking_for(std::nullopt).asking_for_order(1)).size(), 2U);
}

TEST_F(LedgerTest, GivesTheEntryOfThePendingKeyWhateverItsNames) {
  put(entry("order-b-1", "other.example.com"));
  auto key = support::entry_key();
  key.entry = "order-b-1";

  EXPECT_THAT(names_for(observed().with_pending(key)), ElementsAre("order-b-1"));
}

TEST_F(LedgerTest, GivesNothingWithoutAnAccount) {
  put(entry("order-a-1"));

  EXPECT_THAT(names_for(observed().without_profile()), IsEmpty());
}

TEST_F(LedgerTest, CountsWhatWasSentWithinADay) {
  Order sent = entry("order-a-1");
  sent.status = {.state = OrderState::kIssued, .submitted_at = kNow - 24h + 1s};
  put(sent);
  Order yesterday = entry("order-b-1");
  yesterday.status = {.state = OrderState::kIssued, .submitted_at = kNow - 24h};
  put(yesterday);
  Order refused = entry("order-c-1");
  refused.status = {.state = OrderState::kRefused, .submitted_at = kNow};
  put(refused);
  Order of_others = sent;
  of_others.meta.name = of_others.meta.uid = "order-d-1";
  of_others.spec.profile = "web/other";
  put(of_others);
  put(entry("order-e-1"));
  Order abandoned = entry("order-f-1");
  abandoned.status = {.state = OrderState::kAbandoned};
  put(abandoned);

  EXPECT_EQ(today(), 1);
  EXPECT_EQ(today("order-a-1"), 0);
  EXPECT_EQ(today("", /*unsent=*/true), 2);
}

TEST(EntryObject, CarriesEverythingThatThePostNeeds) {
  const Opening opening{.action = {.group = support::group(),
                                   .generation = 3,
                                   .kind = api::OrderKind::kRenewal,
                                   .renewal_of = 12345},
                        .ledger_namespace = "duplicert",
                        .csr = "the CSR",
                        .public_key_sha256 = "key",
                        .profile = "web/corp",
                        .inputs = "profile-1",
                        .requested_by = "web/shop"};

  const Order made = entry_object(opening);
  const auto facts = rules::entry_of(made);

  EXPECT_EQ(made.meta.namespace_, "duplicert");
  EXPECT_EQ(made.spec.attempt_id, made.meta.name);
  EXPECT_EQ(made.spec.renewal_of, 12345);
  EXPECT_EQ(made.spec.csr, "the CSR");
  EXPECT_EQ(made.spec.requested_by, "web/shop");
  EXPECT_EQ(made.meta.labels.at(std::string(api::kManagedByLabel)), api::kManagedByValue);
  EXPECT_EQ(facts.group, support::group());
  EXPECT_EQ(facts.generation, 3);
  EXPECT_EQ(facts.inputs, "profile-1");
  EXPECT_EQ(facts.name, entry_name(support::group(), 3));
}

}  // namespace
}  // namespace reconcile
