// Orders: lists, info, placing and renewing, as a client sees them.
#include <gtest/gtest.h>

#include "unit/simulator/service_fixture.h"

namespace simulator {
namespace {

using nlohmann::json;
using std::chrono::days;
using std::chrono::seconds;

class OrderCalls : public ServiceTest {};

TEST_F(OrderCalls, ListOnlyTheOrdersOfTheAccount) {
  const json body = call("GET", "order/certificate").body;

  EXPECT_EQ(body["page"]["total"], 5);
  for (const json& row : body["orders"]) EXPECT_NE(row["id"], 88888);
}

TEST_F(OrderCalls, ListByFilterAndPage) {
  const json by_name = call("GET", "order/certificate?filters[common_name]=shop.example.com").body;
  const json page = call("GET", "order/certificate?sort=id&limit=2&offset=2").body;

  ASSERT_EQ(by_name["orders"].size(), 1U);
  EXPECT_EQ(by_name["orders"][0]["id"], 12345);
  ASSERT_EQ(page["orders"].size(), 2U);
  EXPECT_EQ(page["orders"][0]["id"], 12347);
  EXPECT_EQ(page["page"]["total"], 5);
}

TEST_F(OrderCalls, ListExpiredOrdersAsIssuedOnesToo) {
  const json body = call("GET", "order/certificate?filters[status]=issued&filters[id]=12348").body;

  ASSERT_EQ(body["orders"].size(), 1U);
  EXPECT_EQ(body["orders"][0]["status"], "expired");
}

TEST_F(OrderCalls, ShowAnEmptyListAsOrganizationOfDv) {
  EXPECT_EQ(call("GET", "order/certificate/12347").body["organization"], json::array());
}

TEST_F(OrderCalls, FindAnOrderByItsPrimarysSerialAndThumbprint) {
  duplicate(12345, {"shop.example.com"});
  const json primary = call("GET", "order/certificate/12345").body["certificate"];
  const json copy = duplicates_of(12345).body["certificates"][0];
  const auto info = [&](const json& print) {
    return call("GET", "order/certificate/" + print.get<std::string>());
  };

  EXPECT_EQ(info(primary["serial_number"]).body["id"], 12345);
  EXPECT_EQ(info(primary["thumbprint"]).body["id"], 12345);
  EXPECT_EQ(info(copy["serial_number"]).code(), "not_found|order") << "not by a duplicate";
}

TEST_F(OrderCalls, IgnoreFiltersWhenSwitchedOn) {
  start({"ignored_filters=on"});

  EXPECT_EQ(call("GET", "order/certificate?filters[id]=12345").body["orders"].size(), 5U);
}

TEST_F(OrderCalls, PlaceAnOrderThatIsIssuedAtOnce) {
  json wanted = order_body("new.example.com");
  wanted["alternative_order_id"] = "attempt-1";
  wanted["custom_fields"] = {{{"metadata_id", 12}, {"value", "uid"}}};

  const Reply placed = call("POST", "order/certificate/ssl_basic", wanted);

  ASSERT_EQ(placed.status, 201) << placed.text;
  EXPECT_EQ(placed.body["id"], 67890);
  EXPECT_EQ(placed.body["certificate_chain"].size(), 3U);
  const json info = call("GET", "order/certificate/67890").body;
  EXPECT_EQ(info["status"], "issued");
  EXPECT_EQ(info["certificate"]["cert_validity"]["days"], 199);
  EXPECT_EQ(info["custom_fields"][0]["value"], "uid");
  const json alternate = call("GET", "order/alternate/attempt-1").body;
  EXPECT_EQ(alternate["orders"][0]["order_id"], 67890);
}

TEST_F(OrderCalls, RenewWithALinkInBothDirections) {
  const Reply placed =
      call("POST", "order/certificate/ssl_basic", order_body("shop.example.com", 12345));

  ASSERT_EQ(placed.status, 201) << placed.text;
  const json old = call("GET", "order/certificate/12345").body;
  const json fresh = call("GET", "order/certificate/67890").body;
  EXPECT_EQ(old["is_renewed"], true);
  EXPECT_EQ(old["renewed_order_id"], 67890);
  EXPECT_EQ(fresh["renewal_of_order_id"], 12345);
  EXPECT_EQ(fresh["is_renewal"], true);
  EXPECT_TRUE(admin("GET", "/violations").body["violations"].empty());
}

TEST_F(OrderCalls, HideTheLinksWhenSwitchedOn) {
  call("POST", "order/certificate/ssl_basic", order_body("shop.example.com", 12345));
  start({"missing_links=on"});

  const json old = call("GET", "order/certificate/12345").body;

  EXPECT_EQ(old["is_renewed"], false);
  EXPECT_EQ(old["renewed_order_id"], 0);
}

TEST_F(OrderCalls, TakeTheMoneyTwiceAndTell) {
  json wanted = order_body("shop.example.com", 12345);
  wanted["alternative_order_id"] = "attempt-1";
  call("POST", "order/certificate/ssl_basic", wanted);

  const Reply second = call("POST", "order/certificate/ssl_basic", wanted);

  EXPECT_EQ(second.status, 201);
  const json violations = admin("GET", "/violations").body["violations"];
  ASSERT_EQ(violations.size(), 2U);
  EXPECT_EQ(violations[0]["operation"], "second_renewal");
  EXPECT_EQ(violations[1]["operation"], "second_order_of_attempt");
  EXPECT_EQ(admin("GET", "/counts").body["effects"]["order_place"], 2);
}

TEST_F(OrderCalls, RefuseARenewalOutsideTheWindow) {
  const Reply refused =
      call("POST", "order/certificate/ssl_wildcard", order_body("*.example.com", 12346));

  EXPECT_EQ(refused.code(), "renewal_not_allowed|window");
}

TEST_F(OrderCalls, RefuseWhatADocumentRefuses) {
  const auto code = [&](const json& body, const std::string& product = "ssl_basic") {
    return call("POST", "order/certificate/" + product, body).code();
  };
  json body = order_body("new.example.com");
  EXPECT_EQ(code(body, "ssl"), "ambiguous_product");
  EXPECT_EQ(code(body, "no_such"), "not_found|product");
  body["order_validity"] = {{"years", 4}};
  EXPECT_EQ(code(body), "invalid_value:years");
  body["order_validity"] = {{"days", 30}};
  body["certificate"]["cert_validity"] = {{"days", 31}};
  EXPECT_EQ(code(body), "cert_validity_exceeds_order_validity");
  body = order_body("new.example.com");
  body["organization"] = {{"id", 88}};
  EXPECT_EQ(code(body), "invalid_value:organization.id") << "of another account";
  body["organization"] = {{"id", 550012}};
  EXPECT_EQ(code(body), "organization_not_active");
  EXPECT_EQ(code(order_body("new.example.com"), "private_ssl_plus"),
            "required_param:certificate.ca_cert_id");
}

TEST_F(OrderCalls, KeepAnOrderPendingUntilItsDomainIsValidated) {
  admin("PUT", "/domains", {{"account_id", 7}, {"name", "example.com"}});
  const Reply placed = call("POST", "order/certificate/ssl_basic", order_body("shop.other.net"));
  EXPECT_FALSE(placed.body.contains("certificate_chain"));
  EXPECT_EQ(call("GET", "order/certificate/67890").body["status"], "pending");

  admin("PUT", "/domains", {{"account_id", 7}, {"name", "other.net"}});

  EXPECT_EQ(call("GET", "order/certificate/67890").body["status"], "issued");
}

TEST_F(OrderCalls, GiveDvOrdersTheirTokens) {
  const json body =
      call("POST", "order/certificate/ssl_dv_geotrust", order_body("blog2.example.com")).body;

  EXPECT_TRUE(body["dcv_random_value"].is_string());
  EXPECT_EQ(body["domains"][0]["name"], "blog2.example.com");
}

TEST_F(OrderCalls, TellStatusChangesOfAWindow) {
  clock.advance(days{1});
  call("POST", "order/certificate/ssl_basic", order_body("new.example.com"));

  const json body = call("GET", "order/certificate/status-changes?minutes=5").body;

  ASSERT_EQ(body["orders"].size(), 1U);
  EXPECT_EQ(body["orders"][0]["order_id"], 67890);
  clock.advance(days{1});
  EXPECT_EQ(call("GET", "order/certificate/status-changes?minutes=5").text, "{}");
  EXPECT_EQ(call("GET", "order/certificate/status-changes?minutes=10081").code(),
            "time_frame_too_long");
}

TEST_F(OrderCalls, ListANewOrderOnlyAfterItsLag) {
  start({"listing_lag=5s"});
  json wanted = order_body("new.example.com");
  wanted["alternative_order_id"] = "attempt-1";
  call("POST", "order/certificate/ssl_basic", wanted);

  EXPECT_EQ(call("GET", "order/certificate?filters[id]=67890").body["page"]["total"], 0);
  EXPECT_TRUE(call("GET", "order/alternate/attempt-1").body["orders"].empty());
  clock.advance(seconds{5});
  EXPECT_EQ(call("GET", "order/certificate?filters[id]=67890").body["page"]["total"], 1);
  EXPECT_EQ(call("GET", "order/alternate/attempt-1").body["orders"].size(), 1U);
}

TEST_F(OrderCalls, KeepNotesNewestFirst) {
  call("POST", "order/certificate/12345/note", {{"text", "first"}});
  const Reply second = call("POST", "order/certificate/12345/note", {{"text", "second"}});

  EXPECT_EQ(second.status, 201);
  const json notes = call("GET", "order/certificate/12345/note").body["notes"];
  EXPECT_EQ(notes[0]["text"], "second");
  EXPECT_EQ(call("GET", "order/certificate/12345").body["notes"].size(), 2U);
}

TEST_F(OrderCalls, FollowAPersonWhoRenewsInTheConsole) {
  const Reply placed = admin("POST", "/orders", {{"renewal_of", 12345}, {"linked", false}});

  EXPECT_EQ(placed.body["id"], 67890) << placed.text;
  EXPECT_EQ(call("GET", "order/certificate/12345").body["is_renewed"], false);
  EXPECT_EQ(call("GET", "order/certificate/67890").body["certificate"]["common_name"],
            "shop.example.com");
}

TEST_F(OrderCalls, FollowAPersonWhoReissuesThePrimary) {
  clock.advance(days{1});
  const json before = call("GET", "order/certificate/12346").body["certificate"];

  admin("POST", "/orders/12346/reissue");

  const json after = call("GET", "order/certificate/12346").body;
  EXPECT_NE(after["certificate"]["id"], before["id"]);
  EXPECT_GT(after["certificate"]["valid_till"], before["valid_till"]);
  EXPECT_EQ(after["reissues_count"], 1);
}

}  // namespace
}  // namespace simulator
