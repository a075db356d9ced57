// Place: puts a new order, or a renewal, into the state. Shared by the API and by persons.
#pragma once

#include "simulator/issue.h"
#include "simulator/names.h"

namespace simulator {

// An order from `now` until `valid_till` for `names` (common name first) with the free names that
// the product adds. Account, organization and the rest are the caller's to fill in. Pure.
Order new_order(const Product& product, const Names& names, base::TimePoint now,
                base::TimePoint valid_till);

// Stores the order with its request and primary certificate and, for a renewal, the link in the old
// order. `order.id` 0 gets the next id. The names and the start of the certificate are taken from
// the order; its CSR and end are the submission's. Errors as submit(); kAlreadyExists: the id.
base::Result<Submitted> place(const IssueWorld& world, Order& order, Submission submission);

}  // namespace simulator
