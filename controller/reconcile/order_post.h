// What is sent to buy an order, and what its answer means. Pure.
#pragma once

#include <string_view>

#include "api/automation_profile.h"
#include "api/certificate_order.h"
#include "certcentral/ca_api.h"
#include "rules/order_decide.h"

namespace reconcile {

// The body of the POST: what the entry records, by the parameters of the profile that pays.
certcentral::OrderRequest order_body(const api::CertificateOrder& entry,
                                     const api::AutomationProfile& profile);

rules::OrderPost outcome_of(const base::Result<certcentral::Submission>& answer);

// "accepted", "refused", "not_sent", "unknown".
std::string_view name_of(rules::OrderPost::Outcome outcome);

}  // namespace reconcile
