// A start with ten thousand objects that are as they should be: no writes, and the caches are there
// in no time.
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "reconcile/resources.h"
#include "support/sieve_world.h"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using support::SieveTest;

constexpr int kRequests = 10'000;
constexpr int kThreads = 8;

class SieveStart : public SieveTest {
 protected:
  void SetUp() override {
    if (!support::all_fault_plans()) GTEST_SKIP() << support::kOnlyInFull;
    SieveTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    start_world();
  }

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
  std::size_t writes() { return cluster().writes_by(support::ControlPlane::kOperator, home()); }
};

TEST_F(SieveStart, WithTenThousandObjectsWritesNothing) {
  make_requests();
  const auto limit = std::chrono::steady_clock::now() + 10min;
  while (reported() < kRequests && std::chrono::steady_clock::now() < limit) {
    std::this_thread::sleep_for(2s);
  }
  ASSERT_EQ(reported(), kRequests);
  std::this_thread::sleep_for(3s);
  EXPECT_EQ(operator_->terminate(25s), 0);
  const std::size_t before = writes();
  ASSERT_GE(before, static_cast<std::size_t>(kRequests));

  const auto began = std::chrono::steady_clock::now();
  ensure_operator({});
  ASSERT_TRUE(operator_->wait_for_output("caches are complete", 60s)) << operator_->output();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  fmt::print("caches of {} requests complete after {:.1f} s\n", kRequests, took.count());
  const auto idle = [&] {
    const std::string text = fetch("--metrics-address", "/metrics");
    const std::string done = "controller_runtime_reconcile_total{controller=\"request\",result=";
    double passes = 0;
    for (auto at = text.find(done); at != std::string::npos; at = text.find(done, at + 1)) {
      passes += std::stod(text.substr(text.find("} ", at) + 2));
    }
    return passes >= kRequests;
  };
  await(idle, "each request has had its pass");
  std::this_thread::sleep_for(5s);

  EXPECT_EQ(writes(), before);
}

}  // namespace
