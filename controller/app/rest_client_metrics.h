// RestClientMetrics: the rest_client_* series of client-go for calls to the API server, with its
// names, labels and buckets (k8s.io/component-base/metrics/prometheus/restclient). Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "kube/client.h"
#include "metrics/registry.h"

namespace app {

class RestClientMetrics {
 public:
  // `server` is the URL of the API server: its host and port are a label. The series of each method
  // exist at 0 from now on. `registry` must outlive it.
  RestClientMetrics(metrics::Registry& registry, std::string_view server);

  // One exchange. Watches are counted, but are in no histogram: they are as long as the server
  // wants.
  void observe(const kube::CallFacts& facts) const;
  // A call that waited for --kube-api-qps.
  void waited(std::string_view method, std::chrono::nanoseconds delay) const;

 private:
  // The series of one method, looked up once.
  struct OfMethod {
    metrics::Counter succeeded{};  // with the status that is usual
    metrics::Histogram took{};
    metrics::Histogram waited{};
    metrics::Histogram request_bytes{};
    metrics::Histogram response_bytes{};
  };

  OfMethod make_series(std::string_view method) const;
  const OfMethod& of_method(std::string_view method) const;
  void count(const kube::CallFacts& facts, const OfMethod& series) const;
  metrics::Labels verb(std::string_view method) const;
  metrics::Counter calls(std::string_view method, const std::string& code) const;
  metrics::Counter retries(std::string_view method, const std::string& code) const;
  metrics::Histogram seconds(const metrics::Family& family, const metrics::Labels& labels) const;
  metrics::Histogram bytes(const metrics::Family& family, std::string_view method) const;

  metrics::Registry& registry_;
  const std::string host_;
  std::map<std::string, OfMethod, std::less<>> methods_{};  // constant after the constructor
};

}  // namespace app
