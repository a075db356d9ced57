// The query that lists orders, and the same filters checked again on our side, because CertCentral
// is known to ignore filters at times. Pure.
#pragma once

#include <cstddef>

#include "certcentral/types.h"
#include "http/url.h"

namespace certcentral {

struct PageRange {
  std::size_t offset = 0;
  std::size_t limit = 1000;
};

// Newest first: rows that arrive while pages are read move others towards the end, so that they are
// seen twice rather than missed. The range of creation dates is sent a day wider on both sides,
// because the CA's time zone for it is not documented.
http::QueryParameters query_of(const OrderFilter& filter, const PageRange& range);

// True if nothing in the row speaks against a filter. A row that shows no names, no product or no
// creation date passes those filters: it must not be hidden from someone who looks for an order
// that may exist; Order tells more. A row without an organization has none, and fails that filter.
bool matches(const OrderSummary& order, const OrderFilter& filter);

}  // namespace certcentral
