#include "reconcile/order_look.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_ca.h"
#include "support/observed_builder.h"
#include "x509/csr.h"
#include "x509/private_key.h"

namespace reconcile {
namespace {

using std::chrono::days;
using support::kNow;
using support::kOrderId;

struct Key {
  x509::PrivateKey key = *x509::PrivateKey::generate({x509::KeyAlgorithm::kEcdsa, 256});
  std::string csr = *x509::make_csr(key, {.common_name = "shop.example.com"});
};

certcentral::Order made_order(std::int64_t id, const std::string& status = "issued") {
  certcentral::Order made;
  made.id = id;
  made.status_text = status;
  made.certificate.common_name = "shop.example.com";
  made.certificate.dns_names = {"shop.example.com", "www.shop.example.com"};
  made.product_name_id = "ssl_basic";
  made.organization_id = 7;
  made.date_created = kNow - days{id == kOrderId ? 345 : 1};
  if (status == "issued") {
    made.certificate.id = id * 10;
    made.certificate.valid_till = kNow + days{id == kOrderId ? 20 : 365};
    made.order_valid_till = made.certificate.valid_till;
  }
  return made;
}

class OrderLookTest : public testing::Test {
 protected:
  OrderLookTest() {
    entry_.public_key_sha256 = ours_.key.public_key_sha256();
    ca_.orders = {made_order(kOrderId)};
  }

  certcentral::Order our_order(std::int64_t id, const std::string& status = "pending") const {
    certcentral::Order made = made_order(id, status);
    made.certificate.csr = ours_.csr;
    return made;
  }
  rules::OrderLook look(std::int64_t known_id = 0) {
    const auto made = look_for_order(ca_, entry_, known_id, kNow, {});
    EXPECT_TRUE(made) << made.error().message;
    return made.value_or(rules::OrderLook{});
  }
  std::int64_t ours() {
    const auto made = look();
    return made.ours ? made.ours->id : 0;
  }
  std::int64_t successor() {
    const auto made = look();
    return made.successor ? made.successor->id : 0;
  }

  const Key ours_{};
  rules::LedgerEntry entry_ = support::entry();
  support::FakeCa ca_;
};

TEST_F(OrderLookTest, ShowsNothingWhenThereIsOnlyTheOrderToRenew) {
  const auto made = look();

  EXPECT_FALSE(made.ours);
  EXPECT_FALSE(made.successor);
  EXPECT_FALSE(made.being_reissued);
}

TEST_F(OrderLookTest, FindsOursByTheGroup) {
  ca_.orders.push_back(our_order(67890));

  EXPECT_EQ(ours(), 67890);
  EXPECT_FALSE(look().successor);
}

TEST_F(OrderLookTest, FindsOursByTheAttemptIdBeforeItIsListed) {
  ca_.orders.push_back(our_order(67890));
  ca_.unlisted = {67890};
  EXPECT_EQ(ours(), 0);

  ca_.alternatives[entry_.name] = {67890};
  EXPECT_EQ(ours(), 67890);
}

TEST_F(OrderLookTest, FindsOursByTheLinkOfTheOldOrder) {
  ca_.orders.push_back(our_order(67890));
  ca_.unlisted = {67890};
  ca_.orders.front().renewed_order_id = 67890;

  EXPECT_EQ(ours(), 67890);
}

TEST_F(OrderLookTest, FindsOursByItsKnownNumberAlone) {
  ca_.orders.push_back(our_order(67890));
  ca_.unlisted = {67890};

  const auto made = look(67890);

  ASSERT_TRUE(made.ours);
  EXPECT_EQ(made.ours->id, 67890);
  EXPECT_THAT(ca_.calls(), testing::ElementsAre("order 67890"));
}

TEST_F(OrderLookTest, FindsOursWhateverHasBecomeOfIt) {
  ca_.orders.push_back(our_order(67890, "rejected"));

  ASSERT_EQ(ours(), 67890);
  EXPECT_EQ(look().ours->status, "rejected");
}

TEST_F(OrderLookTest, TakesNoOrderForOursByItsAttemptId) {
  certcentral::Order stranger = our_order(67890);
  stranger.certificate.csr = Key{}.csr;
  stranger.alternative_order_id = entry_.name;
  ca_.orders.push_back(stranger);
  ca_.alternatives[entry_.name] = {67890};

  EXPECT_EQ(ours(), 0);
  EXPECT_EQ(successor(), 67890);
}

TEST_F(OrderLookTest, ShowsASuccessorThatIsOpenOrIssued) {
  for (const char* status : {"pending", "needs_approval", "issued", "reissue_pending"}) {
    ca_.orders = {made_order(kOrderId), made_order(67890, status)};
    EXPECT_EQ(successor(), 67890) << status;
  }
  for (const char* status : {"rejected", "denied", "canceled", "expired", "revoked"}) {
    ca_.orders = {made_order(kOrderId), made_order(67890, status)};
    EXPECT_EQ(successor(), 0) << status;
  }
}

TEST_F(OrderLookTest, ShowsNoSuccessorOfOtherNamesProductOrOrganization) {
  certcentral::Order other = made_order(67890);
  other.certificate.dns_names.emplace_back("pay.example.com");
  ca_.orders = {made_order(kOrderId), other};
  EXPECT_EQ(successor(), 0);

  other = made_order(67890);
  other.organization_id = 8;
  ca_.orders = {made_order(kOrderId), other};
  EXPECT_EQ(successor(), 0);

  other = made_order(67890);
  other.product_name_id = "ssl_plus";
  ca_.orders = {made_order(kOrderId), other};
  EXPECT_EQ(successor(), 0);
}

TEST_F(OrderLookTest, ShowsALinkedSuccessorWhateverItsNames) {
  certcentral::Order other = made_order(67890, "pending");
  other.certificate.dns_names.emplace_back("pay.example.com");
  other.renewal_of_order_id = kOrderId;
  ca_.orders = {made_order(kOrderId), other};

  EXPECT_EQ(successor(), 67890);
}

TEST_F(OrderLookTest, ShowsNoOlderOrder) {
  certcentral::Order older = made_order(100);
  older.date_created = kNow - days{700};
  ca_.orders.push_back(older);

  EXPECT_EQ(successor(), 0);
}

TEST_F(OrderLookTest, KnowsASuccessorEvenIfTheOldOrderIsGone) {
  ca_.orders = {made_order(67890, "pending")};

  EXPECT_EQ(successor(), 67890);
}

TEST_F(OrderLookTest, ShowsAnyLiveOrderBesideANewOne) {
  entry_.kind = api::OrderKind::kNew;
  entry_.renewal_of = 0;
  EXPECT_EQ(successor(), kOrderId);

  ca_.orders = {made_order(kOrderId, "expired")};
  EXPECT_EQ(successor(), 0);
}

TEST_F(OrderLookTest, SeesThatTheOldOrderIsBeingReissued) {
  ca_.orders = {made_order(kOrderId, "reissue_pending")};

  EXPECT_TRUE(look().being_reissued);
  EXPECT_FALSE(look().successor);
}

TEST_F(OrderLookTest, TellsTheClockOfTheCa) {
  EXPECT_EQ(look().clock_skew, std::chrono::seconds{0});
  ca_.skew = std::chrono::seconds{-400};
  EXPECT_EQ(look().clock_skew, std::chrono::seconds{-400});
}

// Half a look is none: an order behind the question that failed would be bought again.
TEST_F(OrderLookTest, IsWholeOrFails) {
  ca_.orders.push_back(our_order(67890));
  look();
  const std::size_t questions = ca_.calls().size();
  ASSERT_GE(questions, 4U);

  for (std::size_t broken = 0; broken < questions; ++broken) {
    support::FakeCa ca;
    ca.orders = ca_.orders;
    for (std::size_t i = 0; i < broken; ++i) ca.pass_next();
    ca.fail_next({.code = base::Code::kUnavailable, .message = "HTTP 503"});

    const auto made = look_for_order(ca, entry_, 0, kNow, {});

    ASSERT_FALSE(made) << "question " << broken;
    EXPECT_EQ(made.error().code, base::Code::kUnavailable);
  }
}

}  // namespace
}  // namespace reconcile
