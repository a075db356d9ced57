// How the plugin's views read: golden files, and the sentences that they are made of.
#include "plugin/views.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/names.h"
#include "support/fake_clock.h"
#include "support/golden.h"

namespace plugin {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr base::TimePoint kNow = support::FakeClock::kStart;

api::Condition condition(std::string_view type, api::ConditionStatus status, const char* reason,
                         const char* message) {
  return {.type = std::string(type),
          .status = status,
          .reason = reason,
          .message = message,
          .last_transition_time = kNow - 24h};
}

api::DuplicateCertificateRequest ready(const std::string& namespace_) {
  api::DuplicateCertificateRequest request;
  request.meta = {.namespace_ = namespace_,
                  .name = "shop",
                  .uid = "uid-" + namespace_,
                  .creation_time = kNow - 48h};
  request.spec.profile_ref = {.name = "basic", .namespace_ = "profiles"};
  request.spec.secret_name = "shop-tls";
  request.status.conditions = {condition(
      api::kReady, api::ConditionStatus::kTrue, "Issued",
      "Secret shop-tls holds a duplicate of order 12345, valid until 2027-05-01T23:59:59Z")};
  request.status.order = api::OrderInUse{.id = 12345,
                                         .product_name_id = "ssl_basic",
                                         .organization_id = 550011,
                                         .valid_till = kNow + 24h * 300,
                                         .renewal_of = 11111};
  request.status.certificate =
      api::InstalledCertificate{.serial_number = "0a1b2c",
                                .not_before = kNow - 25h,
                                .not_after = kNow + 24h * 300,
                                .dns_names = {"shop.example.com", "www.shop.example.com"}};
  request.status.renewal_time = kNow + 24h * 270;
  return request;
}

StatusView status_view() {
  StatusView view{.request = ready("team-a"), .copies = {ready("team-b")}, .now = kNow};
  view.copies[0].status.conditions = {condition(api::kReady, api::ConditionStatus::kFalse,
                                                "Expired", "the certificate has expired")};
  api::CertificateOrder entry;
  entry.meta.name = "order-0123456789abcdef0123-1";
  entry.status = {.state = api::OrderState::kIssued,
                  .submitted_at = kNow - 30h,
                  .placed_at = kNow - 29h,
                  .closed_at = kNow - 28h};
  view.entries = {entry};
  view.notes = {"the ledger cannot be read"};
  return view;
}

std::vector<api::Candidate> candidates() {
  return {{.id = 12345,
           .common_name = "shop.example.com",
           .dns_names = {"shop.example.com"},
           .dns_names_count = 2,
           .valid_till = kNow + 24h * 300,
           .eligible = true,
           .reason = "it can be duplicated"},
          {.id = 11111,
           .common_name = "shop.example.com",
           .dns_names_count = 1,
           .valid_till = kNow - 24h,
           .reason = "it has expired"}};
}

OrdersView orders_view() {
  return {.requests = {{.key = "team-a/shop", .in_use = 12345, .candidates = candidates()},
                       {.key = "team-a/other", .problem = "the status has no candidates"}}};
}

ExplainView explain_view() {
  ExplainView view{
      .key = "team-a/shop",
      .facts = {{"names", "commonName shop.example.com"}, {"Secret", "does not exist"}},
      .rule = "no_order_matches",
      .rule_number = 48,
      .rules = 57,
      .action = "it waits",
      .reason = "NoMatchingOrder",
      .message = "no issued order of product ssl_basic matches",
      .candidates = candidates(),
      .reported = "Ready is False (NoMatchingOrder): no issued order"};
  view.changes = {{"with spec.suspend: true",
                   {.action = rules::Wait{}, .message = "nothing is issued", .rule = "suspended"}}};
  return view;
}

TEST(Views, ReadWell) {
  support::expect_golden("tests/golden/plugin.txt",
                         to_text(ListView{.requests = {ready("team-a")}}, false) + "\n=====\n" +
                             to_text(status_view(), false) + "\n=====\n" +
                             to_text(orders_view(), false) + "\n=====\n" +
                             to_text(explain_view(), false));
}

TEST(Views, AreTheSameForPrograms) {
  const json all{{"status", to_json(status_view())},
                 {"orders", to_json(orders_view())},
                 {"explain", to_json(explain_view())}};

  support::expect_golden("tests/golden/plugin.yaml", yaml_of(all));
}

TEST(Views, HaveColoursOnlyWhenAskedTo) {
  EXPECT_THAT(to_text(status_view(), true), HasSubstr("\x1b[32mTrue"));
  for (const auto& text : {to_text(status_view(), false), to_text(orders_view(), false),
                           to_text(explain_view(), false)}) {
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  }
}

TEST(Views, SayThatThereIsNothing) {
  EXPECT_EQ(to_text(ListView{}, false), "No requests found.\n");
  EXPECT_EQ(to_text(OrdersView{}, false), "No requests found.\n");
}

class NextStep : public testing::Test {
 protected:
  std::string with(api::Condition more) {
    view_.request.status.conditions.push_back(std::move(more));
    return next_step(view_);
  }
  StatusView view_ = status_view();
};

TEST_F(NextStep, IsTheRenewalOfACertificateThatIsCurrent) {
  EXPECT_THAT(next_step(view_), HasSubstr("renewed by itself from"));
  view_.request.status.renewal_time.reset();
  EXPECT_THAT(next_step(view_), HasSubstr("automatic renewal is off"));
}

TEST_F(NextStep, NamesWhoMustAct) {
  view_.request.status.next_attempt_time = kNow + 1h;
  EXPECT_THAT(with(condition(api::kRenewing, api::ConditionStatus::kTrue, "Renewing", "renewing")),
              HasSubstr("A renewal is under way: renewing. Looked at again at"));
  EXPECT_THAT(with(condition(api::kStalled, api::ConditionStatus::kTrue, "CARejected", "no money")),
              HasSubstr("A person must act: no money."));
}

TEST_F(NextStep, AsksForTheControllerThatHasNotLooked) {
  view_.request.meta.generation = 2;
  EXPECT_THAT(next_step(view_), HasSubstr("is it running?"));
}

TEST(Timeline, IsInTheOrderOfTimeAndHoldsNow) {
  const auto moments = timeline_of(status_view());

  EXPECT_TRUE(std::ranges::is_sorted(moments, {}, &Moment::at));
  EXPECT_EQ(std::ranges::count(moments, "now", &Moment::what), 1);
  EXPECT_EQ(std::ranges::count(moments, "order 12345 can be renewed from here on", &Moment::what),
            1);
}

TEST(Yaml, QuotesWhatCouldBeReadAsSomethingElse) {
  EXPECT_EQ(yaml_of(json{{"a", "true"},
                         {"b", "12"},
                         {"c", "x: y"},
                         {"d", true},
                         {"e", ""},
                         {"f", json::array()},
                         {"g", "plain text"},
                         {"h", {{{"i", 1}, {"j", 2}}}}}),
            "a: \"true\"\nb: \"12\"\nc: \"x: y\"\nd: true\ne: \"\"\nf: []\ng: plain text\nh:\n"
            "- i: 1\n  j: 2\n");
}

}  // namespace
}  // namespace plugin
