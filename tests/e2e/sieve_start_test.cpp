// A start with ten thousand objects that are as they should be: no writes, and the caches are there
// in no time.
#include <sstream>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "reconcile/resources.h"
#include "support/sieve_world.h"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using support::SieveInFull;

constexpr int kRequests = 10'000;
constexpr int kThreads = 8;

class SieveStart : public SieveInFull {
 protected:
  SieveStart() { reaches_api_directly_ = true; }  // the proxy would be what is measured

  // Suspended: they say so in their status, and ask the CA for nothing but its list.
  void make_requests() {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([this, t] {
        for (int i = t; i < kRequests; i += kThreads) {
          make_request(fmt::format("many-{}", i),
                       {{"commonName", "shop.example.com"}, {"suspend", true}});
        }
      });
    }
  }
  // How many have a status of their own.
  int reported() {
    const auto all = admin().list_all(reconcile::kRequests, home(), {}, {});
    if (!all) return 0;
    int count = 0;
    for (const json& one : (*all)["items"]) {
      const json ready = condition(one, "Ready");
      count += ready.is_object() && ready["reason"] == "Suspended" ? 1 : 0;
    }
    return count;
  }
  // The sum of the operator's series that begin so and have `label`, since its start. (The audit
  // log of so many requests is rotated away.)
  double count_of(const std::string& series, const std::string& label = "") {
    double sum = 0;
    std::istringstream text(fetch("--metrics-address", "/metrics"));
    for (std::string line; std::getline(text, line);) {
      if (!line.starts_with(series) || line.find(label) == std::string::npos) continue;
      sum += std::stod(line.substr(line.rfind(' ') + 1));
    }
    return sum;
  }
};

TEST_F(SieveStart, WithTenThousandObjectsWritesNothing) {
  make_requests();
  const auto limit = std::chrono::steady_clock::now() + 10min;
  while (reported() < kRequests && std::chrono::steady_clock::now() < limit) {
    std::this_thread::sleep_for(2s);
  }
  ASSERT_EQ(reported(), kRequests);
  std::this_thread::sleep_for(3s);
  const std::string calls = "rest_client_requests_total{";
  EXPECT_GE(count_of(calls, "method=\"PUT\""), kRequests) << "writes are not seen at all";
  EXPECT_EQ(operator_->terminate(25s), 0);

  const auto began = std::chrono::steady_clock::now();
  ensure_operator({});
  ASSERT_TRUE(operator_->wait_for_output("caches are complete", 60s)) << operator_->output();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  fmt::print("caches of {} requests complete after {:.1f} s\n", kRequests, took.count());
  const auto passes = [&] {
    return count_of("controller_runtime_reconcile_total{controller=\"request\"");
  };
  const auto end = std::chrono::steady_clock::now() + 5min;
  while (passes() < kRequests && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(2s);
  }
  EXPECT_GE(passes(), kRequests) << "not each request has had its pass";
  std::this_thread::sleep_for(5s);

  for (const char* method : {"PATCH", "PUT", "DELETE"}) {
    EXPECT_EQ(count_of(calls, fmt::format("method=\"{}\"", method)), 0) << method;
  }
  // It asks which rights it has, however many requests there are.
  EXPECT_LT(count_of(calls, "method=\"POST\""), 100);
}

}  // namespace
