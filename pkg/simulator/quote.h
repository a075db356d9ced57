// Quote: collects from the store what the JSON of an order or request quotes.
#pragma once

#include "simulator/wire.h"
#include "simulator/world.h"

namespace simulator {

// Without requests and notes: enough for a row of a listing.
wire::OrderFacts row_facts(const World& world, const Order& order);
// Everything; missing_links may act.
wire::OrderFacts info_facts(const World& world, Exchange& exchange, const Order& order);

User user_of(const World& world, Id id);
std::optional<User> processor_of(const World& world, const CertRequest& request);
Container container_of(const World& world, Id account_id, Id id);  // 0: the root

}  // namespace simulator
