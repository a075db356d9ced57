// The status of a CertificateOrder after a decision. Pure.
#pragma once

#include "api/certificate_order.h"
#include "rules/order_decide.h"

namespace rules {

// `before` with what was decided at `now`. An OrderSend becomes the mark that is written before the
// POST: state Submitted, submittedAt `now`. A closed entry changes only by an OrderRecord.
api::CertificateOrderStatus report_order(const api::CertificateOrder& before,
                                         const OrderDecision& made, base::TimePoint now);

}  // namespace rules
