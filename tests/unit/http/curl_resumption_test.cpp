// A call with Request::once has a connection of its own each time. That costs no full TLS handshake
// each time: the session of the one before is resumed.
#include <mutex>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "http/curl_transport.h"
#include "raw_socket.h"
#include "test_pki.h"

namespace {

using http_test::Leaf;
using http_test::ScriptedServer;
using http_test::TestCa;
using testing::ElementsAre;

using Context = std::shared_ptr<SSL_CTX>;

Context context_of(const Leaf& leaf, int version) {
  Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  const auto bio_of = [](std::string_view text) {
    return std::shared_ptr<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())),
                                BIO_free_all);
  };
  const auto certificate_bio = bio_of(leaf.certificate_pem);
  const auto key_bio = bio_of(leaf.key_pem.expose());
  const http_test::Cert certificate(
      PEM_read_bio_X509(certificate_bio.get(), nullptr, nullptr, nullptr), X509_free);
  const http_test::Key key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr),
                           EVP_PKEY_free);
  SSL_CTX_use_certificate(context.get(), certificate.get());
  SSL_CTX_use_PrivateKey(context.get(), key.get());
  SSL_CTX_set_max_proto_version(context.get(), version);
  return context;
}

// A TLS server that answers each connection once and notes whether its session was resumed.
class SessionServer {
 public:
  explicit SessionServer(int version = TLS1_3_VERSION)
      : context_(context_of(ca_.issue(), version)) {}

  std::string url() const { return "https" + server_.url().substr(4); }
  std::string ca_pem() const { return ca_.pem(); }
  std::vector<bool> resumed() const {
    const std::lock_guard lock(mutex_);
    return resumed_;
  }

 private:
  void serve(int fd) {
    const std::shared_ptr<SSL> ssl(SSL_new(context_.get()), SSL_free);
    SSL_set_fd(ssl.get(), fd);
    if (SSL_accept(ssl.get()) != 1) return;
    {
      const std::lock_guard lock(mutex_);
      resumed_.push_back(SSL_session_reused(ssl.get()) == 1);
    }
    std::string request;
    char byte = 0;
    while (!request.ends_with("\r\n\r\n") && SSL_read(ssl.get(), &byte, 1) == 1) request += byte;
    constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    SSL_write(ssl.get(), kAnswer.data(), static_cast<int>(kAnswer.size()));
    while (SSL_read(ssl.get(), &byte, 1) == 1) {
    }
    SSL_shutdown(ssl.get());  // a session whose connection broke is not resumed (TLS 1.2)
  }

  const TestCa ca_{};
  const Context context_;
  mutable std::mutex mutex_;
  std::vector<bool> resumed_;
  const ScriptedServer server_{[this](int fd, int) { serve(fd); }};
};

void post_thrice(const SessionServer& server) {
  const auto transport = http::CurlTransport::create({.ca_pem = server.ca_pem()});
  ASSERT_TRUE(transport) << transport.error().message;
  for (int i = 0; i < 3; ++i) {
    const auto answer =
        (*transport)->send({.method = "POST", .url = server.url(), .once = true}, {});
    ASSERT_TRUE(answer) << answer.error().message;
  }
}

TEST(CurlResumption, ResumesTheTls13SessionOfTheConnectionBefore) {
  const SessionServer server;

  post_thrice(server);

  EXPECT_THAT(server.resumed(), ElementsAre(false, true, true));
}

TEST(CurlResumption, ResumesTheTls12SessionOfTheConnectionBefore) {
  const SessionServer server(TLS1_2_VERSION);

  post_thrice(server);

  EXPECT_THAT(server.resumed(), ElementsAre(false, true, true));
}

// What was verified for one set of roots says nothing to another.
TEST(CurlResumption, KeepsSessionsWithinATransport) {
  const SessionServer server;
  post_thrice(server);

  const auto other = http::CurlTransport::create({.ca_pem = TestCa("other").pem()});
  ASSERT_TRUE(other);
  const auto refused = (*other)->send({.method = "POST", .url = server.url(), .once = true}, {});

  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().not_sent);
}

}  // namespace
