// Transport: the seam between this process and any HTTP server (the API server, the CA).
// Entry points: Transport::send and Transport::stream. curl_transport.h has the one real
// implementation; tests wrap it (tests/support/faulty_transport.h).
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace http {

struct Header {
  std::string name{};
  std::string value{};  // never logged: it may hold a credential
};

struct Request {
  std::string method = "GET";
  std::string url{};  // absolute, already percent-encoded (url.h)
  std::vector<Header> headers{};
  std::string body{};
  // For the whole exchange. A stream has no total timeout; see idle_timeout.
  std::chrono::milliseconds timeout{std::chrono::seconds{30}};
  // Streams only: the longest silence before the stream is declared dead (kUnavailable).
  std::chrono::milliseconds idle_timeout{std::chrono::seconds{295}};
  // For calls that must not be repeated by any layer, money first: a new connection and HTTP/1.1,
  // because libcurl repeats a request by itself when a reused connection closes without an answer
  // (docs/adr/0003-post-once.md).
  bool once = false;
  // With `once`: a connection that carried an answer within the last two seconds will do. It is
  // sent at most once all the same; but if the server closes that connection just then, nobody
  // knows whether it arrived. For calls whose outcome is looked up cheaply, never for money.
  bool may_be_warm = false;
  std::size_t response_bytes_max = std::size_t{64} << 20U;
};

struct Response {
  int status = 0;
  std::vector<Header> headers{};  // of the final answer, names as received
  std::string body{};
  // How long the name took to resolve, if a new connection was made for this exchange.
  std::optional<std::chrono::microseconds> name_lookup{};

  // The value of the first header called `name`, compared without case.
  std::optional<std::string_view> header(std::string_view name) const;
};

// Receives the next bytes of a streamed body; an error ends the stream and is returned.
using BodySink = std::function<base::Result<void>(std::string_view bytes)>;

// Thread-safe: any number of threads may call at once.
class Transport {
 public:
  virtual ~Transport() = default;

  // One exchange. Every complete answer is a success here, whatever its status.
  // Errors: kUnavailable (refused, timeout, reset, TLS), kCorrupt (longer than
  // response_bytes_max), kInvalid (bad URL), kCancelled soon after `stop` is requested.
  // Error::not_sent is true only if no byte of the request can have reached the server.
  // Redirects are never followed. Blocks for at most request.timeout.
  virtual base::Result<Response> send(const Request& request, std::stop_token stop) = 0;

  // Like send, but a 2xx body goes to `sink` piece by piece; any other answer is returned whole.
  // Returns when the server ends the stream (success, empty body), or with an error as above,
  // or with the sink's own error.
  virtual base::Result<Response> stream(const Request& request, const BodySink& sink,
                                        std::stop_token stop) = 0;
};

}  // namespace http
