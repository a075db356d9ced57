// --metrics-cert-dir, as the whole process serves it: /metrics by real HTTPS.
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/app.h"
#include "http/curl_transport.h"
#include "support/process.h"
#include "unit/http/test_pki.h"

namespace app {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class MetricsTlsTest : public testing::Test {
 protected:
  MetricsTlsTest() : dir_(fs::path(testing::TempDir()) / ("tls_" + std::to_string(getpid()))) {
    fs::create_directories(dir_);
    std::ofstream(dir_ / "kubeconfig")
        << "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
           "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\n"
           "contexts: [{name: c, context: {cluster: c}}]\n";
    options_.kubeconfig = dir_ / "kubeconfig";
    options_.metrics = {.host = "127.0.0.1", .port = support::free_port()};
    options_.metrics_cert_dir = dir_;
    options_.health = {.host = "127.0.0.1", .port = support::free_port()};
  }
  ~MetricsTlsTest() override { fs::remove_all(dir_); }

  base::Result<http::Response> get(const std::string& scheme, int port, const std::string& path) {
    const auto client =
        *http::CurlTransport::create({.ca_pem = ca_.pem(), .allow_plain_http = true});
    return client->send({.url = scheme + "://127.0.0.1:" + std::to_string(port) + path}, {});
  }

  const http_test::TestCa ca_{};
  const fs::path dir_;
  cli::RunOptions options_;
};

TEST_F(MetricsTlsTest, ServesMetricsByHttpsOnlyAndProbesAsBefore) {
  const http_test::Leaf leaf = ca_.issue();
  std::ofstream(dir_ / "tls.crt") << leaf.certificate_pem;
  std::ofstream(dir_ / "tls.key") << leaf.key_pem.expose();

  const auto app = App::create(options_);

  ASSERT_TRUE(app) << app.error().message;
  const auto answer = get("https", options_.metrics.port, "/metrics");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(answer->body, HasSubstr("certwatcher_read_certificate_total 1"));
  EXPECT_FALSE(get("http", options_.metrics.port, "/metrics"));
  const auto probe = get("http", options_.health.port, "/healthz");
  ASSERT_TRUE(probe) << probe.error().message;
  EXPECT_EQ(probe->status, 200);
}

TEST_F(MetricsTlsTest, DoesNotStartWithoutItsCertificate) {
  const auto app = App::create(options_);

  ASSERT_FALSE(app);
  EXPECT_THAT(app.error().message,
              AllOf(HasSubstr("--metrics-cert-dir"), HasSubstr((dir_ / "tls.crt").string())));
}

}  // namespace
}  // namespace app
