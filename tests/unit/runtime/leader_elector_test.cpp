#include "runtime/leader_elector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/lease_codec.h"
#include "unit/runtime/fake_api.h"

namespace runtime {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using runtime_test::Answer;
using runtime_test::FakeApi;
using testing::HasSubstr;

const kube::ObjectKey kLease{"system", "pets"};

// One Lease with optimistic locking.
class LeaseServer {
 public:
  Answer respond(const http::Request& request) {
    if (down) return Answer::none();
    if (request.method == "GET") return lease.is_null() ? not_found() : Answer::json(lease);
    const json sent = json::parse(request.body);
    const std::string version = lease.is_null() ? "" : lease["metadata"]["resourceVersion"];
    const bool fits = request.method == "POST"
                          ? lease.is_null()
                          : sent["metadata"].value("resourceVersion", "") == version;
    if (!fits) return Answer::json({{"kind", "Status"}, {"reason", "Conflict"}}, 409);
    lease = sent;
    lease["metadata"]["resourceVersion"] = std::to_string(++version_);
    return Answer::json(lease);
  }

  json lease;  // null: none
  bool down = false;

 private:
  static Answer not_found() {
    return Answer::json({{"kind", "Status"}, {"reason", "NotFound"}}, 404);
  }
  int version_ = 0;
};

class LeaderElectorTest : public testing::Test {
 protected:
  struct News {
    std::mutex mutex;
    std::condition_variable changed;
    int started = 0;
    int lost = 0;
    template <class Condition>
    bool wait(Condition condition) {
      std::unique_lock lock(mutex);
      return changed.wait_for(lock, 10s, condition);
    }
    void count(int& what) {
      const std::lock_guard lock(mutex);
      ++what;
      changed.notify_all();
    }
  };

  std::unique_ptr<LeaderElector> elector(const std::string& identity, News& news) {
    auto made = std::make_unique<LeaderElector>(
        *client_,
        LeaderElectorOptions{
            .lease = kLease,
            .identity = identity,
            .limits = {.lease_duration = 3000ms, .renew_deadline = 1500ms, .retry_period = 5ms}},
        LeaderCallbacks{.on_started = [&news] { news.count(news.started); },
                        .on_lost = [&news] { news.count(news.lost); }},
        clock_, registry_);
    made->start();
    return made;
  }

  json spec() {
    const std::lock_guard lock(mutex_);
    return server_.lease["spec"];
  }

  base::SystemClock clock_;
  metrics::Registry registry_;
  std::mutex mutex_;
  LeaseServer server_;
  FakeApi api_{[this](const http::Request& request) {
    const std::lock_guard lock(mutex_);
    return server_.respond(request);
  }};
  std::unique_ptr<kube::Client> client_ = api_.client(clock_);
};

TEST_F(LeaderElectorTest, LeadsAndSaysSo) {
  News news;
  const auto me = elector("me", news);

  ASSERT_TRUE(news.wait([&] { return news.started == 1; }));
  EXPECT_TRUE(me->holds_lease());
  EXPECT_GT(me->held_until(), clock_.steady_now());
  EXPECT_TRUE(me->healthy(1s));
  EXPECT_EQ(spec()["holderIdentity"], "me");
  EXPECT_THAT(registry_.expose(), HasSubstr("leader_election_master_status{name=\"pets\"} 1\n"));
}

TEST_F(LeaderElectorTest, ReleasesOnACleanStopAndIsNotCalledLost) {
  News news;
  const auto me = elector("me", news);
  news.wait([&] { return news.started == 1; });

  me->stop();

  EXPECT_EQ(spec()["holderIdentity"], "");
  EXPECT_EQ(spec()["leaseDurationSeconds"], 1);
  EXPECT_FALSE(me->holds_lease());
  EXPECT_EQ(news.lost, 0);
  EXPECT_THAT(registry_.expose(), HasSubstr("leader_election_master_status{name=\"pets\"} 0\n"));
}

TEST_F(LeaderElectorTest, AStandbyTakesOverAfterARelease) {
  News first_news;
  News second_news;
  const auto first = elector("first", first_news);
  first_news.wait([&] { return first_news.started == 1; });
  const auto second = elector("second", second_news);
  EXPECT_FALSE(second->holds_lease());

  first->stop();

  EXPECT_TRUE(second_news.wait([&] { return second_news.started == 1; }));
  EXPECT_EQ(spec()["leaseTransitions"], 1);
}

TEST_F(LeaderElectorTest, LosesTheLeaseWhenTheServerIsAwayForTooLong) {
  News news;
  const auto me = elector("me", news);
  news.wait([&] { return news.started == 1; });
  {
    const std::lock_guard lock(mutex_);
    server_.down = true;
  }

  EXPECT_TRUE(news.wait([&] { return news.lost == 1; }));
  EXPECT_FALSE(me->holds_lease());
  EXPECT_EQ(news.started, 1);
}

TEST_F(LeaderElectorTest, LosesTheLeaseWhenAnotherHasTakenIt) {
  News news;
  const auto me = elector("me", news);
  news.wait([&] { return news.started == 1; });
  {
    const std::lock_guard lock(mutex_);
    server_.lease["spec"]["holderIdentity"] = "thief";
    server_.lease["metadata"]["resourceVersion"] = "999";
  }

  EXPECT_TRUE(news.wait([&] { return news.lost == 1; }));
  EXPECT_EQ(spec()["holderIdentity"], "thief");
}

TEST_F(LeaderElectorTest, StopsWhileItIsAStandbyOrNeverStarted) {
  News news;
  server_.lease = encode_lease(new_lease(kLease), {.holder = "other", .duration = 3600s});
  server_.lease["metadata"]["resourceVersion"] = "5";
  const auto me = elector("me", news);

  me->stop();
  me->stop();

  EXPECT_EQ(spec()["holderIdentity"], "other");
  EXPECT_EQ(news.started, 0);
}

TEST(LeaseCodec, ReadsBackWhatItWrote) {
  const LeaseRecord record{.holder = "me",
                           .duration = 15s,
                           .acquire_time = base::TimePoint{1'700'000'000'123ms},
                           .renew_time = base::TimePoint{1'700'000'001'456ms},
                           .transitions = 3};

  EXPECT_EQ(decode_lease(encode_lease(new_lease(kLease), record)).record, record);
}

TEST(LeaseCodec, KeepsFieldsThatItDoesNotKnow) {
  json lease = new_lease(kLease);
  lease["spec"] = {{"strategy", "OldestEmulationVersion"}};

  EXPECT_EQ(encode_lease(lease, {})["spec"]["strategy"], "OldestEmulationVersion");
}

TEST(LeaseCodec, TakesWhatItCannotReadAsAbsent) {
  const json odd = {{"metadata", {{"resourceVersion", "5"}}},
                    {"spec",
                     {{"holderIdentity", 7},
                      {"leaseDurationSeconds", -1},
                      {"renewTime", "yesterday"},
                      {"leaseTransitions", 99999999999LL}}}};

  const StoredLease stored = decode_lease(odd);

  EXPECT_EQ(stored.resource_version, "5");
  EXPECT_EQ(stored.record, LeaseRecord{});
  EXPECT_EQ(decode_lease({{"spec", "text"}}).record, LeaseRecord{});
}

TEST(MakeIdentity, IsUnique) {
  EXPECT_NE(make_identity(), make_identity());
  EXPECT_THAT(make_identity(), testing::MatchesRegex(".+_[0-9a-f]{32}"));
}

}  // namespace
}  // namespace runtime
