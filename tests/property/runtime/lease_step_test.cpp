// lease_step in a small world: several nodes whose clocks run at different rates, one Lease, calls
// that are slow or lost, nodes that pause, crash and stop. Nobody may hold the lease while another
// holds it, and in a healthy world somebody does.
#include "runtime/lease_step.h"

#include <map>
#include <queue>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "property/runtime/seed.h"

namespace runtime {
namespace {

using namespace std::chrono_literals;
using TrueTime = double;  // milliseconds of the world

struct Faults {
  int lost_percent = 0;  // of requests and of answers
  double latency_ms_max = 50;
  int pause_percent = 0;  // of inputs that reach their node late, as after a SIGSTOP
  int crash_percent = 0;  // of waits that end in a new process
  int stop_percent = 0;   // of waits that end in a clean stop and a new process
};

// One process. Its clock reads offset + rate * true time.
struct Node {
  std::string identity{};
  double rate = 1;
  double offset = 0;
  LeaseState state{};
  int call = 0;  // number of the call under way; older answers are void
  TrueTime holds_until = 0;
  bool alive = true;

  base::Steady clock(TrueTime now) const {
    return base::Steady{
        std::chrono::microseconds{static_cast<std::int64_t>((offset + rate * now) * 1000)}};
  }
  TrueTime true_time(base::Steady at) const {
    const std::chrono::duration<double, std::milli> local = at.time_since_epoch();
    return (local.count() - offset) / rate;
  }
  TrueTime true_duration(std::chrono::milliseconds local) const {
    return static_cast<double>(local.count()) / rate;
  }
};

class World {
 public:
  World(property::Dice& dice, const Faults& faults, int nodes) : dice_(dice), faults_(faults) {
    for (int i = 0; i < nodes; ++i) spawn(0);
  }

  void run_until(TrueTime end) {
    while (!agenda_.empty() && agenda_.top().at < end && !testing::Test::HasFailure()) {
      const Item item = agenda_.top();
      agenda_.pop();
      now_ = item.at;
      item.what();
    }
    now_ = end;
  }

  int starts() const { return starts_; }
  int losses() const { return losses_; }
  bool somebody_holds() const {
    for (const Node& node : nodes_) {
      if (node.holds_until > now_) return true;
    }
    return false;
  }

 private:
  struct Item {
    TrueTime at = 0;
    int order = 0;
    std::function<void()> what{};
    bool operator<(const Item& other) const {
      return std::tie(at, order) > std::tie(other.at, other.order);
    }
  };

  void schedule(TrueTime at, std::function<void()> what) {
    agenda_.push({at, ++order_, std::move(what)});
  }

  // Rates differ by less than 15/10, which is all that is promised.
  void spawn(TrueTime after) {
    Node node;
    node.identity = "node-" + std::to_string(nodes_.size());
    node.rate = dice_.between(0.83, 1.2);
    node.offset = dice_.between(1e6, 1e9);
    nodes_.push_back(node);
    const std::size_t index = nodes_.size() - 1;
    schedule(now_ + after, [this, index] { tell(index, LeaseTick{}); });
  }

  // The input reaches its node, perhaps late.
  void deliver(TrueTime at, std::size_t index, int call, const LeaseInput& input) {
    if (dice_.chance(faults_.pause_percent)) at += dice_.between(0, 40'000);
    schedule(at, [this, index, call, input] {
      if (nodes_[index].call == call) tell(index, input);
    });
  }

  void tell(std::size_t index, const LeaseInput& input) {
    if (!nodes_[index].alive) return;
    ++nodes_[index].call;
    const LeaseContext context{.identity = nodes_[index].identity,
                               .limits{},
                               .now = nodes_[index].clock(now_),
                               .wall_now = base::TimePoint{std::chrono::milliseconds{
                                   static_cast<std::int64_t>(now_ + nodes_[index].offset)}},
                               .jitter = dice_.between(0, 1)};
    const LeaseTransition next = lease_step(nodes_[index].state, input, context);
    nodes_[index].state = next.state;
    if (next.news == LeaseNews::kStarted) ++starts_;
    if (next.news == LeaseNews::kLost) ++losses_;
    check_hold(index);
    std::visit([this, index](const auto& call) { carry_out(index, call); }, next.call);
  }

  void check_hold(std::size_t index) {
    Node& node = nodes_[index];
    node.holds_until = node.true_time(node.state.held_until);
    if (node.holds_until <= now_) return;
    for (const Node& other : nodes_) {
      if (&other == &node) continue;
      ASSERT_LE(other.holds_until, now_)
          << node.identity << " holds the lease at " << now_ << " ms while " << other.identity
          << " does until " << other.holds_until;
    }
  }

  void carry_out(std::size_t index, const LeaseWait& wait) {
    const TrueTime end = now_ + nodes_[index].true_duration(wait.delay);
    if (dice_.chance(faults_.crash_percent)) {
      nodes_[index].alive = false;
      nodes_[index].holds_until = 0;
      return spawn(dice_.between(0, 5000));
    }
    if (dice_.chance(faults_.stop_percent)) {
      return deliver(end, index, nodes_[index].call, LeaseStop{});
    }
    deliver(end, index, nodes_[index].call, LeaseTick{});
  }

  void carry_out(std::size_t index, const LeaseEnd&) {
    if (std::exchange(nodes_[index].alive, false)) spawn(dice_.between(0, 5000));
  }

  void carry_out(std::size_t index, const LeaseGet&) {
    call(index, [this] { return LeaseInput{LeaseRead{lease_}}; });
  }

  void carry_out(std::size_t index, const LeasePut& put) {
    call(index, [this, put]() -> LeaseInput {
      if (put.resource_version != lease_.resource_version) return LeaseCallFailed{};
      lease_ = {.record = put.record, .resource_version = std::to_string(++version_)};
      return LeaseWritten{lease_.resource_version};
    });
  }

  // The server does its part at some time, even if the client has given up by then.
  void call(std::size_t index, const std::function<LeaseInput()>& at_server) {
    const int number = nodes_[index].call;
    const TrueTime times_out = now_ + nodes_[index].true_duration(5s);
    deliver(times_out, index, number, LeaseCallFailed{});
    if (dice_.chance(faults_.lost_percent)) return;
    const TrueTime there = now_ + dice_.between(0, faults_.latency_ms_max);
    const TrueTime back = there + dice_.between(0, faults_.latency_ms_max);
    const bool answer_is_lost = dice_.chance(faults_.lost_percent);
    schedule(there, [=, this] {
      const LeaseInput answer = at_server();
      if (!answer_is_lost && back < times_out) deliver(back, index, number, answer);
    });
  }

  property::Dice& dice_;
  const Faults faults_;
  std::vector<Node> nodes_{};
  std::priority_queue<Item> agenda_{};
  StoredLease lease_{};
  int version_ = 0;
  int order_ = 0;
  TrueTime now_ = 0;
  int starts_ = 0;
  int losses_ = 0;
};

constexpr TrueTime kHour = 3'600'000;

TEST(LeaseStepProperty, NeverHasTwoHoldersWhateverFails) {
  property::repeat(150, [](property::Dice& dice) {
    const Faults faults{.lost_percent = dice.number(40),
                        .latency_ms_max = dice.between(1, 6000),
                        .pause_percent = dice.number(10),
                        .crash_percent = dice.number(5),
                        .stop_percent = dice.number(5)};
    World world(dice, faults, 3);
    world.run_until(kHour);
  });
}

TEST(LeaseStepProperty, KeepsOneLeaderWhileAllIsWell) {
  property::repeat(30, [](property::Dice& dice) {
    World world(dice, {}, 3);
    world.run_until(10'000);
    EXPECT_TRUE(world.somebody_holds());
    world.run_until(kHour);

    EXPECT_TRUE(world.somebody_holds());
    EXPECT_EQ(world.starts(), 1);
    EXPECT_EQ(world.losses(), 0);
  });
}

TEST(LeaseStepProperty, FindsANewLeaderAfterACrash) {
  property::repeat(30, [](property::Dice& dice) {
    World world(dice, {.crash_percent = 1}, 3);
    world.run_until(kHour);

    EXPECT_GT(world.starts(), 3);
  });
}

}  // namespace
}  // namespace runtime
