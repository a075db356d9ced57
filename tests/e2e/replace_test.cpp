// Replace never buys: whatever calls for another certificate while its order is paid, it is a
// duplicate. Each profile here would place orders for what has none.
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/renewal_world.h"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using support::Copy;
using testing::HasSubstr;

class ReplaceNeverBuys : public support::RenewalTest {
 protected:
  // A profile that may buy, and a copy of an order that is paid for 150 days more.
  void begin_with(const Copy& copy) {
    begin({.extra = "  onNoMatchingOrder: PlaceOrder\n"});
    install({copy});
    first_ = leaf("shop-tls").serial_number();
  }
  static Copy long_copy() {
    return {
        .name = "shop", .order_id = 33333, .common_name = "long.example.com", .issued_ago = "48d"};
  }
  void expect_replaced() {
    ASSERT_TRUE(support::eventually([&] {
      return get("secret", "shop-tls").is_object() && leaf("shop-tls").serial_number() != first_;
    }));
    wait_ready();
    expect_good_pair("shop-tls");
    expect_no_purchase();
    expect_clean();
  }
  std::int64_t certificate_id() {
    const json secret = get("secret", "shop-tls");
    return std::stoll(
        secret["metadata"]["annotations"]["duplicert.io/certificate-id"].get<std::string>());
  }

  std::string first_{};
};

TEST_F(ReplaceNeverBuys, OnDemand) {
  begin_with(long_copy());
  start();
  wait_ready();

  cluster().kubectl({"annotate", "dcr", "shop", "-n", home(),
                     "duplicert.io/renew-requested-at=2026-01-01T00:00:00Z"});

  expect_replaced();
  EXPECT_EQ(order_in("shop"), 33333);
}

TEST_F(ReplaceNeverBuys, AfterADeletedSecret) {
  begin_with(long_copy());
  start();
  wait_ready();

  cluster().kubectl({"delete", "secret", "shop-tls", "-n", home()});

  expect_replaced();
}

TEST_F(ReplaceNeverBuys, AfterARemovedExtraName) {
  begin({.product = "ssl_wildcard", .extra = "  onNoMatchingOrder: PlaceOrder\n"});
  start();
  apply_request({.spec = "  commonName: '*.wild.example.com'\n"
                         "  dnsNames: [a.b.wild.example.com, c.wild.example.com]\n"});
  wait_ready();
  ASSERT_THAT(leaf("shop-tls").dns_names(), testing::Contains("a.b.wild.example.com"));
  first_ = leaf("shop-tls").serial_number();

  cluster().kubectl({"patch", "dcr", "shop", "-n", home(), "--type=json", "-p",
                     R"([{"op":"remove","path":"/spec/dnsNames/0"}])"});

  expect_replaced();
  EXPECT_THAT(leaf("shop-tls").dns_names(),
              testing::Not(testing::Contains("a.b.wild.example.com")));
}

TEST_F(ReplaceNeverBuys, AfterAllFurtherNamesWereLeftOut) {
  begin({.product = "ssl_wildcard", .extra = "  onNoMatchingOrder: PlaceOrder\n"});
  start();
  apply_request({.spec = "  commonName: '*.wild.example.com'\n"
                         "  dnsNames: [a.b.wild.example.com]\n"});
  wait_ready();
  first_ = leaf("shop-tls").serial_number();

  cluster().kubectl({"patch", "dcr", "shop", "-n", home(), "--type=json", "-p",
                     R"([{"op":"remove","path":"/spec/dnsNames"}])"});

  expect_replaced();
  EXPECT_THAT(leaf("shop-tls").dns_names(),
              testing::Not(testing::Contains("a.b.wild.example.com")));
}

TEST_F(ReplaceNeverBuys, AtTheFirstPassOfRenew) {
  Copy found = long_copy();
  found.is_ours = false;
  found.spec = "  action: Renew\n";
  begin_with(found);
  start();

  expect_replaced();
}

TEST_F(ReplaceNeverBuys, AfterARevocation) {
  begin_with(long_copy());
  start({"--inventory-interval", "2s"});
  wait_ready();
  std::this_thread::sleep_for(5s);
  ASSERT_EQ(leaf("shop-tls").serial_number(), first_) << "replaced although nobody revoked it";

  ASSERT_TRUE(ca().revoke_certificate(certificate_id()));

  expect_replaced();
  EXPECT_EQ(ca().count("duplicate_create"), 1U);
}

TEST_F(ReplaceNeverBuys, AfterARevocationOfTheWholeOrderEither) {
  begin_with(long_copy());
  start({"--inventory-interval", "2s"});
  wait_ready();
  ASSERT_TRUE(ca().admin("PUT", "/orders/33333", R"({"status":"revoked"})"));
  ASSERT_TRUE(ca().revoke_certificate(certificate_id()));

  EXPECT_THAT(wait_reason("Revoked"), HasSubstr("lists the certificate"));
  expect_no_purchase();
  EXPECT_EQ(leaf("shop-tls").serial_number(), first_) << "the pair is left as it is";
  EXPECT_EQ(condition(request(), "Stalled")["status"], "True");
}

}  // namespace
