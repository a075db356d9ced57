// A peer that vanishes without a word: no FIN, no RST, only silence.
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "http/curl_transport.h"
#include "raw_socket.h"

namespace {

using namespace std::chrono_literals;

// The open socket of this process whose other end has that port; -1: none.
int socket_to(int port) {
  for (int fd = 3; fd < 1024; ++fd) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    if (peer.sin_family == AF_INET && ntohs(peer.sin_port) == port) return fd;
  }
  return -1;
}

int option_of(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  getsockopt(fd, level, name, &value, &size);
  return value;
}

// The kernel gives up after the idle time and the probes, or after so long without an
// acknowledgement (tcp(7)): both are below 45 s.
TEST(PeerGone, IsLookedForByTheKernelOnEachConnection) {
  std::chrono::seconds by_probes{0};
  std::chrono::milliseconds by_silence{0};
  int on = 0;
  {
    const http_test::ScriptedServer server([](int fd, int) {
      http_test::read_request(fd);
      http_test::write_text(fd, "HTTP/1.1 200 OK\r\n\r\nfirst");
    });
    const int port = std::stoi(server.url().substr(server.url().rfind(':') + 1));
    const auto transport = *http::CurlTransport::create({.allow_plain_http = true});
    (void)transport->stream(
        {.url = server.url()},
        [&](std::string_view) -> base::Result<void> {
          const int fd = socket_to(port);
          on = option_of(fd, SOL_SOCKET, SO_KEEPALIVE);
          by_probes = std::chrono::seconds{option_of(fd, IPPROTO_TCP, TCP_KEEPIDLE) +
                                           option_of(fd, IPPROTO_TCP, TCP_KEEPINTVL) *
                                               option_of(fd, IPPROTO_TCP, TCP_KEEPCNT)};
          by_silence = std::chrono::milliseconds{option_of(fd, IPPROTO_TCP, TCP_USER_TIMEOUT)};
          return {};
        },
        {});
  }

  EXPECT_EQ(on, 1);
  EXPECT_GT(by_probes, 10s);
  EXPECT_LT(by_probes, 45s);
  EXPECT_GT(by_silence, 10s);
  EXPECT_LT(by_silence, 45s);
}

void set_loopback(bool up) {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
  request.ifr_flags = static_cast<short>(up ? IFF_UP : 0);
  ioctl(fd, SIOCSIFFLAGS, &request);
  close(fd);
}

// In a network of its own: opens a stream, unplugs the network, and waits. Ends with the seconds
// that it took to notice, or 0 if something else happened.
int seconds_until_noticed() {
  set_loopback(true);
  const http_test::ScriptedServer server([](int fd, int) {
    http_test::read_request(fd);
    http_test::write_text(fd, "HTTP/1.1 200 OK\r\n\r\nfirst");
    std::this_thread::sleep_for(70s);
  });
  const auto transport = *http::CurlTransport::create({.allow_plain_http = true});
  auto began = std::chrono::steady_clock::now();
  const auto ended = transport->stream({.url = server.url()},
                                       [&](std::string_view) -> base::Result<void> {
                                         set_loopback(false);
                                         began = std::chrono::steady_clock::now();
                                         return {};
                                       },
                                       {});
  if (ended || ended.error().code != base::Code::kUnavailable) _exit(0);
  const auto took = std::chrono::steady_clock::now() - began;
  _exit(static_cast<int>(std::chrono::ceil<std::chrono::seconds>(took).count()));
}

// 40 s long, so only where all faults run (hack/test.sh --all). The idle limit is 295 s.
TEST(PeerGone, IsNoticedWithin45Seconds) {
  const char* const plans = std::getenv("DUPLICERT_FAULT_PLANS");
  if (plans == nullptr || std::string_view(plans) != "all") {
    GTEST_SKIP() << "only in full: DUPLICERT_FAULT_PLANS=all unit_http --gtest_filter=PeerGone.*";
  }
  const pid_t child = fork();
  if (child == 0) {
    constexpr int kNoNetworks = 255;
    const bool own = unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
    if (!own) _exit(kNoNetworks);
    seconds_until_noticed();
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 255) GTEST_SKIP() << "no network namespaces: user namespaces are off";

  EXPECT_GT(WEXITSTATUS(status), 5) << "it did not vanish silently";
  EXPECT_LT(WEXITSTATUS(status), 45);
}

}  // namespace
