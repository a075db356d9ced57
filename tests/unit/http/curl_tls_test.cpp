// What CurlTransport trusts. Each refusal must come before the server sees a byte of a request.
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <poll.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "http/curl_transport.h"
#include "http/server.h"
#include "http/tls_material.h"
#include "raw_socket.h"
#include "test_pki.h"

namespace {

using base::Code;
using http::CurlTransport;
using http::CurlTransportOptions;
using http::ServerRequest;
using http::ServerResponse;
using http_test::Leaf;
using http_test::LeafOptions;
using http_test::TestCa;

class CurlTls : public testing::Test {
 protected:
  // Starts the server with `leaf`, and makes one POST to it over a new transport.
  base::Result<http::Response> post(const Leaf& leaf, const CurlTransportOptions& options,
                                    const std::string& host = "127.0.0.1") {
    auto server = http::Server::start(
        {.certificate_pem = leaf.certificate_pem, .private_key_pem = leaf.key_pem},
        [this](const ServerRequest& request) {
          ++requests_;
          host_header_ = request.header("host").value_or("");
          return ServerResponse{.body = "secret answer"};
        });
    if (!server) return std::unexpected(server.error());
    port_ = (*server)->port();
    const auto transport = TRY(CurlTransport::create(options));
    return transport->send({.method = "POST",
                            .url = "https://" + host + ":" + std::to_string(port_) + "/",
                            .headers = {{"Authorization", "Bearer token"}},
                            .body = "body"},
                           {});
  }

  void expect_refused(const base::Result<http::Response>& response) {
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Code::kUnavailable) << response.error().message;
    EXPECT_TRUE(response.error().not_sent);
    EXPECT_EQ(requests_, 0);
  }

  void expect_accepted(const base::Result<http::Response>& response) {
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "secret answer");
    EXPECT_EQ(requests_, 1);
  }

  const TestCa ca_{};
  std::atomic<int> requests_ = 0;
  std::string host_header_{};
  int port_ = 0;
};

TEST_F(CurlTls, AcceptsAnIpAddressInTheAlternativeNames) {
  expect_accepted(post(ca_.issue(), {.ca_pem = ca_.pem()}));
}

TEST_F(CurlTls, AcceptsAHostNameInTheAlternativeNames) {
  expect_accepted(post(ca_.issue({.san = "DNS:localhost"}), {.ca_pem = ca_.pem()}, "localhost"));
}

TEST_F(CurlTls, RefusesAnotherCa) {
  expect_refused(post(TestCa("other").issue(), {.ca_pem = ca_.pem()}));
}

TEST_F(CurlTls, RefusesAnotherName) {
  expect_refused(post(ca_.issue({.san = "DNS:other.test"}), {.ca_pem = ca_.pem()}, "localhost"));
}

TEST_F(CurlTls, RefusesAnotherAddress) {
  expect_refused(post(ca_.issue({.san = "IP:127.0.0.2"}), {.ca_pem = ca_.pem()}));
}

TEST_F(CurlTls, RefusesAnAddressThatIsOnlyADnsName) {
  expect_refused(post(ca_.issue({.san = "DNS:127.0.0.1"}), {.ca_pem = ca_.pem()}));
}

TEST_F(CurlTls, RefusesANameThatIsOnlyTheCommonName) {
  const Leaf leaf = ca_.issue({.common_name = "localhost", .san = ""});

  expect_refused(post(leaf, {.ca_pem = ca_.pem()}, "localhost"));
}

TEST_F(CurlTls, RefusesAnExpiredCertificate) {
  expect_refused(post(ca_.issue({.lifetime = std::chrono::seconds{-60}}), {.ca_pem = ca_.pem()}));
}

TEST_F(CurlTls, RefusesAPrivateCaWhenOnlyTheSystemsRootsAreTrusted) {
  expect_refused(post(ca_.issue(), {}));
}

TEST_F(CurlTls, AddsExtraRootsToTheSystems) {
  expect_accepted(post(ca_.issue(), {.extra_ca_pem = ca_.pem()}));
}

// Makes `root_pem` the system's roots while it lives.
class SystemRoots {
 public:
  explicit SystemRoots(const std::string& root_pem)
      : path_(testing::TempDir() + "duplicert_roots_" + std::to_string(getpid()) + ".pem") {
    std::ofstream(path_) << root_pem;
    setenv("SSL_CERT_FILE", path_.c_str(), 1);
  }
  ~SystemRoots() {
    unsetenv("SSL_CERT_FILE");
    std::filesystem::remove(path_);
  }

 private:
  std::string path_;
};

TEST_F(CurlTls, TrustsTheSystemsRootsOnlyWithoutItsOwn) {
  const TestCa public_ca("public");
  const SystemRoots roots(public_ca.pem());
  expect_refused(post(public_ca.issue(), {.ca_pem = ca_.pem()}));

  expect_accepted(post(public_ca.issue(), {}));
}

TEST_F(CurlTls, VerifiesAnotherServerNameAndKeepsTheHostHeader) {
  const Leaf leaf = ca_.issue({.san = "DNS:api.internal"});

  expect_accepted(post(leaf, {.ca_pem = ca_.pem(), .server_name = "api.internal"}));

  EXPECT_EQ(host_header_, "127.0.0.1:" + std::to_string(port_));
}

TEST_F(CurlTls, RefusesTheUrlsHostWhenAnotherServerNameIsWanted) {
  expect_refused(post(ca_.issue(), {.ca_pem = ca_.pem(), .server_name = "api.internal"}));
}

TEST_F(CurlTls, AcceptsAnythingWhenInsecureIsAskedFor) {
  expect_accepted(post(TestCa("other").issue({.san = "DNS:x"}), {.insecure = true}));
}

TEST_F(CurlTls, RefusesAPlainTextServer) {
  const http_test::ScriptedServer server([](int fd, int) {
    http_test::write_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  const auto transport = CurlTransport::create({.ca_pem = ca_.pem()});

  const auto response = (*transport)->send({.url = "https" + server.url().substr(4)}, {});

  ASSERT_FALSE(response);
  EXPECT_TRUE(response.error().not_sent);
}

TEST_F(CurlTls, SendsAOncePostExactlyOnceOverTls) {
  const Leaf leaf = ca_.issue();
  std::atomic<int> posts = 0;
  const auto server = http::Server::start(
      {.certificate_pem = leaf.certificate_pem, .private_key_pem = leaf.key_pem},
      [&posts](const ServerRequest& request) {
        if (request.method == "GET") return ServerResponse{};
        ++posts;
        return ServerResponse{.drop = ServerResponse::Drop::kReset};
      });
  const auto transport = CurlTransport::create({.ca_pem = ca_.pem()});
  ASSERT_TRUE((*transport)->send({.url = (*server)->url()}, {}));

  const auto response =
      (*transport)->send({.method = "POST", .url = (*server)->url(), .once = true}, {});

  ASSERT_FALSE(response);
  EXPECT_FALSE(response.error().not_sent);
  EXPECT_EQ(posts, 1);
}

// Serves one TLS connection that must show a certificate of `ca_pem`; returns its common name.
std::string client_name_over_tls(int fd, const Leaf& leaf, const std::string& ca_pem) {
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  const auto identity = http::TlsIdentity::parse(leaf.certificate_pem, leaf.key_pem);
  auto trust = http::TrustStore::create();
  EXPECT_TRUE(identity->install(context.get()));
  EXPECT_TRUE(trust->add_pem(ca_pem, "client CA"));
  trust->install(context.get());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  const std::shared_ptr<SSL> tls(SSL_new(context.get()), SSL_free);
  SSL_set_fd(tls.get(), fd);
  if (SSL_accept(tls.get()) != 1) return "";
  char buffer[4096];
  SSL_read(tls.get(), buffer, sizeof buffer);
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  SSL_write(tls.get(), answer.data(), static_cast<int>(answer.size()));
  char name[64] = {};
  X509* const peer = SSL_get0_peer_certificate(tls.get());
  X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName, name, sizeof name);
  return name;
}

TEST_F(CurlTls, ShowsItsClientCertificate) {
  const Leaf server_leaf = ca_.issue();
  const Leaf client_leaf = ca_.issue({.common_name = "operator"});
  std::string seen;
  base::Result<http::Response> response;
  {
    const http_test::ScriptedServer server(
        [&](int fd, int) { seen = client_name_over_tls(fd, server_leaf, ca_.pem()); });
    const auto transport =
        CurlTransport::create({.ca_pem = ca_.pem(),
                               .client_certificate_pem = client_leaf.certificate_pem,
                               .client_key_pem = client_leaf.key_pem});
    ASSERT_TRUE(transport) << transport.error().message;
    response = (*transport)->send({.url = "https" + server.url().substr(4)}, {});
  }
  EXPECT_TRUE(response) << response.error().message;
  EXPECT_EQ(seen, "operator");
}

TEST_F(CurlTls, RefusesAServerThatSpeaksTls11AtMost) {
  const Leaf leaf = ca_.issue();
  std::atomic<bool> agreed = false;
  const http_test::ScriptedServer server([&](int fd, int) {
    const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    const auto identity = http::TlsIdentity::parse(leaf.certificate_pem, leaf.key_pem);
    EXPECT_TRUE(identity->install(context.get()));
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
    const std::shared_ptr<SSL> tls(SSL_new(context.get()), SSL_free);
    SSL_set_fd(tls.get(), fd);
    agreed = SSL_accept(tls.get()) == 1;
  });
  const auto transport = CurlTransport::create({.ca_pem = ca_.pem()});

  const auto response = (*transport)->send({.url = "https" + server.url().substr(4)}, {});

  ASSERT_FALSE(response);
  EXPECT_TRUE(response.error().not_sent);
  EXPECT_FALSE(agreed);
}

// Sets a variable of the environment while it lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { unsetenv(name_); }

 private:
  const char* name_;
};

class ProxyOfTheEnvironment : public testing::Test {
 protected:
  // The first line of what the proxy got for a call to https://ca.test, or "".
  std::string asked_of_the_proxy() {
    std::string line;
    {
      const http_test::ScriptedServer proxy([&](int fd, int) {
        const std::string request = http_test::read_request(fd);
        line = request.substr(0, request.find('\r'));
        http_test::write_text(fd, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
      });
      const Variable set("HTTPS_PROXY", proxy.url());
      const auto transport = CurlTransport::create({});
      EXPECT_TRUE(transport) << transport.error().message;
      const auto response = (*transport)
                                ->send({.method = "POST",
                                        .url = "https://ca.test/services/v2/order",
                                        .headers = {{"X-DC-DEVKEY", "the-key"}},
                                        .body = "body",
                                        .once = true},
                                       {});
      EXPECT_FALSE(response);
      EXPECT_TRUE(response.error().not_sent) << "the tunnel was refused";
    }
    return line;
  }
};

TEST_F(ProxyOfTheEnvironment, IsAskedForATunnelAndSeesNothingElse) {
  EXPECT_EQ(asked_of_the_proxy(), "CONNECT ca.test:443 HTTP/1.1");
}

TEST_F(ProxyOfTheEnvironment, IsPassedByForWhatNoProxyNames) {
  const Variable none("NO_PROXY", "ca.test,10.0.0.0/8");

  EXPECT_EQ(asked_of_the_proxy(), "");
}

// Carries bytes both ways until one side closes; what came from `client` is returned.
std::string relay(int client, int server) {
  std::string seen;
  char buffer[4096];
  pollfd ends[2] = {{.fd = client, .events = POLLIN, .revents = 0},
                    {.fd = server, .events = POLLIN, .revents = 0}};
  while (poll(ends, 2, 10'000) > 0) {
    const int from = ends[0].revents != 0 ? 0 : 1;
    const auto count = recv(ends[from].fd, buffer, sizeof buffer, 0);
    if (count <= 0) break;
    const std::string_view bytes(buffer, static_cast<std::size_t>(count));
    http_test::write_text(ends[1 - from].fd, bytes);
    if (from == 0) seen += bytes;
  }
  return seen;
}

TEST_F(CurlTls, TunnelsThroughTheProxyOfTheEnvironmentWhichCannotReadAlong) {
  const Leaf leaf = ca_.issue({.san = "DNS:ca.test"});
  std::string key_header;
  const auto server = http::Server::start(
      {.certificate_pem = leaf.certificate_pem, .private_key_pem = leaf.key_pem},
      [&](const ServerRequest& request) {
        key_header = request.header("x-dc-devkey").value_or("");
        return ServerResponse{.body = "secret answer"};
      });
  std::string asked;
  std::string carried;
  base::Result<http::Response> response;
  {
    const http_test::ScriptedServer proxy([&](int fd, int) {
      asked = http_test::read_request(fd);
      http_test::RawClient target((*server)->port());
      http_test::write_text(fd, "HTTP/1.1 200 Connection established\r\n\r\n");
      carried = relay(fd, target.fd());
    });
    const Variable set("HTTPS_PROXY", proxy.url());
    const auto transport = CurlTransport::create({.extra_ca_pem = ca_.pem()});
    response = (*transport)
                   ->send({.method = "POST",
                           .url = "https://ca.test:" + std::to_string((*server)->port()) + "/v2",
                           .headers = {{"X-DC-DEVKEY", "the-key"}},
                           .body = "body",
                           .once = true},
                          {});
  }

  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "secret answer");
  EXPECT_EQ(key_header, "the-key");
  EXPECT_EQ(asked.find("the-key"), std::string::npos) << asked;
  EXPECT_GT(carried.size(), 500U);
  EXPECT_EQ(carried.find("the-key"), std::string::npos);
}

TEST_F(CurlTls, RefusesAClientKeyOfAnotherCertificate) {
  const auto transport =
      CurlTransport::create({.ca_pem = ca_.pem(),
                             .client_certificate_pem = ca_.issue().certificate_pem,
                             .client_key_pem = ca_.issue().key_pem});

  ASSERT_FALSE(transport);
  EXPECT_EQ(transport.error().code, Code::kInvalid);
}

TEST_F(CurlTls, SaysWhenTheSystemsRootsAreMissing) {
  setenv("SSL_CERT_FILE", "/does/not/exist.pem", 1);
  const auto transport = CurlTransport::create({});
  unsetenv("SSL_CERT_FILE");

  ASSERT_FALSE(transport);
  EXPECT_EQ(transport.error().code, Code::kUnavailable);
  EXPECT_THAT(transport.error().message, testing::HasSubstr("/does/not/exist.pem"));
}

}  // namespace
