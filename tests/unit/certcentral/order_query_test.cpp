#include "certcentral/order_query.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace certcentral {
namespace {

using testing::Contains;
using testing::Pair;

base::TimePoint at(const char* text) {
  return *base::parse_time(text);
}

OrderSummary order_of(const char* date) {
  return {.id = 1,
          .status = OrderStatus::kPending,
          .certificate = {.common_name = "a.test", .dns_names = {"a.test", "b.test"}},
          .product_name_id = "ssl_basic",
          .organization_id = 7,
          .date_created = at(date)};
}

TEST(QueryOf, SendsADayMoreOnBothSidesOfTheRange) {
  const auto query = query_of(
      {.created_from = at("2026-03-02T10:00:00Z"), .created_till = at("2026-03-02T11:00:00Z")}, {});

  EXPECT_THAT(query,
              Contains(Pair("filters[date_created]", "2026-03-01T10:00:00...2026-03-03T11:00:00")));
}

TEST(QueryOf, AnOpenRangeGetsAnEnd) {
  EXPECT_THAT(query_of({.created_from = at("2026-03-02T10:00:00Z")}, {}),
              Contains(Pair("filters[date_created]", "2026-03-01T10:00:00...2099-12-31T23:59:59")));
  EXPECT_THAT(query_of({.created_till = at("2026-03-02T10:00:00Z")}, {}),
              Contains(Pair("filters[date_created]", "2000-01-01T00:00:00...2026-03-03T10:00:00")));
}

TEST(QueryOf, AnEmptyFilterAsksOnlyForAPage) {
  EXPECT_EQ(query_of({}, {.offset = 40, .limit = 20}),
            (http::QueryParameters{{"sort", "-date_created"}, {"limit", "20"}, {"offset", "40"}}));
}

struct MatchCase {
  const char* name;
  OrderFilter filter;
  bool expected;
};
class Matches : public testing::TestWithParam<MatchCase> {};

TEST_P(Matches, EachFilterAlone) {
  EXPECT_EQ(matches(order_of("2026-03-02T10:00:00Z"), GetParam().filter), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Order, Matches,
    testing::Values(MatchCase{"Nothing", {}, true},
                    MatchCase{"CommonName", {.common_name = "A.TEST"}, true},
                    MatchCase{"SanIsNoCommonName", {.common_name = "b.test"}, false},
                    MatchCase{"DnsName", {.dns_name = "b.test"}, true},
                    MatchCase{"DnsNameIsCommonName", {.dns_name = "a.test"}, true},
                    MatchCase{"OtherDnsName", {.dns_name = "c.test"}, false},
                    MatchCase{"Product", {.product_name_id = "ssl_basic"}, true},
                    MatchCase{"OtherProduct", {.product_name_id = "ssl_basi"}, false},
                    MatchCase{"Organization", {.organization_id = 7}, true},
                    MatchCase{"OtherOrganization", {.organization_id = 8}, false},
                    MatchCase{"Status", {.status = OrderStatus::kPending}, true},
                    MatchCase{"OtherStatus", {.status = OrderStatus::kIssued}, false},
                    MatchCase{"FromThatSecond", {.created_from = at("2026-03-02T10:00:00Z")}, true},
                    MatchCase{"FromLater", {.created_from = at("2026-03-02T10:00:01Z")}, false},
                    MatchCase{"TillThatSecond", {.created_till = at("2026-03-02T10:00:00Z")}, true},
                    MatchCase{"TillEarlier", {.created_till = at("2026-03-02T09:59:59Z")}, false}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Matches, ARowWithoutADateIsNotHidden) {
  auto order = order_of("2026-03-02T10:00:00Z");
  order.date_created.reset();

  EXPECT_TRUE(matches(order, {.created_from = at("2027-01-01T00:00:00Z")}));
}

TEST(Matches, ARowWithoutNamesOrProductIsNotHidden) {
  auto order = order_of("2026-03-02T10:00:00Z");
  order.certificate = {};
  order.product_name_id.clear();

  EXPECT_TRUE(matches(order, {.common_name = "a.test", .product_name_id = "ssl_basic"}));
}

TEST(Matches, ARowWithoutAnOrganizationHasNoneOfOurs) {
  auto order = order_of("2026-03-02T10:00:00Z");
  order.organization_id.reset();

  EXPECT_FALSE(matches(order, {.organization_id = 7}));
}

}  // namespace
}  // namespace certcentral
