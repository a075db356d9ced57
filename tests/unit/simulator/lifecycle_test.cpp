#include "simulator/lifecycle.h"

#include <gtest/gtest.h>

namespace simulator {
namespace {

using std::chrono::hours;

const base::TimePoint kNow{hours{1000}};

Copy copy(base::TimePoint issued_at, std::string request_status = "approved") {
  Copy result;
  result.certificate.created_at = kNow - hours{10};
  result.certificate.issued_at = issued_at;
  result.certificate.listed_at = kNow - hours{10};
  result.request_status = std::move(request_status);
  return result;
}

Copy reissue(base::TimePoint issued_at, std::string request_status = "approved") {
  Copy result = copy(issued_at, std::move(request_status));
  result.certificate.id = 2;
  result.certificate.is_reissue = true;
  return result;
}

OrderView order_with(std::vector<Copy> primaries) {
  OrderView view;
  view.order.valid_till = kNow + hours{1000};
  view.primaries = std::move(primaries);
  return view;
}

TEST(OrderStatus, FollowsThePrimary) {
  EXPECT_EQ(order_status(order_with({copy(kNow - hours{1})}), kNow), "issued");
  EXPECT_EQ(order_status(order_with({copy(kNow + hours{1})}), kNow), "pending");
  EXPECT_EQ(order_status(order_with({copy(kNever, "pending")}), kNow), "needs_approval");
  EXPECT_EQ(order_status(order_with({copy(kNever, "rejected")}), kNow), "rejected");
  EXPECT_EQ(order_status(order_with({}), kNow), "pending");
}

TEST(OrderStatus, TimeAloneTurnsPendingIntoIssued) {
  const OrderView view = order_with({copy(kNow + hours{1})});

  EXPECT_EQ(order_status(view, kNow + hours{1} - std::chrono::milliseconds{1}), "pending");
  EXPECT_EQ(order_status(view, kNow + hours{1}), "issued");
}

TEST(OrderStatus, IsExpiredAfterTheEndOfTheOrderNotOfItsCertificate) {
  OrderView view = order_with({copy(kNow - hours{1})});
  view.primaries[0].certificate.valid_till = kNow - std::chrono::seconds{1};

  EXPECT_EQ(order_status(view, kNow), "issued");
  view.order.valid_till = kNow - std::chrono::seconds{1};
  EXPECT_EQ(order_status(view, kNow), "expired");
}

TEST(OrderStatus, ShowsAReissueThatWaits) {
  EXPECT_EQ(order_status(order_with({copy(kNow - hours{5}), reissue(kNever, "pending")}), kNow),
            "reissue_pending");
  EXPECT_EQ(order_status(order_with({copy(kNow - hours{5}), reissue(kNow + hours{1})}), kNow),
            "reissue_processing");
  EXPECT_EQ(order_status(order_with({copy(kNow - hours{5}), reissue(kNow - hours{1})}), kNow),
            "issued");
}

TEST(OrderStatus, IsRevokedWithItsPrimary) {
  OrderView view = order_with({copy(kNow - hours{5})});
  view.primaries[0].certificate.revoked_at = kNow;

  EXPECT_EQ(order_status(view, kNow), "revoked");
  EXPECT_EQ(order_status(view, kNow - hours{1}), "issued");
}

TEST(OrderStatus, IsWhatSomebodyDecided) {
  OrderView view = order_with({copy(kNow - hours{5})});
  view.order.forced_status = "canceled";

  EXPECT_EQ(order_status(view, kNow), "canceled");
}

TEST(Primary, IsTheNewestIssuedOne) {
  const OrderView waiting = order_with({copy(kNow - hours{5}), reissue(kNow + hours{1})});
  const OrderView issued = order_with({copy(kNow - hours{5}), reissue(kNow - hours{1})});

  EXPECT_EQ(waiting.primary(kNow)->certificate.id, 0);
  EXPECT_EQ(issued.primary(kNow)->certificate.id, 2);
}

TEST(Listing, ShowsADuplicateAfterItsLag) {
  Certificate row = copy(kNow).certificate;
  row.listed_at = kNow + hours{1};

  EXPECT_FALSE(is_listed(row, "approved", kNow));
  EXPECT_TRUE(is_listed(row, "approved", kNow + hours{1}));
}

TEST(Listing, MayHideADuplicateUntilItIsIssued) {
  Certificate row = copy(kNow + hours{1}).certificate;
  EXPECT_TRUE(is_listed(row, "approved", kNow));

  row.hidden_until_issued = true;
  EXPECT_FALSE(is_listed(row, "approved", kNow));
  EXPECT_TRUE(is_listed(row, "approved", kNow + hours{1}));
}

TEST(LastChange, IsTheLatestInstantThatHasCome) {
  const OrderView view = order_with({copy(kNow + hours{1})});

  EXPECT_EQ(last_change(view, kNow), kNow - hours{10});
  EXPECT_EQ(last_change(view, kNow + hours{2}), kNow + hours{1});
}

}  // namespace
}  // namespace simulator
