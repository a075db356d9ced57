#include "http/curl_transport.h"

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/server.h"
#include "raw_socket.h"

namespace {

using base::Code;
using http::CurlTransport;
using http::Request;
using http::ServerRequest;
using http::ServerResponse;
using http_test::read_request;
using http_test::ScriptedServer;
using http_test::wait_for_close;
using http_test::write_text;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

std::unique_ptr<CurlTransport> plain_transport(http::CurlTransportOptions options = {}) {
  options.allow_plain_http = true;
  options.insecure = true;
  auto transport = CurlTransport::create(std::move(options));
  EXPECT_TRUE(transport) << transport.error().message;
  return std::move(*transport);
}

std::unique_ptr<http::Server> start(http::Handler handler) {
  auto server = http::Server::start({}, std::move(handler));
  EXPECT_TRUE(server) << server.error().message;
  return std::move(*server);
}

TEST(CurlTransport, SendsMethodHeadersAndBody) {
  ServerRequest seen;
  const auto server = start([&seen](const ServerRequest& request) {
    seen = request;
    return ServerResponse{.status = 409, .headers = {{"X-Answer", "yes"}}, .body = "taken"};
  });
  const auto transport = plain_transport({.user_agent = "test/1"});

  const auto response = transport->send({.method = "PATCH",
                                         .url = server->url() + "/a%2Fb?x=1",
                                         .headers = {{"Content-Type", "a/b"}},
                                         .body = std::string("b\0dy", 4)},
                                        {});

  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 409);
  EXPECT_EQ(response->body, "taken");
  EXPECT_EQ(response->header("x-answer"), "yes");
  EXPECT_EQ(seen.method, "PATCH");
  EXPECT_EQ(seen.body, std::string("b\0dy", 4));
  EXPECT_EQ(seen.header("content-type"), "a/b");
  EXPECT_EQ(seen.header("user-agent"), "test/1");
  EXPECT_EQ(seen.header("expect"), std::nullopt);
}

TEST(CurlTransport, SendsNoContentTypeOfItsOwn) {
  ServerRequest seen;
  const auto server = start([&seen](const ServerRequest& request) {
    seen = request;
    return ServerResponse{};
  });

  ASSERT_TRUE(plain_transport()->send({.method = "POST", .url = server->url()}, {}));

  EXPECT_EQ(seen.header("content-type"), std::nullopt);
  EXPECT_EQ(seen.header("content-length"), "0");
}

TEST(CurlTransport, NeverFollowsARedirect) {
  std::atomic<int> count = 0;
  const auto server = start([&count](const ServerRequest&) {
    ++count;
    return ServerResponse{.status = 302, .headers = {{"Location", "/elsewhere"}}};
  });

  const auto response = plain_transport()->send({.url = server->url()}, {});

  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 302);
  EXPECT_EQ(count, 1);
}

TEST(CurlTransport, RefusesHeadersThatWouldMakeAnotherHeader) {
  const auto transport = plain_transport();

  for (const http::Header& header :
       {http::Header{"X", "a\r\nY: b"}, http::Header{"X: y", "b"}, http::Header{"", "b"}}) {
    const auto response = transport->send({.url = "http://127.0.0.1:1/", .headers = {header}}, {});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Code::kInvalid);
    EXPECT_TRUE(response.error().not_sent);
  }
}

TEST(CurlTransport, RefusesPlainHttpUnlessAllowed) {
  const auto server = start([](const ServerRequest&) { return ServerResponse{}; });
  const auto transport = CurlTransport::create({.insecure = true});

  const auto response = (*transport)->send({.url = server->url()}, {});

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kInvalid);
  EXPECT_TRUE(response.error().not_sent);
}

TEST(CurlTransport, SaysNotSentWhenTheConnectionIsRefused) {
  const auto response = plain_transport()->send({.url = "http://127.0.0.1:1/a?token=x"}, {});

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kUnavailable);
  EXPECT_TRUE(response.error().not_sent);
  EXPECT_THAT(response.error().message, HasSubstr("GET http://127.0.0.1:1/a: "));
  EXPECT_THAT(response.error().message, testing::Not(HasSubstr("token")));
}

class Dropped : public testing::TestWithParam<ServerResponse::Drop> {};

TEST_P(Dropped, IsUnavailableAndMayHaveBeenSent) {
  const auto server =
      start([](const ServerRequest&) { return ServerResponse{.drop = GetParam()}; });

  const auto response =
      plain_transport()->send({.method = "POST", .url = server->url(), .once = true}, {});

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kUnavailable);
  EXPECT_FALSE(response.error().not_sent);
}

INSTANTIATE_TEST_SUITE_P(CurlTransport, Dropped,
                         testing::Values(ServerResponse::Drop::kClose,
                                         ServerResponse::Drop::kReset));

// Counts the POSTs that arrive when a warmed connection is closed instead of an answer.
int posts_that_arrive(bool once, bool may_be_warm = false) {
  std::atomic<int> posts = 0;
  const auto server = start([&posts](const ServerRequest& request) {
    if (request.method == "GET") return ServerResponse{};
    ++posts;
    return ServerResponse{.drop = ServerResponse::Drop::kClose};
  });
  const auto transport = plain_transport();
  EXPECT_TRUE(transport->send({.url = server->url()}, {}));

  const auto response = transport->send({.method = "POST",
                                         .url = server->url(),
                                         .body = "order",
                                         .once = once,
                                         .may_be_warm = may_be_warm},
                                        {});

  EXPECT_FALSE(response);
  EXPECT_FALSE(response.error().not_sent);
  return posts;
}

// The second half shows that the first one guards something: libcurl repeats by itself.
TEST(CurlTransport, SendsAOncePostExactlyOnce) {
  EXPECT_EQ(posts_that_arrive(true), 1);
  EXPECT_EQ(posts_that_arrive(true, /*may_be_warm=*/true), 1);
  EXPECT_EQ(posts_that_arrive(false), 2);
}

TEST(CurlTransport, ReusesAConnectionUnlessOnce) {
  std::atomic<int> connections = 0;
  const ScriptedServer server([&connections](int fd, int) {
    ++connections;
    while (!read_request(fd).empty())
      write_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  {
    const auto transport = plain_transport();
    ASSERT_TRUE(transport->send({.url = server.url()}, {}));
    ASSERT_TRUE(transport->send({.url = server.url()}, {}));
  }
  EXPECT_EQ(connections, 1);

  const auto transport = plain_transport();
  ASSERT_TRUE(transport->send({.url = server.url(), .once = true}, {}));
  ASSERT_TRUE(transport->send({.url = server.url(), .once = true}, {}));
  EXPECT_EQ(connections, 3);
}

TEST(CurlTransport, AOncePostMayUseAConnectionThatHasJustAnsweredButNoOlderOne) {
  std::atomic<int> connections = 0;
  const ScriptedServer server([&connections](int fd, int) {
    ++connections;
    while (!read_request(fd).empty())
      write_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  const auto transport = plain_transport();
  const auto post = [&] {
    return transport->send(
        {.method = "POST", .url = server.url(), .once = true, .may_be_warm = true}, {});
  };
  ASSERT_TRUE(post());
  ASSERT_TRUE(post());
  EXPECT_EQ(connections, 1);

  std::this_thread::sleep_for(std::chrono::milliseconds{3100});
  ASSERT_TRUE(post());
  EXPECT_EQ(connections, 2);
}

TEST(CurlTransport, RefusesAnAnswerLongerThanAllowed) {
  const auto server =
      start([](const ServerRequest&) { return ServerResponse{.body = std::string(1000, 'x')}; });
  const auto transport = plain_transport();

  const auto exact = transport->send({.url = server->url(), .response_bytes_max = 1000}, {});
  const auto longer = transport->send({.url = server->url(), .response_bytes_max = 999}, {});

  EXPECT_TRUE(exact);
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().code, Code::kCorrupt);
}

TEST(CurlTransport, RefusesEndlessHeaders) {
  const ScriptedServer server([](int fd, int) {
    read_request(fd);
    write_text(fd, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 10'000; ++i) write_text(fd, "X-Filler: " + std::string(80, 'x') + "\r\n");
  });

  const auto response = plain_transport()->send({.url = server.url()}, {});

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kCorrupt);
}

TEST(CurlTransport, TimesOutAServerThatDoesNotAnswer) {
  const ScriptedServer server([](int fd, int) { wait_for_close(fd); });

  const auto response =
      plain_transport()->send({.url = server.url(), .timeout = milliseconds{100}}, {});

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kUnavailable);
  EXPECT_FALSE(response.error().not_sent);
}

TEST(CurlTransport, CallsACutAnswerUnavailable) {
  const ScriptedServer server([](int fd, int) {
    read_request(fd);
    write_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  });

  const auto response = plain_transport()->send({.url = server.url()}, {});

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kUnavailable);
}

TEST(CurlTransport, DoesNotEvenConnectAfterAStop) {
  std::stop_source source;
  source.request_stop();

  const auto response = plain_transport()->send({.url = "http://127.0.0.1:1/"}, source.get_token());

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kCancelled);
  EXPECT_TRUE(response.error().not_sent);
}

TEST(CurlTransport, IsCancelledWhileItWaitsForAnAnswer) {
  std::promise<void> asked;
  const ScriptedServer server([&asked](int fd, int) {
    read_request(fd);
    asked.set_value();
    wait_for_close(fd);
  });
  std::stop_source source;
  std::jthread stopper([&] {
    asked.get_future().wait();
    source.request_stop();
  });
  const auto before = std::chrono::steady_clock::now();

  const auto response = plain_transport()->send({.url = server.url()}, source.get_token());

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kCancelled);
  EXPECT_FALSE(response.error().not_sent);
  EXPECT_LT(std::chrono::steady_clock::now() - before, seconds{5});
}

TEST(CurlTransport, KeepsOnlyTheHeadersOfTheFinalAnswer) {
  const ScriptedServer server([](int fd, int) {
    read_request(fd);
    write_text(fd, "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n");
    write_text(fd, "HTTP/1.1 200 OK\r\nX-Late:  2 \r\nContent-Length: 0\r\n\r\n");
  });

  const auto response = plain_transport()->send({.url = server.url()}, {});

  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->header("X-Early"), std::nullopt);
  EXPECT_EQ(response->header("x-late"), "2");
}

TEST(CurlTransport, ServesManyThreadsAtOnce) {
  const auto server = start([](const ServerRequest& r) { return ServerResponse{.body = r.path}; });
  const auto transport = plain_transport();
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 20; ++i) {
          const std::string path = "/" + std::to_string(thread) + "/" + std::to_string(i);
          const auto response = transport->send({.url = server->url() + path}, {});
          if (response && response->body == path) ++right;
        }
      });
    }
  }
  EXPECT_EQ(right, 160);
}

TEST(CurlTransport, RefusesOptionsThatContradict) {
  for (const http::CurlTransportOptions& options :
       {http::CurlTransportOptions{.ca_pem = "x", .insecure = true},
        http::CurlTransportOptions{.client_certificate_pem = "x", .insecure = true},
        http::CurlTransportOptions{.insecure = true, .proxy = "https://proxy"},
        http::CurlTransportOptions{.ca_pem = "no certificate"}}) {
    const auto transport = CurlTransport::create(options);
    ASSERT_FALSE(transport);
    EXPECT_EQ(transport.error().code, Code::kInvalid);
  }
}

TEST(CurlTransport, GoesThroughTheProxyThatIsSet) {
  std::string first_line;
  const ScriptedServer proxy([&first_line](int fd, int) {
    const std::string request = read_request(fd);
    first_line = request.substr(0, request.find('\r'));
    write_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  {
    const auto transport = plain_transport({.proxy = proxy.url()});
    ASSERT_TRUE(transport->send({.url = "http://does-not-exist.invalid/x"}, {}));
  }
  EXPECT_EQ(first_line, "GET http://does-not-exist.invalid/x HTTP/1.1");
}

}  // namespace
