// QueueCore against a naive model that holds everything in one list and searches it each time.
#include "runtime/queue_core.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "property/runtime/seed.h"

namespace runtime {
namespace {

using namespace std::chrono_literals;

class NaiveQueue {
 public:
  void add(const std::string& key, base::Steady at, const Urgency& urgency) {
    Entry* entry = find(key);
    if (entry == nullptr) {
      entries_.push_back({key, at, urgency, 0});
    } else if (entry->order == 0) {
      entry->at = std::min(entry->at, at);
      entry->urgency = more_urgent(entry->urgency, urgency);
    } else if (more_urgent(entry->urgency, urgency) != entry->urgency) {
      entry->urgency = more_urgent(entry->urgency, urgency);
      entry->order = ++order_;
    }
  }

  std::optional<std::string> take(base::Steady now) {
    become_ready(now);
    Entry* best = nullptr;
    for (Entry& entry : entries_) {
      if (entry.order != 0 && (best == nullptr || goes_before(entry, *best))) best = &entry;
    }
    if (best == nullptr) return std::nullopt;
    const std::string key = best->key;
    std::erase_if(entries_, [&](const Entry& entry) { return entry.key == key; });
    taken_.insert(key);
    return key;
  }

  void done(const std::string& key) { taken_.erase(key); }

  std::size_t ready(base::Steady now) {
    become_ready(now);
    return static_cast<std::size_t>(std::count_if(
        entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.order != 0; }));
  }

  std::optional<base::Steady> next_due() const {
    std::optional<base::Steady> next;
    for (const Entry& entry : entries_) {
      if (entry.order != 0 || taken_.contains(entry.key)) continue;
      if (!next || entry.at < *next) next = entry.at;
    }
    return next;
  }

  const std::set<std::string>& taken() const { return taken_; }

 private:
  struct Entry {
    std::string key{};
    base::Steady at{};
    Urgency urgency{};
    int order = 0;  // of becoming ready; 0: not ready
  };

  Entry* find(const std::string& key) {
    for (Entry& entry : entries_) {
      if (entry.key == key) return &entry;
    }
    return nullptr;
  }

  static bool goes_before(const Entry& a, const Entry& b) {
    if (a.urgency.priority != b.urgency.priority) return a.urgency.priority > b.urgency.priority;
    if (a.urgency.due != b.urgency.due) return a.urgency.due < b.urgency.due;
    return a.order < b.order;
  }

  void become_ready(base::Steady now) {
    std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
      return std::tie(a.at, a.key) < std::tie(b.at, b.key);
    });
    for (Entry& entry : entries_) {
      if (entry.order != 0 || taken_.contains(entry.key) || entry.at > now) continue;
      entry.order = ++order_;
    }
  }

  std::vector<Entry> entries_;
  std::set<std::string> taken_;
  int order_ = 0;
};

// Both queues, and a history for the message of a failure.
struct World {
  explicit World(property::Dice& dice_) : dice(dice_) {}

  std::string any_key() { return std::string(1, static_cast<char>('a' + dice.number(6))); }
  Urgency any_urgency() {
    return {.priority = dice.number(3) * 50 - 50,
            .due = dice.chance(50) ? base::TimePoint::max()
                                   : base::TimePoint{std::chrono::hours{dice.number(3)}}};
  }

  void add() {
    const std::string key = any_key();
    const base::Steady at = now + std::chrono::seconds{dice.chance(50) ? 0 : dice.number(20)};
    const Urgency urgency = any_urgency();
    history += " add " + key;
    queue.add(key, at, urgency);
    naive.add(key, at, urgency);
  }

  void take() {
    const auto item = queue.take(now);
    const auto expected = naive.take(now);
    history += " take " + expected.value_or("nothing");
    ASSERT_EQ(item ? item->key : "nothing", expected.value_or("nothing")) << history;
  }

  void done() {
    if (naive.taken().empty()) return;
    const std::string key = *naive.taken().begin();
    history += " done " + key;
    queue.done(key);
    naive.done(key);
  }

  void compare() {
    std::size_t ready = 0;
    for (const auto& [priority, count] : queue.depth(now)) ready += count;
    ASSERT_EQ(ready, naive.ready(now)) << history;
    ASSERT_EQ(queue.taken(), naive.taken().size()) << history;
    ASSERT_EQ(queue.next_due(), naive.next_due()) << history;
  }

  property::Dice& dice;
  QueueCore queue{};
  NaiveQueue naive{};
  base::Steady now{1h};
  std::string history{};
};

TEST(QueueCoreProperty, DoesAsANaiveQueueWhateverTheOrderOfCalls) {
  property::repeat(300, [](property::Dice& dice) {
    World world(dice);
    for (int i = 0; i < 200 && !testing::Test::HasFatalFailure(); ++i) {
      const int roll = dice.number(10);
      if (roll < 4) world.add();
      if (roll >= 4 && roll < 7) world.take();
      if (roll >= 7 && roll < 9) world.done();
      if (roll == 9) world.now += std::chrono::seconds{dice.number(5)};
      if (dice.chance(20)) world.compare();
    }
  });
}

TEST(QueueCoreProperty, LosesNoKeyThatWasAdded) {
  property::repeat(300, [](property::Dice& dice) {
    World world(dice);
    std::set<std::string> owed;  // added and not handed out since
    for (int i = 0; i < 100; ++i) {
      const std::string key = world.any_key();
      world.queue.add(key, world.now + std::chrono::seconds{dice.number(20)}, world.any_urgency());
      owed.insert(key);
      world.now += std::chrono::seconds{dice.number(3)};
      const auto item = dice.chance(60) ? world.queue.take(world.now) : std::nullopt;
      if (!item) continue;
      owed.erase(item->key);
      if (dice.chance(30)) {
        world.queue.add(item->key, world.now);
        owed.insert(item->key);
      }
      world.queue.done(item->key);
    }

    while (const auto item = world.queue.take(world.now + 1h)) {
      EXPECT_EQ(owed.erase(item->key), 1U) << item->key;
      world.queue.done(item->key);
    }
    EXPECT_TRUE(owed.empty());
  });
}

}  // namespace
}  // namespace runtime
