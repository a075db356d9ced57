#include "certcentral/client.h"

#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "certcentral/errors.h"
#include "support/fake_clock.h"
#include "unit/certcentral/wire.h"

namespace certcentral {
namespace {

using base::Code;
using nlohmann::json;
using test::data;
using test::header_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kKey = "KEY0123456789abcdef";

class ClientTest : public testing::Test {
 protected:
  Client client(std::size_t page_size = 1000) {
    return {transport,
            clock,
            {.base_url = "https://ca.test/services/v2/",
             .api_key = base::SecretString(kKey),
             .user_agent = "duplicert/test",
             .page_size = page_size}};
  }
  const http::Request& sent(std::size_t index = 0) const { return transport.requests.at(index); }

  test::RecordingTransport transport;
  support::FakeClock clock;
  std::stop_token stop{};
};

// ---- the shape of requests ----

TEST_F(ClientTest, SendsTheKeyAsAHeaderOnly) {
  transport.answer(200, data("user_me.json"));

  ASSERT_TRUE(client().user_me(stop));

  EXPECT_EQ(sent().method, "GET");
  EXPECT_EQ(sent().url, "https://ca.test/services/v2/user/me");
  EXPECT_EQ(header_of(sent(), "X-DC-DEVKEY"), kKey);
  EXPECT_EQ(header_of(sent(), "Accept"), "application/json");
  EXPECT_EQ(header_of(sent(), "Content-Type"), "application/json");
  EXPECT_EQ(header_of(sent(), "User-Agent"), "duplicert/test");
  EXPECT_EQ(sent().body, "");
}

TEST_F(ClientTest, ReadsMayUseWarmConnectionsPostsMayNot) {
  transport.answer(200, data("order.json"));
  transport.answer(201, data("submission.json"));
  transport.answer(201, data("submission.json"));
  auto ca = client();

  ASSERT_TRUE(ca.order(910000123, stop));
  ASSERT_TRUE(ca.submit_duplicate(910000123, {.common_name = "a.test", .csr = "C"}, stop));
  ASSERT_TRUE(ca.submit_order({.product_name_id = "ssl_basic", .csr = "C"}, stop));

  EXPECT_FALSE(sent(0).once);
  EXPECT_TRUE(sent(1).once);
  EXPECT_TRUE(sent(2).once);
}

TEST_F(ClientTest, CapsWhatItReads) {
  transport.answer(200, data("order.json"));

  ASSERT_TRUE(client().order(910000123, stop));

  EXPECT_LE(sent().response_bytes_max, std::size_t{4} << 20U);
  EXPECT_EQ(sent().timeout, std::chrono::seconds(30));
}

TEST_F(ClientTest, EncodesFilters) {
  transport.answer(200, "{}");

  ASSERT_TRUE(client().list_orders({.common_name = "*.a&b=c.test",
                                    .dns_name = "d.test",
                                    .product_name_id = "ssl_basic",
                                    .organization_id = 550011,
                                    .status = OrderStatus::kIssued},
                                   stop));

  EXPECT_EQ(sent().url,
            "https://ca.test/services/v2/order/certificate"
            "?filters%5Bcommon_name%5D=%2A.a%26b%3Dc.test&filters%5Bdomain_name%5D=d.test"
            "&filters%5Bproduct_name_id%5D=ssl_basic&filters%5Borganization_id%5D=550011"
            "&filters%5Bstatus%5D=issued&sort=-date_created&limit=1000&offset=0");
}

TEST_F(ClientTest, AsksForDuplicatesAsJson) {
  transport.answer(201, data("submission.json"));

  const auto submission = client().submit_duplicate(
      910000123, {.common_name = "shop.acme.test", .csr = "CSR", .server_platform_id = 45}, stop);

  ASSERT_TRUE(submission) << submission.error().message;
  EXPECT_EQ(submission->request_id, 61000777);
  EXPECT_EQ(sent().method, "POST");
  EXPECT_EQ(sent().url, "https://ca.test/services/v2/order/certificate/910000123/duplicate");
  EXPECT_EQ(json::parse(sent().body)["certificate"]["csr"], "CSR");
}

TEST_F(ClientTest, PlacesOrdersUnderTheirProduct) {
  transport.answer(201, data("submission_immediate.json"));

  const auto submission = client().submit_order(
      {.product_name_id = "private_ssl_wildcard", .csr = "C", .alternative_order_id = "order-1"},
      stop);

  ASSERT_TRUE(submission);
  EXPECT_EQ(submission->certificate_id, 77200100);
  EXPECT_EQ(sent().url, "https://ca.test/services/v2/order/certificate/private_ssl_wildcard");
  EXPECT_EQ(json::parse(sent().body)["alternative_order_id"], "order-1");
}

TEST_F(ClientTest, DownloadsTheWholeChainAsPem) {
  transport.answer(200, "-----BEGIN CERTIFICATE-----\r\nTA==\r\n-----END CERTIFICATE-----\r\n");

  const auto pem = client().download_certificate(77125001, stop);

  ASSERT_TRUE(pem);
  EXPECT_THAT(*pem, Not(HasSubstr("\r")));
  EXPECT_EQ(sent().url, "https://ca.test/services/v2/certificate/77125001/download/format/pem_all");
  EXPECT_EQ(header_of(sent(), "Accept"), "*/*");
}

TEST_F(ClientTest, LooksBackAtMostSevenDays) {
  transport.answer(200, "{}");
  transport.answer(200, data("status_changes.json"));

  ASSERT_TRUE(client().status_changes(std::chrono::hours(24 * 30), stop));
  const auto changes = client().status_changes(std::chrono::minutes(0), stop);

  EXPECT_THAT(sent(0).url, HasSubstr("status-changes?minutes=10080"));
  EXPECT_THAT(sent(1).url, HasSubstr("status-changes?minutes=1"));
  EXPECT_EQ(changes->size(), 1U);
}

TEST_F(ClientTest, EveryReadUsesItsRoute) {
  for (const char* name :
       {"organization.json", "product.json", "request.json", "duplicates.json"}) {
    transport.answer(200, data(name));
  }
  auto ca = client();

  EXPECT_TRUE(ca.organization(550011, stop));
  EXPECT_TRUE(ca.product("ssl_basic", stop));
  EXPECT_TRUE(ca.request(61000777, stop));
  EXPECT_TRUE(ca.list_duplicates(910000123, stop));

  EXPECT_THAT(sent(0).url, testing::EndsWith("/v2/organization/550011"));
  EXPECT_THAT(sent(1).url, testing::EndsWith("/v2/product/ssl_basic"));
  EXPECT_THAT(sent(2).url, testing::EndsWith("/v2/request/61000777"));
  EXPECT_THAT(sent(3).url, testing::EndsWith("/v2/order/certificate/910000123/duplicate"));
}

// ---- lists ----

TEST_F(ClientTest, ChecksEveryFilterAgain) {
  transport.answer(200, R"({"orders":[
    {"id":1,"status":"issued","product_name_id":"ssl_basic","organization":{"id":7},"certificate":{"common_name":"a.test"}},
    {"id":2,"status":"expired","product_name_id":"ssl_basic","organization":{"id":7},"certificate":{"common_name":"a.test"}},
    {"id":3,"status":"issued","product_name_id":"ssl_plus","organization":{"id":7},"certificate":{"common_name":"a.test"}},
    {"id":4,"status":"issued","product_name_id":"ssl_basic","organization":[],"certificate":{"common_name":"a.test"}},
    {"id":5,"status":"issued","product_name_id":"ssl_basic","organization":{"id":7},"certificate":{"common_name":"b.test"}}]})");

  const auto orders = client().list_orders({.common_name = "A.test",
                                            .product_name_id = "ssl_basic",
                                            .organization_id = 7,
                                            .status = OrderStatus::kIssued},
                                           stop);

  ASSERT_TRUE(orders);
  EXPECT_THAT(*orders, ElementsAre(testing::Field(&OrderSummary::id, 1)));
}

TEST_F(ClientTest, ReadsAllPagesAndEachOrderOnce) {
  transport.answer(200, R"({"orders":[{"id":5},{"id":4}],"page":{"total":3}})");
  transport.answer(200, R"({"orders":[{"id":4},{"id":3}],"page":{"total":4}})");

  const auto orders = client(2).list_orders({}, stop);

  ASSERT_TRUE(orders) << orders.error().message;
  EXPECT_EQ(orders->size(), 3U);
  EXPECT_THAT(sent(1).url, HasSubstr("limit=2&offset=2"));
}

TEST_F(ClientTest, GivesTheNewestOrderFirst) {
  transport.answer(200, R"({"orders":[{"id":1,"date_created":"2026-01-01T00:00:00+00:00"},
      {"id":2,"date_created":"2026-03-01T00:00:00+00:00"},{"id":4},
      {"id":3,"date_created":"2026-03-01T00:00:00+00:00"}]})");

  const auto orders = client().list_orders({}, stop);

  ASSERT_TRUE(orders);
  std::vector<OrderId> ids;
  for (const auto& order : *orders) ids.push_back(order.id);
  EXPECT_THAT(ids, ElementsAre(3, 2, 1, 4));
}

TEST_F(ClientTest, AListThatIsCutShortIsNoList) {
  transport.answer(200, R"({"orders":[{"id":1}],"page":{"total":5}})");
  transport.answer(200, R"({"page":{"total":5}})");

  const auto orders = client(1).list_orders({}, stop);

  ASSERT_FALSE(orders);
  EXPECT_EQ(orders.error().code, Code::kCorrupt);
}

TEST_F(ClientTest, AFailedSecondPageFailsTheList) {
  transport.answer(200, R"({"orders":[{"id":1}],"page":{"total":2}})");
  transport.answer(503, "<html/>");

  EXPECT_EQ(client(1).list_orders({}, stop).error().code, Code::kUnavailable);
}

TEST_F(ClientTest, OrganizationsAreCheckedForBeingActive) {
  transport.answer(200, data("organizations.json"));

  const auto organizations = client().list_organizations({.search = "Acme & Co"}, stop);

  ASSERT_TRUE(organizations) << organizations.error().message;
  EXPECT_THAT(*organizations, ElementsAre(testing::Field(&Organization::id, 550011)));
  EXPECT_THAT(sent().url, HasSubstr("filters%5Bsearch%5D=Acme%20%26%20Co&include_validation=true"));
}

// ---- answers about something else ----

TEST_F(ClientTest, AnAnswerAboutAnotherThingIsCorrupt) {
  for (const char* name : {"order.json", "organization.json", "product.json", "request.json"}) {
    transport.answer(200, data(name));
  }
  auto ca = client();

  EXPECT_EQ(ca.order(1, stop).error().code, Code::kCorrupt);
  EXPECT_EQ(ca.organization(1, stop).error().code, Code::kCorrupt);
  EXPECT_EQ(ca.product("ssl_plus", stop).error().code, Code::kCorrupt);
  EXPECT_EQ(ca.request(1, stop).error().code, Code::kCorrupt);
}

TEST_F(ClientTest, FindsAnOrderByTheSerialOfItsPrimary) {
  transport.answer(200, data("order.json"));
  transport.answer(200, data("order.json"));
  auto ca = client();

  const auto found = ca.order_by_serial("0A1B2C3D4E5F60718293A4B5C6D7E8F9", stop);
  const auto other = ca.order_by_serial("0123", stop);

  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->id, 910000123);
  EXPECT_EQ(other.error().code, Code::kNotFound);
}

TEST_F(ClientTest, AnAbsentAlternativeIdIsAnEmptyList) {
  transport.answer(404, R"({"errors":[{"code":"not_found|order","message":"none"}]})");
  transport.answer(200, "{}");
  auto ca = client();

  EXPECT_THAT(*ca.orders_by_alternative_id("order-1", stop), IsEmpty());
  EXPECT_THAT(*ca.orders_by_alternative_id("order-1", stop), IsEmpty());
  EXPECT_THAT(sent().url, testing::EndsWith("/v2/order/alternate/order-1"));
}

TEST_F(ClientTest, AnUnclearAnswerAboutAnAlternativeIdIsNotAnEmptyList) {
  transport.answer(404, "<html/>");
  transport.answer(404, data("error_object.json"));
  transport.answer(200, "");
  auto ca = client();

  EXPECT_FALSE(ca.orders_by_alternative_id("order-1", stop));
  EXPECT_FALSE(ca.orders_by_alternative_id("order-1", stop));
  EXPECT_FALSE(ca.orders_by_alternative_id("order-1", stop));
}

TEST_F(ClientTest, SeveralOrdersMayShareAnAlternativeId) {
  transport.answer(200, data("alternate.json"));

  EXPECT_EQ(client().orders_by_alternative_id("order-1", stop)->size(), 2U);
}

TEST_F(ClientTest, DropsOrdersThatShowAnotherAlternativeId) {
  transport.answer(200, R"({"orders":[{"order_id":1,"alternative_order_id":"order-1"},
                                      {"order_id":2,"alternative_order_id":"order-10"}]})");

  const auto orders = client().orders_by_alternative_id("order-1", stop);

  ASSERT_EQ(orders->size(), 1U);
  EXPECT_EQ(orders->front().order_id, 1);
}

// ---- errors ----

TEST_F(ClientTest, SaysWhatItTriedAndWhatTheCaSaid) {
  transport.answer(400, data("error_list.json"));

  const auto submission = client().submit_duplicate(910000123, {.csr = "C"}, stop);

  ASSERT_FALSE(submission);
  EXPECT_THAT(submission.error().message,
              testing::StartsWith("submit a duplicate of order 910000123: invalid_dns_name"));
  EXPECT_EQ(class_of(submission.error(), CallKind::kPost), ErrorClass::kTerminal);
}

TEST_F(ClientTest, A201ThatCannotBeReadMayHaveBeenAnOrder) {
  transport.answer(201, "<html/>");

  const auto submission = client().submit_order({.product_name_id = "ssl_basic"}, stop);

  ASSERT_FALSE(submission);
  EXPECT_EQ(submission.error().http_status, 201);
  EXPECT_EQ(class_of(submission.error(), CallKind::kPost), ErrorClass::kAmbiguous);
}

TEST_F(ClientTest, ABrokenConnectionMayHaveBeenAnOrder) {
  transport.fail({.code = Code::kUnavailable, .message = "reset"});
  transport.fail({.code = Code::kUnavailable, .message = "refused", .not_sent = true});
  auto ca = client();

  const auto reset = ca.submit_order({.product_name_id = "ssl_basic"}, stop);
  const auto refused = ca.submit_order({.product_name_id = "ssl_basic"}, stop);

  EXPECT_EQ(class_of(reset.error(), CallKind::kPost), ErrorClass::kAmbiguous);
  EXPECT_EQ(class_of(refused.error(), CallKind::kPost), ErrorClass::kTransient);
}

TEST_F(ClientTest, NeverSendsTwice) {
  transport.fail({.code = Code::kUnavailable, .message = "reset"});

  ASSERT_FALSE(client().submit_duplicate(1, {.csr = "C"}, stop));

  EXPECT_EQ(transport.requests.size(), 1U);
}

TEST_F(ClientTest, RefusesPathsThatCouldLeadElsewhere) {
  auto ca = client();
  for (const char* name : {"", "..", ".", "a/b", "ssl_basic?x=1", "5%2Frevoke"}) {
    const auto submission = ca.submit_order({.product_name_id = name}, stop);
    ASSERT_FALSE(submission) << name;
    EXPECT_EQ(class_of(submission.error(), CallKind::kPost), ErrorClass::kTerminal) << name;
    EXPECT_FALSE(ca.product(name, stop)) << name;
    EXPECT_FALSE(ca.order_by_serial(name, stop)) << name;
  }
  EXPECT_FALSE(ca.orders_by_alternative_id("", stop));
  EXPECT_THAT(transport.requests, IsEmpty());
}

TEST_F(ClientTest, AKeyFromAFileMayEndInALineBreak) {
  transport.answer(200, data("user_me.json"));
  Client ca(transport, clock, {.api_key = base::SecretString(std::string(kKey) + "\n")});

  ASSERT_TRUE(ca.user_me(stop));

  EXPECT_EQ(header_of(sent(), "X-DC-DEVKEY"), kKey);
}

TEST_F(ClientTest, AKeyThatCannotBeAHeaderIsNeverSent) {
  for (const char* key : {"", "  ", "a\nX-Other: b", "with blank"}) {
    Client ca(transport, clock, {.api_key = base::SecretString(key)});
    EXPECT_EQ(ca.user_me(stop).error().code, Code::kUnauthenticated);
  }
  EXPECT_THAT(transport.requests, IsEmpty());
}

// Every call, each with every kind of failure that repeats the key.
TEST_F(ClientTest, TheKeyNeverAppearsInAnErrorMessage) {
  using Ask = std::function<base::Error(Client&)>;
  const auto error = [](auto result) { return result ? base::Error{} : result.error(); };
  const std::vector<Ask> calls{
      [&](Client& ca) { return error(ca.user_me(stop)); },
      [&](Client& ca) { return error(ca.list_organizations({}, stop)); },
      [&](Client& ca) { return error(ca.product("ssl_basic", stop)); },
      [&](Client& ca) { return error(ca.list_orders({}, stop)); },
      [&](Client& ca) { return error(ca.order(1, stop)); },
      [&](Client& ca) { return error(ca.submit_duplicate(1, {}, stop)); },
      [&](Client& ca) { return error(ca.list_duplicates(1, stop)); },
      [&](Client& ca) { return error(ca.download_certificate(1, stop)); },
      [&](Client& ca) { return error(ca.request(1, stop)); },
      [&](Client& ca) { return error(ca.submit_order({.product_name_id = "p"}, stop)); },
      [&](Client& ca) { return error(ca.orders_by_alternative_id("x", stop)); },
      [&](Client& ca) { return error(ca.status_changes(std::chrono::minutes(5), stop)); }};
  const std::string padding(240, 'x');  // the key begins before the cut and ends behind it
  for (const Ask& ask : calls) {
    auto ca = client();
    transport.fail({.code = Code::kUnavailable, .message = std::string("curl said ") + kKey});
    transport.answer(403, R"({"errors":[{"code":")" + std::string(kKey) + R"(","message":"no"}]})");
    transport.answer(400, R"({"errors":[{"code":"c","message":")" + padding + kKey + R"("}]})");
    transport.answer(500, kKey, {{"Content-Type", "text/html"}});
    transport.answer(201, kKey);
    for (int i = 0; i < 5; ++i) {
      const base::Error seen = ask(ca);
      EXPECT_THAT(seen.message + seen.reason, Not(HasSubstr(std::string(kKey).substr(0, 8))));
    }
  }
}

// ---- time ----

TEST_F(ClientTest, MeasuresTheCasClockAgainstOurs) {
  transport.answer(200, data("user_me.json"), {{"date", "Fri, 01 May 2026 00:05:30 GMT"}});
  transport.answer(503, "", {{"Date", "not a date"}});
  auto ca = client();
  EXPECT_EQ(ca.clock_skew(), std::nullopt);

  ASSERT_TRUE(ca.user_me(stop));
  ASSERT_FALSE(ca.user_me(stop));

  EXPECT_EQ(ca.clock_skew(), std::chrono::seconds(330));
}

TEST_F(ClientTest, PassesRetryAfterOn) {
  transport.answer(429, "", {{"Retry-After", "9"}});

  const auto user = client().user_me(stop);

  EXPECT_EQ(user.error().retry_after, std::chrono::seconds(9));
  EXPECT_EQ(class_of(user.error(), CallKind::kRead), ErrorClass::kRateLimited);
}

}  // namespace
}  // namespace certcentral
