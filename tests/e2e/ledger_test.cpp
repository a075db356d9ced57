// Purchases whose outcome nobody knows, that nobody needs any more, or that somebody else was
// faster with: bought once at most, and a person is told what only a person can mend.
#include <csignal>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/renewal_world.h"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

class Purchases : public support::RenewalTest {
 protected:
  // With a settle window of 2 s: what is lost is found out soon.
  void start_soon() { start_operator(flags("2s")); }
  bool wait_state(const std::string& state, std::chrono::seconds at_most = 30s) {
    return support::eventually(
        [&] {
          const auto entries = ledger();
          return entries.size() == 1 && entries[0]["status"].value("state", "") == state;
        },
        at_most);
  }
  std::string entry() { return ledger().at(0)["metadata"]["name"]; }
  std::size_t posts() { return ca().journal({.operation = "order_place"}).size(); }
  void remove_request() {
    const auto gone = cluster().kubectl({"delete", "dcr", "shop", "-n", home()});
    ASSERT_TRUE(gone.ok()) << gone.err;
  }
};

TEST_F(Purchases, OfUnknownOutcomeWaitForAPersonAndAreMadeOnceAfterThat) {
  begin();
  ASSERT_TRUE(ca().set_faults({"html_500:order_place=on*2"}));
  install({{.name = "shop"}, {.namespace_ = other(), .name = "second"}});
  start_soon();

  EXPECT_THAT(wait_renewing("OrderOutcomeUnknown"),
              AllOf(HasSubstr("sent 2 times"), HasSubstr("delete CertificateOrder")));
  wait_renewing("OrderOutcomeUnknown", "second", other());
  EXPECT_EQ(posts(), 2U);
  std::this_thread::sleep_for(3s);
  EXPECT_EQ(posts(), 2U) << "sent again without a person's word";
  const auto gone = cluster().kubectl({"delete", "dcro", entry(), "-n", home()});
  ASSERT_TRUE(gone.ok()) << gone.err;

  wait_order(67890);
  wait_order(67890, "second", other());
  EXPECT_EQ(renewals_of(12345), 1U);
  EXPECT_EQ(ca().count("order_place"), 1U);
  expect_clean();
}

TEST_F(Purchases, ThatNobodyNeedsAnyMoreAreAbandoned) {
  begin();
  ASSERT_TRUE(ca().set_faults({"html_500:order_place=on*1"}));
  install({{.name = "shop"}});
  start_operator(flags("5s"));
  ASSERT_TRUE(support::eventually([&] { return posts() == 1; }));

  remove_request();

  ASSERT_TRUE(wait_state("Abandoned")) << ledger().at(0).dump(1);
  EXPECT_EQ(posts(), 1U) << "sent again for nobody";
  EXPECT_EQ(ca().count("order_place"), 0U);
}

TEST_F(Purchases, ThatTurnUpAfterAPersonWasFasterAreToldAsSurplus) {
  begin();
  ASSERT_TRUE(ca().set_faults({"slow_answer:order_place=10s*1"}));
  install({{.name = "shop"}});
  start_soon();
  ASSERT_TRUE(wait_state("Submitted"));
  std::this_thread::sleep_for(500ms);  // the POST is on its way, and the CA has not acted on it
  op().signal(SIGKILL);
  stop_operator();
  ASSERT_EQ(ca().count("order_place"), 0U);
  ASSERT_TRUE(ca().place_order({.renewal_of = 12345, .id = 55555}));
  start_soon();

  ASSERT_TRUE(wait_state("Superseded")) << ledger().at(0).dump(1);
  wait_order(55555);
  ASSERT_TRUE(support::eventually([&] { return ca().count("order_place") == 1; }));
  stop_operator();
  start_soon();  // it would look every half hour

  const auto told = [&] {
    return cluster().kubectl({"get", "events", "-n", home(), "--field-selector",
                              "reason=SurplusOrder", "-o", "jsonpath={.items[*].message}"});
  };
  ASSERT_TRUE(support::eventually([&] { return !told().out.empty(); })) << ledger().at(0).dump(1);
  EXPECT_THAT(told().out, AllOf(HasSubstr("67890"), HasSubstr("55555"), HasSubstr("cancel")));
  EXPECT_EQ(posts(), 1U);
}

TEST_F(Purchases, AreFollowedByARequestThatWasMadeAnewUnderTheSameName) {
  begin({.extra = "  approval: WaitForApproval\n"});
  ASSERT_TRUE(ca().require_approval(1001, true));
  install({{.name = "shop"}});
  start_soon();
  wait_renewing("AwaitingApproval");
  json made_anew = request();
  remove_request();
  made_anew["metadata"] = {{"name", "shop"}, {"namespace", home()}};
  made_anew.erase("status");
  apply(made_anew.dump());
  wait_renewing("AwaitingApproval");
  const json pending = json::parse(*ca().admin("GET", "/requests?status=pending"));
  ASSERT_EQ(pending["requests"].size(), 1U);
  ASSERT_TRUE(ca().require_approval(1001, false));

  ASSERT_TRUE(ca().approve_request(pending["requests"][0]["id"]));
  wait_order(67890);
  expect_good_pair("shop-tls");
  EXPECT_EQ(ca().count("order_place"), 1U);
  EXPECT_EQ(ca().count("duplicate_create"), 1U) << "the key of the order is gone";
  expect_clean();
}

}  // namespace
