#include "reconcile/ownership.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcile/secrets.h"
#include "support/fake_ca.h"
#include "support/fake_clock.h"
#include "unit/reconcile/pair.h"

namespace reconcile {
namespace {

using namespace std::chrono_literals;

using support::kNow;

class OwnershipTest : public testing::Test {
 protected:
  // An order for the name of the pair; its primary has another serial number.
  certcentral::Order order(std::int64_t id, base::TimePoint created) {
    certcentral::Order made;
    made.id = id;
    made.status = certcentral::OrderStatus::kExpired;  // any state counts
    made.status_text = "expired";
    made.certificate.id = id * 10;
    made.certificate.serial_number = "FFFF";
    made.certificate.common_name = "shop.acme.test";
    made.certificate.dns_names = {"shop.acme.test", "www.shop.acme.test"};
    made.product_name_id = "ssl_basic";
    made.organization_id = 7;
    made.date_created = created;
    return made;
  }
  certcentral::Duplicate entry(std::int64_t id) {
    certcentral::Duplicate made;
    made.id = id;
    made.serial_number = "0A1B2C";
    made.thumbprint = leaf_.sha1_thumbprint;
    return made;
  }
  base::Result<rules::OwnershipFacts> ask() {
    return ownership_.of(leaf_, ca_, inventory_, kNow, {});
  }
  // The order that has the certificate; 0: none, -1: an error.
  std::int64_t owner() {
    const auto found = ask();
    return found ? found->order_id : -1;
  }

  const test::Pair pair_{};
  const rules::LeafFacts leaf_ = leaf_facts(pair_.made.leaf);
  support::FakeClock clock_{};
  support::FakeCa ca_{};
  Inventory inventory_{clock_};
  Ownership ownership_{clock_};
};

TEST_F(OwnershipTest, FindsAPrimaryByItsSerialNumberInOneCall) {
  ca_.orders = {order(12345, leaf_.not_before)};
  ca_.orders[0].certificate.serial_number = "0A1B2C";
  ca_.orders[0].certificate.thumbprint = leaf_.sha1_thumbprint;

  const auto found = ask();

  ASSERT_TRUE(found);
  EXPECT_EQ(found->order_id, 12345);
  EXPECT_EQ(found->certificate_id, 123450);
  EXPECT_EQ(ca_.calls().size(), 1U);
}

TEST_F(OwnershipTest, FindsADuplicateByTheListsOfOrdersThatShareAName) {
  ca_.orders = {order(1, leaf_.not_before - 24h), order(2, leaf_.not_before - 48h)};
  ca_.duplicates[2] = {entry(21)};

  const auto found = ask();

  ASSERT_TRUE(found);
  EXPECT_EQ(found->order_id, 2);
  EXPECT_EQ(found->certificate_id, 21);
}

TEST_F(OwnershipTest, RemembersAllThatAListShowed) {
  ca_.orders = {order(1, leaf_.not_before)};
  ca_.duplicates[1] = {entry(11)};
  EXPECT_EQ(owner(), 1);
  const auto calls = ca_.calls().size();

  EXPECT_EQ(owner(), 1);

  EXPECT_EQ(ca_.calls().size(), calls);
}

TEST_F(OwnershipTest, NeedsTheFingerprintBesideTheSerialNumber) {
  ca_.orders = {order(1, leaf_.not_before)};
  ca_.duplicates[1] = {entry(11)};
  ca_.duplicates[1][0].thumbprint = std::string(40, 'A');

  EXPECT_EQ(owner(), 0);
}

TEST_F(OwnershipTest, DownloadsACertificateWhoseFingerprintIsNotListed) {
  ca_.orders = {order(1, leaf_.not_before)};
  ca_.duplicates[1] = {entry(11)};
  ca_.duplicates[1][0].thumbprint.clear();
  ca_.certificates[11] = pair_.pem();
  EXPECT_EQ(owner(), 1);

  const test::Pair other;  // the same serial number, another certificate
  ca_.certificates[11] = other.pem();
  EXPECT_EQ(owner(), 0);
}

TEST_F(OwnershipTest, DoesNotBelieveNames) {
  ca_.orders = {order(1, leaf_.not_before)};

  EXPECT_EQ(owner(), 0);
}

TEST_F(OwnershipTest, ReadsNoListOfAnOrderThatIsYounger) {
  ca_.orders = {order(1, leaf_.not_before + 72h)};

  EXPECT_EQ(owner(), 0);
  EXPECT_EQ(ca_.count("list_duplicates 1"), 0U);
}

TEST_F(OwnershipTest, ReadsAFewListsTheLatestOrdersFirst) {
  for (int id = 1; id <= 30; ++id) {
    ca_.orders.push_back(order(id, leaf_.not_before - 24h * (31 - id)));
  }

  EXPECT_EQ(owner(), 0);
  EXPECT_EQ(ca_.count("list_duplicates 30"), 1U);
  EXPECT_EQ(ca_.count("list_duplicates 21"), 1U);
  EXPECT_EQ(ca_.count("list_duplicates 20"), 0U);
}

TEST_F(OwnershipTest, AsksAgainAfterAWhileWhatNoOrderHad) {
  ca_.orders = {order(1, leaf_.not_before)};
  EXPECT_EQ(owner(), 0);
  const auto calls = ca_.calls().size();
  EXPECT_EQ(owner(), 0);
  EXPECT_EQ(ca_.calls().size(), calls);
  ca_.duplicates[1] = {entry(11)};

  clock_.advance(kAbsenceAgeMax);

  EXPECT_EQ(owner(), 1);
}

TEST_F(OwnershipTest, TakesAnErrorForNoAnswer) {
  ca_.fail_next({.code = base::Code::kUnavailable, .message = "away"});

  EXPECT_EQ(owner(), -1);
  EXPECT_EQ(owner(), 0) << "an error is not remembered as absence";
}

}  // namespace
}  // namespace reconcile
