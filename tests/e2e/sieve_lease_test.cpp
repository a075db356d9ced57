// The lease under the built operator: hung calls do not hold it up, its loss ends the process at
// once, and a clean stop gives it back only when all work has ended.
#include <atomic>
#include <csignal>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/sieve_world.h"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using std::chrono::steady_clock;
using support::Fault;
using support::ProxyCall;
using support::SieveInFull;
using testing::HasSubstr;

class SieveLease : public SieveInFull {
 protected:
  void SetUp() override {
    SieveInFull::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ensure_operator({"--leader-elect", "--leader-elect-namespace", home()});
    ASSERT_TRUE(operator_->wait_for_output("\"leading\"", 30s)) << operator_->output();
  }

  static bool is_lease(const ProxyCall& call) {
    return call.path.find("/leases/") != std::string::npos;
  }
  // A call to the CA hangs, so that a drain would take its whole time.
  void hang_the_ca() {
    ca_proxy().set_plan([](const ProxyCall&) -> Fault { return {.kind = Fault::Kind::kHang}; });
    make_request("stuck", {{"commonName", "shop.example.com"}});
    std::this_thread::sleep_for(1s);
  }
  std::string holder() {
    const auto got = admin().get(kube::kLeases, {home(), "duplicert"}, std::stop_token{});
    return got ? (*got)["spec"].value("holderIdentity", "") : "no lease";
  }
};

TEST_F(SieveLease, IsLostAfterItsTimeAndEndsTheProcessAtOnce) {
  hang_the_ca();
  std::atomic<int> calls = 0;
  const auto began = steady_clock::now();
  api().set_plan([&](const ProxyCall& call) -> Fault {
    if (!is_lease(call)) return {};
    ++calls;
    return {.kind = Fault::Kind::kHang};
  });

  const auto code = operator_->wait(25s);
  const std::chrono::duration<double> took = steady_clock::now() - began;

  ASSERT_TRUE(code) << operator_->output();
  EXPECT_EQ(*code, 1);
  EXPECT_THAT(operator_->output(), HasSubstr("leader election is over; ending at once"));
  EXPECT_GE(calls, 2) << "one hung call has used up the time of all others: its limit is 5 s";
  EXPECT_LT(took.count(), 16.0) << "10 s until it is lost, 5 s for the call that hung, no drain";
  api().set_plan({});
}

TEST_F(SieveLease, ThatAnotherHasTakenEndsTheProcessAtOnce) {
  hang_the_ca();
  const auto taken = admin().patch(kube::kLeases, {home(), "duplicert"}, kube::PatchKind::kMerge,
                                   {{"spec", {{"holderIdentity", "somebody-else"}}}}, {});
  ASSERT_TRUE(taken) << taken.error().message;
  const auto began = steady_clock::now();

  const auto code = operator_->wait(15s);

  ASSERT_TRUE(code) << operator_->output();
  EXPECT_EQ(*code, 1);
  EXPECT_LT(steady_clock::now() - began, 8s);
  EXPECT_EQ(holder(), "somebody-else") << "it is not ours to release";
}

TEST_F(SieveLease, IsGivenBackAfterTheWorkHasEnded) {
  std::atomic<bool> working = false;
  ca_proxy().set_plan([&](const ProxyCall& call) -> Fault {
    if (call.method != "POST") return {};
    return {.before =
                [&] {
                  working = true;
                  std::this_thread::sleep_for(4s);
                },
            .after = [&] { working = false; }};
  });
  std::atomic<int> released_while_working = 0;
  std::atomic<int> released = 0;
  api().set_plan([&](const ProxyCall& call) -> Fault {
    if (!is_lease(call) || call.method != "PUT") return {};
    const json body = json::parse(call.body, nullptr, false);
    if (!body["spec"].value("holderIdentity", "").empty()) return {};
    ++released;
    if (working) ++released_while_working;
    return {};
  });
  make_request("one", {{"commonName", "shop.example.com"}});
  await([&] { return working.load(); }, "a duplicate is being requested");

  operator_->signal(SIGTERM);
  const auto code = operator_->wait(20s);

  ASSERT_TRUE(code) << operator_->output();
  EXPECT_EQ(*code, 0);
  EXPECT_EQ(released, 1);
  EXPECT_EQ(released_while_working, 0);
  EXPECT_EQ(holder(), "");
  ca_proxy().set_plan({});
  api().set_plan({});
  await([&] { return is_ready("one"); }, "ready");
  EXPECT_EQ(ca().count("duplicate_create"), 1U);
}

}  // namespace
