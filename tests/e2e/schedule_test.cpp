// Schedules: nothing begins outside its windows or before notBefore, and the status tells when.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/e2e_world.h"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using support::E2eTest;
using testing::AllOf;
using testing::HasSubstr;

class Schedules : public E2eTest {
 protected:
  static base::TimePoint now() { return base::SystemClock().now(); }

  // A window of an hour that opens on this day and month, at midnight UTC.
  static std::string window_on(base::TimePoint day) {
    const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(day)};
    return fmt::format("  schedule: {{windows: [{{cron: '0 0 {} {} *', duration: 1h}}]}}\n",
                       static_cast<unsigned>(date.day()), static_cast<unsigned>(date.month()));
  }
  static std::string always_open() {
    return "  schedule: {windows: [{cron: '*/5 * * * *', timeZone: Europe/Berlin, duration: "
           "10m}]}\n";
  }

  void start_with_window(const std::string& window) {
    start_simulator();
    create_api_key();
    apply_profile({.extra = window});
    start_operator();
  }

  std::vector<std::string> events_of(const std::string& reason) {
    std::vector<std::string> notes;
    const json events = json::parse(
        cluster().kubectl({"get", "events", "-n", home(), "-o", "json"}).out, nullptr, false);
    for (const json& event : events.value("items", json::array())) {
      if (event.value("reason", "") == reason) notes.push_back(event.value("message", ""));
    }
    return notes;
  }
};

TEST_F(Schedules, BeginAtNotBeforeAndTellSoUntilThen) {
  start_all();
  const std::string begin = base::format_time(now() + 8s);
  apply_request({.spec = fmt::format("  commonName: shop.example.com\n"
                                     "  schedule: {{notBefore: '{}'}}\n",
                                     begin)});

  EXPECT_THAT(wait_reason("WaitingForSchedule"),
              AllOf(HasSubstr("spec.schedule.notBefore"), HasSubstr(begin)));
  const json waiting = request();
  EXPECT_EQ(waiting["status"]["nextAttemptTime"], begin);
  EXPECT_EQ(condition(waiting, "Reconciling")["reason"], "WaitingForSchedule");
  EXPECT_EQ(ca().count("order_list"), 0U) << "nothing is asked before the time";

  const json ready = wait_ready();
  EXPECT_GE(base::format_time(now()), begin);
  EXPECT_FALSE(ready["status"].contains("nextAttemptTime"));
  expect_good_pair("shop-tls");
}

TEST_F(Schedules, OfAProfileHoldBackFirstIssuanceAndWhatIsAskedFor) {
  start_with_window(window_on(now() + std::chrono::days{20}));
  apply_request({});

  EXPECT_THAT(wait_reason("WaitingForSchedule"), HasSubstr("AutomationProfile"));
  EXPECT_EQ(request()["status"]["nextAttemptTime"],
            base::format_date(now() + std::chrono::days{20}) + "T00:00:00Z");
  EXPECT_EQ(ca().count("duplicate_create"), 0U);

  apply_profile({.extra = always_open()});
  wait_ready();
  apply_profile({.extra = window_on(now() + std::chrono::days{20})});
  cluster().kubectl(
      {"annotate", "dcr", "shop", "-n", home(), "duplicert.io/renew-requested-at=now"});

  wait_for("shop", "", [&](const json& seen) {
    const json renewing = condition(seen, "Renewing");
    return renewing.is_object() && renewing["reason"] == "WaitingForSchedule";
  });
  EXPECT_EQ(condition(request(), "Ready")["status"], "True");
  EXPECT_EQ(ca().count("duplicate_create"), 1U);
}

TEST_F(Schedules, OfARequestReplaceThoseOfItsProfile) {
  start_with_window(window_on(now() + std::chrono::days{20}));
  apply_request({.spec = "  commonName: shop.example.com\n" + always_open()});

  wait_ready();
}

TEST_F(Schedules, DoNotKeepACertificateUntilItHasEnded) {
  start_all();
  apply_request({});
  wait_ready();
  const auto before = leaf("shop-tls");

  apply_profile({.extra = window_on(before.not_after() + std::chrono::days{2})});
  cluster().kubectl(
      {"annotate", "dcr", "shop", "-n", home(), "duplicert.io/renew-requested-at=now"});

  EXPECT_TRUE(support::eventually(
      [&] { return leaf("shop-tls").serial_number() != before.serial_number(); }));
  EXPECT_TRUE(support::eventually([&] { return !events_of("WindowIgnored").empty(); }));
  EXPECT_THAT(events_of("WindowIgnored"),
              testing::ElementsAre(AllOf(HasSubstr("outside the windows"),
                                         HasSubstr(base::format_time(before.not_after())))));
}

TEST_F(Schedules, ThatCannotBeUnderstoodNameFieldValueAndFix) {
  start_with_window(
      "  schedule: {windows: [{cron: '0 2 * * 6', timeZone: Berlin, duration: 4h}]}\n");
  apply_request({.name = "never",
                 .spec = "  commonName: shop.example.com\n"
                         "  schedule: {windows: [{cron: '0 0 31 2 *', duration: 1h}]}\n"});
  apply_request({.name = "short",
                 .spec = "  commonName: shop.example.com\n"
                         "  schedule: {windows: [{cron: '0 2 * * sat', duration: 30s}]}\n"});
  apply_request({});

  EXPECT_THAT(wait_reason("InvalidSpec", "never"),
              AllOf(HasSubstr("spec.schedule.windows[0].cron"), HasSubstr("0 0 31 2 *"),
                    HasSubstr("never comes")));
  EXPECT_THAT(wait_reason("InvalidSpec", "short"),
              AllOf(HasSubstr("spec.schedule.windows[0].duration"), HasSubstr("give 1m to 7d")));
  EXPECT_THAT(wait_reason("ProfileNotReady"),
              AllOf(HasSubstr("spec.schedule.windows[0].timeZone"), HasSubstr("'Berlin'"),
                    HasSubstr("Europe/Berlin")));
  EXPECT_TRUE(ca().journal().empty());

  apply_profile({.extra = always_open()});
  wait_ready();
}

}  // namespace
