// The API server at its worst, through the fault proxy: whatever it answers, the operator goes on
// by itself once the fault is over, asks the CA once for each request, and does not flood it.
#include <atomic>
#include <csignal>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/sieve_world.h"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using support::Fault;
using support::ProxyCall;
using support::SieveInFull;
using support::status_answer;

class SieveApiFaults : public SieveInFull {
 protected:
  void misbehave(const std::function<Fault(const ProxyCall&)>& plan) {
    calls_ = 0;
    api().set_plan([this, plan](const ProxyCall& call) {
      ++calls_;
      return plan(call);
    });
  }
  void behave() { api().set_plan({}); }
  // While `plan` holds a request is made; it is ready soon after the fault has ended.
  void expect_survives(const std::function<Fault(const ProxyCall&)>& plan,
                       std::chrono::milliseconds lasts = 4s) {
    make_request("before", {{"commonName", "shop.example.com"}});
    await([&] { return is_ready("before"); }, "ready before the fault");
    misbehave(plan);
    make_request("during", {{"commonName", "shop.example.com"}});
    std::this_thread::sleep_for(lasts);
    const int made = calls_;
    behave();
    await([&] { return is_ready("during"); }, "ready after the fault");
    expect_good_pair("during-tls");
    EXPECT_TRUE(operator_->running()) << operator_->output();
    EXPECT_EQ(ca().count("duplicate_create"), 2U);
    EXPECT_GT(made, 0) << "nothing was tested";
    const double per_second = made / std::chrono::duration<double>(lasts).count();
    EXPECT_LT(per_second, 60) << "a tight loop against a server in trouble";
    RecordProperty("calls_per_second", std::to_string(per_second));
  }
  static bool is_ours(const ProxyCall& call) {
    return call.path.find("duplicert.io") != std::string::npos ||
           call.path.find("/secrets") != std::string::npos;
  }

  std::atomic<int> calls_{0};
};

TEST_F(SieveApiFaults, AStormOf410OnEveryWatch) {
  api().cut_all();
  expect_survives([](const ProxyCall& call) -> Fault {
    if (!call.is_watch()) return {};
    return {.kind = Fault::Kind::kAnswer, .answer = status_answer(410, "Expired")};
  });
}

TEST_F(SieveApiFaults, A410AsAnEventInTheMiddleOfEachStream) {
  api().cut_all();
  expect_survives([](const ProxyCall& call) -> Fault {
    if (!call.is_watch()) return {};
    const std::string event =
        R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}})"
        "\n";
    return {.kind = Fault::Kind::kAnswer, .answer = {.status = 200, .body = event}};
  });
}

TEST_F(SieveApiFaults, TooManyRequestsWithRetryAfter) {
  expect_survives([](const ProxyCall& call) -> Fault {
    if (!is_ours(call) || call.is_watch()) return {};
    return {.kind = Fault::Kind::kAnswer,
            .answer = status_answer(429, "TooManyRequests", {{"Retry-After", "1"}})};
  });
}

// As an API server that shuts down says it: no Status, plain text.
TEST_F(SieveApiFaults, TooManyRequestsAsPlainTextWithoutRetryAfter) {
  expect_survives([](const ProxyCall& call) -> Fault {
    if (!is_ours(call)) return {};
    return {.kind = Fault::Kind::kAnswer, .answer = {.status = 429, .body = "Too many requests"}};
  });
}

TEST_F(SieveApiFaults, ForbiddenAndBack) {
  expect_survives([](const ProxyCall& call) -> Fault {
    if (!call.is_write() || call.path.find("/secrets") == std::string::npos) return {};
    return {.kind = Fault::Kind::kAnswer, .answer = status_answer(403, "Forbidden")};
  });
}

TEST_F(SieveApiFaults, UnauthorizedInTheMiddle) {
  expect_survives([](const ProxyCall& call) -> Fault {
    if (!is_ours(call)) return {};
    return {.kind = Fault::Kind::kAnswer, .answer = status_answer(401, "Unauthorized")};
  });
}

TEST_F(SieveApiFaults, AnInternalErrorAfterEveryWriteThatWasDone) {
  expect_survives([](const ProxyCall& call) -> Fault {
    if (!call.is_write() || !is_ours(call)) return {};
    return {.kind = Fault::Kind::kAnswerAfter, .answer = status_answer(500, "InternalError")};
  });
}

TEST_F(SieveApiFaults, EveryWriteIsDoneAndItsAnswerLost) {
  expect_survives([](const ProxyCall& call) -> Fault {
    if (!call.is_write() || !is_ours(call)) return {};
    return {.kind = Fault::Kind::kCutAfter};
  });
}

TEST_F(SieveApiFaults, AStormOfConflicts) {
  expect_survives([](const ProxyCall& call) -> Fault {
    if (!call.is_write() || !is_ours(call)) return {};
    return {.kind = Fault::Kind::kAnswer, .answer = status_answer(409, "Conflict")};
  });
}

TEST_F(SieveApiFaults, AnswersThatBreakOffInTheMiddle) {
  expect_survives([](const ProxyCall& call) -> Fault {
    if (call.is_watch() || !is_ours(call)) return {};
    return {.kind = Fault::Kind::kCutMiddle};
  });
}

TEST_F(SieveApiFaults, AnswersInTinyPieces) {
  expect_survives([](const ProxyCall& call) -> Fault {
    return {.kind = call.is_watch() ? Fault::Kind::kNone : Fault::Kind::kSplit};
  });
}

TEST_F(SieveApiFaults, SlowAnswers) {
  expect_survives([](const ProxyCall& call) -> Fault {
    return {.kind = call.is_watch() ? Fault::Kind::kNone : Fault::Kind::kSlow};
  });
}

// Accepted and never answered: each call ends by its own time limit, 15 s.
TEST_F(SieveApiFaults, AServerThatAcceptsAndSaysNothing) {
  expect_survives(
      [](const ProxyCall& call) -> Fault {
        if (!is_ours(call)) return {};
        return {.kind = Fault::Kind::kHang};
      },
      6s);
}

TEST_F(SieveApiFaults, WatchesThatBreakAllTheTime) {
  api().cut_all();
  expect_survives([](const ProxyCall& call) -> Fault {
    return {.kind = call.is_watch() ? Fault::Kind::kCutBefore : Fault::Kind::kNone};
  });
}

// One list per collection at the start, and none for connections that break.
TEST_F(SieveApiFaults, ABrokenStreamResumesWithoutAList) {
  make_request("one", {{"commonName", "shop.example.com"}});
  await([&] { return is_ready("one"); }, "ready");
  std::atomic<int> lists{0};
  std::atomic<int> watches{0};
  api().set_plan([&](const ProxyCall& call) -> Fault {
    if (call.is_watch()) ++watches;
    if (call.is_list()) ++lists;
    return {};
  });
  for (int i = 0; i < 3; ++i) {
    api().cut_all();
    std::this_thread::sleep_for(2500ms);
  }
  make_request("two", {{"commonName", "shop.example.com"}});
  await([&] { return is_ready("two"); }, "the watches are back");
  EXPECT_EQ(lists, 0);
  EXPECT_GE(watches, 6);
}

// Lists come as streams, and by pages from a server that cannot do that, or breaks off.
TEST_F(SieveApiFaults, ListsAreStreamedAndFallBackToPages) {
  enum class Manner { kGood, kRefuses, kBreaksOff };
  make_request("one", {{"commonName", "shop.example.com"}});
  await([&] { return is_ready("one"); }, "ready");
  for (const Manner manner : {Manner::kGood, Manner::kRefuses, Manner::kBreaksOff}) {
    std::atomic<int> pages{0};
    std::atomic<int> streams{0};
    api().set_plan([&](const ProxyCall& call) -> Fault {
      // The watch of a credential is of one Secret, and asks for a page.
      const bool ours = call.path.find("duplicert.io") != std::string::npos;
      if (!call.is_list() || !ours) return {};
      ++(call.is_watch() ? streams : pages);
      if (!call.is_watch() || manner == Manner::kGood) return {};
      if (manner == Manner::kRefuses) {
        return {.kind = Fault::Kind::kAnswer, .answer = status_answer(422, "Invalid")};
      }
      return {.kind = Fault::Kind::kCutBefore};
    });
    operator_->terminate(20s);
    ensure_operator({});
    ASSERT_TRUE(operator_->wait_for_output("caches are complete", 30s)) << operator_->output();
    EXPECT_THAT(operator_->output(), testing::HasSubstr("\"requests\":1"));
    EXPECT_GT(streams, 0);
    EXPECT_EQ(pages > 0, manner != Manner::kGood);
    behave();
  }
}

TEST_F(SieveApiFaults, AHugeObjectIsTakenInItsStride) {
  const std::string ballast(250 * 1024, 'x');
  make_request("big", {{"commonName", "shop.example.com"}});
  merge("big", {{"metadata", {{"annotations", {{"example.com/ballast", ballast}}}}}});
  make_request("small", {{"commonName", "shop.example.com"}});

  await([&] { return is_ready("big") && is_ready("small"); }, "both are ready");
  EXPECT_EQ(ca().count("duplicate_create"), 2U);
}

// SIGTERM at any time: nothing is lost, nothing is asked for twice, and it ends in time.
TEST_F(SieveApiFaults, EndsOnSigtermInTimeWhateverItIsDoing) {
  const int rounds = support::all_fault_plans() ? 40 : 6;
  for (int i = 0; i < rounds; ++i) {
    make_request(fmt::format("term-{}", i), {{"commonName", "shop.example.com"}});
    std::this_thread::sleep_for(std::chrono::milliseconds{(i * 67) % 400});
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(operator_->terminate(25s), 0);
    EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
    ensure_operator({});
    ASSERT_TRUE(operator_->wait_for_output("caches are complete", 30s)) << operator_->output();
  }
  for (int i = 0; i < rounds; ++i) {
    const std::string name = fmt::format("term-{}", i);
    await([&] { return is_ready(name); }, name);
  }
  EXPECT_EQ(ca().count("duplicate_create"), static_cast<std::size_t>(rounds));
}

// A call to the CA hangs, so a first signal has to wait; the second does not.
TEST_F(SieveApiFaults, ASecondSignalEndsItAtOnce) {
  ca_proxy().set_plan([](const ProxyCall&) -> Fault { return {.kind = Fault::Kind::kHang}; });
  make_request("one", {{"commonName", "shop.example.com"}});
  std::this_thread::sleep_for(1s);
  operator_->signal(SIGTERM);
  ASSERT_TRUE(operator_->wait_for_output("signal received", 5s));
  std::this_thread::sleep_for(500ms);
  const auto began = std::chrono::steady_clock::now();
  operator_->signal(SIGTERM);
  const auto code = operator_->wait(5s);

  ASSERT_TRUE(code);
  EXPECT_EQ(*code, 128 + SIGTERM);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
}

TEST_F(SieveApiFaults, DumpsNoCore) {
  const std::string limits = support::read_file(fmt::format("/proc/{}/limits", operator_->pid()));
  const auto at = limits.find("Max core file size");
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(limits.substr(at, limits.find('\n', at) - at).find("unlimited"), std::string::npos);
  EXPECT_NE(limits.substr(at, 40).find(" 0 "), std::string::npos) << limits.substr(at, 60);
}

// Take-over by a standby whose caches are warm.
class SieveTakeOver : public SieveApiFaults {
 protected:
  double take_over(int signal) {
    operator_->terminate(20s);
    const std::vector<std::string> elect{"--leader-elect", "--leader-elect-namespace", home()};
    ensure_operator(elect);
    EXPECT_TRUE(operator_->wait_for_output("\"leading\"", 30s)) << operator_->output();
    auto standby = make_operator("standby.log", elect);
    EXPECT_TRUE(standby->wait_for_output("caches are complete", 30s)) << standby->output();
    std::this_thread::sleep_for(3s);  // it has seen the Lease
    operator_->signal(signal);
    if (signal == SIGTERM) operator_->wait(25s);
    const auto began = std::chrono::steady_clock::now();
    EXPECT_TRUE(standby->wait_for_output("\"leading\"", 40s)) << standby->output();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    fmt::print("take-over after signal {}: {:.1f} s\n", signal, took.count());
    standby->terminate(20s);
    return took.count();
  }
};

TEST_F(SieveTakeOver, WithinThreeSecondsOfACleanStop) {
  EXPECT_LT(take_over(SIGTERM), 3.0);
}

TEST_F(SieveTakeOver, WithinTwentySecondsOfAKill) {
  EXPECT_LT(take_over(SIGKILL), 20.0);
}

}  // namespace
