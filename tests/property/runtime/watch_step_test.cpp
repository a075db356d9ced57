// watch_step against a small API server in memory: whatever fails, and in whatever order, in the
// end the store holds what the server holds, and only a 410 has caused a second listing.
#include "runtime/watch_step.h"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "property/runtime/seed.h"

namespace runtime {
namespace {

using namespace std::chrono_literals;
using Objects = std::map<std::string, int>;  // name -> version of its last change

// One collection with its history, of which the older part may be forgotten.
class Server {
 public:
  struct Change {
    int version = 0;
    std::string name{};
    EventArrived::Type type{};
  };

  void change_something(property::Dice& dice) {
    const std::string name(1, static_cast<char>('a' + dice.number(8)));
    ++version_;
    const bool exists = objects_.contains(name);
    if (exists && dice.chance(40)) {
      objects_.erase(name);
      history_.push_back({version_, name, EventArrived::Type::kDeleted});
      return;
    }
    objects_[name] = version_;
    history_.push_back(
        {version_, name, exists ? EventArrived::Type::kModified : EventArrived::Type::kAdded});
  }

  void forget_history() { oldest_ = version_; }
  bool knows(int version) const { return version >= oldest_; }
  int version() const { return version_; }
  const Objects& objects() const { return objects_; }

  const Change* change_after(int version) const {
    for (const Change& change : history_) {
      if (change.version > version) return &change;
    }
    return nullptr;
  }

 private:
  Objects objects_;
  std::vector<Change> history_;
  int version_ = 1;
  int oldest_ = 0;
};

class World {
 public:
  explicit World(property::Dice& dice) : dice_(dice) {}

  void start() { tell(WatchBegan{}); }

  // One thing happens: to the server, to the call under way, or to the stream.
  void move(bool healthy) {
    now_ += std::chrono::milliseconds{dice_.number(5000)};
    if (!healthy && dice_.chance(40)) server_.change_something(dice_);
    if (!healthy && dice_.chance(5)) server_.forget_history();
    switch (next_.call) {
      case WatchCall::kListPage:
        list(healthy);
        break;
      case WatchCall::kOpenList:
        ADD_FAILURE() << "nobody asked for streamed lists";
        break;
      case WatchCall::kOpenStream:
        open(healthy);
        break;
      case WatchCall::kKeepReading:
        read(healthy);
        break;
    }
  }

  bool settled() const {
    return next_.call == WatchCall::kKeepReading && stream_at_ == server_.version();
  }

  const Server& server() const { return server_; }
  const Objects& store() const { return store_; }
  int listings() const { return listings_; }
  int expiries() const { return expiries_; }

 private:
  void tell(const WatchInput& input) {
    next_ = watch_step(next_.state, input, now_, dice_.between(0, 1));
  }

  void fail() {
    const auto why = dice_.chance(30) ? WatchFailed::Why::kThrottled : WatchFailed::Why::kOther;
    tell(WatchFailed{why, std::chrono::seconds{dice_.number(3)}});
  }

  void expire() {
    ++expiries_;
    tell(WatchFailed{WatchFailed::Why::kExpired});
  }

  void list(bool healthy) {
    if (!healthy && dice_.chance(30)) return fail();
    const bool is_first = next_.state.continue_token.empty();
    if (is_first) {
      ++listings_;
      snapshot_ = server_.objects();
      snapshot_version_ = server_.version();
      page_at_ = snapshot_.begin();
    } else if (!server_.knows(snapshot_version_)) {
      return expire();
    }
    std::vector<std::pair<std::string, int>> page;
    const std::size_t page_size = next_.state.whole_list ? snapshot_.size() : 2;
    for (; page_at_ != snapshot_.end() && page.size() < page_size; ++page_at_) {
      page.emplace_back(*page_at_);
    }
    tell(PageListed{std::to_string(snapshot_version_), page_at_ == snapshot_.end() ? "" : "more"});
    for (const StoreOp op : next_.ops) {
      if (op == StoreOp::kInit) buffer_.clear();
      if (op == StoreOp::kBuffer) buffer_.insert(page.begin(), page.end());
      if (op != StoreOp::kInitDone) continue;
      store_ = buffer_;
      handed_on_ = snapshot_version_;
    }
  }

  void open(bool healthy) {
    tell(StreamOpened{});
    stream_at_ = std::stoi(next_.state.resource_version);
    if (!server_.knows(stream_at_)) return expire();
    if (!healthy && dice_.chance(20)) fail();
  }

  void read(bool healthy) {
    if (!healthy && dice_.chance(10)) return fail();
    if (!healthy && dice_.chance(10)) return tell(StreamEnded{});
    const Server::Change* change = server_.change_after(stream_at_);
    if (change == nullptr) {
      return tell(EventArrived{EventArrived::Type::kBookmark, std::to_string(stream_at_)});
    }
    stream_at_ = change->version;
    EXPECT_GT(change->version, handed_on_) << "a change was handed on twice";
    handed_on_ = change->version;
    tell(EventArrived{change->type, std::to_string(change->version)});
    for (const StoreOp op : next_.ops) {
      if (op == StoreOp::kApply) store_[change->name] = change->version;
      if (op == StoreOp::kDelete) store_.erase(change->name);
    }
  }

  property::Dice& dice_;
  Server server_{};
  base::Steady now_{1h};
  WatchTransition next_{};
  int stream_at_ = 0;  // version of the last event that the open stream has given

  Objects snapshot_{};  // what the listing under way pages through
  int snapshot_version_ = 0;
  Objects::iterator page_at_{};

  int handed_on_ = 0;  // all changes up to this version are in the store
  Objects buffer_{};
  Objects store_{};
  int listings_ = 0;
  int expiries_ = 0;
};

TEST(WatchStepProperty, EndsWithTheServersTruthAndListsAgainOnlyOn410) {
  property::repeat(500, [](property::Dice& dice) {
    World world(dice);
    world.start();
    for (int i = 0; i < 150; ++i) world.move(/*healthy=*/false);
    for (int i = 0; i < 500 && !world.settled(); ++i) world.move(/*healthy=*/true);

    ASSERT_TRUE(world.settled());
    EXPECT_EQ(world.store(), world.server().objects());
    EXPECT_LE(world.listings(), 1 + world.expiries());
  });
}

}  // namespace
}  // namespace runtime
