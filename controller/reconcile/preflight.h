// Preflight: asks the CA what a profile needs to know before its requests may use it.
// Blocks for at most three calls to the CA; changes nothing anywhere.
#pragma once

#include <stop_token>

#include "api/automation_profile.h"
#include "reconcile/accounts.h"
#include "rules/profile.h"

namespace reconcile {

// Fills what the CA tells about the key, the product and the organization of `profile`.
// A refused key is remembered by the account: nothing more is sent with it.
void ask_account(const api::AutomationProfile& profile, Account& account,
                 rules::PreflightFacts& facts, std::stop_token stop);

}  // namespace reconcile
