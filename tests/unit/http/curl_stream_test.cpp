// CurlTransport::stream: bodies that arrive piece by piece.
#include <chrono>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/curl_transport.h"
#include "raw_socket.h"

namespace {

using base::Code;
using base::Result;
using http::CurlTransport;
using http_test::read_request;
using http_test::ScriptedServer;
using http_test::wait_for_close;
using http_test::write_text;
using std::chrono::milliseconds;

constexpr const char* kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

std::unique_ptr<CurlTransport> plain_transport() {
  return std::move(*CurlTransport::create({.insecure = true, .allow_plain_http = true}));
}

// A sink that keeps everything.
http::BodySink into(std::string& text) {
  return [&text](std::string_view bytes) -> Result<void> {
    text += bytes;
    return {};
  };
}

TEST(CurlStream, GivesTheBodyToTheSinkAndEndsWithTheServer) {
  const ScriptedServer server([](int fd, int) {
    read_request(fd);
    write_text(fd, std::string(kChunked) + "3\r\none\r\n");
    write_text(fd, "3\r\ntwo\r\n0\r\n\r\n");
  });
  std::string text;

  const auto response = plain_transport()->stream({.url = server.url()}, into(text), {});

  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "");
  EXPECT_EQ(text, "onetwo");
}

TEST(CurlStream, HandsOnEachPieceBeforeTheNextArrives) {
  const ScriptedServer server([](int fd, int) {
    read_request(fd);
    write_text(fd, std::string(kChunked) + "3\r\none\r\n");
    wait_for_close(fd);  // nothing more comes until the client has seen the first piece
  });

  const auto response = plain_transport()->stream(
      {.url = server.url()},
      [](std::string_view bytes) -> Result<void> {
        return base::fail(Code::kExpired, "sink saw " + std::string(bytes));
      },
      {});

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kExpired);
  EXPECT_EQ(response.error().message, "sink saw one");
}

TEST(CurlStream, ReturnsAnErrorsBodyWhole) {
  const ScriptedServer server([](int fd, int) {
    read_request(fd);
    write_text(fd, "HTTP/1.1 410 Gone\r\nContent-Length: 4\r\n\r\ngone");
  });
  std::string text;

  const auto response = plain_transport()->stream({.url = server.url()}, into(text), {});

  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 410);
  EXPECT_EQ(response->body, "gone");
  EXPECT_EQ(text, "");
}

TEST(CurlStream, CallsACutStreamUnavailable) {
  const ScriptedServer server([](int fd, int) {
    read_request(fd);
    write_text(fd, std::string(kChunked) + "3\r\none\r\n");
  });
  std::string text;

  const auto response = plain_transport()->stream({.url = server.url()}, into(text), {});

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kUnavailable);
  EXPECT_EQ(text, "one");
}

TEST(CurlStream, DeclaresASilentStreamDead) {
  const ScriptedServer server([](int fd, int) {
    read_request(fd);
    write_text(fd, std::string(kChunked) + "3\r\none\r\n");
    wait_for_close(fd);
  });
  std::string text;

  const auto response = plain_transport()->stream(
      {.url = server.url(), .timeout = milliseconds{1}, .idle_timeout = milliseconds{50}},
      into(text), {});

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kUnavailable);
  EXPECT_THAT(response.error().message, testing::HasSubstr("nothing received for 50 ms"));
  EXPECT_EQ(text, "one");
}

TEST(CurlStream, IsCancelledWhileItIsSilent) {
  std::stop_source source;
  const ScriptedServer server([](int fd, int) {
    read_request(fd);
    write_text(fd, std::string(kChunked) + "3\r\none\r\n");
    wait_for_close(fd);
  });

  const auto response = plain_transport()->stream(
      {.url = server.url()},
      [&source](std::string_view) -> Result<void> {
        source.request_stop();
        return {};
      },
      source.get_token());

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kCancelled);
}

TEST(CurlStream, SurvivesASinkThatThrows) {
  const ScriptedServer server([](int fd, int) {
    read_request(fd);
    write_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none");
  });

  const auto response = plain_transport()->stream(
      {.url = server.url()},
      [](std::string_view) -> Result<void> { throw std::runtime_error("broken"); }, {});

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kInternal);
}

}  // namespace
