// N copies of one order that come due together, and everything that may go wrong at once: one order
// is bought, and all copies end up with a certificate of it (docs/rules.md, "Buying once").
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "property/rules/ledger_world.h"

namespace ledger_world {
namespace {

using property::Dice;

std::string text_of(const Schedule& s) {
  std::string text = fmt::format("start={} kinds=", static_cast<int>(s.start));
  for (int i = 0; i < s.requests; ++i) {
    text += std::to_string(static_cast<int>(s.kinds[static_cast<std::size_t>(i)]));
  }
  text += fmt::format(
      " lag={} issue={} posts={},{},{} outage={}-{} person={} rejects={} leaves={}@{} two={} "
      "calm={} "
      "crash={}% switch={}% stale={}% crash_at={},{}",
      s.listing_lag.count(), s.issue_delay.count(), static_cast<int>(s.posts[0]),
      static_cast<int>(s.posts[1]), static_cast<int>(s.posts[2]), s.outage_from.count(),
      s.outage_to.count(), s.person_renews_at ? s.person_renews_at->count() : -1, s.rejects_first,
      static_cast<int>(s.leaves), s.leaves_at.count(), s.two_leaders, s.calm_at.count(),
      s.crash_percent, s.switch_percent, s.stale_percent, s.crash_at[0], s.crash_at[1]);
  return text;
}

seconds one_of(Dice& dice, std::initializer_list<int> values) {
  return seconds{values.begin()[dice.number(static_cast<int>(values.size()))]};
}

Schedule drawn(Dice& dice) {
  Schedule s;
  s.requests = 1 + dice.number(4);
  for (Kind& kind : s.kinds) kind = static_cast<Kind>(dice.number(3));
  s.start = static_cast<Start>(dice.number(3));
  s.listing_lag = one_of(dice, {0, 0, 5, 30});
  s.issue_delay = one_of(dice, {0, 3, 40});
  for (Fate& fate : s.posts) fate = static_cast<Fate>(dice.chance(40) ? 0 : dice.number(6));
  if (dice.chance(20)) {
    s.outage_from = one_of(dice, {0, 2, 10});
    s.outage_to = s.outage_from + one_of(dice, {5, 90});
  }
  if (dice.chance(25)) s.person_renews_at = seconds{dice.number(120)};
  s.rejects_first = dice.chance(10);
  if (dice.chance(25)) {
    s.leaves = dice.chance(50) ? Leave::kDeleted : Leave::kSuspended;
    s.leaves_at = seconds{dice.number(90)};
  }
  s.two_leaders = dice.chance(60);
  s.calm_at = one_of(dice, {10, 60, 200});
  s.crash_percent = dice.chance(60) ? 4 + dice.number(8) : 0;
  s.switch_percent = dice.chance(60) ? 15 : 0;
  s.stale_percent = dice.chance(50) ? 30 : 0;
  return s;
}

// A million in the release build of CI; fewer where each costs more.
#ifdef DUPLICERT_MANY_ROUNDS
constexpr int kRounds = 250'000;
#else
constexpr int kRounds = 5'000;
#endif

struct Tally {
  int orders = 0;
  int unknown = 0;
};

void run_rounds(int rounds) {
  Tally tally;
  property::repeat(rounds, [&](Dice& dice) {
    const Schedule schedule = drawn(dice);
    const Result result = run(schedule, dice);
    if (!result.violation.empty()) ADD_FAILURE() << result.violation << "\n  " << text_of(schedule);
    tally.orders += result.orders;
    tally.unknown += result.outcome_unknown ? 1 : 0;
  });
  if (std::getenv("TEST_SEED") != nullptr || testing::Test::HasFailure()) return;
  EXPECT_GT(tally.orders, rounds / 4) << "the world buys nothing";
  EXPECT_LT(tally.unknown, rounds / 5) << "the world gives up";
}

// Four cases, so that ctest runs them side by side.
class LedgerSchedules : public testing::TestWithParam<int> {};

TEST_P(LedgerSchedules, BuyOnceAndSettle) {
  run_rounds(kRounds);
}

INSTANTIATE_TEST_SUITE_P(Quarter, LedgerSchedules, testing::Range(1, 5));

// Runs `schedule` without a crash, with each first crash, and with each second crash after it.
template <class Note>
int with_crashes(Schedule schedule, const Note& note) {
  int runs = 0;
  const auto run_one = [&] {
    ++runs;
    Dice dice(1);
    const Result result = run(schedule, dice);
    return note(schedule, result) ? result.boundaries : 0;
  };
  const int boundaries = run_one();
  for (int first = 1; first <= boundaries; ++first) {
    schedule.crash_at = {first, 0};
    const int after = run_one();
    for (int second = first + 1; second <= after; ++second) {
      schedule.crash_at[1] = second;
      run_one();
    }
  }
  return runs;
}

// Two copies, one process, each fate of the first POST: every place for one crash and for two.
template <class Visit>
void for_each_small_fault(const Visit& visit) {
  for (int start = 0; start < 3; ++start) {
    for (int post = 0; post < 6; ++post) {
      for (const int lag : {0, 30}) {
        for (const bool rejects : {false, true}) {
          visit(Schedule{.requests = 2,
                         .kinds = {start == 2 ? Kind::kNew : Kind::kRenews, Kind::kNew},
                         .start = static_cast<Start>(start),
                         .listing_lag = seconds{lag},
                         .issue_delay = seconds{3},
                         .posts = {static_cast<Fate>(post)},
                         .rejects_first = rejects});
        }
      }
    }
  }
}

TEST(LedgerCrashes, AnywhereAndTwiceBuyOnce) {
  int runs = 0;
  int failures = 0;

  for_each_small_fault([&](const Schedule& schedule) {
    runs += with_crashes(schedule, [&](const Schedule& tried, const Result& result) {
      if (result.violation.empty()) return true;
      if (++failures <= 5) ADD_FAILURE() << result.violation << "\n  " << text_of(tried);
      return false;
    });
  });

  EXPECT_EQ(failures, 0);
  EXPECT_GT(runs, 10'000);
  RecordProperty("runs", runs);
}

// The world itself is no yes-man: each mistake of a process is noticed.
struct MistakeCase {
  std::string name;
  Mistake mistake;
  std::string violation;
};

class LedgerMistakes : public testing::TestWithParam<MistakeCase> {};

TEST_P(LedgerMistakes, AreNoticed) {
  std::set<std::string> noticed;

  for (std::uint64_t seed = 1; seed <= 20'000 && !noticed.contains(GetParam().violation); ++seed) {
    Dice dice(seed);
    Schedule schedule = drawn(dice);
    schedule.mistake = GetParam().mistake;
    noticed.insert(run(schedule, dice).violation);
  }

  EXPECT_TRUE(noticed.contains(GetParam().violation)) << testing::PrintToString(noticed);
}

INSTANTIATE_TEST_SUITE_P(
    Each, LedgerMistakes,
    testing::Values(
        MistakeCase{"MarkAfterPost", Mistake::kMarkAfterPost, "posts before the mark is durable"},
        MistakeCase{"PostBeforeLedger", Mistake::kPostBeforeLedger, "buys without an entry"},
        MistakeCase{"NoPrecondition", Mistake::kNoPrecondition, "buys twice"},
        MistakeCase{"NoLook", Mistake::kNoLook, "buys beside a renewal that it could see"},
        MistakeCase{"AdoptionByName", Mistake::kAdoptByName, "adopts another's order"},
        MistakeCase{"OldMarks", Mistake::kOldMarks, "buys twice"},
        MistakeCase{"NoSettleWindow", Mistake::kNoSettleWindow, "buys twice"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace ledger_world
