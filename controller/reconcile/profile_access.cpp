#include "reconcile/profile_access.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/defaults.h"
#include "api/names.h"
#include "api/validate.h"
#include "base/hash.h"
#include "kube/response.h"
#include "reconcile/secrets.h"
#include "rules/schedule.h"

namespace reconcile {

std::vector<std::string> spec_problems(const api::AutomationProfileSpec& spec) {
  std::vector<std::string> problems = rules::window_problems(spec.schedule.windows);
  for (const auto& problem : api::validate(spec)) {
    problems.push_back(fmt::format("{}: {}", problem.field, problem.message));
  }
  return problems;
}

base::Result<Credentials> read_credentials(const api::AutomationProfile& profile,
                                           kube::Client& client, std::stop_token stop) {
  const auto& ref = profile.spec.account.api_key_secret_ref;
  const std::string& namespace_ = profile.meta.namespace_;
  auto secret = client.get(kube::kSecrets, {namespace_, ref.name}, stop);
  if (!secret && secret.error().code == base::Code::kNotFound) {
    return Credentials{
        .problem = fmt::format(
            "account.apiKeySecretRef: there is no Secret {} in namespace {}; create it: kubectl "
            "create secret generic {} -n {} --from-file={}=FILE",
            ref.name, namespace_, ref.name, namespace_, ref.key)};
  }
  // The API server's trouble says nothing about the key: try again, and keep what is known.
  if (!secret) return std::unexpected(base::wrap("read the API key", secret.error()));
  Credentials found{.version = kube::metadata_text(*secret, "resourceVersion")};
  std::string text = data_of(*secret, ref.key).value_or("");
  wipe(*secret);
  // A key that was piped into a file often ends with a line break.
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) {
    found.problem = fmt::format("account.apiKeySecretRef: Secret {} has no data under the key {}",
                                ref.name, ref.key);
  }
  found.api_key = base::SecretString(std::move(text));
  return found;
}

std::string fingerprint_of(const api::AutomationProfile& profile, const Credentials& credentials) {
  const auto recheck =
      api::annotation(profile.meta, std::string(api::kRecheckRequestedAtAnnotation));
  return fmt::format("{}/{}/{}/{}", profile.meta.uid, profile.meta.generation, credentials.version,
                     recheck.value_or(""));
}

base::Result<AccountAccess> access_of(const api::AutomationProfile& profile,
                                      const base::SecretString& api_key) {
  std::string ca_bundle_pem = TRY(api::ca_bundle_pem(profile.spec.account));
  return AccountAccess{.url = profile.spec.account.url,
                       .ca_bundle_pem = std::move(ca_bundle_pem),
                       .api_key = api_key,
                       .key_hash = std::to_string(base::stable_hash(api_key.expose()))};
}

void recall_approval(const api::AutomationProfile& profile, Account& account) {
  const auto* known = api::find_condition(profile.status.conditions, api::kApprovalStepSkipped);
  if (known == nullptr || account.approval_skipped()) return;
  if (known->status == api::ConditionStatus::kTrue) account.note_approval(true);
  if (known->status == api::ConditionStatus::kFalse) account.note_approval(false);
}

}  // namespace reconcile
