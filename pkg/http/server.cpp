#include "http/server.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <set>
#include <sys/socket.h>
#include <thread>
#include <utility>

#include <httplib.h>
#include <openssl/ssl.h>

#include "base/log.h"
#include "base/text.h"
#include "http/peer_socket.h"
#include "http/served_identity.h"

namespace http {
namespace {

using base::Code;
using base::Result;

// cpp-httplib listens with a backlog of 5; a burst of clients would wait a second for its SYN.
constexpr int kBacklog = 128;
// Not `.*`, because a decoded path may hold a line break.
constexpr const char* kAnyPath = R"([\s\S]*)";

// cpp-httplib adds these four names to the headers itself; a client could send them too.
bool is_pseudo_header(const std::string& name) {
  return name == "REMOTE_ADDR" || name == "REMOTE_PORT" || name == "LOCAL_ADDR" ||
         name == "LOCAL_PORT";
}

bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1" || address.starts_with("::ffff:127.");
}

ServerRequest request_of(const httplib::Request& from, std::string body) {
  ServerRequest request{.method = from.method,
                        .path = from.path,
                        .body = std::move(body),
                        .from_loopback = is_loopback(from.remote_addr)};
  request.query.insert(from.params.begin(), from.params.end());
  for (const auto& [name, value] : from.headers) {
    if (!is_pseudo_header(name)) request.headers.emplace(base::lower_case(name), value);
  }
  return request;
}

bool may_have_body(const std::string& method) {
  return method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE";
}

bool is_known_method(const std::string& method) {
  return may_have_body(method) || method == "GET" || method == "HEAD" || method == "OPTIONS";
}

// Every answer of a server that has a clock is dated (RFC 9110, 6.6.1): clients tell by it whether
// their own clock is right.
std::string date_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[64];
  const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, size};
}

void answer_text(httplib::Response& to, int status, const std::string& text) {
  to.status = status;
  to.set_content(text + "\n", "text/plain; charset=utf-8");
}

// Without SO_REUSEPORT (cpp-httplib's default), with which two processes could share a port.
void set_listening_options(socket_t fd) {
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

}  // namespace

std::optional<std::string> ServerRequest::query_value(const std::string& name) const {
  const auto found = query.find(name);
  if (found == query.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string> ServerRequest::header(const std::string& lower_case_name) const {
  const auto found = headers.find(lower_case_name);
  if (found == headers.end()) return std::nullopt;
  return found->second;
}

struct Server::Impl {
  ServerOptions options{};
  Handler handler{};
  std::unique_ptr<ServedIdentity> identity{};  // null: plain HTTP
  std::unique_ptr<httplib::Server> server{};
  int port = 0;
  std::thread thread{};

  std::mutex mutex{};  // guards all below
  std::condition_variable changed{};
  bool listening_ended = false;
  bool stopping = false;
  std::set<Peer> busy{};  // connections with a request that is not answered yet

  Result<void> make_identity();
  Result<void> make_server();
  void configure();
  Result<void> bind();
  Result<void> run();
  void handle(const httplib::Request& from, std::string body, httplib::Response& to) const;
  void read_and_handle(const httplib::Request& from, httplib::Response& to,
                       const httplib::ContentReader& read) const;
  void drop(const httplib::Request& from, ServerResponse::Drop how) const;
  Peer peer_of(const httplib::Request& from) const {
    return {.address = from.remote_addr, .port = from.remote_port, .local_port = port};
  }
};

Result<void> Server::Impl::make_identity() {
  if (options.certificate_files) {
    identity = TRY(ServedIdentity::load(*options.certificate_files));
    return {};
  }
  const bool has_key = !options.private_key_pem.empty();
  if (options.certificate_pem.empty() != !has_key) {
    return base::fail(Code::kInvalid, "start HTTPS server: needs both a certificate and its key");
  }
  if (has_key) identity = TRY(ServedIdentity::of(options.certificate_pem, options.private_key_pem));
  return {};
}

Result<void> Server::Impl::make_server() {
  TRY_VOID(make_identity());
  if (!identity) {
    server = std::make_unique<httplib::Server>();
    return {};
  }
  server = std::make_unique<httplib::SSLServer>([this](SSL_CTX& context) {
    SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION);
    SSL_CTX_set_options(&context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_cert_cb(
        &context,
        [](SSL* handshake, void* served) {
          return static_cast<ServedIdentity*>(served)->install(handshake) ? 1 : 0;
        },
        identity.get());
    return true;
  });
  if (!server->is_valid()) {
    return base::fail(Code::kInternal, "start HTTPS server: OpenSSL refused");
  }
  return {};
}

void Server::Impl::configure() {
  server->new_task_queue = [count = options.threads] { return new httplib::ThreadPool(count); };
  server->set_tcp_nodelay(true);
  server->set_keep_alive_timeout(options.keep_alive.count());
  server->set_keep_alive_max_count(std::size_t{1} << 20U);
  server->set_payload_max_length(options.body_bytes_max);
  // Runs before a body is read: requests without one end here, without cpp-httplib's routing.
  server->set_pre_routing_handler([this](const httplib::Request& from, httplib::Response& to) {
    {
      const std::lock_guard lock(mutex);
      busy.insert(peer_of(from));
    }
    if (!is_known_method(from.method)) {
      answer_text(to, 501, "method not implemented");
    } else if (from.is_multipart_form_data()) {
      answer_text(to, 415, "multipart bodies are not accepted");
    } else if (!may_have_body(from.method)) {
      handle(from, "", to);
    } else {
      return httplib::Server::HandlerResponse::Unhandled;
    }
    return httplib::Server::HandlerResponse::Handled;
  });
  const auto with_body = [this](const httplib::Request& from, httplib::Response& to,
                                const httplib::ContentReader& read) {
    read_and_handle(from, to, read);
  };
  server->Post(kAnyPath, with_body);
  server->Put(kAnyPath, with_body);
  server->Patch(kAnyPath, with_body);
  server->Delete(kAnyPath, with_body);
  // cpp-httplib's "logger" runs when the answer has been written.
  server->set_logger([this](const httplib::Request& from, const httplib::Response& to) {
    if (to.get_header_value("Connection") == "close") {
      hang_up(peer_of(from), Hangup::kStopReading);  // the rest of a body is no next request
    }
    const std::lock_guard lock(mutex);
    busy.erase(peer_of(from));
  });
}

Result<void> Server::Impl::bind() {
  socket_t listener = INVALID_SOCKET;
  server->set_socket_options([&listener](socket_t fd) {
    set_listening_options(fd);
    listener = fd;
  });
  port = options.port;
  const bool bound = options.port == 0 ? (port = server->bind_to_any_port(options.host)) > 0
                                       : server->bind_to_port(options.host, options.port);
  if (!bound) {
    return base::fail(Code::kUnavailable, "listen on " + options.host + ":" +
                                              std::to_string(options.port) + ": cannot bind");
  }
  ::listen(listener, kBacklog);
  return {};
}

Result<void> Server::Impl::run() {
  thread = std::thread([this] {
    server->listen_after_bind();
    const std::lock_guard lock(mutex);
    if (!stopping) base::log_error("http server stopped listening", {{"port", port}});
    listening_ended = true;
    changed.notify_all();
  });
  // stop() before is_running() would be ignored by cpp-httplib, and the thread never end.
  std::unique_lock lock(mutex);
  while (!server->is_running() && !listening_ended) {
    changed.wait_for(lock, std::chrono::milliseconds(1));
  }
  if (!listening_ended) return {};
  return base::fail(Code::kUnavailable, "listen on port " + std::to_string(port) + ": ended");
}

void Server::Impl::handle(const httplib::Request& from, std::string body,
                          httplib::Response& to) const {
  ServerResponse response;
  try {
    response = handler(request_of(from, std::move(body)));
  } catch (const std::exception& error) {
    base::log_error("http handler failed", {{"path", from.path}, {"error", error.what()}});
    answer_text(to, 500, "internal error");
    return;
  }
  if (response.drop != ServerResponse::Drop::kNo) {
    drop(from, response.drop);
    return;
  }
  to.status = response.status;
  to.set_header("Date", date_now());
  for (const Header& header : response.headers) to.set_header(header.name, header.value);
  to.set_content("", response.content_type);
  to.body = std::move(response.body);  // set_content would copy it
}

// The answer that cpp-httplib still writes afterwards goes to a dead connection.
void Server::Impl::drop(const httplib::Request& from, ServerResponse::Drop how) const {
  const auto hangup = how == ServerResponse::Drop::kReset ? Hangup::kReset : Hangup::kClose;
  if (!hang_up(peer_of(from), hangup)) base::log_error("http server: no connection to drop", {});
}

void Server::Impl::read_and_handle(const httplib::Request& from, httplib::Response& to,
                                   const httplib::ContentReader& read) const {
  const bool has_body =
      from.has_header("Content-Length") ||
      base::lower_case(from.get_header_value("Transfer-Encoding")).find("chunked") !=
          std::string::npos;
  std::string body;
  bool too_long = false;
  // Without either header cpp-httplib would read until the client closes. The limit is checked
  // here too, because 0.11.4 does not apply its own to chunked bodies (CVE-2025-46728).
  const bool complete = !has_body || read([&](const char* bytes, std::size_t count) {
    too_long = body.size() + count > options.body_bytes_max;
    if (!too_long) body.append(bytes, count);
    return !too_long;
  });
  if (complete) {
    handle(from, std::move(body), to);
    return;
  }
  if (!too_long) too_long = to.status == 413;  // by Content-Length
  answer_text(to, too_long ? 413 : 400, too_long ? "body too long" : "body not readable");
  to.set_header("Connection", "close");
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() {
  stop();
}

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, Handler handler) {
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  impl->handler = std::move(handler);
  TRY_VOID(impl->make_server());
  impl->configure();
  TRY_VOID(impl->bind());
  const auto running = impl->run();
  std::unique_ptr<Server> server(new Server(std::move(impl)));
  if (!running) return std::unexpected(running.error());
  return server;
}

int Server::port() const {
  return impl_->port;
}

std::string Server::url() const {
  const std::string& host = impl_->options.host;
  const bool is_v6 = host.find(':') != std::string::npos;
  return std::string(impl_->identity ? "https" : "http") + "://" +
         (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(impl_->port);
}

void Server::stop() {
  if (!impl_->thread.joinable()) return;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->server->stop();
  // cpp-httplib waits for idle keep-alive connections to time out; end them instead. Repeated,
  // because a connection may have been accepted a moment ago.
  std::unique_lock lock(impl_->mutex);
  while (!impl_->listening_ended) {
    stop_reading(impl_->port, [this](const Peer& peer) { return impl_->busy.contains(peer); });
    impl_->changed.wait_for(lock, std::chrono::milliseconds(10));
  }
  lock.unlock();
  impl_->thread.join();
}

}  // namespace http
