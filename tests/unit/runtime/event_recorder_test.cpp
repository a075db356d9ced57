#include "runtime/event_recorder.h"

#include <atomic>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/fake_clock.h"
#include "unit/runtime/fake_api.h"

namespace runtime {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using runtime_test::Answer;
using runtime_test::FakeApi;
using testing::HasSubstr;
using testing::SizeIs;

Event bark(const std::string& note = "It barked.") {
  return {.regarding = {.resource = kube::kLeases,
                        .key = {"home", "rex"},
                        .uid = "uid-1",
                        .resource_version = "7"},
          .type = EventType::kWarning,
          .reason = "Barked",
          .action = "Bark",
          .note = note};
}

// An API server that holds its first answer back until it is let go.
class SlowApi {
 public:
  std::unique_ptr<kube::Client> client(const base::Clock& clock,
                                       std::function<bool()> may_write = {}) {
    return api_.client(clock, std::move(may_write));
  }
  void wait_for_a_call() const { called_.wait(); }
  void let_go() { let_go_.count_down(); }
  std::vector<http::Request> requests() const { return api_.requests(); }

 private:
  std::once_flag first_;
  std::latch called_{1};
  std::latch let_go_{1};
  FakeApi api_{[this](const http::Request&) {
    std::call_once(first_, [this] { called_.count_down(); });
    let_go_.wait();
    return Answer::json(json::object(), 201);
  }};
};

class EventRecorderTest : public testing::Test {
 protected:
  std::unique_ptr<EventRecorder> recorder(std::size_t queue_most = 1000) {
    return std::make_unique<EventRecorder>(
        *client_,
        EventRecorderOptions{
            .controller = "example.test/pets", .instance = "pets-1", .queue_most = queue_most},
        EventMetrics(registry_, "test"), clock_);
  }

  // Records and stops, so that all is written.
  void write(const std::vector<Event>& events) {
    const auto writer = recorder();
    for (const Event& event : events) writer->record(event);
    writer->stop();
  }

  support::FakeClock clock_;
  metrics::Registry registry_;
  std::map<std::string, Answer> answers_;  // by method; default 201 {}
  FakeApi api_{[this](const http::Request& request) {
    const auto at = answers_.find(request.method);
    return at == answers_.end() ? Answer::json(json::object(), 201) : at->second;
  }};
  std::unique_ptr<kube::Client> client_ = api_.client(clock_);
};

TEST_F(EventRecorderTest, WritesAnEventOfTheNewApi) {
  write({bark()});

  ASSERT_THAT(api_.requests(), SizeIs(1));
  EXPECT_EQ(api_.calls()[0], "POST /apis/events.k8s.io/v1/namespaces/home/events");
  const json body = json::parse(api_.requests()[0].body);
  EXPECT_EQ(body["eventTime"], "2026-05-01T00:00:00.000000Z");
  EXPECT_EQ(body["type"], "Warning");
  EXPECT_EQ(body["reason"], "Barked");
  EXPECT_EQ(body["action"], "Bark");
  EXPECT_EQ(body["note"], "It barked.");
  EXPECT_EQ(body["reportingController"], "example.test/pets");
  EXPECT_EQ(body["reportingInstance"], "pets-1");
  EXPECT_EQ(body["regarding"], (json{{"apiVersion", "coordination.k8s.io/v1"},
                                     {"kind", "Lease"},
                                     {"namespace", "home"},
                                     {"name", "rex"},
                                     {"uid", "uid-1"},
                                     {"resourceVersion", "7"}}));
  EXPECT_FALSE(body.contains("series"));
  EXPECT_THAT(registry_.expose(), HasSubstr("test_events_written_total 1\n"));
}

TEST_F(EventRecorderTest, CountsRepeatsOnTheSameObject) {
  write({bark(), bark(), bark()});

  const auto requests = api_.requests();
  ASSERT_THAT(requests, SizeIs(3)) << "create, count 2, and the final count at stop";
  EXPECT_EQ(requests[1].method, "PATCH");
  EXPECT_EQ(json::parse(requests[1].body)["series"]["count"], 2);
  EXPECT_EQ(json::parse(requests[2].body)["series"]["count"], 3);
  EXPECT_EQ(api_.calls()[1], api_.calls()[2]);
}

TEST_F(EventRecorderTest, MakesTheEventAnewIfItHasVanished) {
  answers_["PATCH"] = Answer::json({{"kind", "Status"}, {"reason", "NotFound"}}, 404);

  write({bark(), bark()});

  const auto requests = api_.requests();
  ASSERT_THAT(requests, SizeIs(3));
  EXPECT_EQ(requests[2].method, "POST");
  EXPECT_EQ(json::parse(requests[2].body)["series"]["count"], 2);
}

TEST_F(EventRecorderTest, CountsWhatTheServerRefusesAndGoesOn) {
  answers_["POST"] = Answer::json({{"kind", "Status"}, {"reason", "Forbidden"}}, 403);

  write({bark("one"), bark("two")});

  EXPECT_THAT(api_.requests(), SizeIs(2));
  EXPECT_THAT(registry_.expose(), HasSubstr("test_events_dropped_total{reason=\"refused\"} 2\n"));
}

TEST_F(EventRecorderTest, DoesNotWaitForAServerThatIsAwayOnceItStops) {
  answers_["POST"] = Answer::none();

  write({bark("one"), bark("two")});

  EXPECT_THAT(registry_.expose(), HasSubstr("test_events_dropped_total{reason=\"refused\"} 2\n"));
}

TEST_F(EventRecorderTest, DropsWhatDoesNotFitIntoItsQueue) {
  const auto full = recorder(/*queue_most=*/0);

  full->record(bark());

  EXPECT_THAT(registry_.expose(),
              HasSubstr("test_events_dropped_total{reason=\"queue_full\"} 1\n"));
}

TEST_F(EventRecorderTest, WritesWarningsFirstAndDropsTheOldestNormalOneForThem) {
  SlowApi slow;
  const auto client = slow.client(clock_);
  EventRecorder recorder(*client, {.controller = "c", .instance = "i", .queue_most = 2},
                         EventMetrics(registry_, "test"), clock_);
  const auto record = [&](EventType type, const std::string& note) {
    Event event = bark(note);
    event.type = type;
    recorder.record(event);
    clock_.advance(1s);
  };

  record(EventType::kNormal, "is being written");
  slow.wait_for_a_call();
  record(EventType::kNormal, "the oldest that waits");
  record(EventType::kNormal, "waits");
  record(EventType::kWarning, "takes the place of the oldest");
  record(EventType::kNormal, "takes no place");
  slow.let_go();
  recorder.stop();

  std::vector<std::string> written;
  for (const auto& request : slow.requests()) {
    const json body = json::parse(request.body);
    written.push_back(body.value("note", "") + body.value("eventTime", "").substr(16, 3));
  }
  EXPECT_THAT(written, testing::ElementsAre("is being written:00",
                                            "takes the place of the oldest:03", "waits:02"))
      << "the time is that of the event, not of its writing";
  EXPECT_THAT(registry_.expose(),
              HasSubstr("test_events_dropped_total{reason=\"queue_full\"} 2\n"));
}

TEST_F(EventRecorderTest, TriesNoMoreAtItsEndOnceACallIsCancelled) {
  SlowApi slow;
  std::atomic<bool> may_write = true;
  const auto client = slow.client(clock_, [&] { return may_write.load(); });
  EventRecorder recorder(*client, {.controller = "c", .instance = "i"},
                         EventMetrics(registry_, "test"), clock_);

  recorder.record(bark("is being written"));
  slow.wait_for_a_call();
  for (int i = 0; i < 5; ++i) recorder.record(bark(std::to_string(i)));
  may_write = false;
  std::jthread stopper([&] { recorder.stop(); });
  int waiting = 4;  // and one more for each that it still takes
  do {
    recorder.record(bark("late"));
    ++waiting;
  } while (registry_.expose().contains("{reason=\"queue_full\"} 0\n"));
  slow.let_go();
  stopper.join();

  EXPECT_THAT(slow.requests(), SizeIs(1));
  EXPECT_THAT(registry_.expose(), HasSubstr("test_events_dropped_total{reason=\"refused\"} " +
                                            std::to_string(waiting) + "\n"));
}

TEST_F(EventRecorderTest, CountsEventsThatComeTooOften) {
  std::vector<Event> many;
  for (int i = 0; i < 30; ++i) many.push_back(bark(std::to_string(i)));

  write(many);

  EXPECT_THAT(registry_.expose(),
              HasSubstr("test_events_dropped_total{reason=\"too_frequent\"} 5\n"));
}

TEST_F(EventRecorderTest, MayBeStoppedTwiceAndThenDropsAll) {
  const auto stopped = recorder();
  stopped->stop();
  stopped->stop();

  stopped->record(bark());

  EXPECT_THAT(api_.requests(), SizeIs(0));
}

}  // namespace
}  // namespace runtime
