#include "app/rest_client_metrics.h"

#include "base/check.h"
#include "http/url.h"

namespace app {
namespace {

using metrics::Family;
using metrics::Labels;

const Family kCalls{"rest_client_requests_total",
                    "Number of HTTP requests, partitioned by status code, method, and host."};
const Family kSeconds{"rest_client_request_duration_seconds",
                      "Request latency in seconds. Broken down by verb, and host."};
const Family kRequestBytes{"rest_client_request_size_bytes",
                           "Request size in bytes. Broken down by verb and host."};
const Family kResponseBytes{"rest_client_response_size_bytes",
                            "Response size in bytes. Broken down by verb and host."};
const Family kLimiterSeconds{
    "rest_client_rate_limiter_duration_seconds",
    "Client side rate limiter latency in seconds. Broken down by verb, and host."};
const Family kRetries{"rest_client_request_retries_total",
                      "Number of request retries, partitioned by status code, verb, and host."};
const Family kLookupSeconds{"rest_client_dns_resolution_duration_seconds",
                            "DNS resolver latency in seconds. Broken down by host."};

constexpr std::string_view kNoAnswer = "<error>";  // as client-go says it

std::vector<double> second_buckets() {
  return {0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60};
}

std::vector<double> byte_buckets() {
  return {64, 256, 512, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216};
}

std::string host_of(std::string_view server) {
  const auto url = http::split_url(server);
  return url ? url->origin().substr(url->scheme.size() + 3) : std::string(server);
}

int usual_status(std::string_view method) {
  return method == "POST" ? 201 : 200;
}

double in_seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

RestClientMetrics::RestClientMetrics(metrics::Registry& registry, std::string_view server)
    : registry_(registry), host_(host_of(server)) {
  for (const std::string_view method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    methods_.emplace(method, make_series(method));
    calls(method, std::string(kNoAnswer));
  }
  retries("GET", "401");  // the only repetition there is
  seconds(kLookupSeconds, {{"host", host_}});
}

RestClientMetrics::OfMethod RestClientMetrics::make_series(std::string_view method) const {
  return {.succeeded = calls(method, std::to_string(usual_status(method))),
          .took = seconds(kSeconds, verb(method)),
          .waited = seconds(kLimiterSeconds, verb(method)),
          .request_bytes = bytes(kRequestBytes, method),
          .response_bytes = bytes(kResponseBytes, method)};
}

void RestClientMetrics::observe(const kube::CallFacts& facts) const {
  const OfMethod& series = of_method(facts.method);
  count(facts, series);
  if (facts.retried_after != 0) retries(facts.method, std::to_string(facts.retried_after)).add();
  if (facts.name_lookup) {
    seconds(kLookupSeconds, {{"host", host_}}).observe(in_seconds(*facts.name_lookup));
  }
  if (facts.is_watch) return;
  series.took.observe(in_seconds(facts.took));
  series.request_bytes.observe(static_cast<double>(facts.request_bytes));
  series.response_bytes.observe(static_cast<double>(facts.response_bytes));
}

void RestClientMetrics::count(const kube::CallFacts& facts, const OfMethod& series) const {
  if (facts.http_status == usual_status(facts.method)) return series.succeeded.add();
  calls(facts.method,
        facts.http_status == 0 ? std::string(kNoAnswer) : std::to_string(facts.http_status))
      .add();
}

void RestClientMetrics::waited(std::string_view method, std::chrono::nanoseconds delay) const {
  of_method(method).waited.observe(in_seconds(delay));
}

const RestClientMetrics::OfMethod& RestClientMetrics::of_method(std::string_view method) const {
  const auto known = methods_.find(method);
  BASE_CHECK(known != methods_.end());  // the client has no others
  return known->second;
}

Labels RestClientMetrics::verb(std::string_view method) const {
  return {{"verb", std::string(method)}, {"host", host_}};
}

metrics::Counter RestClientMetrics::calls(std::string_view method, const std::string& code) const {
  return registry_.counter(kCalls,
                           {{"method", std::string(method)}, {"host", host_}, {"code", code}});
}

metrics::Counter RestClientMetrics::retries(std::string_view method,
                                            const std::string& code) const {
  Labels labels = verb(method);
  labels["code"] = code;
  return registry_.counter(kRetries, labels);
}

metrics::Histogram RestClientMetrics::seconds(const Family& family, const Labels& labels) const {
  return registry_.histogram(family, second_buckets(), labels);
}

metrics::Histogram RestClientMetrics::bytes(const Family& family, std::string_view method) const {
  return registry_.histogram(family, byte_buckets(), verb(method));
}

}  // namespace app
