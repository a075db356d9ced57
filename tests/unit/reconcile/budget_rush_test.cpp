// 5,000 certificates come due in the same second. In simulated time, over the real budget, line and
// work queue: the CA's own rolling windows are never exceeded, hardly any of the budget is left
// unused, what expires first is served first, and nobody else is starved.
#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "certcentral/budget_line.h"
#include "runtime/queue_core.h"

namespace reconcile {
namespace {

using namespace std::chrono_literals;
using certcentral::BudgetLine;
using certcentral::Urgency;
using std::chrono::milliseconds;

constexpr base::Steady kStart{std::chrono::hours{1}};
constexpr int kCopies = 5000;
constexpr int kCallsEach = 2;          // the POST and the download
constexpr milliseconds kStep{20};      // of the simulated clock
constexpr milliseconds kWaitMax{30s};  // for a turn, before the worker gives its thread back
constexpr int kWorkers = 12;

class Rush {
 public:
  // Where the calls go: their arrival at the CA, sorted at the end.
  std::vector<base::Steady> arrivals{};
  // The requests in the order of their first call; a request's number is its rank by expiry.
  std::vector<int> served{};
  std::vector<base::Steady> background{};  // when calls of inventories went
  base::Steady ended{};

  void run() {
    std::vector<int> numbers(kCopies);
    std::iota(numbers.begin(), numbers.end(), 0);
    std::ranges::shuffle(numbers, random_);
    for (const int number : numbers) add(number, kStart);
    for (now_ = kStart; done_ < kCopies; now_ += kStep) step();
    ended = now_;
    std::ranges::sort(arrivals);
  }

 private:
  enum class State { kIdle, kInLine, kCalling };
  struct Worker {
    State state = State::kIdle;
    std::string key{};
    BudgetLine::Place place{};
    base::Steady until{};  // of the wait in line, or of the call
  };

  static base::TimePoint expiry_of(int number) {
    return base::TimePoint{std::chrono::hours{1000}} + number * 1min;
  }

  void add(int number, base::Steady at) {
    queue_.add(std::to_string(number), at,
               {.priority = runtime::kPriorityBackground, .due = expiry_of(number)});
  }

  void step() {
    for (Worker& worker : workers_) {
      if (worker.state == State::kCalling && worker.until <= now_) end_call(worker);
      if (worker.state == State::kIdle) begin(worker);
      if (worker.state == State::kInLine) give_up_if_too_far(worker);
    }
    look_at_the_inventory();
    while (const auto next = line_.next_to_go(core_, now_)) {
      core_.take(std::get<Urgency>(*next), now_);
      line_.leave(*next);
      send(*next);
    }
  }

  void begin(Worker& worker) {
    const auto item = queue_.take(now_);
    if (!item) return;
    worker = {.state = State::kInLine, .key = item->key};
    join(worker);
  }

  void join(Worker& worker) {
    worker.state = State::kInLine;
    worker.place =
        line_.join({.urgency = Urgency::kExpiring, .needed_by = expiry_of(std::stoi(worker.key))});
    worker.until = now_ + kWaitMax;
  }

  // As RateBudget: the caller is told when to come back.
  void give_up_if_too_far(Worker& worker) {
    const milliseconds wait = core_.wait_for(Urgency::kExpiring, now_);
    if (now_ + wait <= worker.until) return;
    line_.leave(worker.place);
    queue_.done(worker.key);
    add(std::stoi(worker.key), now_ + wait);
    worker.state = State::kIdle;
  }

  // A listing every 30 s, which stands in the same line.
  void look_at_the_inventory() {
    if (now_ < next_look_) return;
    line_.join({.urgency = Urgency::kBackground});
    next_look_ = now_ + 30s;
  }

  void send(const BudgetLine::Place& place) {
    // Half of the time of a call is its way there; one in fifty is slow.
    const milliseconds takes{random_() % 50 == 0 ? 2000 : 100 + random_() % 900};
    arrivals.push_back(now_ + takes / 2);
    const auto worker = std::ranges::find_if(workers_, [&](const Worker& one) {
      return one.state == State::kInLine && one.place == place;
    });
    if (worker == workers_.end()) return background.push_back(now_);
    worker->state = State::kCalling;
    worker->until = now_ + takes;
    const int number = std::stoi(worker->key);
    if (calls_[static_cast<std::size_t>(number)]++ == 0) served.push_back(number);
  }

  void end_call(Worker& worker) {
    if (calls_[std::stoul(worker.key)] < kCallsEach) return join(worker);
    queue_.done(worker.key);
    worker.state = State::kIdle;
    ++done_;
  }

  std::mt19937 random_{7};
  base::Steady now_{};
  base::Steady next_look_ = kStart;
  certcentral::BudgetCore core_{};
  BudgetLine line_;
  runtime::QueueCore queue_;
  std::vector<Worker> workers_{kWorkers};
  std::vector<int> calls_ = std::vector<int>(kCopies);
  int done_ = 0;
};

// The most calls that arrive within any rolling window of that length.
std::size_t most_within(const std::vector<base::Steady>& arrivals, milliseconds length) {
  std::size_t most = 0;
  std::size_t first = 0;
  for (std::size_t last = 0; last < arrivals.size(); ++last) {
    while (arrivals[last] - arrivals[first] >= length) ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

const Rush& rush() {
  static const Rush one = [] {
    Rush made;
    made.run();
    return made;
  }();
  return one;
}

TEST(BudgetRush, NoCallIsEverRefusedByTheCa) {
  EXPECT_LE(most_within(rush().arrivals, 180s), 1000U);
  EXPECT_LE(most_within(rush().arrivals, 5s), 100U);
}

TEST(BudgetRush, AtLeast95PercentOfTheBudgetIsUsedForProgress) {
  // The budget comes in bursts, as the calls of three minutes ago are forgotten: what was used from
  // the first burst to the beginning of the last one, and what the CA allows in that time.
  const auto& arrivals = rush().arrivals;
  std::size_t last = arrivals.size() - 1;
  while (last > 0 && arrivals[last] - arrivals[last - 1] < 25s) --last;
  const std::chrono::duration<double> time = arrivals[last] - arrivals[0];
  const double budget = 1000.0 / 180.0 * time.count();
  const auto looks = std::ranges::count_if(rush().background,
                                           [&](base::Steady at) { return at < arrivals[last]; });
  const double progress = static_cast<double>(last) - static_cast<double>(looks);

  ASSERT_GT(last, 9000U);
  RecordProperty("seconds", static_cast<int>((rush().ended - kStart) / 1s));
  RecordProperty("permille", static_cast<int>(1000 * progress / budget));
  EXPECT_GE(progress / budget, 0.95) << progress << " of " << budget;
}

TEST(BudgetRush, WhatExpiresFirstIsServedFirst) {
  const auto& served = rush().served;
  ASSERT_EQ(served.size(), static_cast<std::size_t>(kCopies));
  int most = 0;
  for (int i = 0; i < kCopies; ++i) {
    most = std::max(most, std::abs(served[static_cast<std::size_t>(i)] - i));
  }

  RecordProperty("most_out_of_place", most);
  EXPECT_LE(most, kWorkers);  // those that the workers have at the same time
}

TEST(BudgetRush, TheInventoryIsNotStarved) {
  const auto& looks = rush().background;
  const auto wanted = static_cast<std::size_t>((rush().ended - kStart) / 30s);

  EXPECT_GE(looks.size(), wanted - 1);
}

}  // namespace
}  // namespace reconcile
