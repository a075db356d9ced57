// What the schema cannot check: ranges of durations, contents of the CA bundle.
// Pure. The schema and its CEL rules are checked by the API server and are not repeated here.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "api/automation_profile.h"
#include "api/duplicate_certificate_request.h"

namespace api {

inline constexpr std::chrono::seconds kRenewBeforeMin = std::chrono::hours{1};
inline constexpr std::chrono::seconds kRenewBeforeMax = std::chrono::days{1096};
inline constexpr std::chrono::seconds kWindowDurationMin = std::chrono::minutes{1};
inline constexpr std::chrono::seconds kWindowDurationMax = std::chrono::days{7};

// One thing that is wrong with a spec.
struct Violation {
  std::string field{};    // path, for example "spec.renewal.before"
  std::string message{};  // what is wrong and what is allowed, with the value

  bool operator==(const Violation&) const = default;
};

// Empty: the spec is valid. In the order of the spec's fields.
std::vector<Violation> validate(const AutomationProfileSpec& spec);
std::vector<Violation> validate(const DuplicateCertificateRequestSpec& spec);

// "field: message; field: message", for the message of a condition with reason InvalidSpec.
std::string describe(const std::vector<Violation>& violations);

}  // namespace api
