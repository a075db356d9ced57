#include "reconcile/inventory.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_ca.h"
#include "support/fake_clock.h"
#include "x509/csr.h"
#include "x509/private_key.h"

namespace reconcile {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

using support::kNow;

certcentral::Order order(std::int64_t id, const std::string& name = "shop.example.com") {
  certcentral::Order made;
  made.id = id;
  made.status = certcentral::OrderStatus::kIssued;
  made.status_text = "issued";
  made.certificate.id = id * 10;
  made.certificate.common_name = name;
  made.certificate.dns_names = {name};
  made.certificate.valid_till = kNow + std::chrono::days{300};
  made.product_name_id = "ssl_basic";
  made.organization_id = 7;
  made.order_valid_till = kNow + std::chrono::days{300};
  made.allow_duplicates = true;
  return made;
}

rules::MatchQuery query(const std::string& name = "shop.example.com") {
  return {.names = {.common_name = name},
          .product = "ssl_basic",
          .organization_id = 7,
          .order_id = std::nullopt,
          .now = kNow};
}

rules::MatchQuery query_by_id(std::int64_t id) {
  rules::MatchQuery made = query();
  made.names = {};
  made.order_id = id;
  return made;
}

class InventoryTest : public testing::Test {
 protected:
  std::vector<std::int64_t> ids_for(const rules::MatchQuery& asked) {
    const auto found = inventory_.orders_for(ca_, asked, inventory_.usual(), {});
    EXPECT_TRUE(found) << found.error().message;
    std::vector<std::int64_t> ids;
    if (!found) return ids;
    for (const auto& one : *found) ids.push_back(one.id);
    return ids;
  }

  support::FakeClock clock_;
  support::FakeCa ca_;
  Inventory inventory_{clock_};
};

TEST_F(InventoryTest, GivesTheOrdersThatShareAName) {
  ca_.orders = {order(1), order(2, "other.example.com")};

  EXPECT_THAT(ids_for(query()), ElementsAre(1));
}

TEST_F(InventoryTest, AnswersFromOneListingWhileItIsYoung) {
  ca_.orders = {order(1)};

  ids_for(query());
  clock_.advance(kListingAgeMax);
  ids_for(query());

  EXPECT_EQ(ca_.count("list_orders"), 1U);
}

TEST_F(InventoryTest, ListsAgainWhenTheListingIsOld) {
  ca_.orders = {order(1)};
  ids_for(query());
  ca_.orders.push_back(order(2));
  clock_.advance(kListingAgeMax + 1s);

  EXPECT_THAT(ids_for(query()), UnorderedElementsAre(1, 2));
  EXPECT_EQ(ca_.count("list_orders"), 2U);
}

TEST_F(InventoryTest, GivesOneListingToAllWhoAskAtTheSameTime) {
  ca_.orders = {order(1)};
  ca_.close();
  std::vector<std::jthread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([this] { EXPECT_THAT(ids_for(query()), ElementsAre(1)); });
  }
  ca_.wait_for_calls(1);
  ca_.open();
  callers.clear();

  EXPECT_EQ(ca_.count("list_orders"), 1U);
  EXPECT_EQ(ca_.count("order 1"), 1U);
}

TEST_F(InventoryTest, AsksForDetailsOnlyOfOrdersThatMayBeEligible) {
  ca_.orders = {order(1), order(2), order(3), order(4), order(5)};
  ca_.orders[1].status_text = "pending";
  ca_.orders[2].product_name_id = "ssl_plus";
  ca_.orders[3].organization_id = 8;
  ca_.orders[4].certificate.valid_till = kNow - 24h;

  EXPECT_THAT(ids_for(query()), UnorderedElementsAre(1, 2, 3, 4, 5));

  EXPECT_THAT(ca_.calls(), ElementsAre("list_orders", "order 1"));
}

TEST_F(InventoryTest, TellsWhatOnlyTheDetailsTell) {
  ca_.orders = {order(1)};
  ca_.orders[0].allow_duplicates = false;

  const auto found = inventory_.orders_for(ca_, query(), inventory_.usual(), {});

  ASSERT_TRUE(found);
  ASSERT_THAT(*found, SizeIs(1));
  EXPECT_FALSE((*found)[0].allow_duplicates);
  EXPECT_EQ((*found)[0].order_valid_till, kNow + std::chrono::days{300});
}

TEST_F(InventoryTest, KeepsDetailsUntilTheListShowsAChange) {
  ca_.orders = {order(1)};
  ids_for(query());
  clock_.advance(5h);
  ids_for(query());
  EXPECT_EQ(ca_.count("order 1"), 1U);

  ca_.orders[0].certificate.id = 11;
  clock_.advance(kListingAgeMax + 1s);
  ids_for(query());

  EXPECT_EQ(ca_.count("order 1"), 2U);
}

TEST_F(InventoryTest, AsksForDetailsAgainAfterTheIntervalOfFullLooks) {
  ca_.orders = {order(1)};
  ids_for(query());

  clock_.advance(InventoryOptions{}.full_interval + 1s);
  ids_for(query());

  EXPECT_EQ(ca_.count("order 1"), 2U);
}

TEST_F(InventoryTest, AsksAgainSoonWhetherDuplicatesAreAllowedByNow) {
  ca_.orders = {order(1)};
  ca_.orders[0].allow_duplicates = false;
  ids_for(query());

  clock_.advance(kDetailsAgeMax);
  ids_for(query());
  EXPECT_EQ(ca_.count("order 1"), 1U);

  clock_.advance(1s);
  ids_for(query());
  EXPECT_EQ(ca_.count("order 1"), 2U);
}

TEST_F(InventoryTest, AsksAgainForAnOrderThatWasForgotten) {
  ca_.orders = {order(1), order(2)};
  ids_for(query());

  inventory_.forget(1);
  ids_for(query());

  EXPECT_EQ(ca_.count("order 1"), 2U);
  EXPECT_EQ(ca_.count("order 2"), 1U);
}

TEST_F(InventoryTest, DoesNotTakeALookThatBeganBeforeTheOrderWasForgotten) {
  ca_.orders = {order(1)};
  ca_.close();
  std::jthread early([this] { EXPECT_TRUE(inventory_.order(ca_, 1, {}, {})); });
  ca_.wait_for_calls(1);
  clock_.advance(1s);

  inventory_.forget(1);
  ca_.open();
  early.join();
  EXPECT_TRUE(inventory_.order(ca_, 1, {}, {}));

  EXPECT_EQ(ca_.count("order 1"), 2U);
}

TEST_F(InventoryTest, FindsTheOrderWithTheIdThatTheRequestNames) {
  ca_.orders = {order(1, "other.example.com"), order(2)};

  EXPECT_THAT(ids_for(query_by_id(1)), ElementsAre(1));
}

TEST_F(InventoryTest, FollowsAChainOfRenewals) {
  ca_.orders = {order(1), order(2), order(3)};
  ca_.orders[0].renewed_order_id = 2;
  ca_.orders[1].renewed_order_id = 3;

  EXPECT_THAT(ids_for(query_by_id(1)), ElementsAre(1, 2, 3));
}

TEST_F(InventoryTest, FindsARenewalWhoseOlderOrderHasNoLink) {
  ca_.orders = {order(1), order(2), order(3)};
  ca_.orders[1].date_created = kNow;
  ca_.orders[1].renewal_of_order_id = 1;
  ca_.orders[2].date_created = kNow;

  EXPECT_THAT(ids_for(query_by_id(1)), ElementsAre(1, 2));
}

TEST_F(InventoryTest, EndsAChainOfRenewalsThatRunsInACircle) {
  ca_.orders = {order(1), order(2)};
  ca_.orders[0].renewed_order_id = 2;
  ca_.orders[1].renewed_order_id = 1;

  EXPECT_THAT(ids_for(query_by_id(1)), ElementsAre(1, 2));
}

TEST_F(InventoryTest, TakesALinkToAnOrderThatIsNotThereAsAHintOnly) {
  ca_.orders = {order(1)};
  ca_.orders[0].renewed_order_id = 99;

  EXPECT_THAT(ids_for(query_by_id(1)), ElementsAre(1));
}

TEST_F(InventoryTest, PassesAnErrorOnAndAsksAgainNextTime) {
  ca_.orders = {order(1)};
  ca_.fail_next({.code = base::Code::kExhausted,
                 .message = "429",
                 .retry_after = std::chrono::seconds{7},
                 .http_status = 429});

  const auto failed = inventory_.orders_for(ca_, query(), inventory_.usual(), {});

  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, base::Code::kExhausted);
  EXPECT_EQ(failed.error().retry_after, 7s);
  EXPECT_THAT(ids_for(query()), ElementsAre(1));
}

TEST_F(InventoryTest, KeepsTheListingWhenTheDetailsFail) {
  ca_.orders = {order(1)};
  ids_for(query());
  inventory_.forget(1);
  ca_.fail_next({.code = base::Code::kUnavailable, .message = "timeout"});

  EXPECT_FALSE(inventory_.orders_for(ca_, query(), inventory_.usual(), {}));

  EXPECT_THAT(ids_for(query()), ElementsAre(1));
  EXPECT_EQ(ca_.count("list_orders"), 1U);
}

TEST_F(InventoryTest, LetsTheOthersTryWhenTheOneWhoLookedFailed) {
  ca_.orders = {order(1)};
  ca_.fail_next({.code = base::Code::kUnavailable, .message = "timeout"});
  ca_.close();
  std::atomic<int> failed{0};
  std::vector<std::jthread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back(
        [&] { failed += inventory_.orders_for(ca_, query(), inventory_.usual(), {}) ? 0 : 1; });
  }
  ca_.wait_for_calls(1);
  ca_.open();
  callers.clear();

  EXPECT_EQ(failed, 1);
  EXPECT_EQ(ca_.count("list_orders"), 2U);
}

TEST_F(InventoryTest, LooksAfreshForWhoNeedsALookThatBeganLater) {
  ca_.orders = {order(1)};
  ids_for(query());
  clock_.advance(1s);
  const auto since = Inventory::begun_after(clock_.steady_now());

  ASSERT_TRUE(inventory_.orders_for(ca_, query(), since, {}));
  ASSERT_TRUE(inventory_.orders_for(ca_, query(), since, {}));

  EXPECT_THAT(ca_.calls(), ElementsAre("list_orders", "order 1", "list_orders", "order 1"));
}

TEST_F(InventoryTest, SharesOneListWithoutCopies) {
  ca_.orders = {order(1)};

  const auto one = inventory_.orders(ca_, clock_.steady_now(), {});
  const auto other = inventory_.orders(ca_, clock_.steady_now(), {});

  ASSERT_TRUE(one && other);
  EXPECT_EQ(one->get(), other->get());
}

// An account whose list has more than one page is not listed as a whole at each look.
class LargeInventoryTest : public testing::Test {
 protected:
  LargeInventoryTest() {
    ca_.orders = {order(1), order(2)};
    for (auto& one : ca_.orders) one.date_created = kNow - std::chrono::days{30};
    look();
  }
  void look() {
    clock_.advance(1min);
    const auto looked = inventory_.orders(ca_, clock_.steady_now(), {});
    ASSERT_TRUE(looked) << looked.error().message;
    list_ = *looked;
  }
  std::vector<std::int64_t> ids() const {
    std::vector<std::int64_t> found;
    for (const auto& row : list_->rows) found.push_back(row.id);
    return found;
  }

  support::FakeClock clock_;
  support::FakeCa ca_;
  Inventory inventory_{clock_, {.one_page = 2}};
  SharedOrders list_;
};

TEST_F(LargeInventoryTest, AsksOnlyForWhatIsNewAndWhatHasChanged) {
  look();

  EXPECT_THAT(ids(), ElementsAre(2, 1));
  EXPECT_THAT(ca_.calls(), ElementsAre("list_orders", "list_orders since", "status_changes"));
}

TEST_F(LargeInventoryTest, FindsAnOrderThatIsNew) {
  ca_.orders.push_back(order(3));
  ca_.orders.back().date_created = clock_.now() - 5min;  // listed late

  look();

  EXPECT_THAT(ids(), ElementsAre(3, 2, 1));
}

TEST_F(LargeInventoryTest, LooksAtAnOrderThatHasChanged) {
  ca_.orders[0].status_text = "revoked";
  ca_.orders[0].status = certcentral::OrderStatus::kRevoked;
  ca_.changed = {1};

  look();
  look();

  EXPECT_EQ(list_->rows.back().status_text, "revoked");
  EXPECT_EQ(ca_.count("order 1"), 1U);
}

TEST_F(LargeInventoryTest, SeesThatTheCertificateOfAnOrderWasReissued) {
  ASSERT_TRUE(inventory_.order(ca_, 1, clock_.steady_now(), {}));
  ca_.orders[0].certificate.id = 99;
  ca_.changed = {1};

  look();
  const auto order = inventory_.order(ca_, 1, base::Steady::min(), {});

  ASSERT_TRUE(order);
  EXPECT_EQ((*order)->certificate.id, 99);
  EXPECT_EQ(list_->rows.back().certificate.id, 99);
}

TEST_F(LargeInventoryTest, LeavesOutAnOrderThatIsGone) {
  ca_.changed = {77};

  look();

  EXPECT_THAT(ids(), ElementsAre(2, 1));
}

TEST_F(LargeInventoryTest, ListsAllWhenManyHaveChanged) {
  for (std::int64_t id = 100; id < 130; ++id) {
    ca_.orders.push_back(order(id));
    ca_.changed.push_back(id);
  }

  look();

  EXPECT_THAT(ids(), SizeIs(32));
  EXPECT_EQ(ca_.count("list_orders"), 2U);
  EXPECT_EQ(ca_.count("order 100"), 0U);
}

TEST_F(LargeInventoryTest, ListsAllAgainAfterTheInterval) {
  clock_.advance(InventoryOptions{}.full_interval);

  look();

  EXPECT_THAT(ca_.calls(), ElementsAre("list_orders", "list_orders"));
}

TEST_F(LargeInventoryTest, KeepsTheListWhenALookFailsHalfWay) {
  ca_.orders.push_back(order(3));
  ca_.orders.back().date_created = clock_.now();
  ca_.changed = {1};
  ca_.orders[0].status_text = "revoked";
  ca_.fail_call("order 1", {.code = base::Code::kUnavailable, .message = "timeout"});
  clock_.advance(1min);

  EXPECT_FALSE(inventory_.orders(ca_, clock_.steady_now(), {}));
  EXPECT_THAT(ids(), ElementsAre(2, 1));

  look();
  EXPECT_THAT(ids(), ElementsAre(3, 2, 1));
}

// The list of an order's duplicates, with all that CertCentral is known to put into it.
class InventoryDuplicatesTest : public InventoryTest {
 protected:
  InventoryDuplicatesTest() { ca_.orders = {order(1)}; }

  certcentral::Duplicate entry(std::int64_t id, const x509::PrivateKey& key) const {
    certcentral::Duplicate made;
    made.id = id;
    made.csr = *x509::make_csr(key, {.common_name = "shop.example.com"});
    made.status = "issued";
    made.serial_number = "0A1B";
    return made;
  }
  std::vector<std::int64_t> ids_of(const std::string& key, base::Steady not_before) {
    const auto listed = get(not_before);
    EXPECT_TRUE(listed) << listed.error().message;
    std::vector<std::int64_t> ids;
    if (!listed) return ids;
    for (const auto& one : (*listed)->with_key(key)) ids.push_back(one.certificate_id);
    return ids;
  }
  base::Result<SharedDuplicates> get(base::Steady since, Patience patience = Patience::kNone) {
    return inventory_.duplicates().get(ca_, 1, {.since = since, .patience = patience}, {});
  }

  const x509::PrivateKey key_ = *x509::PrivateKey::generate({});
  const x509::PrivateKey other_key_ = *x509::PrivateKey::generate({});
};

TEST_F(InventoryDuplicatesTest, RecognisesOursByThePublicKeyAlone) {
  certcentral::Duplicate primary = entry(10, other_key_);
  certcentral::Duplicate without_csr = entry(11, key_);
  without_csr.csr.clear();
  certcentral::Duplicate broken = entry(12, key_);
  broken.csr = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n";
  ca_.duplicates[1] = {primary, primary, without_csr, broken, entry(13, key_), entry(14, key_)};

  EXPECT_THAT(ids_of(key_.public_key_sha256(), clock_.steady_now()), ElementsAre(13, 14));
}

TEST_F(InventoryDuplicatesTest, SeesAnEntryWhoseCsrComesLater) {
  ca_.duplicates[1] = {entry(13, key_)};
  ca_.duplicates[1][0].csr.clear();
  EXPECT_THAT(ids_of(key_.public_key_sha256(), clock_.steady_now()), IsEmpty());

  clock_.advance(5s);
  ca_.duplicates[1] = {entry(13, key_)};

  EXPECT_THAT(ids_of(key_.public_key_sha256(), clock_.steady_now()), ElementsAre(13));
}

TEST_F(InventoryDuplicatesTest, CallsIssuedWhatHasASerialNumberWhateverTheStatusSays) {
  ca_.duplicates[1] = {entry(13, key_), entry(14, key_)};
  ca_.duplicates[1][0].status = "pending";
  ca_.duplicates[1][1].serial_number.clear();

  const auto listed = get(clock_.steady_now());

  ASSERT_TRUE(listed);
  const auto ours = (*listed)->with_key(key_.public_key_sha256());
  ASSERT_THAT(ours, SizeIs(2));
  EXPECT_TRUE(ours[0].issued);
  EXPECT_FALSE(ours[1].issued);
}

TEST_F(InventoryDuplicatesTest, AnswersManyKeysFromOneLook) {
  ca_.duplicates[1] = {entry(13, key_), entry(14, other_key_)};
  const base::Steady began = clock_.steady_now();

  EXPECT_THAT(ids_of(key_.public_key_sha256(), began), ElementsAre(13));
  EXPECT_THAT(ids_of(other_key_.public_key_sha256(), began), ElementsAre(14));

  EXPECT_EQ(ca_.count("list_duplicates 1"), 1U);
}

TEST_F(InventoryDuplicatesTest, LooksAgainForOneWhoNeedsALaterLook) {
  ids_of(key_.public_key_sha256(), clock_.steady_now());
  ca_.duplicates[1] = {entry(13, key_)};
  clock_.advance(1s);

  EXPECT_THAT(ids_of(key_.public_key_sha256(), clock_.steady_now()), ElementsAre(13));
}

TEST_F(InventoryDuplicatesTest, KeepsWhatItKnewWhenALookFails) {
  const base::Steady began = clock_.steady_now();
  ca_.duplicates[1] = {entry(13, key_)};
  ids_of(key_.public_key_sha256(), began);
  clock_.advance(1s);
  ca_.fail_next({.code = base::Code::kUnavailable, .message = "timeout"});

  EXPECT_FALSE(get(clock_.steady_now()));

  EXPECT_THAT(ids_of(key_.public_key_sha256(), began), ElementsAre(13));
}

TEST_F(InventoryDuplicatesTest, NeedsNoOtherLookForAKeyThatIsShownAsIssuedForAWhile) {
  ca_.duplicates[1] = {entry(13, key_), entry(14, other_key_)};
  ca_.duplicates[1][1].serial_number.clear();
  ASSERT_TRUE(get(clock_.steady_now()));
  const auto looks_for = [&](const x509::PrivateKey& key) {
    const auto before = ca_.count("list_duplicates 1");
    EXPECT_TRUE(inventory_.duplicates().get(
        ca_, 1, {.since = clock_.steady_now(), .issued_for = key.public_key_sha256()}, {}));
    return ca_.count("list_duplicates 1") - before;
  };

  clock_.advance(kShownAgeMax);
  EXPECT_EQ(looks_for(key_), 0U);
  EXPECT_EQ(looks_for(other_key_), 1U) << "it is not issued yet";

  clock_.advance(kShownAgeMax + 1s);
  EXPECT_EQ(looks_for(key_), 1U);
}

TEST_F(InventoryDuplicatesTest, LooksAtOnceForARequestThatIsSentAlone) {
  {
    const RequestUnderWay one(inventory_.duplicates(), 1);
  }
  ca_.duplicates[1] = {entry(13, key_)};

  const auto listed = get(clock_.steady_now(), Patience::kWithTheOthers);

  ASSERT_TRUE(listed && *listed);
  EXPECT_THAT((*listed)->with_key(key_.public_key_sha256()), SizeIs(1));
}

TEST_F(InventoryDuplicatesTest, PutsOffALookWhileRequestsAreSentInARow) {
  {
    const RequestUnderWay one(inventory_.duplicates(), 1);
  }
  {
    const RequestUnderWay two(inventory_.duplicates(), 1);
  }

  const auto patient = get(clock_.steady_now(), Patience::kWithTheOthers);
  ASSERT_TRUE(patient);
  EXPECT_EQ(*patient, nullptr);
  EXPECT_EQ(ca_.count("list_duplicates 1"), 0U);

  ASSERT_TRUE(get(clock_.steady_now(), Patience::kNone));
  EXPECT_EQ(ca_.count("list_duplicates 1"), 1U);
}

}  // namespace
}  // namespace reconcile
