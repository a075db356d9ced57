// Plain sockets for the HTTP tests: a client that sends any bytes, and a server that follows a
// script, for behaviour that no proper peer shows.
#pragma once

#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <functional>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace http_test {

inline sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A connected TCP socket that closes itself.
class RawClient {
 public:
  explicit RawClient(int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    const sockaddr_in address = loopback(port);
    connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  int fd() const { return fd_; }
  void send_text(std::string_view text) { send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }

  // Reads until the peer closes, or for `timeout_ms`. last_errno() tells a reset (ECONNRESET).
  std::string read_all(int timeout_ms = 3000) {
    std::string text;
    char buffer[4096];
    pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
    while (poll(&ready, 1, timeout_ms) > 0) {
      const auto count = recv(fd_, buffer, sizeof buffer, 0);
      last_errno_ = count < 0 ? errno : 0;
      ended_ = count <= 0;
      if (ended_) break;
      text.append(buffer, static_cast<std::size_t>(count));
      if (text.ends_with("\r\n0\r\n\r\n")) break;
    }
    return text;
  }
  int last_errno() const { return last_errno_; }
  bool ended() const { return ended_; }

 private:
  int fd_ = -1;
  bool connected_ = false;
  int last_errno_ = 0;
  bool ended_ = false;
};

// Accepts connections one after another and gives each to `script`, then closes it.
class ScriptedServer {
 public:
  using Script = std::function<void(int fd, int connection_index)>;

  explicit ScriptedServer(Script script) : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    bind(listener_, reinterpret_cast<const sockaddr*>(&address), size);
    listen(listener_, 8);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, script = std::move(script)] {
      for (int index = 0;; ++index) {
        const int fd = accept(listener_, nullptr, nullptr);
        if (fd < 0) return;
        script(fd, index);
        close(fd);
      }
    });
  }
  ~ScriptedServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  int listener_ = -1;
  int port_ = 0;
  std::thread thread_;
};

// Reads one request without a body; "" if the client closed first.
inline std::string read_request(int fd) {
  std::string text;
  char byte = 0;
  while (!text.ends_with("\r\n\r\n") && recv(fd, &byte, 1, 0) == 1) text += byte;
  return text;
}

inline void write_text(int fd, std::string_view text) {
  send(fd, text.data(), text.size(), MSG_NOSIGNAL);
}

// Waits until the client closes, so that the test ends when the client gives up.
inline void wait_for_close(int fd) {
  char buffer[256];
  while (recv(fd, buffer, sizeof buffer, 0) > 0) {
  }
}

}  // namespace http_test
