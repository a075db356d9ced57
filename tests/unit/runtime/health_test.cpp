#include "runtime/health.h"

#include <gtest/gtest.h>

namespace runtime {
namespace {

base::Result<void> fine() {
  return {};
}
base::Result<void> broken() {
  return base::fail(base::Code::kUnavailable, "a private reason");
}

TEST(RenderHealth, SaysOkWhenAllIsWell) {
  const auto report = render_health("healthz", {{"ping", true}}, HealthDetail::kBrief);

  EXPECT_EQ(report.status, 200);
  EXPECT_EQ(report.body, "ok");
}

TEST(RenderHealth, ListsTheChecksIfAsked) {
  const auto report = render_health("readyz", {{"a", true}, {"b", true}}, HealthDetail::kVerbose);

  EXPECT_EQ(report.status, 200);
  EXPECT_EQ(report.body, "[+]a ok\n[+]b ok\nreadyz check passed\n");
}

TEST(RenderHealth, ListsTheChecksIfOneFails) {
  const auto report = render_health("healthz", {{"a", true}, {"b", false}}, HealthDetail::kBrief);

  EXPECT_EQ(report.status, 500);
  EXPECT_EQ(report.body, "[+]a ok\n[-]b failed: reason withheld\nhealthz check failed\n");
}

TEST(HealthChecks, HaveAPingUntilAnotherIsAdded) {
  HealthChecks checks("healthz");

  EXPECT_EQ(checks.report(HealthDetail::kVerbose).body, "[+]ping ok\nhealthz check passed\n");
  checks.add("queue", fine);
  EXPECT_EQ(checks.report(HealthDetail::kVerbose).body, "[+]queue ok\nhealthz check passed\n");
}

TEST(HealthChecks, NeverTellWhyACheckFailed) {
  HealthChecks checks("healthz");
  checks.add("queue", broken);

  const auto report = checks.report(HealthDetail::kVerbose);

  EXPECT_EQ(report.status, 500);
  EXPECT_EQ(report.body.find("private"), std::string::npos);
}

TEST(HealthChecks, TellWhatAnybodyMayRead) {
  HealthChecks checks("readyz");
  checks.add_open("crds", [] { return CheckResult{.ok = false, .told = "not installed"}; });
  checks.add_open("other", [] { return CheckResult{.told = "newer"}; });

  const auto report = checks.report(HealthDetail::kBrief);

  EXPECT_EQ(report.status, 500);
  EXPECT_EQ(report.body,
            "[-]crds failed: not installed\n[+]other ok: newer\nreadyz check failed\n");
}

TEST(HealthChecks, LeaveOutWhatIsExcluded) {
  HealthChecks checks("readyz");
  checks.add("good", fine);
  checks.add("bad", broken);

  EXPECT_EQ(checks.report(HealthDetail::kBrief).status, 500);
  EXPECT_EQ(checks.report(HealthDetail::kBrief, {"bad"}).status, 200);
}

TEST(HealthChecks, AnswerForOneCheck) {
  HealthChecks checks("readyz");
  checks.add("good", fine);
  checks.add("bad", broken);

  EXPECT_EQ(checks.report_one("good").status, 200);
  EXPECT_EQ(checks.report_one("bad").status, 500);
  EXPECT_EQ(checks.report_one("unknown").status, 404);
}

TEST(HealthChecks, ReplaceACheckOfTheSameName) {
  HealthChecks checks("readyz");
  checks.add("cache", broken);
  checks.add("cache", fine);

  EXPECT_EQ(checks.report(HealthDetail::kBrief).status, 200);
}

}  // namespace
}  // namespace runtime
