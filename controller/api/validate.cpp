#include "api/validate.h"

#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "api/defaults.h"
#include "base/clock.h"

namespace api {
namespace {

using std::chrono::seconds;
using Violations = std::vector<Violation>;

struct Range {
  seconds min{};
  seconds max{};
};
constexpr Range kRenewBeforeRange{kRenewBeforeMin, kRenewBeforeMax};
constexpr Range kWindowDurationRange{kWindowDurationMin, kWindowDurationMax};

void check_range(Violations& found, std::string field, seconds value, Range range) {
  if (value >= range.min && value <= range.max) return;
  found.push_back(
      {.field = std::move(field),
       .message = fmt::format("{} is out of range: give {} to {}", base::format_duration(value),
                              base::format_duration(range.min), base::format_duration(range.max))});
}

void check_before(Violations& found, std::optional<seconds> before) {
  if (before) check_range(found, "spec.renewal.before", *before, kRenewBeforeRange);
}

void check_windows(Violations& found, const std::vector<Window>& windows) {
  for (std::size_t index = 0; index < windows.size(); ++index) {
    check_range(found, fmt::format("spec.schedule.windows[{}].duration", index),
                windows[index].duration, kWindowDurationRange);
  }
}

void check_ca_bundle(Violations& found, const Account& account) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  if (!account.ca_bundle) return;
  const auto pem = ca_bundle_pem(account);
  if (pem && pem->find(kBegin) != std::string::npos) return;
  found.push_back({.field = "spec.account.caBundle",
                   .message = fmt::format("holds no certificate: give the base64 of a PEM file "
                                          "that has a line {}",
                                          kBegin)});
}

}  // namespace

Violations validate(const AutomationProfileSpec& spec) {
  Violations found;
  check_ca_bundle(found, spec.account);
  check_before(found, spec.renewal.before);
  check_windows(found, spec.schedule.windows);
  return found;
}

Violations validate(const DuplicateCertificateRequestSpec& spec) {
  Violations found;
  check_before(found, spec.renewal.before);
  check_windows(found, spec.schedule.windows);
  return found;
}

std::string describe(const Violations& violations) {
  std::string text;
  for (const Violation& violation : violations) {
    if (!text.empty()) text += "; ";
    text += violation.field + ": " + violation.message;
  }
  return text;
}

}  // namespace api
