// What the CA's rows and orders mean to the rules. Pure.
#pragma once

#include <string>

#include "certcentral/types.h"
#include "rules/match_orders.h"

namespace reconcile {

// A row of the list of orders says nothing of order_valid_till, allow_duplicates and links.
rules::OrderFacts facts_of(const certcentral::OrderSummary& row);
rules::OrderFacts facts_of(const certcentral::Order& order);

// The row that the list would show of this order.
certcentral::OrderSummary row_of(const certcentral::Order& order);

// What of a row changes when something happens to its order: its details are then out of date.
std::string state_of(const certcentral::OrderSummary& row);

// Nothing can come of such an order: its details are not worth a call. DV orders, which have no
// organization, are never ours and have no duplicates.
bool is_over(const certcentral::OrderSummary& row);

// A row that shows no names, product or organization tells nothing: only the details do.
bool is_incomplete(const certcentral::OrderSummary& row);

// Whether the order could be meant by one who asks for these names.
bool shares_a_name(const rules::OrderFacts& order, const rules::NameSet& asked);

}  // namespace reconcile
