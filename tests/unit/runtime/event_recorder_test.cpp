#include "runtime/event_recorder.h"

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
