#include "runtime/watch_step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runtime {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using Phase = WatchState::Phase;
using Why = WatchFailed::Why;
using Type = EventArrived::Type;

const base::Steady kNow{1h};

WatchTransition step(WatchState state, const WatchInput& input, base::Steady now = kNow,
                     double jitter = 0) {
  return watch_step(std::move(state), input, now, jitter);
}

WatchState watching(const std::string& version = "10") {
  return {.phase = Phase::kWatching, .resource_version = version, .stream_began_at = kNow};
}

WatchState listing(const std::string& token = "page-2") {
  return {.phase = Phase::kListing, .continue_token = token};
}

TEST(WatchStep, BeginsWithAListing) {
  const auto next = step({}, WatchBegan{});

  EXPECT_EQ(next.call, WatchCall::kListPage);
  EXPECT_EQ(next.delay, 0ms);
}

TEST(WatchStep, FillsTheStoreFromASinglePageAndWatchesFromItsVersion) {
  const auto next = step({}, PageListed{.resource_version = "10"});

  EXPECT_THAT(next.ops, ElementsAre(StoreOp::kInit, StoreOp::kBuffer, StoreOp::kInitDone));
  EXPECT_EQ(next.call, WatchCall::kOpenStream);
  EXPECT_EQ(next.state.phase, Phase::kWatching);
  EXPECT_EQ(next.state.resource_version, "10");
}

TEST(WatchStep, CollectsPagesAndReplacesTheStoreAfterTheLast) {
  const auto first = step({}, PageListed{.resource_version = "10", .continue_token = "page-2"});
  const auto second =
      step(first.state, PageListed{.resource_version = "10", .continue_token = "page-3"});
  const auto last = step(second.state, PageListed{.resource_version = "10"});

  EXPECT_THAT(first.ops, ElementsAre(StoreOp::kInit, StoreOp::kBuffer));
  EXPECT_EQ(first.call, WatchCall::kListPage);
  EXPECT_THAT(second.ops, ElementsAre(StoreOp::kBuffer));
  EXPECT_EQ(second.state.continue_token, "page-3");
  EXPECT_THAT(last.ops, ElementsAre(StoreOp::kBuffer, StoreOp::kInitDone));
  EXPECT_EQ(last.call, WatchCall::kOpenStream);
}

TEST(WatchStep, AppliesEventsAndAdvancesTheVersionWithEach) {
  const auto added = step(watching(), EventArrived{Type::kAdded, "11"});
  const auto modified = step(added.state, EventArrived{Type::kModified, "12"});
  const auto deleted = step(modified.state, EventArrived{Type::kDeleted, "13"});

  EXPECT_THAT(added.ops, ElementsAre(StoreOp::kApply));
  EXPECT_THAT(modified.ops, ElementsAre(StoreOp::kApply));
  EXPECT_THAT(deleted.ops, ElementsAre(StoreOp::kDelete));
  EXPECT_EQ(deleted.state.resource_version, "13");
  EXPECT_EQ(deleted.call, WatchCall::kKeepReading);
}

TEST(WatchStep, ABookmarkAdvancesTheVersionAndTouchesNothing) {
  const auto next = step(watching(), EventArrived{Type::kBookmark, "20"});

  EXPECT_THAT(next.ops, IsEmpty());
  EXPECT_EQ(next.state.resource_version, "20");
}

TEST(WatchStep, AnEventWithoutAVersionIsAppliedAndDoesNotAdvance) {
  const auto next = step(watching("10"), EventArrived{Type::kModified, ""});

  EXPECT_THAT(next.ops, ElementsAre(StoreOp::kApply));
  EXPECT_EQ(next.state.resource_version, "10");
}

TEST(WatchStep, OpensTheNextStreamAtOnceWhenTheServerEndsOne) {
  const auto next = step(watching("12"), StreamEnded{}, kNow + 1min);

  EXPECT_EQ(next.call, WatchCall::kOpenStream);
  EXPECT_EQ(next.delay, 0ms);
  EXPECT_EQ(next.state.resource_version, "12");
}

TEST(WatchStep, BacksOffAfterAStreamThatEndsAtOnceWithoutAWord) {
  const auto opened = step(watching(), StreamOpened{});
  const auto ended = step(opened.state, StreamEnded{}, kNow + 999ms);

  EXPECT_EQ(ended.call, WatchCall::kOpenStream);
  EXPECT_EQ(ended.delay, 800ms);
}

TEST(WatchStep, AShortStreamThatBroughtSomethingIsFine) {
  const auto opened = step(watching(), StreamOpened{});
  const auto event = step(opened.state, EventArrived{Type::kAdded, "11"});

  EXPECT_EQ(step(event.state, StreamEnded{}, kNow + 1ms).delay, 0ms);
}

TEST(WatchStep, ResumesFromTheLastVersionAfterABrokenStream) {
  const auto next = step(watching("12"), WatchFailed{Why::kOther});

  EXPECT_EQ(next.call, WatchCall::kOpenStream);
  EXPECT_EQ(next.delay, 800ms);
  EXPECT_EQ(next.state.resource_version, "12");
  EXPECT_THAT(next.ops, IsEmpty());
}

TEST(WatchStep, ResumesAListingAtTheSamePageAfterAFailure) {
  const auto next = step(listing("page-2"), WatchFailed{Why::kOther});

  EXPECT_EQ(next.call, WatchCall::kListPage);
  EXPECT_EQ(next.state.continue_token, "page-2");
}

TEST(WatchStep, ListsAgainAtOnceOn410) {
  const auto next = step(watching(), WatchFailed{Why::kExpired});

  EXPECT_EQ(next.call, WatchCall::kListPage);
  EXPECT_EQ(next.delay, 0ms);
  EXPECT_EQ(next.state.phase, Phase::kEmpty);
  EXPECT_EQ(next.state.resource_version, "");
}

TEST(WatchStep, BacksOffWhen410ComesAgain) {
  const auto first = step(watching(), WatchFailed{Why::kExpired});
  const auto listed = step(first.state, PageListed{.resource_version = "20"}, kNow + 1s);
  const auto second = step(listed.state, WatchFailed{Why::kExpired}, kNow + 2s);
  const auto third = step(second.state, WatchFailed{Why::kExpired}, kNow + 3s);

  EXPECT_EQ(second.delay, 800ms);
  EXPECT_EQ(third.delay, 1600ms);
}

TEST(WatchStep, BeginsWithTheFirstPageAgainWhenAPageTokenExpired) {
  const auto expired = step(listing(), WatchFailed{Why::kExpired});

  EXPECT_EQ(expired.call, WatchCall::kListPage);
  EXPECT_EQ(expired.state.continue_token, "");
  const auto listed = step(expired.state, PageListed{.resource_version = "20"});
  EXPECT_THAT(listed.ops, ElementsAre(StoreOp::kInit, StoreOp::kBuffer, StoreOp::kInitDone));
}

TEST(WatchStep, DoublesItsBackOffUpToHalfAMinute) {
  WatchState state = watching();
  std::vector<std::chrono::milliseconds> delays;
  for (int i = 0; i < 7; ++i) {
    const auto next = step(state, WatchFailed{Why::kOther}, kNow + i * 1min);
    delays.push_back(next.delay);
    state = next.state;
  }

  EXPECT_THAT(delays, ElementsAre(800ms, 1600ms, 3200ms, 6400ms, 12800ms, 25600ms, 30s));
}

TEST(WatchStep, SpreadsItsBackOffByUpToAsMuchAgain) {
  EXPECT_EQ(step(watching(), WatchFailed{Why::kOther}, kNow, 0.5).delay, 1200ms);
}

TEST(WatchStep, ForgetsFailuresAfterTwoQuietMinutes) {
  const auto first = step(watching(), WatchFailed{Why::kOther});
  const auto soon = step(first.state, WatchFailed{Why::kOther}, kNow + 2min);
  const auto later = step(soon.state, WatchFailed{Why::kOther}, kNow + 4min + 1ms);

  EXPECT_EQ(soon.delay, 1600ms);
  EXPECT_EQ(later.delay, 800ms);
}

TEST(WatchStep, WaitsAsLongAsTheServerAsked) {
  const auto next = step(watching(), WatchFailed{Why::kThrottled, 7s});

  EXPECT_EQ(next.delay, 7s);
  EXPECT_EQ(next.call, WatchCall::kOpenStream);
  EXPECT_EQ(step(watching(), WatchFailed{Why::kThrottled, 0s}).delay, 800ms);
}

TEST(WatchStepDeathTest, AnEventNeedsAStream) {
  EXPECT_DEATH(step({}, EventArrived{}), "broken invariant");
  EXPECT_DEATH(step(watching(), PageListed{}), "broken invariant");
}

// After a restore of etcd the version that we know lies in the future: the server says nothing.
TEST(WatchStep, ListsAgainAfterAStreamOnWhichNothingArrivedForMinutes) {
  WatchState silent = watching("1000");
  silent.stream_was_silent = true;

  const auto ended = step(silent, StreamEnded{}, kNow + 2min);
  EXPECT_EQ(ended.call, WatchCall::kListPage);
  EXPECT_EQ(ended.delay, 0ms);
  EXPECT_EQ(ended.state.resource_version, "");

  const auto broken = step(silent, WatchFailed{}, kNow + 2min);
  EXPECT_EQ(broken.call, WatchCall::kListPage);
  EXPECT_EQ(broken.delay, 800ms);
}

TEST(WatchStep, ResumesAfterAStreamThatSaidABookmark) {
  const auto marked =
      step(watching("1000"), EventArrived{.type = Type::kBookmark, .resource_version = "1001"});
  const auto ended = step(marked.state, StreamEnded{}, kNow + 5min);

  EXPECT_EQ(ended.call, WatchCall::kOpenStream);
  EXPECT_EQ(ended.state.resource_version, "1001");
}

// Lists as streams.

WatchTransition stream_step(WatchState state, const WatchInput& input, base::Steady now = kNow) {
  return watch_step(std::move(state), input, now, 0, {.streamed_lists = true});
}

TEST(WatchStep, StreamsTheListAndThenWatchesByAStreamOfItsOwn) {
  const auto begun = stream_step({}, WatchBegan{});
  EXPECT_EQ(begun.call, WatchCall::kOpenList);
  const auto opened = stream_step(begun.state, StreamOpened{});
  EXPECT_THAT(opened.ops, ElementsAre(StoreOp::kInit));
  const auto added = stream_step(opened.state, EventArrived{Type::kAdded, "90"});
  EXPECT_THAT(added.ops, ElementsAre(StoreOp::kBuffer));
  EXPECT_EQ(added.state.resource_version, "") << "initial events come in no order";
  const auto gone = stream_step(added.state, EventArrived{Type::kDeleted, "91"});
  EXPECT_THAT(gone.ops, ElementsAre(StoreOp::kUnbuffer));
  const auto marked = stream_step(gone.state, EventArrived{Type::kBookmark, "92"});
  EXPECT_EQ(marked.call, WatchCall::kKeepReading);

  const auto done = stream_step(marked.state, EventArrived{Type::kInitialEventsEnd, "93"});

  EXPECT_THAT(done.ops, ElementsAre(StoreOp::kInitDone));
  EXPECT_EQ(done.call, WatchCall::kOpenStream);
  EXPECT_EQ(done.state.resource_version, "93");
}

TEST(WatchStep, ListsByPagesAtOnceWhereStreamsAreRefusedAndForEver) {
  const auto opened = stream_step({}, StreamOpened{});

  const auto refused = stream_step(opened.state, WatchFailed{Why::kRefused});

  EXPECT_EQ(refused.call, WatchCall::kListPage);
  EXPECT_EQ(refused.delay, 0ms);
  const auto listed = stream_step(refused.state, PageListed{.resource_version = "10"});
  const auto again = stream_step(listed.state, WatchFailed{Why::kExpired});
  EXPECT_EQ(again.call, WatchCall::kListPage);
}

TEST(WatchStep, ListsByPagesAfterAStreamThatBrokeOffOrHung) {
  const auto opened = stream_step({}, StreamOpened{});

  const auto broken = stream_step(opened.state, WatchFailed{Why::kOther});
  EXPECT_EQ(broken.call, WatchCall::kListPage);
  EXPECT_EQ(broken.delay, 800ms);
  const auto ended = stream_step(opened.state, StreamEnded{}, kNow + 1min);
  EXPECT_EQ(ended.call, WatchCall::kListPage);
}

TEST(WatchStep, StreamsTheNextListAfterAnExpiredVersion) {
  const auto next = stream_step(watching(), WatchFailed{Why::kExpired});

  EXPECT_EQ(next.call, WatchCall::kOpenList);
}

}  // namespace
}  // namespace runtime
