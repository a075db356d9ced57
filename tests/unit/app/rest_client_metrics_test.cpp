#include "app/rest_client_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace app {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class RestClientMetricsTest : public testing::Test {
 protected:
  std::string text() const { return registry_.expose(); }

  metrics::Registry registry_;
  RestClientMetrics metrics_{registry_, "https://10.0.0.1:6443/below"};
};

constexpr const char* kHost = R"(host="10.0.0.1:6443")";

TEST_F(RestClientMetricsTest, CountsCallsAsClientGoDoes) {
  metrics_.observe({.method = "GET", .resource = kube::kSecrets, .http_status = 200});
  metrics_.observe({.method = "GET", .resource = kube::kSecrets});

  const std::string rest = std::string(",") + kHost + R"(,method="GET"} 1)";
  EXPECT_THAT(text(), HasSubstr(R"(rest_client_requests_total{code="200")" + rest));
  EXPECT_THAT(text(), HasSubstr(R"(rest_client_requests_total{code="<error>")" + rest));
}

TEST_F(RestClientMetricsTest, TellsHowLongAndHowLargeCallsAre) {
  metrics_.observe({.method = "PUT",
                    .resource = kube::kSecrets,
                    .http_status = 200,
                    .took = 1500ms,
                    .request_bytes = 70,
                    .response_bytes = 300});
  metrics_.waited("PUT", 250ms);

  const std::string labels = std::string("{") + kHost + R"(,verb="PUT"} )";
  EXPECT_THAT(text(), HasSubstr("rest_client_request_duration_seconds_sum" + labels + "1.5"));
  EXPECT_THAT(text(), HasSubstr("rest_client_request_size_bytes_sum" + labels + "70"));
  EXPECT_THAT(text(), HasSubstr("rest_client_response_size_bytes_sum" + labels + "300"));
  EXPECT_THAT(text(), HasSubstr("rest_client_rate_limiter_duration_seconds_sum" + labels + "0.25"));
}

TEST_F(RestClientMetricsTest, KeepsWatchesOutOfTheLatencies) {
  metrics_.observe(
      {.method = "GET", .resource = kube::kSecrets, .http_status = 200, .is_watch = true});

  EXPECT_THAT(text(), HasSubstr(std::string("request_duration_seconds_count{") + kHost +
                                R"(,verb="GET"} 0)"));
}

TEST_F(RestClientMetricsTest, CountsARetryByWhatCausedIt) {
  metrics_.observe(
      {.method = "GET", .resource = kube::kSecrets, .http_status = 200, .retried_after = 401});

  EXPECT_THAT(text(),
              HasSubstr(std::string(R"(retries_total{code="401",)") + kHost + R"(,verb="GET"} 1)"));
}

TEST_F(RestClientMetricsTest, CountsALookupForEachNewConnection) {
  metrics_.observe({.method = "GET", .resource = kube::kSecrets, .http_status = 200});
  EXPECT_THAT(text(),
              HasSubstr(std::string("dns_resolution_duration_seconds_count{") + kHost + "} 0"));

  metrics_.observe(
      {.method = "GET", .resource = kube::kSecrets, .http_status = 200, .name_lookup = 2s});
  EXPECT_THAT(text(),
              HasSubstr(std::string("dns_resolution_duration_seconds_sum{") + kHost + "} 2"));
}

TEST_F(RestClientMetricsTest, HasEachMethodAtZeroFromTheStart) {
  for (const std::string method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    EXPECT_THAT(text(), HasSubstr(R"(method=")" + method + "\"} 0"));
    EXPECT_THAT(text(), HasSubstr(R"(verb=")" + method + "\"} 0"));
  }
  EXPECT_THAT(text(), Not(HasSubstr("} 1\n")));
}

}  // namespace
}  // namespace app
