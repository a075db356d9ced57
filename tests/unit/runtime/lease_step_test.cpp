#include "runtime/lease_step.h"

#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace runtime {
namespace {

using namespace std::chrono_literals;
using Role = LeaseState::Role;

const base::Steady kNow{1h};
const base::TimePoint kWall = support::FakeClock::kStart;

LeaseContext at(base::Steady now, const std::string& identity = "me") {
  return {.identity = identity, .limits{}, .now = now, .wall_now = kWall, .jitter = 0};
}

StoredLease held_by(const std::string& holder, base::TimePoint renewed = kWall,
                    const std::string& version = "7") {
  return {.record = {.holder = holder,
                     .duration = 15s,
                     .acquire_time = kWall - 1h,
                     .renew_time = renewed,
                     .transitions = 4},
          .resource_version = version};
}

template <class Call>
Call expect(const LeaseTransition& next) {
  const auto* call = std::get_if<Call>(&next.call);
  EXPECT_NE(call, nullptr) << "another call, of index " << next.call.index();
  return call == nullptr ? Call{} : *call;
}

// A leader whose last write was sent at kNow.
LeaseState leader() {
  const auto put = lease_step({}, LeaseRead{}, at(kNow));
  return lease_step(put.state, LeaseWritten{"8"}, at(kNow)).state;
}

TEST(LeaseStep, ReadsFirst) {
  expect<LeaseGet>(lease_step({}, LeaseTick{}, at(kNow)));
}

TEST(LeaseStep, CreatesTheLeaseIfThereIsNone) {
  const auto put = expect<LeasePut>(lease_step({}, LeaseRead{}, at(kNow)));

  EXPECT_EQ(put.resource_version, "");
  EXPECT_EQ(put.record, (LeaseRecord{.holder = "me",
                                     .duration = 15s,
                                     .acquire_time = kWall,
                                     .renew_time = kWall,
                                     .transitions = 0}));
}

TEST(LeaseStep, LeadsOnlyOnceTheWriteIsConfirmed) {
  const auto put = lease_step({}, LeaseRead{}, at(kNow));
  const auto written = lease_step(put.state, LeaseWritten{"8"}, at(kNow + 1s));

  EXPECT_EQ(put.news, LeaseNews::kNone);
  EXPECT_EQ(put.state.held_until, base::Steady{});
  EXPECT_EQ(written.news, LeaseNews::kStarted);
  EXPECT_EQ(written.state.held_until, kNow + 10s) << "counted from before the write was sent";
  EXPECT_EQ(expect<LeaseWait>(written).delay, 2s);
}

TEST(LeaseStep, LeavesALeaseAloneThatAnotherRenews) {
  const auto next = lease_step({}, LeaseRead{held_by("other")}, at(kNow));

  EXPECT_EQ(expect<LeaseWait>(next).delay, 1s) << "a take-over within 3 s";
  EXPECT_EQ(next.state.role, Role::kStandby);
}

TEST(LeaseStep, JudgesExpiryByItsOwnClockSinceTheRecordChanged) {
  // The record's own times are years away: they must not matter.
  const auto lease = held_by("other", kWall - std::chrono::years{3});
  const auto first = lease_step({}, LeaseRead{lease}, at(kNow));
  const auto early = lease_step(first.state, LeaseRead{lease}, at(kNow + 14999ms));
  const auto late = lease_step(first.state, LeaseRead{lease}, at(kNow + 15s));

  expect<LeaseWait>(early);
  const auto put = expect<LeasePut>(late);
  EXPECT_EQ(put.resource_version, "7");
  EXPECT_EQ(put.record.holder, "me");
  EXPECT_EQ(put.record.transitions, 5);
  EXPECT_EQ(put.record.acquire_time, kWall);
}

TEST(LeaseStep, ARenewalStartsTheWaitAnew) {
  const auto first = lease_step({}, LeaseRead{held_by("other")}, at(kNow));
  const auto renewed =
      lease_step(first.state, LeaseRead{held_by("other", kWall + 10s)}, at(kNow + 14s));

  expect<LeaseWait>(
      lease_step(renewed.state, LeaseRead{held_by("other", kWall + 10s)}, at(kNow + 28s)));
}

TEST(LeaseStep, TakesAReleasedLeaseAtOnce) {
  const auto put = expect<LeasePut>(lease_step({}, LeaseRead{held_by("")}, at(kNow)));

  EXPECT_EQ(put.record.transitions, 5);
}

TEST(LeaseStep, ALeaseThatVanishedIsNotTakenBeforeItsHolderCanKnow) {
  const auto first = lease_step({}, LeaseRead{held_by("other")}, at(kNow));
  const auto gone = lease_step(first.state, LeaseRead{}, at(kNow + 2s));

  expect<LeaseWait>(gone);
  const auto later = lease_step(gone.state, LeaseRead{}, at(kNow + 15s));
  EXPECT_EQ(expect<LeasePut>(later).resource_version, "");
}

TEST(LeaseStep, RenewsWithoutReadingAndKeepsTheAcquireTime) {
  LeaseContext later = at(kNow + 2s);
  later.wall_now = kWall + 2s;

  const auto put = expect<LeasePut>(lease_step(leader(), LeaseTick{}, later));

  EXPECT_EQ(put.resource_version, "8");
  EXPECT_EQ(put.record.acquire_time, kWall);
  EXPECT_EQ(put.record.renew_time, kWall + 2s);
  EXPECT_EQ(put.record.transitions, 0);
}

TEST(LeaseStep, EachRenewalProlongsTheHold) {
  const auto put = lease_step(leader(), LeaseTick{}, at(kNow + 2s));
  const auto written = lease_step(put.state, LeaseWritten{"9"}, at(kNow + 3s));

  EXPECT_EQ(written.state.held_until, kNow + 12s);
  EXPECT_EQ(written.news, LeaseNews::kNone);
}

TEST(LeaseStep, LooksAtOnceWhenARenewalFailsAndTriesAgain) {
  const auto put = lease_step(leader(), LeaseTick{}, at(kNow + 2s));
  const auto failed = lease_step(put.state, LeaseCallFailed{}, at(kNow + 3s));
  expect<LeaseGet>(failed);

  const auto again = lease_step(failed.state, LeaseRead{{put.state.sent, "9"}}, at(kNow + 4s));

  EXPECT_EQ(expect<LeasePut>(again).resource_version, "9");
}

TEST(LeaseStep, DoesNotSpinWhenWritesAreAlwaysRefused) {
  const auto put = lease_step(leader(), LeaseTick{}, at(kNow + 2s));
  const auto failed = lease_step(put.state, LeaseCallFailed{}, at(kNow + 2s));
  const auto read = lease_step(failed.state, LeaseRead{failed.state.seen}, at(kNow + 2s));
  const auto refused = lease_step(read.state, LeaseCallFailed{}, at(kNow + 2s));

  EXPECT_EQ(expect<LeaseWait>(refused).delay, 2s);
}

TEST(LeaseStep, IsLostWhenItCannotBeRenewedInTime) {
  LeaseState state = leader();
  state.must_read = true;

  EXPECT_EQ(lease_step(state, LeaseCallFailed{}, at(kNow + 9999ms)).news, LeaseNews::kNone);
  for (const LeaseInput& input :
       {LeaseInput{LeaseTick{}}, LeaseInput{LeaseCallFailed{}}, LeaseInput{LeaseWritten{"9"}},
        LeaseInput{LeaseRead{state.seen}}}) {
    LeaseState late = state;
    late.sent_at = kNow;
    const auto next = lease_step(late, input, at(kNow + 10s));
    EXPECT_EQ(next.news, LeaseNews::kLost) << input.index();
    expect<LeaseEnd>(next);
    EXPECT_EQ(next.state.held_until, base::Steady{});
  }
}

TEST(LeaseStep, WaitsNoLongerThanItsHold) {
  LeaseState state = leader();
  state.has_read = true;

  const auto next = lease_step(state, LeaseCallFailed{}, at(kNow + 9s));

  EXPECT_EQ(expect<LeaseWait>(next).delay, 1s);
}

TEST(LeaseStep, IsLostAtOnceWhenAnotherHoldsIt) {
  const auto next = lease_step(leader(), LeaseRead{held_by("other", kWall, "9")}, at(kNow + 1s));

  EXPECT_EQ(next.news, LeaseNews::kLost);
  expect<LeaseEnd>(next);
}

TEST(LeaseStep, EndsALeaderWhenTheApiServerHasGoneBack) {
  const auto next = lease_step(leader(), LeaseRead{held_by("me", kWall, "7")}, at(kNow + 1s));

  EXPECT_EQ(next.news, LeaseNews::kGoneBack);
  EXPECT_EQ(next.state.held_until, base::Steady{});
  expect<LeaseEnd>(next);
}

TEST(LeaseStep, EndsAStandbyWhenTheApiServerHasGoneBack) {
  const auto first = lease_step({}, LeaseRead{held_by("other", kWall, "1000")}, at(kNow));
  const auto same = lease_step(first.state, LeaseRead{held_by("other", kWall, "1000")}, at(kNow));
  expect<LeaseWait>(same);

  const auto next = lease_step(same.state, LeaseRead{held_by("other", kWall, "999")}, at(kNow));

  EXPECT_EQ(next.news, LeaseNews::kGoneBack);
  expect<LeaseEnd>(next);
}

TEST(LeaseStep, EndsWhenTheLeaseThatVanishedComesBackOlder) {
  const auto first = lease_step({}, LeaseRead{held_by("other", kWall, "1000")}, at(kNow));
  const auto gone = lease_step(first.state, LeaseRead{}, at(kNow + 16s));
  expect<LeasePut>(gone);

  const auto next = lease_step(gone.state, LeaseWritten{"12"}, at(kNow + 16s));

  EXPECT_EQ(next.news, LeaseNews::kGoneBack);
}

TEST(LeaseStep, TakesBackItsOwnLeaseAfterALostAnswer) {
  const auto put = lease_step({}, LeaseRead{}, at(kNow));
  const auto failed = lease_step(put.state, LeaseCallFailed{}, at(kNow + 5s));
  expect<LeaseWait>(failed);

  const auto read = lease_step(failed.state, LeaseRead{{put.state.sent, "9"}}, at(kNow + 7s));

  EXPECT_EQ(expect<LeasePut>(read).record.transitions, 0);
  EXPECT_EQ(lease_step(read.state, LeaseWritten{"10"}, at(kNow + 7s)).news, LeaseNews::kStarted);
}

TEST(LeaseStep, AnAnswerThatComesTooLateDoesNotMakeALeader) {
  const auto put = lease_step({}, LeaseRead{}, at(kNow));
  const auto written = lease_step(put.state, LeaseWritten{"8"}, at(kNow + 10s));

  EXPECT_EQ(written.news, LeaseNews::kNone);
  EXPECT_EQ(written.state.role, Role::kStandby);
}

TEST(LeaseStep, ReleasesOnACleanStop) {
  const auto stop = lease_step(leader(), LeaseStop{}, at(kNow + 1s));
  const auto put = expect<LeasePut>(stop);

  EXPECT_EQ(put.record.holder, "");
  EXPECT_EQ(put.record.duration, 1s);
  EXPECT_EQ(put.resource_version, "8");
  EXPECT_EQ(stop.state.held_until, base::Steady{});
  const auto written = lease_step(stop.state, LeaseWritten{"9"}, at(kNow + 1s));
  expect<LeaseEnd>(written);
  EXPECT_EQ(written.news, LeaseNews::kNone);
}

TEST(LeaseStep, ReadsAndTriesAgainWhenTheReleaseConflicts) {
  const auto stop = lease_step(leader(), LeaseStop{}, at(kNow + 1s));
  const auto failed = lease_step(stop.state, LeaseCallFailed{}, at(kNow + 1s));
  expect<LeaseGet>(failed);

  auto still_ours = held_by("me", kWall, "9");
  const auto again = lease_step(failed.state, LeaseRead{still_ours}, at(kNow + 1s));
  EXPECT_EQ(expect<LeasePut>(again).record.holder, "");
  expect<LeaseEnd>(
      lease_step(failed.state, LeaseRead{held_by("other", kWall, "9")}, at(kNow + 1s)));
  expect<LeaseEnd>(lease_step(failed.state, LeaseRead{}, at(kNow + 1s)));
}

TEST(LeaseStep, GivesUpTheReleaseAfterTheRenewDeadline) {
  const auto stop = lease_step(leader(), LeaseStop{}, at(kNow));
  LeaseState state = lease_step(stop.state, LeaseCallFailed{}, at(kNow)).state;

  const auto waiting = lease_step(state, LeaseCallFailed{}, at(kNow + 9s));
  EXPECT_EQ(expect<LeaseWait>(waiting).delay, 1s);
  expect<LeaseGet>(lease_step(waiting.state, LeaseTick{}, at(kNow + 9s)));
  expect<LeaseEnd>(lease_step(waiting.state, LeaseTick{}, at(kNow + 10s)));
}

TEST(LeaseStep, AStandbyStopsWithoutACall) {
  const auto first = lease_step({}, LeaseRead{held_by("other")}, at(kNow));

  expect<LeaseEnd>(lease_step(first.state, LeaseStop{}, at(kNow)));
}

TEST(LeaseStep, NothingHappensAfterTheEnd) {
  const auto ended = lease_step({}, LeaseStop{}, at(kNow)).state;

  for (const LeaseInput& input :
       {LeaseInput{LeaseTick{}}, LeaseInput{LeaseRead{}}, LeaseInput{LeaseWritten{"9"}},
        LeaseInput{LeaseCallFailed{}}, LeaseInput{LeaseStop{}}}) {
    const auto next = lease_step(ended, input, at(kNow));
    expect<LeaseEnd>(next);
    EXPECT_EQ(next.news, LeaseNews::kNone);
  }
}

}  // namespace
}  // namespace runtime
