#include "runtime/event_series.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace runtime {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;
using Verb = EventCall::Verb;

EventSeries::Now at(std::chrono::milliseconds since) {
  return {support::FakeClock::kStart + since, base::Steady{1h} + since};
}

Event bark(const std::string& note = "It barked.") {
  return {.regarding = {.resource = kube::kSecrets, .key = {"home", "rex"}, .uid = "uid-1"},
          .reason = "Barked",
          .action = "Bark",
          .note = note};
}

TEST(EventSeries, TheFirstOfItsKindMakesAnObject) {
  EventSeries series;

  const auto calls = series.record(bark(), at(0s));

  ASSERT_THAT(calls, SizeIs(1));
  EXPECT_EQ(calls[0].verb, Verb::kCreate);
  EXPECT_EQ(calls[0].key.namespace_, "home");
  EXPECT_THAT(calls[0].key.name, testing::MatchesRegex("rex\\.[0-9a-f]{16}"));
  EXPECT_EQ(calls[0].first_time, support::FakeClock::kStart);
  EXPECT_EQ(calls[0].count, 1);
}

TEST(EventSeries, TheFirstRepeatMakesASeries) {
  EventSeries series;
  const auto first = series.record(bark(), at(0s));

  const auto second = series.record(bark(), at(5min));

  ASSERT_THAT(second, SizeIs(1));
  EXPECT_EQ(second[0].verb, Verb::kCount);
  EXPECT_EQ(second[0].key, first[0].key);
  EXPECT_EQ(second[0].count, 2);
  EXPECT_EQ(second[0].last_time, support::FakeClock::kStart + 5min);
}

TEST(EventSeries, FurtherRepeatsAreCountedInMemoryAndWrittenWhenTheSeriesEnds) {
  EventSeries series;
  series.record(bark(), at(0s));
  series.record(bark(), at(1min));
  EXPECT_THAT(series.record(bark(), at(2min)), IsEmpty());
  EXPECT_THAT(series.sweep(at(7min)), IsEmpty());

  const auto last = series.sweep(at(8min));

  ASSERT_THAT(last, SizeIs(1));
  EXPECT_EQ(last[0].count, 3);
  EXPECT_EQ(last[0].last_time, support::FakeClock::kStart + 2min);
  EXPECT_EQ(series.open(), 0U);
}

TEST(EventSeries, ALongSeriesIsWrittenEveryHalfHour) {
  EventSeries series;
  std::size_t writes = 0;

  for (auto minute = 0min; minute <= 61min; minute += 1min) {
    writes += series.record(bark(), at(minute)).size();
  }

  EXPECT_EQ(writes, 4U) << "create, count 2, and two heartbeats";
}

TEST(EventSeries, AfterSilenceTheSameEventIsANewObject) {
  EventSeries series;
  const auto first = series.record(bark(), at(0s));

  const auto later = series.record(bark(), at(6min));

  ASSERT_THAT(later, SizeIs(1));
  EXPECT_EQ(later[0].verb, Verb::kCreate);
  EXPECT_NE(later[0].key, first[0].key);
}

TEST(EventSeries, AnythingElseIsAnotherKindOfEvent) {
  std::vector<Event> others(6, bark());
  others[0].note = "It barked twice.";
  others[1].reason = "Growled";
  others[2].action = "Growl";
  others[3].type = EventType::kWarning;
  others[4].regarding.uid = "uid-2";
  others[5].regarding.key.namespace_ = "away";
  for (const Event& other : others) {
    EventSeries series;
    series.record(bark(), at(0s));
    const auto calls = series.record(other, at(1s));
    ASSERT_THAT(calls, SizeIs(1));
    EXPECT_EQ(calls[0].verb, Verb::kCreate) << &other - others.data();
  }
}

TEST(EventSeries, TwoEventsAtTheSameInstantHaveDifferentNames) {
  EventSeries series;

  const auto one = series.record(bark("one"), at(0s));
  const auto two = series.record(bark("two"), at(0s));

  EXPECT_NE(one[0].key, two[0].key);
}

TEST(EventSeries, ObjectsWithoutANamespaceHaveTheirEventsInDefault) {
  EventSeries series;
  Event event = bark();
  event.regarding.key.namespace_ = "";

  EXPECT_EQ(series.record(event, at(0s))[0].key.namespace_, "default");
}

TEST(EventSeries, NamesAreAlwaysValid) {
  for (const std::string& name : {std::string(253, 'a'), std::string("system:node"),
                                  std::string(235, 'a') + ".b", std::string()}) {
    EventSeries series;
    Event event = bark();
    event.regarding.key.name = name;

    EXPECT_TRUE(kube::is_dns_subdomain(series.record(event, at(0s))[0].key.name)) << name;
  }
}

TEST(EventSeries, CutsTextsBetweenCharacters) {
  EventSeries series;
  std::string note;
  for (int i = 0; i < 400; ++i) note += "€";  // three bytes each: 1024 is inside one
  Event event = bark(note);
  event.reason = std::string(200, 'R');

  const auto calls = series.record(event, at(0s));

  EXPECT_EQ(calls[0].event.note.size(), 1023U);
  EXPECT_EQ(calls[0].event.reason.size(), 128U);
}

TEST(EventSeries, LimitsNewEventsPerObject) {
  EventSeries series;
  std::size_t written = 0;
  for (int i = 0; i < 40; ++i) written += series.record(bark(std::to_string(i)), at(0s)).size();

  EXPECT_EQ(written, 25U);
  EXPECT_EQ(series.dropped(), 15U);
  EXPECT_THAT(series.record(bark("later"), at(5min)), SizeIs(1));
  Event other = bark("other");
  other.regarding.uid = "uid-2";
  EXPECT_THAT(series.record(other, at(5min)), SizeIs(1));
}

TEST(EventSeries, FlushWritesCountsThatAreStillInMemory) {
  EventSeries series;
  series.record(bark("once"), at(0s));
  for (int i = 0; i < 3; ++i) series.record(bark("often"), at(1s));

  const auto calls = series.flush();

  ASSERT_THAT(calls, SizeIs(1));
  EXPECT_EQ(calls[0].count, 3);
  EXPECT_THAT(series.flush(), IsEmpty());
}

TEST(EventSeries, ClosesTheOldestSeriesWhenThereAreTooMany) {
  EventSeries series;
  series.record(bark("first"), at(0s));
  series.record(bark("first"), at(1s));
  EXPECT_THAT(series.record(bark("first"), at(2s)), IsEmpty()) << "counted in memory";

  std::vector<EventCall> calls;
  for (std::size_t i = 0; i < 4 * EventSeries::kOpenMost; ++i) {
    Event one = bark("It barked.");
    one.regarding.uid = std::to_string(i);
    const auto made = series.record(one, at(3s + std::chrono::milliseconds{i}));
    calls.insert(calls.end(), made.begin(), made.end());
    EXPECT_LE(series.open(), EventSeries::kOpenMost);
  }

  EXPECT_THAT(calls, SizeIs(4 * EventSeries::kOpenMost + 1)) << "each one, and the count";
  const auto count = std::ranges::find(calls, Verb::kCount, &EventCall::verb);
  ASSERT_NE(count, calls.end());
  EXPECT_EQ(count->count, 3);
  EXPECT_EQ(count->event.note, "first");
}

TEST(EventSeries, TheLatestOfManyIsStillKnown) {
  EventSeries series;
  for (std::size_t i = 0; i < 2 * EventSeries::kOpenMost; ++i) {
    Event one = bark();
    one.regarding.uid = std::to_string(i);
    series.record(one, at(std::chrono::milliseconds{i}));
  }
  Event last = bark();
  last.regarding.uid = std::to_string(2 * EventSeries::kOpenMost - 1);

  const auto calls = series.record(last, at(1min));

  ASSERT_THAT(calls, SizeIs(1));
  EXPECT_EQ(calls[0].verb, Verb::kCount);
}

TEST(EventSeries, TheLimitOfAnObjectOutlivesEventsOfOthers) {
  EventSeries series;
  int allowed = 0;
  for (int i = 0; i < 60; ++i) {
    allowed +=
        series.record(bark(std::to_string(i)), at(std::chrono::milliseconds{i})).empty() ? 0 : 1;
    for (int j = 0; j < 10; ++j) {
      Event other = bark();
      other.regarding.uid = std::to_string(i * 10 + j + 100);
      series.record(other, at(std::chrono::milliseconds{i}));
    }
  }

  EXPECT_EQ(allowed, 25);
}

}  // namespace
}  // namespace runtime
