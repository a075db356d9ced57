#include "runtime/work_queue.h"

#include <atomic>
#include <map>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace runtime {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class WorkQueueTest : public testing::Test {
 protected:
  std::string pop() {
    const auto item = queue_.pop({});
    return item ? item->key : "(none)";
  }

  support::FakeClock clock_;
  metrics::Registry registry_;
  WorkQueue queue_{"pets", QueueCore::kDefaultBackoff, clock_, registry_};
};

TEST_F(WorkQueueTest, GivesWhatWasAdded) {
  queue_.add("home/rex");

  EXPECT_EQ(pop(), "home/rex");
}

TEST_F(WorkQueueTest, WakesAWorkerThatWaits) {
  std::string got;
  std::jthread worker([&] { got = pop(); });

  queue_.add("home/rex");
  worker.join();

  EXPECT_EQ(got, "home/rex");
}

TEST_F(WorkQueueTest, WakesAWorkerThatWaitsForALaterKey) {
  queue_.add_after("later", 1h);
  std::string got;
  std::jthread worker([&] { got = pop(); });

  queue_.add("now");
  worker.join();

  EXPECT_EQ(got, "now");
}

TEST_F(WorkQueueTest, GivesADelayedKeyOnceItsTimeHasCome) {
  queue_.add_after("later", 10s);
  queue_.add_after("soon", 5s);
  clock_.advance(5s);
  EXPECT_EQ(pop(), "soon");

  clock_.advance(5s);

  EXPECT_EQ(pop(), "later");
}

TEST_F(WorkQueueTest, SurvivesDelaysWithoutMeasure) {
  queue_.add_after("never", std::chrono::milliseconds::max());
  queue_.add_after("past", std::chrono::milliseconds::min());

  EXPECT_EQ(pop(), "past");
}

TEST_F(WorkQueueTest, IsIdleWhileNothingIsDueOrWorkedOn) {
  EXPECT_TRUE(queue_.is_idle());
  queue_.add_after("later", 10s);
  EXPECT_TRUE(queue_.is_idle());

  clock_.advance(10s);
  EXPECT_FALSE(queue_.is_idle());
  EXPECT_EQ(pop(), "later");
  EXPECT_FALSE(queue_.is_idle());
  queue_.done("later");
  EXPECT_TRUE(queue_.is_idle());
}

TEST_F(WorkQueueTest, BacksOffUntilForget) {
  queue_.add_rate_limited("a");
  EXPECT_EQ(queue_.failures("a"), 1);
  clock_.advance(5ms);
  EXPECT_EQ(pop(), "a");

  queue_.forget("a");

  EXPECT_EQ(queue_.failures("a"), 0);
}

TEST_F(WorkQueueTest, GivesAKeyAgainIfItWasAddedDuringItsWork) {
  queue_.add("a");
  pop();
  queue_.add("a");
  std::string got;
  std::jthread worker([&] { got = pop(); });

  queue_.done("a");
  worker.join();

  EXPECT_EQ(got, "a");
}

TEST_F(WorkQueueTest, ShutDownWakesEveryWorkerAndDropsWhatWaits) {
  std::vector<std::jthread> workers;
  std::atomic<int> woken = 0;
  for (int i = 0; i < 3; ++i) {
    workers.emplace_back([&] {
      if (!queue_.pop({})) ++woken;
    });
  }

  queue_.shut_down();
  workers.clear();
  queue_.add("late");

  EXPECT_EQ(woken, 3);
  EXPECT_FALSE(queue_.pop({}));
}

TEST_F(WorkQueueTest, AStopRequestWakesItsWorker) {
  std::optional<QueueItem> got;
  std::jthread worker([&](std::stop_token stop) { got = queue_.pop(stop); });

  worker.request_stop();
  worker.join();

  EXPECT_FALSE(got);
}

TEST_F(WorkQueueTest, WaitsUntilNoWorkerHasAKey) {
  queue_.add("a");
  pop();
  EXPECT_FALSE(queue_.wait_idle(0ms));
  std::jthread worker([&] { queue_.done("a"); });

  EXPECT_TRUE(queue_.wait_idle(1min));
}

TEST_F(WorkQueueTest, PublishesItsSeriesAtZeroFromTheStart) {
  const std::string text = registry_.expose();

  for (const char* line :
       {"workqueue_depth{controller=\"pets\",name=\"pets\",priority=\"0\"} 0\n",
        "workqueue_adds_total{controller=\"pets\",name=\"pets\"} 0\n",
        "workqueue_retries_total{controller=\"pets\",name=\"pets\"} 0\n",
        "workqueue_queue_duration_seconds_count{controller=\"pets\",name=\"pets\"} 0\n",
        "workqueue_work_duration_seconds_count{controller=\"pets\",name=\"pets\"} 0\n",
        "workqueue_unfinished_work_seconds{controller=\"pets\",name=\"pets\"} 0\n",
        "workqueue_longest_running_processor_seconds{controller=\"pets\",name=\"pets\"} 0\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST_F(WorkQueueTest, CountsWhatHappens) {
  queue_.add("a", {.priority = kPriorityUrgent});
  queue_.add("a");
  queue_.add("b");
  queue_.add_after("c", 1h);
  pop();
  clock_.advance(3s);

  const std::string text = registry_.expose();

  for (const char* line :
       {"workqueue_adds_total{controller=\"pets\",name=\"pets\"} 3\n",
        "workqueue_retries_total{controller=\"pets\",name=\"pets\"} 1\n",
        "workqueue_depth{controller=\"pets\",name=\"pets\",priority=\"0\"} 1\n",
        "workqueue_depth{controller=\"pets\",name=\"pets\",priority=\"100\"} 0\n",
        "workqueue_unfinished_work_seconds{controller=\"pets\",name=\"pets\"} 3\n",
        "workqueue_longest_running_processor_seconds{controller=\"pets\",name=\"pets\"} 3\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST_F(WorkQueueTest, NeverGivesOneKeyToTwoWorkersAndLosesNone) {
  constexpr int kKeys = 5;
  constexpr int kAdds = 2000;
  std::array<std::atomic<int>, kKeys> holders{};
  std::array<std::atomic<int>, kKeys> added{};
  std::array<std::atomic<int>, kKeys> seen{};
  std::atomic<bool> overlap = false;
  std::vector<std::jthread> workers;
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back([&] {
      while (const auto item = queue_.pop({})) {
        const auto key = static_cast<std::size_t>(std::stoi(item->key));
        if (++holders[key] != 1) overlap = true;
        seen[key] = added[key].load();
        --holders[key];
        queue_.done(item->key);
      }
    });
  }

  for (int i = 0; i < kAdds; ++i) {
    const auto key = static_cast<std::size_t>(i % kKeys);
    ++added[key];
    queue_.add(std::to_string(key));
  }
  for (std::size_t key = 0; key < kKeys; ++key) {
    while (seen[key] != kAdds / kKeys) std::this_thread::yield();
  }
  queue_.shut_down();
  workers.clear();

  EXPECT_FALSE(overlap);
}

}  // namespace
}  // namespace runtime
