// Names: which names an order, and a duplicate of it, may carry. Pure.
// Rules: dev.digicert.com, services-api/orders/duplicate-certificate; docs.digicert.com, "Request
// duplicate certificates" and "Flex certificates: duplicate".
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/model.h"
#include "simulator/refusal.h"

namespace simulator {

using Names = std::vector<std::string>;

// Lower case, without a trailing dot.
std::string normalise_name(std::string_view name);
// Letters, digits, hyphens and dots, at most one wildcard label in front.
bool is_dns_name(std::string_view name);
// True if `name` has at least one label more than the base of `wildcard`, and no wildcard itself.
bool is_below_wildcard(std::string_view name, std::string_view wildcard);
// The name that the CA adds free of charge for `name`: the base of a wildcard, `name` without
// "www.", or with it.
std::string twin_of(std::string_view name);
// `common_name` first, then the others in their order, each once, all normalised.
Names join_names(std::string_view common_name, const Names& others);
// What the CA adds to a new order for `names` (common name first): the twin of the common name,
// unless the product adds none or it is asked for already.
Names free_names_of(const Product& product, const Names& names);

// The names of the certificate that a duplicate of `order` for `asked` (common name first) gets:
// those asked for and the free twins of them. Refused with invalid_dns_name_on_duplicate.
std::expected<Names, Refusal> duplicate_names(const Product& product, const Order& order,
                                              const Names& asked);

// The first name that no validated domain covers at `now`, or "". Without any domain every name
// counts as validated.
std::string unvalidated_name(const Names& names, const std::vector<Domain>& domains,
                             base::TimePoint now);

}  // namespace simulator
