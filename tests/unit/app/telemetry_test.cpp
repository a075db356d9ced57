#include "app/telemetry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/names.h"
#include "cli/options.h"
#include "support/fake_clock.h"

namespace app {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr base::TimePoint kNow = support::FakeClock::kStart;  // Unix time 1777593600

api::DuplicateCertificateRequestStatus status(api::ConditionStatus ready) {
  api::DuplicateCertificateRequestStatus made;
  api::set_condition(made.conditions, {.type = std::string(api::kReady), .status = ready});
  return made;
}

api::DuplicateCertificateRequestStatus issued() {
  auto made = status(api::ConditionStatus::kTrue);
  made.certificate.emplace().not_after = kNow;
  made.renewal_time = kNow - std::chrono::hours{1};
  return made;
}

class TelemetryTest : public testing::Test {
 protected:
  void report(const api::DuplicateCertificateRequestStatus& seen,
              const std::string& profile = "team-a/p") {
    hooks_.reported("team-a/shop", seen, profile);
  }
  std::string text() const { return registry_.expose(); }

  metrics::Registry registry_;
  TelemetryRegistry telemetry_{registry_};
  reconcile::Telemetry hooks_ = telemetry_.hooks();
};

constexpr const char* kLabels = R"({name="shop",namespace="team-a",profile="team-a/p"})";

TEST_F(TelemetryTest, TellsTheVersionFromTheStart) {
  EXPECT_THAT(text(), HasSubstr("duplicert_build_info{version=\"" + cli::version() + "\"} 1"));
  EXPECT_THAT(text(), HasSubstr("duplicert_issuance_duration_seconds_count 0"));
}

TEST_F(TelemetryTest, TellsEndAndRenewalOfACertificateInSeconds) {
  report(issued());

  EXPECT_THAT(text(), HasSubstr(std::string("duplicert_certificate_expiration_timestamp_seconds") +
                                kLabels + " 1777593600"));
  EXPECT_THAT(text(), HasSubstr(std::string("duplicert_certificate_renewal_timestamp_seconds") +
                                kLabels + " 1777590000"));
}

TEST_F(TelemetryTest, TellsReadyAsOneOfThreeSeries) {
  const auto line = [](const std::string& condition, const std::string& value) {
    return "duplicert_certificate_ready{condition=\"" + condition +
           R"(",name="shop",namespace="team-a",profile="team-a/p"} )" + value;
  };
  report(status(api::ConditionStatus::kTrue));
  EXPECT_THAT(text(), HasSubstr(line("True", "1")));
  EXPECT_THAT(text(), HasSubstr(line("False", "0")));
  EXPECT_THAT(text(), HasSubstr(line("Unknown", "0")));

  report(status(api::ConditionStatus::kFalse));
  EXPECT_THAT(text(), HasSubstr(line("True", "0")));
  EXPECT_THAT(text(), HasSubstr(line("False", "1")));

  report({});
  EXPECT_THAT(text(), HasSubstr(line("False", "0")));
  EXPECT_THAT(text(), HasSubstr(line("Unknown", "1")));
}

TEST_F(TelemetryTest, TellsWhetherAPersonMustAct) {
  const std::string line = std::string("duplicert_certificate_stalled") + kLabels;
  auto seen = status(api::ConditionStatus::kFalse);
  report(seen);
  EXPECT_THAT(text(), HasSubstr(line + " 0"));

  api::set_condition(seen.conditions,
                     {.type = std::string(api::kStalled), .status = api::ConditionStatus::kTrue});
  report(seen);
  EXPECT_THAT(text(), HasSubstr(line + " 1"));

  hooks_.gone("team-a/shop");
  EXPECT_THAT(text(), Not(HasSubstr(line)));
}

TEST_F(TelemetryTest, EndsAnInstantThatIsNoLongerKnown) {
  report(issued());

  report(status(api::ConditionStatus::kFalse));

  EXPECT_THAT(text(), Not(HasSubstr("expiration_timestamp_seconds{")));
  EXPECT_THAT(text(), Not(HasSubstr("renewal_timestamp_seconds{")));
}

TEST_F(TelemetryTest, EndsAllSeriesOfARequestThatIsGone) {
  report(issued());

  hooks_.gone("team-a/shop");

  EXPECT_THAT(text(), Not(HasSubstr("team-a")));
}

TEST_F(TelemetryTest, MovesTheSeriesOfARequestToItsNewProfile) {
  report(issued(), "team-a/p");

  report(issued(), "team-a/q");

  EXPECT_THAT(text(), HasSubstr("team-a/q"));
  EXPECT_THAT(text(), Not(HasSubstr("team-a/p")));
  hooks_.gone("team-a/shop");
  EXPECT_THAT(text(), Not(HasSubstr("team-a")));
}

TEST_F(TelemetryTest, KeepsTheSeriesOfOtherRequests) {
  report(issued());
  hooks_.reported("team-b/shop", issued(), "team-a/p");

  hooks_.gone("team-a/shop");

  EXPECT_THAT(text(), HasSubstr(R"(namespace="team-b")"));
}

TEST_F(TelemetryTest, TellsWhetherAProfileIsReadyUntilItIsGone) {
  telemetry_.set_profile_ready("team-a/p", "ssl_basic", true);
  EXPECT_THAT(text(), HasSubstr(R"(duplicert_profile_ready{name="p",namespace="team-a"} 1)"));

  telemetry_.set_profile_ready("team-a/p", "ssl_basic", false);
  EXPECT_THAT(text(), HasSubstr(R"(duplicert_profile_ready{name="p",namespace="team-a"} 0)"));

  telemetry_.remove_profile("team-a/p");
  EXPECT_THAT(text(), Not(HasSubstr("team-a")));
}

TEST_F(TelemetryTest, HasWhatAProfileMayIssueAndBuyFromItsFirstReport) {
  telemetry_.set_profile_ready("team-a/p", "ssl_basic", true);

  EXPECT_THAT(
      text(),
      HasSubstr(R"(duplicert_duplicates_issued_total{product="ssl_basic",profile="team-a/p"} 0)"));
  for (const std::string kind : {"New", "Renewal"}) {
    EXPECT_THAT(text(), HasSubstr("duplicert_orders_placed_total{kind=\"" + kind +
                                  R"(",profile="team-a/p"} 0)"));
  }
}

TEST_F(TelemetryTest, HasASeriesForEachActionReasonAndOperationFromTheStart) {
  const auto action = [](const char* name) {
    return std::string("duplicert_decisions_total{action=\"") + name + "\"";
  };
  for (const char* name :
       {"nothing", "wait", "ask_orders", "ask_duplicates", "ask_certificate", "ask_ownership",
        "submit_duplicate", "install_certificate", "drop_pending", "back_up_secret", "apply_marks",
        "open_ledger", "remember_no_gain", "update_keystore", "ask_approval", "prepare_key",
        "record_rejection", "ask_revocation"}) {
    EXPECT_THAT(text(), HasSubstr(action(name)));
  }
  EXPECT_THAT(text(), HasSubstr(R"({action="wait",reason="OrderBudgetExceeded"} 0)"));
  EXPECT_THAT(text(), HasSubstr(R"({code="200",operation="GET order/certificate"} 0)"));
}

TEST_F(TelemetryTest, TellsWhichControllerFoundAnOldCache) {
  telemetry_.count_stale("profile", runtime::WriteGate::Verdict::kWait);
  telemetry_.count_stale("profile", runtime::WriteGate::Verdict::kGaveUp);

  const auto line = [](const std::string& controller, const std::string& outcome) {
    return "duplicert_stale_cache_total{controller=\"" + controller + "\",outcome=\"" + outcome +
           "\"} ";
  };
  EXPECT_THAT(text(), HasSubstr(line("profile", "waited") + "1"));
  EXPECT_THAT(text(), HasSubstr(line("profile", "gave_up") + "1"));
  EXPECT_THAT(text(), HasSubstr(line("request", "waited") + "0"));
}

TEST_F(TelemetryTest, CountsCallsToTheCa) {
  telemetry_.count_ca_call("GET user/me", "200", 0.5);
  telemetry_.count_ca_call("GET user/me", "200", 1.5);

  EXPECT_THAT(text(),
              HasSubstr(R"(duplicert_ca_requests_total{code="200",operation="GET user/me"} 2)"));
  EXPECT_THAT(text(),
              HasSubstr(R"(duplicert_ca_request_duration_seconds_sum{operation="GET user/me"} 2)"));
}

TEST_F(TelemetryTest, CountsTheLooksAtTheServedCertificate) {
  telemetry_.count_certificate_read(true);
  telemetry_.count_certificate_read(false);

  EXPECT_THAT(text(), HasSubstr("certwatcher_read_certificate_total 2"));
  EXPECT_THAT(text(), HasSubstr("certwatcher_read_certificate_errors_total 1"));
}

TEST_F(TelemetryTest, CountsDecisionsByActionAndReason) {
  hooks_.decided({}, {.action = rules::DropPending{}, .reason = api::Reason::kPending});

  EXPECT_THAT(text(),
              HasSubstr(R"(duplicert_decisions_total{action="drop_pending",reason="Pending"} 1)"));
}

TEST_F(TelemetryTest, CountsWhatWasIssuedAndHowLongItTook) {
  rules::Observed seen;
  seen.profile.emplace();
  seen.profile->name = "team-a/p";
  seen.profile->product = "ssl_basic";

  hooks_.issued(seen, std::chrono::milliseconds{1500});

  EXPECT_THAT(
      text(),
      HasSubstr(R"(duplicert_duplicates_issued_total{product="ssl_basic",profile="team-a/p"} 1)"));
  EXPECT_THAT(text(), HasSubstr("duplicert_issuance_duration_seconds_sum 1.5"));
}

TEST_F(TelemetryTest, SamplesWhatIsLeftOfEachAccountsBudgetAndEndsTheSeriesOfThoseThatAreGone) {
  std::map<std::string, std::size_t> budgets{{"www.digicert.com/1", 97}};
  telemetry_.watch_budgets([&] { return budgets; });
  const char* series = R"(duplicert_ca_rate_limit_remaining{account="www.digicert.com/1"} )";
  EXPECT_THAT(text(), HasSubstr(series + std::string("97")));

  budgets.begin()->second = 3;
  EXPECT_THAT(text(), HasSubstr(series + std::string("3")));

  budgets.clear();
  EXPECT_THAT(text(), Not(HasSubstr(series)));
}

}  // namespace
}  // namespace app
