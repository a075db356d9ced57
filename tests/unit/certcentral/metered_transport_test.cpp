#include "certcentral/metered_transport.h"

#include <set>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "certcentral/client.h"
#include "support/fake_clock.h"
#include "unit/certcentral/wire.h"

namespace certcentral {
namespace {

using test::RecordingTransport;
using testing::ElementsAre;

constexpr std::string_view kBase = "https://www.digicert.com/services/v2";

std::string operation(const std::string& path, const std::string& method = "GET") {
  return operation_of({.method = method, .url = std::string(kBase) + path}, kBase);
}

TEST(OperationOf, NamesMethodAndPathWithoutTheBaseUrl) {
  EXPECT_EQ(operation("/user/me"), "GET user/me");
  EXPECT_EQ(operation("/user/me", "POST"), "POST user/me");
}

TEST(OperationOf, LeavesIdsOut) {
  EXPECT_EQ(operation("/order/certificate/12345"), "GET order/certificate/{id}");
  EXPECT_EQ(operation("/order/certificate/12345/duplicate", "POST"),
            "POST order/certificate/{id}/duplicate");
}

TEST(OperationOf, LeavesSerialNumbersOut) {
  EXPECT_EQ(operation("/order/certificate/0A1B2C3D4E5F60718293A4B5C6D7E8F9"),
            "GET order/certificate/{value}");
}

TEST(OperationOf, LeavesNamesOfProductsOut) {
  EXPECT_EQ(operation("/product/ssl_basic"), "GET product/{value}");
}

TEST(OperationOf, LeavesOurAttemptIdsOut) {
  EXPECT_EQ(operation("/order/certificate/alternate/order-0a1b-2"),
            "GET order/certificate/alternate/{value}");
}

TEST(OperationOf, LeavesTheQueryOut) {
  EXPECT_EQ(operation("/order/certificate?limit=1000&filters%5Bsearch%5D=shop.acme.test"),
            "GET order/certificate");
}

TEST(OperationOf, ReadsABaseUrlWithAFinalSlash) {
  EXPECT_EQ(operation_of({.url = "https://ca.test/v2/user/me"}, "https://ca.test/v2/"),
            "GET user/me");
}

class MeteredTransportTest : public testing::Test {
 protected:
  std::vector<std::tuple<std::string, std::string, double>> told_{};
  support::FakeClock clock_;
  RecordingTransport* inner_ = new RecordingTransport;  // owned by metered_
  MeteredTransport metered_{std::unique_ptr<http::Transport>(inner_), std::string(kBase),
                            [this](auto operation, auto code, double seconds) {
                              told_.emplace_back(operation, code, seconds);
                            },
                            clock_};
};

TEST_F(MeteredTransportTest, TellsTheStatusAndPassesTheAnswerOn) {
  inner_->answer(201, "body");

  const auto answer = metered_.send({.url = std::string(kBase) + "/user/me"}, {});

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "body");
  EXPECT_THAT(told_, ElementsAre(std::tuple("GET user/me", "201", 0.0)));
}

TEST_F(MeteredTransportTest, TellsTheKindOfFailureAndPassesItOn) {
  inner_->fail({.code = base::Code::kUnavailable, .message = "timeout", .not_sent = true});

  const auto answer = metered_.send({.url = std::string(kBase) + "/user/me"}, {});

  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().not_sent);
  EXPECT_THAT(told_, ElementsAre(std::tuple("GET user/me", "unavailable", 0.0)));
}

TEST_F(MeteredTransportTest, DoesNotChangeTheRequest) {
  inner_->answer(200, "");

  std::ignore = metered_.send({.method = "POST",
                               .url = std::string(kBase) + "/x",
                               .headers = {{"X-DC-DEVKEY", "k"}},
                               .body = "b",
                               .once = true},
                              {});

  ASSERT_EQ(inner_->requests.size(), 1U);
  EXPECT_TRUE(inner_->requests[0].once);
  EXPECT_EQ(inner_->requests[0].body, "b");
  EXPECT_EQ(test::header_of(inner_->requests[0], "X-DC-DEVKEY"), "k");
}

TEST(KnownOperations, AreExactlyThoseOfTheClient) {
  const support::FakeClock clock;
  std::set<std::string> made;
  auto inner = std::make_unique<RecordingTransport>();
  MeteredTransport metered(
      std::move(inner), std::string(kBase),
      [&](std::string_view operation, auto, double) { made.emplace(operation); }, clock);
  Client client(metered, clock, {.api_key = base::SecretString("k")});

  std::ignore = client.user_me({});
  std::ignore = client.list_organizations({}, {});
  std::ignore = client.organization(OrganizationId{1}, {});
  std::ignore = client.product("ssl_basic", {});
  std::ignore = client.list_orders({}, {});
  std::ignore = client.order(OrderId{1}, {});
  std::ignore = client.order_by_serial("0A1B2C3D4E5F60718293A4B5C6D7E8F9", {});
  std::ignore = client.submit_duplicate(OrderId{1}, {}, {});
  std::ignore = client.list_duplicates(OrderId{1}, {});
  std::ignore = client.download_certificate(CertificateId{1}, {});
  std::ignore = client.request(RequestId{1}, {});
  std::ignore = client.orders_by_alternative_id("order-0a1b-2", {});
  std::ignore = client.status_changes(std::chrono::minutes{5}, {});

  const auto known = known_operations();
  EXPECT_EQ(made, (std::set<std::string>{known.begin(), known.end()}));
}

}  // namespace
}  // namespace certcentral
