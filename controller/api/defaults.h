// What a request and its profile mean together. Pure.
// Defaults that the schema carries stand in the structs; here are those that depend on two fields
// or two objects. Purchase policy is the profile's alone: a request can only forbid.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/automation_profile.h"
#include "api/duplicate_certificate_request.h"
#include "base/result.h"

namespace api {

// renewal.before when neither before nor beforePercentage is given.
inline constexpr std::chrono::seconds kRenewBeforeDefault = std::chrono::days{30};

// With both parts present: what a key generator needs.
struct KeyParameters {
  KeyAlgorithm algorithm = KeyAlgorithm::kEcdsa;
  std::int32_t size = 256;  // bits

  bool operator==(const KeyParameters&) const = default;
};

struct EffectiveRenewal {
  bool automatic = true;
  // Exactly one of the two is in force: percentage when it is set.
  std::chrono::seconds before = kRenewBeforeDefault;
  std::optional<std::int32_t> before_percentage{};
  OnNoRenewedOrder on_no_renewed_order = OnNoRenewedOrder::kRenewOrder;

  bool operator==(const EffectiveRenewal&) const = default;
};

// Fills in the size of the algorithm: 256 for ECDSA, 2048 for RSA.
KeyParameters key_parameters(const PrivateKeySpec& spec);

// The request's privateKey as a whole, else the profile's.
KeyParameters effective_private_key(const AutomationProfileSpec& profile,
                                    const DuplicateCertificateRequestSpec& request);

// automatic only if both allow it; before or beforePercentage of the request win over the
// profile's pair; Wait wins over RenewOrder.
EffectiveRenewal effective_renewal(const AutomationProfileSpec& profile,
                                   const DuplicateCertificateRequestSpec& request);

// Remaining validity below which a certificate of that lifetime is due; not clamped.
std::chrono::seconds renew_before(const EffectiveRenewal& renewal, std::chrono::seconds lifetime);

// The request's windows if it has any, else the profile's; empty: any time.
std::vector<Window> effective_windows(const AutomationProfileSpec& profile,
                                      const DuplicateCertificateRequestSpec& request);

// The PEM in account.caBundle; empty if there is none. kInvalid if it is not base64.
base::Result<std::string> ca_bundle_pem(const Account& account);

// Namespace of the profile that the request refers to.
std::string profile_namespace(const DuplicateCertificateRequest& request);

// Whether requests of a namespace with these name and labels may use the profile. The profile's
// own namespace always may.
bool allows_namespace(const AutomationProfile& profile, const std::string& namespace_name,
                      const std::map<std::string, std::string>& namespace_labels);

}  // namespace api
