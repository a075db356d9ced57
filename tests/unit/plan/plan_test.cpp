// Exit codes, and how a plan reads: as a table (golden) and as JSON.
#include "plan/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "plan/table.h"
#include "support/golden.h"

namespace plan {
namespace {

using testing::HasSubstr;
using testing::Not;

Item item(Outcome outcome, const std::string& name = "shop") {
  return {.namespace_ = "team-a",
          .name = name,
          .place = "team-a/shop.yaml",
          .outcome = outcome,
          .reason = api::Reason::kAwaitingIssuance,
          .rule = "order_is_found",
          .message = "requesting a duplicate of order 12345",
          .secret_name = name + "-tls"};
}

Purchase purchase() {
  return {.entry = "order-0123456789abcdef0123-1",
          .renewal = true,
          .renewal_of = 12345,
          .account = "www.digicert.com/1001",
          .product = "ssl_basic",
          .profile = "profiles/basic",
          .dns_names = {"shop.example.com"},
          .requests = {"team-a/shop", "team-b/shop"}};
}

Plan everything() {
  Plan plan;
  plan.items = {item(Outcome::kCurrent, "current"), item(Outcome::kIssue, "new"),
                item(Outcome::kRenew, "due"),       item(Outcome::kBuy, "buyer"),
                item(Outcome::kRefuse, "wrong"),    item(Outcome::kUnknown, "dark"),
                item(Outcome::kWait, "later")};
  plan.items[1].order_id = 12345;
  plan.items[1].dns_names = {"shop.example.com", "www.shop.example.com"};
  plan.items[2].first = {"the pending key is dropped: it was made for another order"};
  plan.items[3].purchase = purchase().entry;
  plan.items[4].reason = api::Reason::kNoMatchingOrder;
  plan.items[4].message = "no issued order of product ssl_basic matches";
  plan.items[4].candidates = {
      {.id = 12346, .common_name = "shop.example.com", .reason = "expired"}};
  plan.items[6].next = base::TimePoint{std::chrono::hours{24 * 365 * 50}};
  plan.purchases = {purchase()};
  plan.profiles = {{.name = "profiles/basic", .usable = true},
                   {.name = "profiles/other", .problem = "the CA refuses the API key"}};
  plan.faults = {
      {"a.yaml", "DuplicateCertificateRequest team-a/x", "spec.orderID", "is too small"}};
  plan.notes = {"1 manifest(s) of other kinds were left out"};
  return plan;
}

TEST(PlanExitCode, IsAContractWithBots) {
  const auto code = [](std::vector<Outcome> outcomes, bool no_orders = false) {
    Plan plan;
    for (const Outcome outcome : outcomes) plan.items.push_back(item(outcome));
    if (std::ranges::count(outcomes, Outcome::kBuy) > 0) plan.purchases = {purchase()};
    return exit_code(plan, no_orders);
  };
  EXPECT_EQ(code({}), 0);
  EXPECT_EQ(code({Outcome::kCurrent, Outcome::kWait}), 0);
  EXPECT_EQ(code({Outcome::kCurrent, Outcome::kIssue}), 2);
  EXPECT_EQ(code({Outcome::kRenew}), 2);
  EXPECT_EQ(code({Outcome::kBuy}), 2);
  EXPECT_EQ(code({Outcome::kBuy}, true), 3);
  EXPECT_EQ(code({Outcome::kIssue}, true), 2);
  EXPECT_EQ(code({Outcome::kIssue, Outcome::kRefuse}), 1);
  EXPECT_EQ(code({Outcome::kIssue, Outcome::kUnknown}), 1);
  EXPECT_EQ(code({Outcome::kBuy, Outcome::kRefuse}, true), 3) << "money is told first";
  EXPECT_EQ(exit_code({.faults = {{"a.yaml", "", "", "wrong"}}}, false), 1);
}

TEST(PlanText, ReadsWell) {
  support::expect_golden("tests/golden/plan.txt",
                         to_text(everything(), {.color = false, .no_orders = true}));
}

TEST(PlanText, HasColoursOnlyWhenAskedTo) {
  EXPECT_THAT(to_text(everything(), {.color = true}), HasSubstr("\x1b["));
  EXPECT_THAT(to_text(everything(), {}), Not(HasSubstr("\x1b[")));
}

TEST(PlanText, LetsNobodySteerTheTerminal) {
  Plan plan;
  plan.items = {item(Outcome::kRefuse)};
  plan.items[0].message = "evil \x1b[2J\r\n text";

  const std::string text = to_text(plan, {});

  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\r")));
}

TEST(PlanJson, TellsAllThatTheTextTells) {
  support::expect_golden("tests/golden/plan.json", to_json(everything(), true).dump(2) + "\n");
}

TEST(Table, AlignsColumnsByCharactersAndCutsTrailingBlanks) {
  Table table({"A", "B", "C"});
  table.add({{"äöü"}, {""}, {"x"}});
  table.add({{"long text"}, {"b"}});

  EXPECT_EQ(table.text(false), "A          B  C\näöü           x\nlong text  b\n");
}

TEST(Wrapped, BreaksAtBlanksAndIndents) {
  EXPECT_EQ(wrapped("aaa bbb ccc", 2, 9), "  aaa bbb\n  ccc\n");
  EXPECT_EQ(wrapped("averyveryverylongword b", 0, 5), "averyveryverylongword\nb\n");
  EXPECT_EQ(wrapped("", 2), "");
}

}  // namespace
}  // namespace plan
