// Access of a profile: whether its spec is sound, its API key, and what its status remembers.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "api/automation_profile.h"
#include "base/bytes.h"
#include "base/result.h"
#include "kube/client.h"
#include "reconcile/accounts.h"

namespace reconcile {

// What the schema could not check. Pure.
std::vector<std::string> spec_problems(const api::AutomationProfileSpec& spec);

struct Credentials {
  base::SecretString api_key{};
  std::string version{};  // of the Secret
  std::string problem{};  // why there is no key
};

// Reads the Secret that the profile names. A missing Secret or key is a problem, not an error;
// errors of the API server pass through.
base::Result<Credentials> read_credentials(const api::AutomationProfile& profile,
                                           kube::Client& client, std::stop_token stop);

// Changes with the spec, the credentials and the annotation recheck-requested-at.
std::string fingerprint_of(const api::AutomationProfile& profile, const Credentials& credentials);

// How the account of the profile is reached with that key. kInvalid: caBundle is not base64.
base::Result<AccountAccess> access_of(const api::AutomationProfile& profile,
                                      const base::SecretString& api_key);

// After a restart: what requests have shown of the approval step stands in the profile's status.
void recall_approval(const api::AutomationProfile& profile, Account& account);

}  // namespace reconcile
