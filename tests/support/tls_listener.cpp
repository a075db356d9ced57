#include "support/tls_listener.h"

#include <algorithm>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "base/check.h"
#include "unit/http/test_pki.h"

namespace support {
namespace {

// A reset instead of a clean end: what a crash or a load balancer does.
void reset_on_close(int fd) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace

// OpenSSL allows no reading while another thread writes, so reads wait with poll and both sides
// take the same lock for the moment of the call.
struct TlsConnection::Parts {
  int fd = -1;
  SSL* ssl = nullptr;
  ~Parts() {
    SSL_free(ssl);
    close(fd);
  }
};

TlsConnection::TlsConnection(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TlsConnection::~TlsConnection() = default;

bool TlsConnection::fill() {
  char bytes[16384];
  while (!cut_) {
    {
      const std::lock_guard lock(writing_);
      const int count = SSL_read(parts_->ssl, bytes, sizeof bytes);
      if (count > 0) {
        buffered_.append(bytes, static_cast<std::size_t>(count));
        return true;
      }
      if (SSL_get_error(parts_->ssl, count) != SSL_ERROR_WANT_READ) return false;
    }
    pollfd ready{.fd = parts_->fd, .events = POLLIN, .revents = 0};
    poll(&ready, 1, 100);
  }
  return false;
}

std::string TlsConnection::read_head() {
  std::size_t end = 0;
  while ((end = buffered_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return {};
  }
  std::string head = buffered_.substr(0, end + 4);
  buffered_.erase(0, end + 4);
  return head;
}

std::string TlsConnection::read_body(std::size_t bytes) {
  while (buffered_.size() < bytes) {
    if (!fill()) return {};
  }
  std::string body = buffered_.substr(0, bytes);
  buffered_.erase(0, bytes);
  return body;
}

bool TlsConnection::write(std::string_view bytes) {
  while (!bytes.empty() && !cut_) {
    {
      const std::lock_guard lock(writing_);
      const int count = SSL_write(parts_->ssl, bytes.data(), static_cast<int>(bytes.size()));
      if (count > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(count));
        continue;
      }
      if (SSL_get_error(parts_->ssl, count) != SSL_ERROR_WANT_WRITE) return false;
    }
    pollfd ready{.fd = parts_->fd, .events = POLLOUT, .revents = 0};
    poll(&ready, 1, 100);
  }
  return bytes.empty();
}

bool TlsConnection::write_in_pieces(std::string_view bytes, std::size_t size,
                                    std::chrono::milliseconds pause) {
  while (!bytes.empty()) {
    const auto piece = bytes.substr(0, size);
    if (!write(piece)) return false;
    bytes.remove_prefix(piece.size());
    std::this_thread::sleep_for(pause);
  }
  return true;
}

void TlsConnection::cut() {
  cut_ = true;
  reset_on_close(parts_->fd);
  shutdown(parts_->fd, SHUT_RDWR);
}

void TlsConnection::finish() {
  {
    const std::lock_guard lock(writing_);
    SSL_shutdown(parts_->ssl);
  }
  cut_ = true;
  shutdown(parts_->fd, SHUT_WR);
}

void TlsConnection::wait_for_close() {
  while (fill()) buffered_.clear();
}

struct TlsListener::Tls {
  http_test::TestCa ca{"fault proxy"};
  std::shared_ptr<SSL_CTX> context{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
};

TlsListener::TlsListener(Serve serve) : serve_(std::move(serve)), tls_(std::make_unique<Tls>()) {
  // Long enough for a client whose clock is an hour ahead (SieveClock).
  const http_test::Leaf leaf = tls_->ca.issue({.lifetime = std::chrono::minutes{110}});
  const std::shared_ptr<BIO> certificate(
      BIO_new_mem_buf(leaf.certificate_pem.data(), static_cast<int>(leaf.certificate_pem.size())),
      BIO_free_all);
  const std::string key_pem(leaf.key_pem.expose());
  const std::shared_ptr<BIO> key(BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())),
                                 BIO_free_all);
  const http_test::Cert parsed(PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr),
                               X509_free);
  const http_test::Key private_key(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr),
                                   EVP_PKEY_free);
  BASE_CHECK(SSL_CTX_use_certificate(tls_->context.get(), parsed.get()) == 1);
  BASE_CHECK(SSL_CTX_use_PrivateKey(tls_->context.get(), private_key.get()) == 1);
  SSL_CTX_set_mode(tls_->context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);

  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  BASE_CHECK(bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  BASE_CHECK(listen(listener_, 64) == 0);
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

TlsListener::~TlsListener() {
  stop();
}

std::string TlsListener::url() const {
  return "https://127.0.0.1:" + std::to_string(port_);
}

std::string TlsListener::ca_pem() const {
  return tls_->ca.pem();
}

void TlsListener::accept_all() {
  while (!stopping_) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    const std::lock_guard lock(mutex_);
    threads_.emplace_back([this, fd] { serve_one(fd); });
  }
}

void TlsListener::serve_one(int fd) {
  auto parts = std::make_unique<TlsConnection::Parts>();
  parts->fd = fd;
  parts->ssl = SSL_new(tls_->context.get());
  SSL_set_fd(parts->ssl, fd);
  while (!stopping_) {
    const int done = SSL_accept(parts->ssl);
    if (done == 1) break;
    if (SSL_get_error(parts->ssl, done) != SSL_ERROR_WANT_READ) return;
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    poll(&ready, 1, 100);
  }
  TlsConnection connection(std::move(parts));
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    open_.push_back(&connection);
  }
  serve_(connection);
  const std::lock_guard lock(mutex_);
  std::erase(open_, &connection);
}

void TlsListener::cut_all() {
  const std::lock_guard lock(mutex_);
  for (TlsConnection* connection : open_) connection->cut();
}

void TlsListener::stop() {
  if (stopping_.exchange(true)) return;
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  cut_all();
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace support
