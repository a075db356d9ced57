#include "runtime/queue_core.h"

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace runtime {
namespace {

using namespace std::chrono_literals;

const base::Steady kNow{1h};

std::vector<std::string> drain(QueueCore& queue, base::Steady now) {
  std::vector<std::string> keys;
  while (const auto item = queue.take(now)) {
    keys.push_back(item->key);
    queue.done(item->key);
  }
  return keys;
}

TEST(QueueCore, HoldsAKeyOnceHoweverOftenItIsAdded) {
  QueueCore queue;

  EXPECT_TRUE(queue.add("a", kNow));
  EXPECT_FALSE(queue.add("a", kNow));
  EXPECT_FALSE(queue.add("a", kNow + 1s));

  EXPECT_EQ(drain(queue, kNow + 1h), (std::vector<std::string>{"a"}));
}

TEST(QueueCore, ShowsEachKeyOnceWithWhatItWaitsFor) {
  QueueCore queue;
  queue.add("due", kNow);
  queue.take(kNow);
  queue.add("due", kNow + 5s);  // again, while a worker has it
  queue.add("later", kNow + 3s);
  queue.add("now", kNow, {.priority = kPriorityUrgent});
  queue.fail("now");

  const auto view = queue.view(kNow);

  ASSERT_EQ(view.size(), 3U);
  EXPECT_EQ(view[0].state, QueueView::State::kTaken);
  EXPECT_EQ(view[1].state, QueueView::State::kDelayed);
  EXPECT_EQ(view[1].due_in, 3s);
  EXPECT_EQ(view[2].state, QueueView::State::kDue);
  EXPECT_EQ(view[2].priority, kPriorityUrgent);
  EXPECT_EQ(view[2].failures, 1);
}

TEST(QueueCore, GivesKeysInTheOrderOfTheirArrival) {
  QueueCore queue;
  queue.add("c", kNow - 3s);
  queue.add("a", kNow - 2s);
  queue.add("b", kNow - 1s);

  EXPECT_EQ(drain(queue, kNow), (std::vector<std::string>{"c", "a", "b"}));
}

// Each key that was worked on comes back at once: nobody is worked on twice before all were.
TEST(QueueCore, IsFairAmongTenThousandKeys) {
  constexpr int kKeys = 10'000;
  QueueCore queue;
  for (int i = 0; i < kKeys; ++i) {
    queue.add(std::to_string(i), kNow, {.priority = kPriorityBackground});
  }
  for (int round = 0; round < 3; ++round) {
    std::set<std::string> seen;
    for (int i = 0; i < kKeys; ++i) {
      const base::Steady now = kNow + std::chrono::milliseconds{round * kKeys + i};
      const auto item = queue.take(now);
      ASSERT_TRUE(item);
      EXPECT_TRUE(seen.insert(item->key).second) << item->key << " again, in round " << round;
      queue.done(item->key);
      queue.add(item->key, now, {.priority = kPriorityBackground});
    }
  }

  queue.add("a person's", kNow, {.priority = kPriorityUser});
  EXPECT_EQ(queue.take(kNow + 1h)->key, "a person's");
}

TEST(QueueCore, GivesUrgentKeysFirst) {
  QueueCore queue;
  queue.add("routine", kNow - 3s, {.priority = kPriorityBackground});
  queue.add("user", kNow - 2s);
  queue.add("urgent", kNow - 1s, {.priority = kPriorityUrgent});

  EXPECT_EQ(drain(queue, kNow), (std::vector<std::string>{"urgent", "user", "routine"}));
}

TEST(QueueCore, GivesTheEarlierDueFirstWithinALevel) {
  QueueCore queue;
  const base::TimePoint today{24h};
  queue.add("whenever", kNow);
  queue.add("tomorrow", kNow, {.due = today + 24h});
  queue.add("today", kNow, {.due = today});

  EXPECT_EQ(drain(queue, kNow), (std::vector<std::string>{"today", "tomorrow", "whenever"}));
}

TEST(QueueCore, KeepsTheHigherUrgencyOfTwoAdds) {
  QueueCore queue;
  queue.add("first", kNow);
  queue.add("raised", kNow, {.priority = kPriorityBackground});
  queue.add("raised", kNow, {.priority = kPriorityUrgent});
  queue.add("raised", kNow, {.priority = kPriorityBackground});

  const auto item = queue.take(kNow);

  ASSERT_TRUE(item);
  EXPECT_EQ(item->key, "raised");
  EXPECT_EQ(item->urgency.priority, kPriorityUrgent);
}

TEST(QueueCore, RaisesAKeyThatIsReadyAlready) {
  QueueCore queue;
  queue.add("first", kNow);
  queue.add("raised", kNow);
  EXPECT_EQ(queue.depth(kNow).at(kPriorityUser), 2U);
  queue.add("raised", kNow, {.priority = kPriorityUrgent});

  EXPECT_EQ(queue.depth(kNow).at(kPriorityUrgent), 1U);
  EXPECT_EQ(drain(queue, kNow), (std::vector<std::string>{"raised", "first"}));
}

TEST(QueueCore, NeverGivesOneKeyToTwoWorkers) {
  QueueCore queue;
  queue.add("a", kNow);
  ASSERT_TRUE(queue.take(kNow));

  queue.add("a", kNow);

  EXPECT_FALSE(queue.take(kNow));
  EXPECT_EQ(queue.taken(), 1U);
}

TEST(QueueCore, GivesAKeyOnceMoreIfItWasAddedDuringItsWork) {
  QueueCore queue;
  queue.add("a", kNow);
  queue.take(kNow);
  queue.add("a", kNow);
  queue.add("a", kNow);

  queue.done("a");

  EXPECT_EQ(drain(queue, kNow), (std::vector<std::string>{"a"}));
}

TEST(QueueCore, HoldsADelayedKeyUntilItsTime) {
  QueueCore queue;
  queue.add("a", kNow + 10s);

  EXPECT_FALSE(queue.take(kNow + 9s));
  EXPECT_EQ(queue.next_due(), kNow + 10s);
  EXPECT_TRUE(queue.take(kNow + 10s));
}

TEST(QueueCore, KeepsTheEarlierTimeOfTwoAdds) {
  QueueCore queue;
  queue.add("a", kNow + 10s);
  queue.add("a", kNow + 5s);
  queue.add("a", kNow + 20s);

  EXPECT_EQ(queue.next_due(), kNow + 5s);
  EXPECT_EQ(drain(queue, kNow + 5s).size(), 1U);
  EXPECT_EQ(queue.size(), 0U);
}

TEST(QueueCore, KeepsTheEarlierTimeEvenWhileAWorkerHasTheKey) {
  QueueCore queue;
  queue.add("a", kNow);
  queue.take(kNow);
  queue.add("a", kNow + 1h);
  queue.add("a", kNow + 1s);
  queue.done("a");

  EXPECT_FALSE(queue.take(kNow));
  EXPECT_TRUE(queue.take(kNow + 1s));
}

TEST(QueueCore, TellsHowLongAKeyWaitedSinceItWasDue) {
  QueueCore queue;
  queue.add("a", kNow + 10s);

  EXPECT_EQ(queue.take(kNow + 13s)->waited, 3s);
}

TEST(QueueCore, BacksOffEachKeyByItself) {
  QueueCore queue;

  EXPECT_EQ(queue.fail("a"), 5ms);
  EXPECT_EQ(queue.fail("a"), 10ms);
  EXPECT_EQ(queue.fail("a"), 20ms);
  EXPECT_EQ(queue.fail("b"), 5ms);
  EXPECT_EQ(queue.failures("a"), 3);
}

TEST(QueueCore, BacksOffForAtMostAThousandSeconds) {
  QueueCore queue;
  for (int i = 0; i < 5000; ++i) queue.fail("a");

  EXPECT_EQ(queue.fail("a"), 1000s);
}

TEST(QueueCore, StartsAgainAfterForget) {
  QueueCore queue;
  queue.fail("a");
  queue.fail("a");
  queue.forget("a");

  EXPECT_EQ(queue.failures("a"), 0);
  EXPECT_EQ(queue.fail("a"), 5ms);
}

TEST(QueueCore, DepthCountsOnlyWhatCouldBeHandedOut) {
  QueueCore queue;
  queue.add("ready", kNow);
  queue.add("delayed", kNow + 1s);
  queue.add("working", kNow, {.priority = kPriorityUrgent});
  queue.take(kNow);
  queue.add("working", kNow);

  EXPECT_EQ(queue.depth(kNow).at(kPriorityUser), 1U);
  EXPECT_EQ(queue.depth(kNow).at(kPriorityUrgent), 0U);
  EXPECT_EQ(queue.size(), 3U);
}

TEST(QueueCoreDeathTest, DoneNeedsATake) {
  QueueCore queue;
  queue.add("a", kNow);

  EXPECT_DEATH(queue.done("a"), "broken invariant");
}

}  // namespace
}  // namespace runtime
