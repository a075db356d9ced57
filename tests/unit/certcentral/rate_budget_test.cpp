#include "certcentral/rate_budget.h"

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "certcentral/budgeted_transport.h"
#include "support/fake_clock.h"
#include "unit/certcentral/wire.h"

namespace certcentral {
namespace {

using base::Code;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;

base::TimePoint at(const char* text) {
  return *base::parse_time(text);
}

class RateBudgetTest : public testing::Test {
 protected:
  // Moves time and wakes those who wait: the fake clock wakes nobody.
  void advance(milliseconds step) {
    clock.advance(step);
    budget.note_success();
  }

  // Starts a thread that waits for its turn and then writes `name`.
  void wait_in_line(std::string name, Turn turn) {
    const auto before = budget.waiting_count_for_test();
    threads.emplace_back([this, name = std::move(name), turn] {
      const auto result = budget.acquire(turn, minutes(30), stop.get_token());
      const std::lock_guard lock(mutex);
      order.push_back(result ? name : name + " refused");
    });
    while (budget.waiting_count_for_test() == before) std::this_thread::yield();
  }

  // One by one: time stands still until the one that went has written its name.
  void let_all_go() {
    while (const auto waiting = budget.waiting_count_for_test()) {
      while (budget.waiting_count_for_test() == waiting) {
        advance(seconds(1));
        std::this_thread::yield();
      }
      while (written() + waiting - 1 < threads.size()) std::this_thread::yield();
    }
    threads.clear();  // joins
  }

  std::size_t written() {
    const std::lock_guard lock(mutex);
    return order.size();
  }

  support::FakeClock clock;
  RateBudget budget{clock, {.requests_per_3_minutes = 1000, .requests_per_5_seconds = 1}};
  std::mutex mutex;
  std::vector<std::string> order;
  std::stop_source stop;
  std::vector<std::jthread> threads;
};

TEST_F(RateBudgetTest, LetsCallersGoWhileThereIsBudget) {
  EXPECT_TRUE(budget.acquire({}, seconds(0), {}));
  EXPECT_EQ(budget.remaining(), 0U);
}

TEST_F(RateBudgetTest, GivesTheThreadBackWhenTheTurnIsTooFarAway) {
  ASSERT_TRUE(budget.acquire({}, seconds(0), {}));

  const auto refused = budget.acquire({Urgency::kMoney}, seconds(5), {});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kExhausted);
  EXPECT_TRUE(refused.error().not_sent);
  EXPECT_EQ(refused.error().retry_after, seconds(6));
  EXPECT_EQ(budget.waiting_count_for_test(), 0U);
}

TEST_F(RateBudgetTest, TheMostUrgentGoFirstThenTheSoonestThenTheFirstToCome) {
  ASSERT_TRUE(budget.acquire({}, seconds(0), {}));
  wait_in_line("background", {Urgency::kBackground});
  wait_in_line("later", {Urgency::kExpiring, at("2026-06-02T00:00:00Z")});
  wait_in_line("sooner", {Urgency::kExpiring, at("2026-06-01T00:00:00Z")});
  wait_in_line("sooner too", {Urgency::kExpiring, at("2026-06-01T00:00:00Z")});
  wait_in_line("new", {Urgency::kNew});
  wait_in_line("money", {Urgency::kMoney});

  let_all_go();

  EXPECT_THAT(order, ElementsAre("money", "sooner", "sooner too", "later", "new", "background"));
}

TEST_F(RateBudgetTest, AStopEndsTheWait) {
  ASSERT_TRUE(budget.acquire({}, seconds(0), {}));
  wait_in_line("waiting", {Urgency::kNew});

  stop.request_stop();
  threads.clear();

  EXPECT_THAT(order, ElementsAre("waiting refused"));
  EXPECT_EQ(budget.waiting_count_for_test(), 0U);
}

TEST_F(RateBudgetTest, AStopBeforeTheCallIsCancelled) {
  stop.request_stop();

  const auto result = budget.acquire({}, seconds(5), stop.get_token());

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kCancelled);
  EXPECT_TRUE(result.error().not_sent);
}

TEST_F(RateBudgetTest, MoreBudgetWakesThoseWhoWait) {
  ASSERT_TRUE(budget.acquire({}, seconds(0), {}));
  wait_in_line("waiting", {Urgency::kNew});

  budget.set_limits({.requests_per_3_minutes = 1000, .requests_per_5_seconds = 100});
  threads.clear();

  EXPECT_THAT(order, ElementsAre("waiting"));
}

TEST_F(RateBudgetTest, ALessUrgentCallerUsesItsShareWhileTheMoreUrgentWait) {
  budget.set_limits({.requests_per_3_minutes = 1000, .requests_per_5_seconds = 10});
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(budget.acquire({Urgency::kMoney}, seconds(0), {}));
  wait_in_line("money", {Urgency::kMoney});

  EXPECT_TRUE(budget.acquire({Urgency::kBackground}, seconds(0), {}));
  EXPECT_FALSE(budget.acquire({Urgency::kBackground}, seconds(0), {}));

  let_all_go();
  EXPECT_THAT(order, ElementsAre("money"));
}

TEST_F(RateBudgetTest, ManyThreadsNeverExceedTheBudget) {
  budget.set_limits({.requests_per_3_minutes = 1000, .requests_per_5_seconds = 40});
  std::atomic<int> gone = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const Turn turn{static_cast<Urgency>(i % 4)};
      while (budget.acquire(turn, seconds(0), {})) ++gone;
    });
  }
  threads.clear();

  EXPECT_EQ(gone, 40);
}

// ---- over a transport ----

class BudgetedTransportTest : public testing::Test {
 protected:
  base::Result<http::Response> send() {
    return transport.send({.timeout = seconds(2)}, std::stop_token());
  }

  support::FakeClock clock;
  RateBudget budget{clock, {}};
  test::RecordingTransport inner;
  BudgetedTransport transport{inner, budget, clock, {Urgency::kNew}};
};

TEST_F(BudgetedTransportTest, CountsEachExchange) {
  inner.answer(200, "");
  inner.fail({.code = Code::kUnavailable});

  EXPECT_TRUE(send());
  EXPECT_FALSE(send());

  EXPECT_EQ(budget.remaining(), 98U);
}

TEST_F(BudgetedTransportTest, A429PassesOnAndKeepsTheNextCallBack) {
  inner.answer(429, "slow down", {{"Retry-After", "30"}});
  inner.answer(200, "");

  const auto limited = send();
  const auto held = send();

  EXPECT_EQ(limited->status, 429);
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().code, Code::kExhausted);
  EXPECT_EQ(held.error().retry_after, seconds(30));
  EXPECT_TRUE(held.error().not_sent);
  EXPECT_EQ(inner.requests.size(), 1U);

  clock.advance(seconds(30));
  EXPECT_TRUE(send());
}

TEST_F(BudgetedTransportTest, A429WithoutRetryAfterPausesToo) {
  inner.answer(429, "");

  ASSERT_TRUE(send());

  EXPECT_EQ(send().error().retry_after, seconds(5));
}

}  // namespace
}  // namespace certcentral
