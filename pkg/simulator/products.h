// Products: the products that a seed can name, with the properties that matter for duplicates.
// name_ids: dev.digicert.com, services-api/products; rules of names: docs.digicert.com, "Request
// duplicate certificates".
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "simulator/model.h"

namespace simulator {

// nullopt if the name_id is not one of the table.
std::optional<Product> known_product(std::string_view name_id);
std::vector<Product> known_products();

}  // namespace simulator
