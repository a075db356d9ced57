// CurlExchange: one request on one libcurl easy handle, and the callbacks that watch over it.
// Internal to pkg/http. Owned by one thread.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "http/curl_transport.h"
#include "http/tls_material.h"
#include "http/transport.h"
#include "http/url.h"

struct curl_slist;
struct ssl_ctx_st;

namespace http {

// What all exchanges of a transport share. Immutable.
struct CurlSettings {
  CurlTransportOptions options{};
  std::optional<TrustStore> trust{};  // nullopt: insecure
  std::optional<TlsIdentity> identity{};
};

class CurlExchange {
 public:
  // `handle` is a CURL*, reset before. `sink` null: the body is kept. All must outlive the
  // exchange.
  CurlExchange(void* handle, const CurlSettings& settings, const Request& request,
               const BodySink* sink, std::stop_token stop);
  ~CurlExchange();
  CurlExchange(const CurlExchange&) = delete;
  CurlExchange& operator=(const CurlExchange&) = delete;

  base::Result<Response> run();

 private:
  base::Result<void> prepare();
  base::Result<void> set_headers();
  void set_address();
  void set_method_and_body();
  void set_limits();
  void set_tls();
  void set_callbacks();
  template <class Value>
  void set(int option, Value value);

  base::Error error_of(int curl_code) const;
  std::string what() const;  // "GET https://host/path", without the query
  std::string verified_name() const;

  // The bodies of libcurl's callbacks; the exchange is their user pointer.
  std::size_t on_header(std::string_view line);
  std::size_t on_body(std::string_view bytes);
  int on_progress();
  int on_request();
  void note_name_lookup();
  int on_tls_context(ssl_ctx_st* context);
  struct Callbacks;

  bool streams() const;  // a 2xx body goes to the sink

  void* const handle_;
  const CurlSettings& settings_;
  const Request& request_;
  const BodySink* const sink_;
  const std::stop_token stop_;

  Url url_{};
  curl_slist* headers_ = nullptr;
  curl_slist* connect_to_ = nullptr;
  bool bad_option_ = false;
  std::string error_text_{};  // libcurl's buffer

  Response response_{};
  std::size_t header_bytes_ = 0;
  bool request_begun_ = false;  // a byte of the request may have left
  std::chrono::steady_clock::time_point last_byte_at_{};
  std::optional<base::Error> own_error_{};  // why a callback ended the exchange
};

}  // namespace http
