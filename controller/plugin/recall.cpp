#include "plugin/recall.h"

#include <fmt/format.h>

#include "api/names.h"
#include "certcentral/client.h"

namespace plugin {
namespace {

std::optional<bool> known(const api::Conditions& conditions, std::string_view type) {
  const api::Condition* condition = api::find_condition(conditions, type);
  if (condition == nullptr || condition->status == api::ConditionStatus::kUnknown) {
    return std::nullopt;
  }
  return condition->status == api::ConditionStatus::kTrue;
}

}  // namespace

reconcile::ProfileState recalled_state(const api::AutomationProfile& profile) {
  const auto& conditions = profile.status.conditions;
  reconcile::ProfileState state;
  state.preflight.account_id = profile.status.account_id;
  state.preflight.organization_id = profile.status.organization_id;
  state.preflight.duplicates_allowed = known(conditions, api::kDuplicatesEnabled);
  state.preflight.product_exists = known(conditions, api::kProductAvailable);
  state.preflight.approval_skipped = known(conditions, api::kApprovalStepSkipped);
  const auto host = certcentral::host_of(profile.spec.account.url);
  if (host && profile.status.account_id) {
    state.preflight.account = fmt::format("{}/{}", *host, *profile.status.account_id);
  }
  if (api::is_true(conditions, api::kReady)) return state;
  const api::Condition* ready = api::find_condition(conditions, api::kReady);
  state.unusable = api::Reason::kProfileNotReady;
  state.problem = ready != nullptr ? ready->message : "no controller has looked at it yet";
  if (ready != nullptr) {
    state.unusable = api::parse_reason(ready->reason).value_or(api::Reason::kProfileNotReady);
  }
  return state;
}

}  // namespace plugin
