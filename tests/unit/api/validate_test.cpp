#include "api/validate.h"

#include <chrono>

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

api::DuplicateCertificateRequestSpec due_before(seconds before) {
  return {.renewal = {.before = before}};
}

TEST(Validate, AcceptsDefaults) {
  EXPECT_TRUE(api::validate(api::AutomationProfileSpec{}).empty());
  EXPECT_TRUE(api::validate(api::DuplicateCertificateRequestSpec{}).empty());
}

TEST(Validate, AcceptsTheEndsOfTheRangeOfBefore) {
  EXPECT_TRUE(api::validate(due_before(hours{1})).empty());
  EXPECT_TRUE(api::validate(due_before(days{1096})).empty());
}

TEST(Validate, RefusesWhatIsBeyondTheEndsOfTheRangeOfBefore) {
  EXPECT_EQ(api::describe(api::validate(due_before(minutes{59}))),
            "spec.renewal.before: 59m is out of range: give 1h to 1096d");
  EXPECT_EQ(api::validate(due_before(days{1096} + seconds{1})).size(), 1U);
}

TEST(Validate, NamesTheWindowThatIsOutOfRange) {
  const api::AutomationProfileSpec spec{
      .renewal = {.before = seconds{0}},
      .schedule = {.windows = {{.duration = hours{4}}, {.duration = seconds{59}}}}};

  EXPECT_EQ(api::describe(api::validate(spec)),
            "spec.renewal.before: 0s is out of range: give 1h to 1096d; "
            "spec.schedule.windows[1].duration: 59s is out of range: give 1m to 7d");
}

TEST(Validate, RefusesACaBundleWithoutACertificate) {
  const auto with_bundle = [](const std::string& pem) {
    return api::AutomationProfileSpec{.account = {.ca_bundle = base::to_base64(pem)}};
  };

  EXPECT_TRUE(api::validate(with_bundle("-----BEGIN CERTIFICATE-----\n")).empty());
  const auto violations = api::validate(with_bundle("-----BEGIN PUBLIC KEY-----\n"));
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_EQ(violations[0].field, "spec.account.caBundle");
}

}  // namespace
