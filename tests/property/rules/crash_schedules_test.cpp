// Crash anywhere, twice: every schedule ends Ready, with one duplicate at the CA, nothing lost, and
// then nothing is written any more (ARCHITECTURE.md, "Crash anywhere is safe").
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "property/rules/crash_world.h"

namespace crash_world {
namespace {

using namespace std::chrono_literals;

std::string text_of(const Schedule& s) {
  return fmt::format("need={} lag={}s issuance={} first_post={} outage={} crash_at={},{}",
                     static_cast<int>(s.need), s.listing_lag.count(), static_cast<int>(s.issuance),
                     static_cast<int>(s.first_post), static_cast<int>(s.outage), s.crash_at[0],
                     s.crash_at[1]);
}

// The CA's lag: none, within the settle window, beyond it. What is needed hardly changes its part,
// so that the other needs take one each.
std::vector<std::chrono::seconds> lags_of(Need need) {
  switch (need) {
    case Need::kNewSecret:
      return {0s, 3s, 30s};
    case Need::kExpiring:
      return {0s};
    case Need::kAskedToRenew:
      return {3s};
  }
  return {};
}

// Calls visit(schedule) for each combination of faults, without crashes.
template <class Visit>
void for_each_fault(Need need, const Visit& visit) {
  for (const auto lag : lags_of(need)) {
    for (int issuance = 0; issuance < 5; ++issuance) {
      for (int first_post = 0; first_post < 5; ++first_post) {
        for (int outage = 0; outage < 3; ++outage) {
          visit(Schedule{.need = need,
                         .listing_lag = lag,
                         .issuance = static_cast<Issuance>(issuance),
                         .first_post = static_cast<FirstPost>(first_post),
                         .outage = static_cast<Outage>(outage)});
        }
      }
    }
  }
}

// Runs `schedule` without a crash, with each first crash, and with each second crash after it,
// until `note` returns false. Returns how many runs there were.
template <class Note>
int with_crashes(Schedule schedule, const Note& note) {
  int runs = 0;
  const auto run_one = [&] {
    ++runs;
    const Result result = run(schedule);
    return note(schedule, result) ? result.steps : 0;
  };
  const int steps = run_one();
  for (int first = 1; first <= steps; ++first) {
    schedule.crash_at = {first, 0};
    const int steps_after = run_one();
    for (int second = first + 1; second <= steps_after; ++second) {
      schedule.crash_at[1] = second;
      run_one();
    }
  }
  return runs;
}

// Two crashes between mark and POST and one lost POST: three sends, and the CA has heard of none.
bool spends_every_send(const Schedule& schedule) {
  return schedule.first_post == FirstPost::kRequestLost && schedule.crash_at[1] != 0;
}

class CrashSchedules : public testing::TestWithParam<Need> {};

TEST_P(CrashSchedules, EndReadyWithOneDuplicate) {
  int runs = 0;
  int failures = 0;
  int given_up = 0;

  for_each_fault(GetParam(), [&](const Schedule& schedule) {
    runs += with_crashes(schedule, [&](const Schedule& tried, const Result& result) {
      if (result.gave_up) ++given_up;
      if (result.gave_up && !spends_every_send(tried)) {
        ADD_FAILURE() << "gave up too early\n  " << text_of(tried);
      }
      if (result.violation.empty()) return true;
      if (++failures <= 5) ADD_FAILURE() << result.violation << "\n  " << text_of(tried);
      return false;
    });
  });

  EXPECT_EQ(failures, 0);
  EXPECT_GT(runs, 20'000);
  EXPECT_LT(given_up, runs / 100);
  RecordProperty("runs", runs);
}

std::string name_of(const testing::TestParamInfo<Need>& row) {
  switch (row.param) {
    case Need::kNewSecret:
      return "NewSecret";
    case Need::kExpiring:
      return "Expiring";
    case Need::kAskedToRenew:
      return "AskedToRenew";
  }
  return "";
}

INSTANTIATE_TEST_SUITE_P(Each, CrashSchedules,
                         testing::Values(Need::kNewSecret, Need::kExpiring, Need::kAskedToRenew),
                         name_of);

// The world itself is no yes-man: with the mark after the POST, a crash between the two loses it.
TEST(CrashWorld, NoticesAMarkThatComesAfterThePost) {
  int noticed = 0;

  with_crashes({.order = Order::kMarkAfterPost}, [&](const Schedule&, const Result& result) {
    noticed += result.violation.empty() ? 0 : 1;
    return true;
  });

  EXPECT_GT(noticed, 0);
}

}  // namespace
}  // namespace crash_world
