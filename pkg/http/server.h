// Server: a small HTTP or HTTPS server over cpp-httplib, for metrics, probes and the simulator.
// Owned by one thread; the handler runs on the server's own pool and must be thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "http/transport.h"

namespace http {

struct ServerRequest {
  std::string method{};
  std::string path{};                                 // decoded, without the query
  std::multimap<std::string, std::string> query{};    // decoded names and values
  std::multimap<std::string, std::string> headers{};  // names in lower case
  std::string body{};
  bool from_loopback = false;  // the client is on this machine (or in this Pod)

  // First value, or nullopt.
  std::optional<std::string> query_value(const std::string& name) const;
  std::optional<std::string> header(const std::string& lower_case_name) const;
};

struct ServerResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<Header> headers{};
  std::string body{};
  // Close the connection without a single byte of answer (the simulator's lost answers).
  // kReset sends a TCP reset instead of a clean close.
  enum class Drop { kNo, kClose, kReset } drop = Drop::kNo;
};

// A certificate and its key in files, read again when they change (a Secret that is mounted).
struct CertificateFiles {
  std::string certificate{};  // PEM, leaf first
  std::string key{};          // PEM, not encrypted
  // How often the files are looked at, at most; controller-runtime's certwatcher does it as often.
  std::chrono::milliseconds look_every{std::chrono::seconds{10}};
  // Called after each look, from any thread: whether a pair that can be used was there.
  std::function<void(bool usable)> on_read{};
};

using Handler = std::function<ServerResponse(const ServerRequest&)>;

struct ServerOptions {
  std::string host = "127.0.0.1";
  int port = 0;  // 0: any free port
  // Both set: HTTPS, TLS 1.2 and newer. Leaf first, PEM.
  std::string certificate_pem{};
  base::SecretString private_key_pem{};
  // Set: HTTPS too, with what is in the files at each handshake.
  std::optional<CertificateFiles> certificate_files{};
  // Each open connection holds one thread, idle keep-alive connections too: further clients wait.
  std::size_t threads = 16;
  std::size_t body_bytes_max = std::size_t{1} << 20U;
  std::chrono::seconds keep_alive{5};
};

class Server {
 public:
  // Listens at once. kUnavailable if the address cannot be bound (the message names it),
  // kInvalid if the certificate or key does not parse or they do not match; kUnavailable if one of
  // their files cannot be read.
  static base::Result<std::unique_ptr<Server>> start(const ServerOptions& options, Handler handler);
  ~Server();  // stops, and waits for running handlers
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const;
  // "https://127.0.0.1:12345", without a path.
  std::string url() const;
  // Stops accepting and waits for running handlers. May be called twice.
  void stop();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace http
