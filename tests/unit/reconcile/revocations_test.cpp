#include "reconcile/revocations.h"

#include <set>

#include <gtest/gtest.h>

#include "support/fake_ca.h"
#include "support/fake_clock.h"

namespace reconcile {
namespace {

using namespace std::chrono_literals;

const IssuedCertificate kCopy{.order_id = 12345, .serial_number = "0a1b"};
const IssuedCertificate kOtherCopy{.order_id = 12345, .serial_number = "0a1c"};

class RevocationsTest : public testing::Test {
 protected:
  RevocationsTest() {
    certcentral::Order order;
    order.id = kCopy.order_id;
    order.status_text = "issued";
    order.certificate.serial_number = "FFFF";
    ca_.orders = {order};
    ca_.duplicates[kCopy.order_id] = {entry("0A1B", "issued"), entry("A1C", "issued")};
  }

  static certcentral::Duplicate entry(const std::string& serial, const std::string& status) {
    certcentral::Duplicate made;
    made.id = 77;
    made.serial_number = serial;
    made.status = status;
    return made;
  }
  void revoke() { ca_.duplicates[kCopy.order_id][0].status = "revoked"; }
  bool look(const IssuedCertificate& certificate = kCopy) {
    return revocations_.look(certificate, ca_, inventory_, {}).has_value();
  }

  support::FakeClock clock_{};
  support::FakeCa ca_{};
  Inventory inventory_{clock_};
  Revocations revocations_{clock_, 6h};
};

TEST_F(RevocationsTest, LookNeitherAtTheStartNorLaterThanTheInterval) {
  const auto ahead = [&] { return revocations_.of(kCopy).next_look() - clock_.steady_now(); };
  EXPECT_GT(ahead(), 0s);
  EXPECT_LE(ahead(), 6h);
  clock_.advance(100h);

  const IssuedCertificate young{.order_id = 12345, .serial_number = "77"};
  const auto of_a_young_one = revocations_.of(young).next_look() - clock_.steady_now();

  EXPECT_GT(of_a_young_one, 0s);
  EXPECT_LE(of_a_young_one, 6h);
}

TEST_F(RevocationsTest, LookAtAllCopiesOfAnOrderTogetherAndAtOrdersApart) {
  EXPECT_EQ(revocations_.of(kCopy).next_look(), revocations_.of(kOtherCopy).next_look());
  std::set<base::Steady> instants;
  for (std::int64_t id = 1; id <= 100; ++id) {
    instants.insert(
        revocations_.of({.order_id = id, .serial_number = std::to_string(id)}).next_look());
  }
  EXPECT_GT(instants.size(), 90U);
}

TEST_F(RevocationsTest, ReadOneListForAllCopiesOfAnOrder) {
  ASSERT_TRUE(look(kCopy));
  clock_.advance(30s);
  ASSERT_TRUE(look(kOtherCopy));

  EXPECT_EQ(ca_.calls(), std::vector<std::string>{"list_duplicates 12345"});
  EXPECT_EQ(revocations_.of(kCopy).next_look(), revocations_.of(kOtherCopy).next_look());
}

TEST_F(RevocationsTest, ProveByTwoListsNeverByOneThatIsReadTwice) {
  revoke();
  ASSERT_TRUE(look());
  ASSERT_TRUE(look());
  EXPECT_FALSE(revocations_.of(kCopy).is_revoked());
  clock_.advance(10min);

  ASSERT_TRUE(look());

  EXPECT_TRUE(revocations_.of(kCopy).is_revoked());
  ASSERT_TRUE(look(kOtherCopy));
  EXPECT_FALSE(revocations_.of(kOtherCopy).is_revoked()) << "another copy of the same order";
}

TEST_F(RevocationsTest, TellThePrimaryByTheOrder) {
  ca_.orders[0].certificate.serial_number = "0A1D";
  ca_.orders[0].status_text = "revoked";
  const IssuedCertificate primary{.order_id = 12345, .serial_number = "0a1d"};

  ASSERT_TRUE(look(primary));
  clock_.advance(10min);
  ASSERT_TRUE(look(primary));

  EXPECT_TRUE(revocations_.of(primary).is_revoked());
}

TEST_F(RevocationsTest, ConcludeNothingFromARevokedOrderAboutACopyThatIsNotShown) {
  ca_.orders[0].status_text = "revoked";
  ca_.duplicates.clear();
  ASSERT_TRUE(look());
  clock_.advance(10min);
  ASSERT_TRUE(look());

  EXPECT_FALSE(revocations_.of(kCopy).is_revoked());
}

TEST_F(RevocationsTest, ConcludeNothingFromAnOrderThatIsGone) {
  ca_.orders.clear();
  ca_.duplicates.clear();

  EXPECT_TRUE(look());

  EXPECT_GT(revocations_.of(kCopy).next_look(), clock_.steady_now() + 1h);
}

TEST_F(RevocationsTest, AskAgainLaterWhenTheCaDoesNotAnswer) {
  ca_.fail_next({.code = base::Code::kUnavailable, .message = "no answer"});

  EXPECT_FALSE(look());

  EXPECT_EQ(revocations_.of(kCopy).next_look(), clock_.steady_now() + 30min);
}

}  // namespace
}  // namespace reconcile
