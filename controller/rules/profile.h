// What the preflight of a profile found, and what follows from it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/automation_profile.h"
#include "api/reason.h"
#include "base/clock.h"

namespace rules {

// Every fact of a preflight. An empty optional: not asked, or not answered.
struct PreflightFacts {
  std::vector<std::string> spec_problems{};  // what the schema could not check, or a URL refused
  std::string credentials_problem{};         // the Secret with the API key, or the CA's refusal
  std::string unreachable{};                 // the CA gave no usable answer
  std::optional<std::int64_t> account_id{};
  std::string account{};  // "<host>/<account id>"
  bool key_can_approve = false;
  std::optional<bool> approval_skipped{};  // as requests of this API key have shown
  std::optional<bool> product_exists{};
  std::optional<bool> duplicates_allowed{};
  std::optional<std::int64_t> organization_id{};
  std::string organization_problem{};
  // End of the validation that the product needs; nullopt: it needs none, or the CA does not say.
  std::optional<base::TimePoint> organization_validated_until{};
  base::TimePoint now{};
};

struct ProfileReport {
  api::AutomationProfileStatus status{};
  std::optional<api::Reason> unusable{};  // nullopt: requests may use the profile
  std::string problem{};                  // what to change, and where
};

// The CA may be unreachable for this long before a Ready profile stops being Ready.
inline constexpr std::chrono::minutes kUnreachableGrace{15};

// What to do about a validation that has lapsed, or "". Requests are still sent: the CA decides.
std::string validation_problem(const PreflightFacts& facts);

ProfileReport report_profile(const api::AutomationProfile& profile, const PreflightFacts& facts);

// Whether names are bounded for requests of a namespace with these labels: the patterns of all
// entries that select it, or nullopt if the profile has no nameConstraints at all. An empty list
// allows no name.
std::optional<std::vector<std::string>> allowed_names(
    const api::AutomationProfileSpec& profile,
    const std::map<std::string, std::string>& namespace_labels);

}  // namespace rules
