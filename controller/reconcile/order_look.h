// A live look at the CA for one entry of the ledger: is our order there, or another one for the
// same names? Reads only, and never from a cache: money depends on it.
#pragma once

#include <cstdint>
#include <stop_token>

#include "base/result.h"
#include "certcentral/ca_api.h"
#include "rules/order_decide.h"

namespace reconcile {

// `known_id`: the number of our order, if the CA has told it; then that order alone is read.
// Otherwise our order is looked for by the attempt id, among the orders that share the common name,
// and by the link of the order that is renewed; it is ours only if it carries our public key.
// Errors of the CA pass through: a look is whole, or none.
base::Result<rules::OrderLook> look_for_order(certcentral::CaApi& ca,
                                              const rules::LedgerEntry& entry,
                                              std::int64_t known_id, base::TimePoint now,
                                              std::stop_token stop);

}  // namespace reconcile
