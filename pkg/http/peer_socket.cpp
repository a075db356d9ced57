#include "http/peer_socket.h"

#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>
#include <system_error>
#include <vector>

namespace http {
namespace {

struct Endpoint {
  std::string address{};
  int port = 0;
};

std::optional<Endpoint> endpoint_of(const sockaddr_storage& storage) {
  char text[INET6_ADDRSTRLEN] = {};
  if (storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &storage, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return Endpoint{text, ntohs(v4.sin_port)};
  }
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &storage, sizeof v6);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return Endpoint{text, ntohs(v6.sin6_port)};
  }
  return std::nullopt;
}

template <class Query>  // getsockname or getpeername
std::optional<Endpoint> ask(int fd, Query query) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (query(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return std::nullopt;
  return endpoint_of(storage);
}

struct Accepted {
  int fd = -1;
  Peer peer{};
};

// The connected sockets whose own port is `local_port`. Listening sockets have no peer.
std::vector<Accepted> accepted_on(int local_port) {
  std::vector<Accepted> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
    const std::string name = entry.path().filename().string();
    int fd = -1;
    std::from_chars(name.data(), name.data() + name.size(), fd);
    const auto local = ask(fd, getsockname);
    const auto remote = ask(fd, getpeername);
    if (!local || !remote || local->port != local_port) continue;
    found.push_back({fd, {remote->address, remote->port, local_port}});
  }
  return found;
}

// connect() to "no address" makes Linux abort a TCP connection: it sends RST at once, without the
// FIN that shutdown() would send first.
void reset(int fd) {
  sockaddr nowhere{};
  nowhere.sa_family = AF_UNSPEC;
  if (connect(fd, &nowhere, sizeof nowhere) == 0) return;
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  shutdown(fd, SHUT_RDWR);
}

}  // namespace

bool hang_up(const Peer& peer, Hangup how) {
  for (const Accepted& accepted : accepted_on(peer.local_port)) {
    if (accepted.peer != peer) continue;
    if (how == Hangup::kReset) {
      reset(accepted.fd);
    } else {
      shutdown(accepted.fd, how == Hangup::kClose ? SHUT_RDWR : SHUT_RD);
    }
    return true;
  }
  return false;
}

void stop_reading(int local_port, const std::function<bool(const Peer&)>& is_busy) {
  for (const Accepted& accepted : accepted_on(local_port)) {
    if (!is_busy(accepted.peer)) shutdown(accepted.fd, SHUT_RD);
  }
}

}  // namespace http
