// The CA's orders as the rules see them. Pure.
#pragma once

#include "certcentral/types.h"
#include "rules/match_orders.h"

namespace reconcile {

// A row of a listing: whether it may be duplicated, and until when it is paid, only the order's
// details tell.
rules::OrderFacts order_facts(const certcentral::OrderSummary& order);
rules::OrderFacts order_facts(const certcentral::Order& order);

}  // namespace reconcile
