#include "app/servers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/curl_transport.h"
#include "unit/http/raw_socket.h"

namespace app {
namespace {

using testing::HasSubstr;
using testing::Not;

class ServersTest : public testing::Test {
 protected:
  static cli::ListenAddress any_port() { return {.host = "127.0.0.1", .port = 0}; }

  http::Response get(const http::Server& server, const std::string& path) const {
    const auto answer = client_->send({.url = server.url() + path}, {});
    EXPECT_TRUE(answer) << answer.error().message;
    return answer.value_or(http::Response{});
  }

  const std::unique_ptr<http::CurlTransport> client_ =
      *http::CurlTransport::create({.allow_plain_http = true});
  metrics::Registry registry_;
  runtime::HealthChecks alive_{"healthz"};
  runtime::HealthChecks ready_{"readyz"};
};

TEST_F(ServersTest, AnswerBothProbes) {
  const auto server = *serve_health(any_port(), alive_, ready_);

  EXPECT_EQ(get(*server, "/healthz").status, 200);
  EXPECT_EQ(get(*server, "/healthz").body, "ok");
  EXPECT_EQ(get(*server, "/readyz").body, "ok");
  EXPECT_EQ(get(*server, "/").status, 404);
  EXPECT_EQ(get(*server, "/healthzz").status, 404);
}

TEST_F(ServersTest, KeepAliveWhileNotReady) {
  ready_.add("caches", [] { return base::fail(base::Code::kUnavailable, "a reason for the log"); });
  const auto server = *serve_health(any_port(), alive_, ready_);

  EXPECT_EQ(get(*server, "/healthz").status, 200);
  const http::Response answer = get(*server, "/readyz");
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, HasSubstr("caches"));
  EXPECT_THAT(answer.body, Not(HasSubstr("a reason for the log")));
}

TEST_F(ServersTest, NameTheChecksAndLeaveSomeOut) {
  ready_.add("caches", [] { return base::fail(base::Code::kUnavailable, "x"); });
  ready_.add("other", [] { return base::Result<void>{}; });
  const auto server = *serve_health(any_port(), alive_, ready_);

  EXPECT_THAT(get(*server, "/readyz?verbose").body, HasSubstr("other"));
  EXPECT_EQ(get(*server, "/readyz?exclude=caches").status, 200);
  EXPECT_EQ(get(*server, "/readyz?exclude=other").status, 500);
  EXPECT_EQ(get(*server, "/readyz/other").status, 200);
  EXPECT_EQ(get(*server, "/readyz/caches").status, 500);
  EXPECT_EQ(get(*server, "/readyz/unknown").status, 404);
}

TEST_F(ServersTest, ExposeTheMetrics) {
  registry_.gauge({"duplicert_example", "An example."}).set(7);
  const auto server = *serve_metrics(any_port(), registry_);

  const http::Response answer = get(*server, "/metrics");

  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr("duplicert_example 7"));
  EXPECT_THAT(std::string(answer.header("Content-Type").value_or("")), HasSubstr("version=0.0.4"));
  EXPECT_EQ(get(*server, "/other").status, 404);
}

TEST_F(ServersTest, AnswerAProbeBesideSilentConnections) {
  const auto server = *serve_health(any_port(), alive_, ready_);
  std::vector<std::unique_ptr<http_test::RawClient>> silent;
  for (int i = 0; i < 4; ++i) {
    silent.push_back(std::make_unique<http_test::RawClient>(server->port()));
    ASSERT_TRUE(silent.back()->connected());
  }

  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(get(*server, "/healthz").status, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{1});
}

TEST_F(ServersTest, HandFurtherPagesToTheirOwner) {
  const auto server = *serve_metrics(any_port(), registry_, [](const http::ServerRequest& request) {
    EXPECT_TRUE(request.from_loopback);
    return request.path == "/debug/queue" ? std::optional(http::ServerResponse{.body = "{}"})
                                          : std::nullopt;
  });

  EXPECT_EQ(get(*server, "/debug/queue").body, "{}");
  EXPECT_EQ(get(*server, "/debug/other").status, 404);
}

TEST_F(ServersTest, AreNotStartedWhenSwitchedOff) {
  cli::ListenAddress off = any_port();
  off.enabled = false;

  const auto health = serve_health(off, alive_, ready_);
  const auto metrics = serve_metrics(off, registry_);

  ASSERT_TRUE(health);
  ASSERT_TRUE(metrics);
  EXPECT_EQ(*health, nullptr);
  EXPECT_EQ(*metrics, nullptr);
}

TEST_F(ServersTest, NameTheFlagWhenThePortIsTaken) {
  const auto first = *serve_metrics(any_port(), registry_);

  const auto second = serve_health({.host = "127.0.0.1", .port = first->port()}, alive_, ready_);

  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("--health-address"));
}

}  // namespace
}  // namespace app
