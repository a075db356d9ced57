// CurlTransport: the real Transport, over libcurl and OpenSSL. Entry point: CurlTransport::create.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "http/transport.h"

namespace http {

struct CurlTransportOptions {
  // PEM. Not empty: these are the only roots that are trusted, as for the API server's own CA.
  // Empty: the system's roots ($SSL_CERT_FILE, else the file that libcurl was built with).
  std::string ca_pem{};
  // PEM, trusted in addition to the roots above.
  std::string extra_ca_pem{};
  // Both or none. PEM; leaf first, then intermediates.
  std::string client_certificate_pem{};
  base::SecretString client_key_pem{};
  // The name that the server's certificate must carry, and SNI, when it is not the URL's host.
  std::string server_name{};
  // Switches verification off. Only where a person asked for it (kubeconfig).
  bool insecure = false;
  // Allows http:// URLs, without any protection: for tests and loopback.
  bool allow_plain_http = false;
  // "http://host:port", "socks5://..."; empty: HTTPS_PROXY, HTTP_PROXY (lower case only), ALL_PROXY
  // and NO_PROXY of the environment as libcurl reads them. A loopback host is never reached through
  // a proxy of the environment, as in Go. Proxies that speak TLS themselves are not supported.
  std::string proxy{};
  std::string no_proxy{};  // comma-separated; empty: the environment's
  std::chrono::milliseconds connect_timeout{std::chrono::seconds{10}};  // DNS, TCP and TLS together
  std::string user_agent = "duplicert";
  // HTTP/2 when the server offers it. Each connection carries one request at a time either way.
  bool http2 = false;
};

// Thread-safe. Holds a pool of idle connections, each used by one call at a time; connections idle
// for more than 60 s are not used again (the API server closes at 90 s).
// TLS 1.2 or newer; chain and name are verified, by subject alternative names only, before a byte
// of a request is sent. Redirects are off. Responses are not compressed.
// Cancellation is seen within about a second. A name server that does not answer can hold a call
// beyond its timeout until the resolver itself gives up.
class CurlTransport final : public Transport {
 public:
  using Options = CurlTransportOptions;

  // kInvalid if a certificate, key or proxy does not parse, the key does not belong to the
  // certificate, or `insecure` is set together with roots; kUnavailable if the system's roots are
  // needed and cannot be read. Ignores SIGPIPE for the whole process (OpenSSL writes may raise it).
  static base::Result<std::unique_ptr<CurlTransport>> create(Options options);
  ~CurlTransport() override;
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  base::Result<Response> send(const Request& request, std::stop_token stop) override;
  base::Result<Response> stream(const Request& request, const BodySink& sink,
                                std::stop_token stop) override;

 private:
  struct Impl;
  explicit CurlTransport(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace http
