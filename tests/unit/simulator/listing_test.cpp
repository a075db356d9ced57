#include "simulator/listing.h"

#include <gtest/gtest.h>

namespace simulator {
namespace {

const base::TimePoint kNow = base::parse_time("2026-06-01T12:00:00Z").value();

ListedOrder listed(Id id, std::string common_name, std::string created = "2026-05-01T00:00:00Z") {
  ListedOrder row;
  row.view.order.id = id;
  row.view.order.common_name = common_name;
  row.view.order.product = "ssl_basic";
  row.view.order.organization_id = 9;
  row.view.order.created_at = base::parse_time(created).value();
  row.view.order.valid_till = kNow + std::chrono::days{30};
  Copy copy;
  copy.request_status = "approved";
  copy.certificate.common_name = common_name;
  copy.certificate.dns_names = {common_name, "www." + common_name};
  copy.certificate.issued_at = row.view.order.created_at;
  copy.certificate.valid_till = row.view.order.valid_till;
  row.view.primaries.push_back(copy);
  row.status = "issued";
  row.email = "admin@example.com";
  return row;
}

bool fits(const ListedOrder& row, const std::string& name, const std::string& value) {
  http::ServerRequest request;
  request.query.emplace("filters[" + name + "]", value);
  return fits_filters(row, Query(request), kNow);
}

TEST(Filters, CompareNamesExactlyOrAmongAll) {
  const ListedOrder row = listed(1, "shop.example.com");

  EXPECT_TRUE(fits(row, "common_name", "shop.example.com"));
  EXPECT_TRUE(fits(row, "common_name", "SHOP.example.com."));
  EXPECT_FALSE(fits(row, "common_name", "www.shop.example.com"));
  EXPECT_TRUE(fits(row, "domain_name", "www.shop.example.com"));
  EXPECT_FALSE(fits(row, "domain_name", "example.com"));
  EXPECT_TRUE(fits(row, "search", "%example"));
  EXPECT_FALSE(fits(row, "search", "example"));
}

TEST(Filters, OfIssuedOrdersLetExpiredOnesPass) {
  ListedOrder row = listed(1, "a.com");
  row.status = "expired";

  EXPECT_TRUE(fits(row, "status", "issued"));
  EXPECT_FALSE(fits(row, "status", "pending"));
}

TEST(Filters, ThatAreUnknownAreIgnored) {
  EXPECT_TRUE(fits(listed(1, "a.com"), "colour", "red"));
}

TEST(Filters, CompareIdsProductsAndFlags) {
  const ListedOrder row = listed(12, "a.com");

  EXPECT_TRUE(fits(row, "id", "12"));
  EXPECT_FALSE(fits(row, "id", "1"));
  EXPECT_TRUE(fits(row, "product_name_id", "ssl_basic"));
  EXPECT_FALSE(fits(row, "product_name_id", "ssl_plus"));
  EXPECT_TRUE(fits(row, "organization_id", "9"));
  EXPECT_TRUE(fits(row, "is_renewed", "0"));
  EXPECT_FALSE(fits(row, "is_renewed", "1"));
}

TEST(DateRanges, AreInclusiveAndTakePrefixes) {
  const base::TimePoint time = base::parse_time("2026-03-01T10:00:00Z").value();

  EXPECT_TRUE(fits_dates(time, "2026-03-01T00:00:00...2026-03-02T00:00:00"));
  EXPECT_TRUE(fits_dates(time, "2026-03-01T10:00:00...2026-03-01T10:00:00"));
  EXPECT_FALSE(fits_dates(time, "2026-03-02...2026-03-03"));
  EXPECT_TRUE(fits_dates(time, ">2026-03-01"));
  EXPECT_FALSE(fits_dates(time, ">2026-03-02"));
  EXPECT_TRUE(fits_dates(time, "<=2026-03-01T10:00:00+00:00"));
  EXPECT_TRUE(fits_dates(time, "2026-03-01"));
  EXPECT_FALSE(fits_dates(time, "someday"));
}

std::vector<Id> sorted(std::string_view keys) {
  std::vector<ListedOrder> rows{listed(1, "b.com", "2026-05-03T00:00:00Z"),
                                listed(2, "a.com", "2026-05-01T00:00:00Z"),
                                listed(3, "b.com", "2026-05-02T00:00:00Z")};
  sort_orders(rows, keys, kNow);
  std::vector<Id> ids;
  for (const ListedOrder& row : rows) ids.push_back(row.view.order.id);
  return ids;
}

TEST(SortOrders, ByOneKeyOrSeveralUpOrDown) {
  EXPECT_EQ(sorted(""), (std::vector<Id>{3, 2, 1})) << "newest first";
  EXPECT_EQ(sorted("date_created"), (std::vector<Id>{2, 3, 1}));
  EXPECT_EQ(sorted("-date_created"), (std::vector<Id>{1, 3, 2}));
  EXPECT_EQ(sorted("common_name,-order_id"), (std::vector<Id>{2, 3, 1}));
}

TEST(Query, LimitsAPageToAThousand) {
  http::ServerRequest request;
  request.query.emplace("limit", "5000");
  request.query.emplace("offset", "20");
  const Query query(request);

  EXPECT_EQ(query.limit(), 1000U);
  EXPECT_EQ(query.offset(), 20U);
  EXPECT_EQ(Query(http::ServerRequest{}).limit(), 1000U);
}

}  // namespace
}  // namespace simulator
