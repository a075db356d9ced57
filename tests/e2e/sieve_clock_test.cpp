// Clocks that jump by an hour, forth and back, under the built operator (libfaketime; its monotonic
// clock stays true): the lease is judged by the steady clock, nothing is asked for or bought twice,
// no certificate is lost, and once the clock is right again everything settles and then is quiet.
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/sieve_world.h"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using nlohmann::json;
using support::Fault;
using support::ProxyCall;
using support::SieveInFull;

// Empty if it is not installed.
std::string library() {
  for (const char* place : {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"}) {
    const std::string path = std::string(place) + "/faketime/libfaketimeMT.so.1";
    if (fs::exists(path)) return path;
  }
  return "";
}

class SieveClock : public SieveInFull {
 protected:
  void SetUp() override {
    SieveInFull::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    if (library().empty()) GTEST_SKIP() << "no libfaketime: apt-get install faketime";
    binary_ = support::operator_binary();
    use_clock("clock");
    ensure_operator(elect());  // again, by that clock and with a lease
    ASSERT_TRUE(operator_->wait_for_output("\"leading\"", 30s)) << operator_->output();
  }
  void TearDown() override {
    unsetenv("DUPLICERT_BINARY");
    SieveInFull::TearDown();
  }

  std::vector<std::string> elect() {
    return {"--leader-elect", "--leader-elect-namespace", home()};
  }
  // Operators that are started from now on go by the clock of that name, which is right so far.
  void use_clock(const std::string& name) {
    set_clock(0h, name);
    const auto script = write_file(
        name + ".sh", fmt::format("#!/bin/sh\nexport LD_PRELOAD={} FAKETIME_TIMESTAMP_FILE={} "
                                  "FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1\n"
                                  "exec {} \"$@\"\n",
                                  library(), (dir() / name).string(), binary_));
    fs::permissions(script, fs::perms::owner_all);
    setenv("DUPLICERT_BINARY", script.c_str(), 1);
  }
  // The next look at that clock is off by so much.
  void set_clock(std::chrono::hours off, const std::string& name = "clock") {
    write_file(name + ".new", fmt::format("{:+}h\n", off.count()));
    fs::rename(dir() / (name + ".new"), dir() / name);
  }

  json lease() {
    const auto got = admin().get(kube::kLeases, {home(), "duplicert"}, std::stop_token{});
    return got ? (*got)["spec"] : json::object();
  }
  // What the operator believes the time to be, less what it is: from its last renewal of the lease.
  std::chrono::minutes seems_off() {
    const auto renewed = base::parse_time(lease().value("renewTime", ""));
    if (!renewed) return -1000min;
    return std::chrono::round<std::chrono::minutes>(*renewed - base::SystemClock().now());
  }
  // Sets the clock, and waits until the leader has renewed its lease by it.
  void jump(std::chrono::hours off) {
    set_clock(off);
    await([&] { return seems_off() == off; }, fmt::format("the clock is off by {} h", off.count()));
  }

  std::string crt(const std::string& name) {
    const json secret = read("secret", name + "-tls");
    return secret.is_object() ? secret["data"].value("tls.crt", "") : "";
  }
  // The operator has been one process, and leader, all the time.
  void expect_it_led_throughout(const json& before, pid_t pid) {
    EXPECT_TRUE(operator_->running()) << operator_->output();
    EXPECT_EQ(operator_->pid(), pid);
    EXPECT_EQ(lease()["holderIdentity"], before["holderIdentity"]);
    EXPECT_EQ(lease()["leaseTransitions"], before["leaseTransitions"]);
    EXPECT_THAT(fetch("--metrics-address", "/metrics"),
                testing::HasSubstr("leader_election_master_status{name=\"duplicert\"} 1"));
  }
  std::size_t writes() { return cluster().writes_by(support::ControlPlane::kOperator, home()); }
  void expect_quiet() {
    std::this_thread::sleep_for(3s);
    const std::size_t before = writes();
    ASSERT_GT(before, 0U) << "nobody was watched";
    std::this_thread::sleep_for(10s);
    EXPECT_EQ(writes(), before);
  }

 private:
  std::string binary_{};
};

TEST_F(SieveClock, LosesAndRepeatsNothingWhenTheClockJumpsForthAndBack) {
  make_request("before", {{"commonName", "shop.example.com"}});
  await([&] { return is_ready("before"); }, "ready before the jumps");
  const std::string certificate = crt("before");
  const json held = lease();
  const pid_t pid = operator_->pid();

  int made = 0;
  for (const auto off : {1h, 0h, -1h, 0h}) {
    jump(off);
    make_request(fmt::format("during-{}", made++), {{"commonName", "shop.example.com"}});
    std::this_thread::sleep_for(4s);
    expect_it_led_throughout(held, pid);
    EXPECT_EQ(crt("before"), certificate);
  }

  for (int i = 0; i < made; ++i) {
    const std::string name = fmt::format("during-{}", i);
    await([&] { return is_ready(name); }, name);
    expect_good_pair(name + "-tls");
  }
  EXPECT_EQ(ca().count("duplicate_create"), 1U + static_cast<std::size_t>(made));
  EXPECT_EQ(crt("before"), certificate);
  expect_quiet();
  expect_clean();
}

// An order costs money: with a wrong clock none is placed, and one once it is right.
TEST_F(SieveClock, BuysOnceAndOnlyByARightClock) {
  for (const auto off : {1h, -1h}) {
    const std::string name = off > 0h ? "fast" : "slow";
    const std::size_t before = ca().count("order_place");
    jump(off);
    make_request(name,
                 {{"commonName", name + ".example.com"}, {"profileRef", {{"name", "buyer"}}}});
    std::this_thread::sleep_for(6s);
    EXPECT_EQ(ca().count("order_place"), before) << "bought by a clock that is wrong";

    jump(0h);
    // It looks at its clock again every 5 minutes, and when something changes.
    const auto touched = cluster().kubectl({"annotate", "certificateorders", "--all", "-n", home(),
                                            "example.com/touched=" + name, "--overwrite"});
    EXPECT_TRUE(touched.ok()) << touched.err;
    await([&] { return is_ready(name); }, name + " has its certificate");
    EXPECT_EQ(ca().count("order_place"), before + 1);
  }
  expect_quiet();
  EXPECT_EQ(ca().count("order_place"), 2U);
  expect_clean();
}

// The mark "it may have been sent" is an hour ahead or behind for the process that finds it.
TEST_F(SieveClock, SendsNothingTwiceByAMarkOfAnotherHour) {
  std::size_t expected = 0;
  for (const auto off : {1h, -1h}) {
    const std::string name = off > 0h ? "ahead" : "behind";
    jump(off);
    std::atomic<bool> met = false;
    ca_proxy().set_plan([&](const ProxyCall& call) -> Fault {
      if (call.method != "POST" || met.exchange(true)) return {};
      return {.kind = Fault::Kind::kCutAfter, .after = [this] { kill_operator(); }};
    });
    make_request(name, {{"commonName", "shop.example.com"}});
    await([&] { return met.load(); }, "the POST was sent");
    operator_->wait(10s);
    set_clock(0h);
    ensure_operator(elect());

    await([&] { return is_ready(name); }, name);
    ca_proxy().set_plan({});
    expect_good_pair(name + "-tls");
    EXPECT_EQ(ca().count("duplicate_create"), ++expected);
  }
  expect_quiet();
  expect_clean();
}

// A standby whose clock is an hour ahead sees a lease that ran out long ago, by its wall clock.
TEST_F(SieveClock, DoesNotTakeAHeldLeaseForItIsLateByTheWallClock) {
  const json held = lease();
  for (const auto off : {1h, -1h}) {
    use_clock("standby");
    set_clock(off, "standby");
    const auto standby = make_operator("standby.log", elect());
    ASSERT_TRUE(standby->wait_for_output("caches are complete", 30s)) << standby->output();

    std::this_thread::sleep_for(20s);  // longer than a lease lasts

    EXPECT_EQ(standby->output().find("\"leading\""), std::string::npos) << standby->output();
    expect_it_led_throughout(held, operator_->pid());
    standby->terminate(20s);
  }
}

}  // namespace
