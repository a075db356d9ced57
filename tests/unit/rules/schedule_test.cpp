// Windows in time zones, over the changes of their clocks in both directions.
#include "rules/schedule.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/decide.h"
#include "rules/report.h"
#include "support/observed_builder.h"

namespace rules {
namespace {

using api::Window;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using support::kNow;
using support::leaf;
using support::observed;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

base::TimePoint at(const std::string& text) {
  const auto time = base::parse_time(text);
  EXPECT_TRUE(time) << text;
  return time.value_or(base::TimePoint{});
}

std::string opens(const std::string& cron, const std::string& zone, std::chrono::seconds duration,
                  const std::string& from) {
  const auto found = next_open({{cron, zone, duration}}, at(from));
  return found ? base::format_time(*found) : "never";
}

bool is_open(const std::vector<Window>& windows, const std::string& now) {
  return next_open(windows, at(now)) == at(now);
}

TEST(Window, OpensAtItsTimeInItsZoneForItsDuration) {
  const std::vector<Window> saturday{{"0 2 * * 6", "Europe/Berlin", hours{4}}};

  EXPECT_FALSE(is_open(saturday, "2026-05-01T23:59:59Z"));
  EXPECT_TRUE(is_open(saturday, "2026-05-02T00:00:00Z"));
  EXPECT_TRUE(is_open(saturday, "2026-05-02T03:59:59Z"));
  EXPECT_FALSE(is_open(saturday, "2026-05-02T04:00:00Z"));
  EXPECT_EQ(next_open(saturday, at("2026-05-02T04:00:00Z")), at("2026-05-09T00:00:00Z"));
}

TEST(Window, WithoutAnyItIsAlwaysOpen) {
  EXPECT_TRUE(is_open({}, "2026-05-01T23:59:59Z"));
}

TEST(Window, OfSeveralTheFirstCounts) {
  const std::vector<Window> two{{"0 2 * * 6", "UTC", hours{1}}, {"0 3 * * 5", "UTC", hours{1}}};

  EXPECT_EQ(next_open(two, at("2026-05-06T00:00:00Z")), at("2026-05-08T03:00:00Z"));
  EXPECT_EQ(next_open(two, at("2026-05-08T04:00:00Z")), at("2026-05-09T02:00:00Z"));
}

TEST(Window, LongerThanItsIntervalIsAlwaysOpen) {
  const std::vector<Window> daily{{"0 2 * * *", "Europe/Berlin", hours{25}}};

  for (int hour = 0; hour < 24 * 400; ++hour) {
    const base::TimePoint now = at("2026-01-01T00:30:00Z") + hours{hour};
    ASSERT_EQ(next_open(daily, now), now) << base::format_time(now);
  }
}

// Berlin: 02:00 becomes 03:00 on 2026-03-29, at 01:00 UTC.
TEST(Window, OpensWhenTheClocksGoForwardOverItsStart) {
  EXPECT_EQ(opens("30 2 * * *", "Europe/Berlin", hours{1}, "2026-03-28T12:00:00Z"),
            "2026-03-29T01:00:00Z");
  EXPECT_EQ(opens("30 2 * * *", "Europe/Berlin", hours{1}, "2026-03-29T02:00:00Z"),
            "2026-03-30T00:30:00Z");
  EXPECT_EQ(opens("30 1 * * *", "Europe/Berlin", hours{1}, "2026-03-28T12:00:00Z"),
            "2026-03-29T00:30:00Z")
      << "before the change";
  EXPECT_EQ(opens("0 3 * * *", "Europe/Berlin", hours{1}, "2026-03-28T12:00:00Z"),
            "2026-03-29T01:00:00Z")
      << "after the change";
}

TEST(Window, ThatIsOpenWhenTheClocksGoForwardLastsItsElapsedTime) {
  const std::vector<Window> night{{"0 1 * * *", "Europe/Berlin", hours{2}}};

  EXPECT_TRUE(is_open(night, "2026-03-29T01:59:00Z")) << "03:59 in Berlin";
  EXPECT_FALSE(is_open(night, "2026-03-29T02:00:00Z")) << "04:00 in Berlin";
}

// Berlin: 03:00 becomes 02:00 on 2026-10-25, at 01:00 UTC.
TEST(Window, OpensTwiceWhenTheClocksShowItsStartTwice) {
  const std::vector<Window> half{{"30 2 * * *", "Europe/Berlin", minutes{10}}};

  EXPECT_EQ(next_open(half, at("2026-10-24T12:00:00Z")), at("2026-10-25T00:30:00Z"));
  EXPECT_FALSE(is_open(half, "2026-10-25T00:40:00Z"));
  EXPECT_EQ(next_open(half, at("2026-10-25T00:40:00Z")), at("2026-10-25T01:30:00Z"));
  EXPECT_EQ(next_open(half, at("2026-10-25T01:40:00Z")), at("2026-10-26T01:30:00Z"));
}

// New York: 02:00 becomes 03:00 on 2026-03-08 at 07:00 UTC, and back on 2026-11-01 at 06:00 UTC.
TEST(Window, KnowsTheChangesOfNewYork) {
  EXPECT_EQ(opens("15 2 * * 0", "America/New_York", hours{1}, "2026-03-07T00:00:00Z"),
            "2026-03-08T07:00:00Z");
  EXPECT_EQ(opens("30 1 * * 0", "America/New_York", minutes{10}, "2026-10-31T12:00:00Z"),
            "2026-11-01T05:30:00Z");
  EXPECT_EQ(opens("30 1 * * 0", "America/New_York", minutes{10}, "2026-11-01T05:40:00Z"),
            "2026-11-01T06:30:00Z");
}

// Lord Howe: half an hour; forward at 02:00 on 2026-10-04, back at 02:00 on 2026-04-05, both at
// 15:30 and 15:00 UTC of the day before.
TEST(Window, KnowsAChangeOfHalfAnHour) {
  EXPECT_EQ(opens("15 2 * * *", "Australia/Lord_Howe", minutes{5}, "2026-10-03T12:00:00Z"),
            "2026-10-03T15:30:00Z");
  EXPECT_EQ(opens("45 1 * * *", "Australia/Lord_Howe", minutes{5}, "2026-04-04T12:00:00Z"),
            "2026-04-04T14:45:00Z");
  EXPECT_EQ(opens("45 1 * * *", "Australia/Lord_Howe", minutes{5}, "2026-04-04T14:50:00Z"),
            "2026-04-04T15:15:00Z");
}

TEST(Window, ComesInLeapYearsOnly) {
  EXPECT_EQ(opens("0 0 29 2 *", "UTC", hours{1}, "2026-05-01T00:00:00Z"), "2028-02-29T00:00:00Z");
}

TEST(Window, WithAProblemNeverOpens) {
  EXPECT_EQ(opens("0 0 31 2 *", "UTC", hours{1}, "2026-05-01T00:00:00Z"), "never");
  EXPECT_EQ(opens("0 0 * * *", "Mars/Olympus", hours{1}, "2026-05-01T00:00:00Z"), "never");
}

TEST(Window, NamesEachProblemByItsField) {
  const auto problems = window_problems({{"0 2 * * 6", "UTC", hours{4}},
                                         {"0 0 31 2 *", "Europe/Berlni", hours{4}},
                                         {"0 2 * * 6", "", hours{4}},
                                         {"0 2 * * 6", "../../etc/passwd", hours{4}}});

  EXPECT_THAT(problems,
              ElementsAre(AllOf(HasSubstr("spec.schedule.windows[1].cron: '0 0 31 2 *'"),
                                HasSubstr("never comes")),
                          AllOf(HasSubstr("spec.schedule.windows[1].timeZone: 'Europe/Berlni'"),
                                HasSubstr("give an IANA name such as Europe/Berlin")),
                          HasSubstr("windows[2].timeZone: ''"), HasSubstr("windows[3].timeZone")));
}

// A window that opens in two hours, for one hour.
const std::vector<Window>& later() {
  const auto opening = kNow + hours{2};
  const auto time = std::chrono::hh_mm_ss{opening - std::chrono::floor<days>(opening)};
  static const std::vector<Window> windows{
      {fmt::format("{} {} * * *", time.minutes().count(), time.hours().count()), "UTC", hours{1}}};
  return windows;
}

// Scheduled by windows that open in two hours.
support::ObservedBuilder scheduled() {
  return observed().with([](Observed& seen) { seen.windows = later(); });
}

const Wait& wait_of(const Decision& made) {
  static const Wait none{};
  const auto* wait = std::get_if<Wait>(&made.action);
  EXPECT_NE(wait, nullptr) << made.rule;
  return wait == nullptr ? none : *wait;
}

TEST(Scheduled, BeginsNothingOutsideItsWindow) {
  const Decision made = decide(scheduled());

  EXPECT_EQ(made.reason, api::Reason::kWaitingForSchedule);
  EXPECT_EQ(made.rule, "waiting_for_schedule");
  EXPECT_EQ(wait_of(made).until, kNow + hours{2});
}

TEST(Scheduled, BeginsInsideItsWindow) {
  EXPECT_EQ(decide(scheduled().at(kNow + hours{2})).rule, "orders_are_needed");
  EXPECT_EQ(decide(scheduled().at(kNow + hours{3})).rule, "waiting_for_schedule");
}

TEST(Scheduled, BeginsNothingBeforeNotBefore) {
  auto asked = observed().with(
      [](Observed& seen) { seen.request.spec.schedule.not_before = kNow + minutes{1}; });
  const Decision made = decide(asked);

  EXPECT_EQ(wait_of(made).until, kNow + minutes{1});
  EXPECT_THAT(made.message, HasSubstr("which is spec.schedule.notBefore"));
  EXPECT_EQ(decide(asked.at(kNow + minutes{1})).rule, "orders_are_needed");
}

TEST(Scheduled, WaitsForTheFirstWindowAfterNotBefore) {
  const auto asked = scheduled().with(
      [](Observed& seen) { seen.request.spec.schedule.not_before = kNow + hours{4}; });
  const auto within = scheduled().with(
      [](Observed& seen) { seen.request.spec.schedule.not_before = kNow + minutes{150}; });

  EXPECT_EQ(wait_of(decide(asked)).until, kNow + hours{26});
  EXPECT_EQ(wait_of(decide(within)).until, kNow + minutes{150});
}

TEST(Scheduled, SaysWhyAndWhenAndWhoseWindow) {
  auto asked = scheduled().with_secret(leaf(days{20}));

  EXPECT_THAT(decide(asked).message, AllOf(HasSubstr("the certificate ends at"),
                                           HasSubstr(base::format_time(kNow + hours{2})),
                                           HasSubstr("of AutomationProfile web/corp")));
  asked.with([](Observed& seen) { seen.request.spec.schedule.windows = later(); });
  EXPECT_THAT(decide(asked).message, testing::Not(HasSubstr("AutomationProfile")));
}

TEST(Scheduled, TellsTheNextAttemptHoweverSoonItIs) {
  const auto asked = observed().with(
      [](Observed& seen) { seen.request.spec.schedule.not_before = kNow + minutes{1}; });

  EXPECT_EQ(report(asked, decide(asked)).next_attempt_time, kNow + minutes{1});
}

TEST(Scheduled, AsksNothingOutsideItsWindow) {
  for (const auto& secret : {leaf(), leaf(days{20})}) {
    const auto made = decide(scheduled().with_secret(secret));
    EXPECT_FALSE(std::holds_alternative<AskOrders>(made.action)) << made.rule;
  }
}

TEST(Scheduled, AlsoWaitsWithAReplacementThatWasAskedFor) {
  const auto asked = scheduled().with_secret(leaf()).renew_requested("now");

  EXPECT_EQ(decide(asked).rule, "waiting_for_schedule");
}

TEST(Scheduled, FollowsAndInstallsWhatWasSentAtAnyTime) {
  const auto sent = scheduled().with_pending(support::submitted(minutes{1}));

  EXPECT_EQ(decide(sent).rule, "listing_is_needed");
  EXPECT_EQ(decide(support::ObservedBuilder(sent).ca_returned(support::issued())).rule,
            "certificate_came_back");
}

TEST(Scheduled, SendsALostSubmissionAgainAtAnyTime) {
  const auto lost = scheduled()
                        .with_pending(support::submitted(hours{1}))
                        .ca_never_lists()
                        .with_order(support::order());

  EXPECT_EQ(decide(lost).rule, "order_is_found");
}

TEST(Scheduled, DoesNotSendWhatNeverLeftOrWasRefused) {
  const auto never_left = scheduled()
                              .with_pending(support::submitted(hours{1}))
                              .post_was(CaView::Post::kNotSent)
                              .with_order(support::order());
  const auto refused = scheduled()
                           .with_pending(support::submitted(hours{8}))
                           .refused(hours{7})
                           .ca_lists({})
                           .with_order(support::order());

  EXPECT_EQ(decide(never_left).rule, "waiting_for_schedule");
  EXPECT_EQ(decide(refused).rule, "waiting_for_schedule");
}

TEST(Scheduled, IgnoresAWindowThatComesOnlyAfterTheEnd) {
  const auto ends_first = scheduled().with_secret(leaf(hours{1}));
  const auto ends_later = scheduled().with_secret(leaf(hours{3}));

  EXPECT_EQ(decide(ends_first).rule, "orders_are_needed");
  EXPECT_THAT(ignored_window(ends_first).value_or(""),
              AllOf(HasSubstr("spec.schedule"), HasSubstr(base::format_time(kNow + hours{1}))));
  EXPECT_EQ(decide(ends_later).rule, "waiting_for_schedule");
  EXPECT_EQ(ignored_window(ends_later), std::nullopt);
}

TEST(Scheduled, DoesNotWaitWithAnExpiredCertificate) {
  EXPECT_EQ(decide(scheduled().with_secret(leaf(-hours{1}))).rule, "orders_are_needed");
}

TEST(Scheduled, KeepsToNotBeforeWhateverExpires) {
  const auto asked = scheduled().with_secret(leaf(hours{1})).with([](Observed& seen) {
    seen.request.spec.schedule.not_before = kNow + minutes{90};
  });

  EXPECT_EQ(wait_of(decide(asked)).until, kNow + minutes{90});
}

TEST(Scheduled, SpeaksOfAnIgnoredWindowOnlyWhenSomethingBegins) {
  const auto sent =
      scheduled().with_secret(leaf(hours{1})).with_pending(support::submitted(minutes{1}));

  EXPECT_EQ(ignored_window(sent), std::nullopt);
  EXPECT_EQ(ignored_window(observed().with_secret(leaf(hours{1}))), std::nullopt);
}

}  // namespace
}  // namespace rules
