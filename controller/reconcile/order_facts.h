// What the CA's rows and orders mean to the rules. Pure.
#pragma once

#include <string>
#include <vector>

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

// Whether the order with these names could be meant by one who asks for `asked`. Makes no copy:
// most of ten thousand rows are asked this and nothing else.
bool shares_a_name(const std::string& common_name, const std::vector<std::string>& dns_names,
                   const rules::NameSet& asked);

}  // namespace reconcile
