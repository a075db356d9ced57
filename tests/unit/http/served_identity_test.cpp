// HTTPS servers whose certificate is in files that somebody replaces while they run.
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "http/curl_transport.h"
#include "http/server.h"
#include "raw_socket.h"
#include "test_pki.h"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using http::CertificateFiles;
using http::Server;
using http_test::TestCa;
using testing::AllOf;
using testing::HasSubstr;

class ServedIdentity : public testing::Test {
 protected:
  ServedIdentity() : dir_(fs::path(testing::TempDir()) / ("served_" + std::to_string(getpid()))) {
    fs::create_directories(dir_);
    put(ca_.issue());
  }
  ~ServedIdentity() override { fs::remove_all(dir_); }

  void put(const http_test::Leaf& leaf) {
    std::ofstream(dir_ / "tls.crt", std::ios::trunc) << leaf.certificate_pem;
    std::ofstream(dir_ / "tls.key", std::ios::trunc) << leaf.key_pem.expose();
  }
  void write(const char* name, const std::string& text) {
    std::ofstream(dir_ / name, std::ios::trunc) << text;
  }

  base::Result<std::unique_ptr<Server>> start(std::chrono::milliseconds look_every = 0ms) {
    return Server::start(
        {.certificate_files =
             CertificateFiles{
                 .certificate = dir_ / "tls.crt",
                 .key = dir_ / "tls.key",
                 .look_every = look_every,
                 .on_read = [this](bool usable) { ++(usable ? usable_ : unusable_); }}},
        [](const http::ServerRequest&) { return http::ServerResponse{.body = "hello"}; });
  }
  // Whether somebody who trusts `ca` alone gets an answer, over a new connection.
  static bool answers(const Server& server, const TestCa& ca) {
    const auto client = *http::CurlTransport::create({.ca_pem = ca.pem()});
    const auto answer = client->send({.url = server.url()}, {});
    return answer && answer->body == "hello";
  }
  void expect_no_start(const std::string& words) {
    const auto server = start();
    ASSERT_FALSE(server);
    EXPECT_THAT(server.error().message, AllOf(HasSubstr(words), HasSubstr(dir_.string())));
  }

  const TestCa ca_{};
  const TestCa next_ca_{"next root"};
  const fs::path dir_;
  std::atomic<int> usable_ = 0;
  std::atomic<int> unusable_ = 0;
};

TEST_F(ServedIdentity, IsThatOfTheFiles) {
  const auto server = start();

  ASSERT_TRUE(server) << server.error().message;
  EXPECT_THAT((*server)->url(), testing::StartsWith("https://"));
  EXPECT_TRUE(answers(**server, ca_));
  EXPECT_FALSE(answers(**server, next_ca_));
}

TEST_F(ServedIdentity, FollowsTheFiles) {
  const auto server = *start();
  EXPECT_TRUE(answers(*server, ca_));

  put(next_ca_.issue());

  EXPECT_TRUE(answers(*server, next_ca_));
  EXPECT_FALSE(answers(*server, ca_));
  EXPECT_EQ(unusable_, 0);
}

TEST_F(ServedIdentity, StaysWhileTheFilesCannotBeUsed) {
  const auto server = *start();
  const http_test::Leaf next = next_ca_.issue();

  write("tls.crt", next.certificate_pem);  // its key comes a moment later
  EXPECT_TRUE(answers(*server, ca_));
  write("tls.crt", "");
  EXPECT_TRUE(answers(*server, ca_));
  fs::remove(dir_ / "tls.crt");
  EXPECT_TRUE(answers(*server, ca_));
  EXPECT_GE(unusable_, 3);

  put(next);
  EXPECT_TRUE(answers(*server, next_ca_));
}

TEST_F(ServedIdentity, IsNotReadAgainForEachConnection) {
  const auto server = *start(10s);
  put(next_ca_.issue());

  EXPECT_TRUE(answers(*server, ca_));
  EXPECT_EQ(usable_, 1);
}

TEST_F(ServedIdentity, IsNeededForTheStart) {
  write("tls.key", "no key");
  expect_no_start("not an unencrypted PEM key");
  write("tls.key", std::string((std::size_t{1} << 20U) + 1, 'x'));
  expect_no_start("larger than 1 MiB");
  fs::remove(dir_ / "tls.key");
  expect_no_start("tls.key': missing");
}

// Whether a client that speaks no newer TLS than `version` gets through the handshake.
bool shakes_hands(const Server& server, int version) {
  http_test::RawClient client(server.port());
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), version);
  const std::shared_ptr<SSL> tls(SSL_new(context.get()), SSL_free);
  SSL_set_fd(tls.get(), client.fd());
  return SSL_connect(tls.get()) == 1;
}

TEST_F(ServedIdentity, IsNotShownToClientsOfTls11) {
  const auto server = *start();

  EXPECT_FALSE(shakes_hands(*server, TLS1_1_VERSION));
  EXPECT_TRUE(shakes_hands(*server, TLS1_2_VERSION));
  EXPECT_TRUE(shakes_hands(*server, TLS1_3_VERSION));
}

}  // namespace
