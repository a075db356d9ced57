#include "http/server.h"

#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "raw_socket.h"
#include "test_pki.h"

namespace {

using http::Server;
using http::ServerRequest;
using http::ServerResponse;
using http_test::RawClient;
using testing::HasSubstr;
using testing::StartsWith;

std::unique_ptr<Server> start(http::Handler handler, http::ServerOptions options = {}) {
  auto server = Server::start(options, std::move(handler));
  EXPECT_TRUE(server) << server.error().message;
  return std::move(*server);
}

ServerResponse echo(const ServerRequest& request) {
  return {.content_type = "text/plain",
          .body = request.method + " " + request.path + " [" + request.body + "]"};
}

std::string talk(const Server& server, const std::string& text) {
  RawClient client(server.port());
  client.send_text(text);
  return client.read_all();
}

TEST(Server, DecodesPathQueryAndHeaders) {
  ServerRequest seen;
  const auto server = start([&seen](const ServerRequest& request) {
    seen = request;
    return ServerResponse{};
  });

  talk(*server,
       "GET /a%20b?filters%5Bname%5D=x%26y&n=1 HTTP/1.1\r\nHost: h\r\nX-One: 1\r\n"
       "Connection: close\r\n\r\n");

  EXPECT_EQ(seen.path, "/a b");
  EXPECT_EQ(seen.query_value("filters[name]"), "x&y");
  EXPECT_EQ(seen.query_value("none"), std::nullopt);
  EXPECT_EQ(seen.header("x-one"), "1");
  EXPECT_EQ(seen.header("remote_addr"), std::nullopt);
}

TEST(Server, DatesEachAnswer) {
  const auto server = start(echo);

  const std::string answer =
      talk(*server, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

  EXPECT_THAT(answer, testing::ContainsRegex("Date: [A-Z][a-z][a-z], [0-9][0-9] [A-Z][a-z][a-z] "
                                             "20[0-9][0-9] [0-9:]* GMT"));
}

TEST(Server, ReadsABodyOfEachMethodThatHasOne) {
  const auto server = start(echo);

  for (const std::string method : {"POST", "PUT", "PATCH", "DELETE"}) {
    const std::string answer =
        talk(*server, method + " /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n" +
                          "Connection: close\r\n\r\nabc");
    EXPECT_THAT(answer, HasSubstr(method + " /x [abc]"));
  }
}

TEST(Server, AnswersADeleteWithoutABodyAtOnce) {
  const auto server = start(echo);

  const std::string answer =
      talk(*server, "DELETE /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

  EXPECT_THAT(answer, HasSubstr("DELETE /x []"));
}

TEST(Server, RefusesABodyThatIsDeclaredTooLong) {
  const auto server = start(echo, {.body_bytes_max = 4});

  const std::string answer =
      talk(*server, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabcde");

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413"));
}

TEST(Server, RefusesAChunkedBodyThatGrowsTooLong) {
  const auto server = start(echo, {.body_bytes_max = 4});

  const std::string answer = talk(*server,
                                  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                                  "3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n");

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413"));
}

TEST(Server, TurnsAnExceptionIntoA500WithoutItsText) {
  const auto server = start(
      [](const ServerRequest&) -> ServerResponse { throw std::runtime_error("inner detail"); });

  const std::string answer =
      talk(*server, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500"));
  EXPECT_THAT(answer, testing::Not(HasSubstr("inner detail")));
}

TEST(Server, RefusesUnknownMethodsAndMultipartBodies) {
  const auto server = start(echo);

  EXPECT_THAT(talk(*server, "TRACE / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 501"));
  EXPECT_THAT(talk(*server,
                   "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n"
                   "Content-Type: multipart/form-data; boundary=x\r\n\r\n"),
              StartsWith("HTTP/1.1 415"));
}

TEST(Server, DropsAConnectionWithoutAByte) {
  const auto server = start(
      [](const ServerRequest&) { return ServerResponse{.drop = ServerResponse::Drop::kClose}; });
  RawClient client(server->port());

  client.send_text("GET / HTTP/1.1\r\nHost: h\r\n\r\n");

  EXPECT_EQ(client.read_all(), "");
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(client.last_errno(), 0);
}

TEST(Server, ResetsAConnectionWithoutAByte) {
  const auto server = start(
      [](const ServerRequest&) { return ServerResponse{.drop = ServerResponse::Drop::kReset}; });
  RawClient client(server->port());

  client.send_text("GET / HTTP/1.1\r\nHost: h\r\n\r\n");

  EXPECT_EQ(client.read_all(), "");
  EXPECT_EQ(client.last_errno(), ECONNRESET);
}

TEST(Server, DropsOnlyTheConnectionThatAsked) {
  const auto server = start([](const ServerRequest& request) {
    if (request.path == "/drop") return ServerResponse{.drop = ServerResponse::Drop::kClose};
    return ServerResponse{.body = "kept"};
  });
  RawClient other(server->port());
  other.send_text("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(other.read_all(200), HasSubstr("kept"));

  talk(*server, "GET /drop HTTP/1.1\r\nHost: h\r\n\r\n");

  other.send_text("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(other.read_all(200), HasSubstr("kept"));
}

TEST(Server, StopsAtOnceWithIdleKeepAliveConnections) {
  auto server = start(echo, {.keep_alive = std::chrono::seconds{30}});
  RawClient idle(server->port());
  idle.send_text("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(idle.read_all(200), HasSubstr("GET /"));
  const auto before = std::chrono::steady_clock::now();

  server->stop();
  server->stop();

  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds{2});
  EXPECT_FALSE(RawClient(server->port()).connected());
}

TEST(Server, LetsARunningHandlerAnswerWhenItStops) {
  std::promise<void> running;
  auto server = start([&](const ServerRequest&) {
    running.set_value();
    std::this_thread::sleep_for(
        std::chrono::milliseconds{100});  // while stop() looks for idle ones
    return ServerResponse{.body = "in time"};
  });
  RawClient client(server->port());
  client.send_text("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  running.get_future().wait();

  server->stop();

  EXPECT_THAT(client.read_all(), HasSubstr("in time"));
}

TEST(Server, SaysWhenThePortIsTaken) {
  const auto first = start(echo);

  const auto second = Server::start({.port = first->port()}, echo);

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, base::Code::kUnavailable);
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string(first->port())));
}

TEST(Server, CanStartAgainOnThePortThatItJustLeft) {
  auto first = start(echo);
  const int port = first->port();
  talk(*first, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

  first.reset();

  EXPECT_TRUE(Server::start({.port = port}, echo));
}

TEST(Server, RefusesAKeyThatDoesNotFitOrParse) {
  const http_test::TestCa ca;
  const auto one = ca.issue();
  const auto two = ca.issue();

  const auto wrong_key =
      Server::start({.certificate_pem = one.certificate_pem, .private_key_pem = two.key_pem}, echo);
  const auto no_key = Server::start({.certificate_pem = one.certificate_pem}, echo);
  const auto no_pem =
      Server::start({.certificate_pem = "x", .private_key_pem = base::SecretString("y")}, echo);

  for (const auto* result : {&wrong_key, &no_key, &no_pem}) {
    ASSERT_FALSE(*result);
    EXPECT_EQ(result->error().code, base::Code::kInvalid);
  }
}

}  // namespace
