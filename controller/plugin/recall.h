// What the status of an AutomationProfile tells, as the state that a preflight would have found:
// for who may not, or does not want to, ask the CA. Pure.
#pragma once

#include "api/automation_profile.h"
#include "reconcile/profile_states.h"

namespace plugin {

reconcile::ProfileState recalled_state(const api::AutomationProfile& profile);

}  // namespace plugin
