#include <algorithm>

#include <nlohmann/json.hpp>

#include "simulator/handlers.h"
#include "simulator/listing.h"
#include "simulator/quote.h"

namespace simulator {
namespace {

using nlohmann::json;

wire::Validations validations_wanted(const Exchange& exchange) {
  const auto wanted = exchange.request.query_value("include_validation");
  const bool yes = wanted == "true" || wanted == "1";
  return yes ? wire::Validations::kInclude : wire::Validations::kLeaveOut;
}

bool contains(std::string_view text, std::string_view part) {
  return text.contains(part);
}

bool fits(const Organization& row, const Query& query) {
  const auto status = query.filter("status");
  if (status && *status != row.status) return false;
  const auto search = query.filter("search");
  if (search && !contains(row.name, *search)) return false;
  const auto container = query.plain("container_id");
  return !container || *container == std::to_string(row.container_id);
}

}  // namespace

Answer handle_user_me(World& world, Exchange& exchange) {
  const User& user = exchange.caller.user;
  const Container container = container_of(world, user.account_id, user.container_id);
  return json_answer(world, exchange, 200, wire::user(user, container));
}

Answer handle_account(World& world, Exchange& exchange) {
  const Account& account = exchange.caller.account;
  const auto organizations = world.store.organizations(account.id);
  std::optional<Organization> primary;
  if (!organizations.empty()) primary = organizations.front();
  return json_answer(world, exchange, 200,
                     wire::account(account, primary, exchange.caller.root_container));
}

Answer handle_organization_list(World& world, Exchange& exchange) {
  const Query query(exchange.request);
  const bool ignore = query.has_filters() && world.fires(Fault::kIgnoredFilters, exchange);
  json rows = json::array();
  for (const Organization& row : world.store.organizations(exchange.caller.account.id)) {
    if (!ignore && !fits(row, query)) continue;
    const Container container = container_of(world, row.account_id, row.container_id);
    rows.push_back(wire::organization(row, container, validations_wanted(exchange), world.now));
  }
  return paged_answer(world, exchange, "organizations", std::move(rows));
}

Answer handle_organization_info(World& world, Exchange& exchange) {
  const auto id = parse_id(exchange.parameters[0]);
  const auto row = id ? world.store.organization(*id) : std::nullopt;
  if (!row || row->account_id != exchange.caller.account.id) {
    return refuse(not_found("organization"));
  }
  const Container container = container_of(world, row->account_id, row->container_id);
  return json_answer(world, exchange, 200,
                     wire::organization(*row, container, wire::Validations::kInclude, world.now));
}

Answer handle_product_list(World& world, Exchange& exchange) {
  json rows = json::array();
  for (const Product& product : world.store.products(exchange.caller.account.id)) {
    rows.push_back(wire::product_row(product));
  }
  return list_answer(world, exchange, "products", std::move(rows));
}

Answer handle_product_info(World& world, Exchange& exchange) {
  const auto product = find_product(world, exchange.caller.account, exchange.parameters[0]);
  if (!product) return refuse(not_found("product"));
  return json_answer(world, exchange, 200, wire::product_info(*product));
}

Answer handle_domain_list(World& world, Exchange& exchange) {
  const Query query(exchange.request);
  const auto search = query.filter("search");
  json rows = json::array();
  for (const Domain& row : world.store.domains(exchange.caller.account.id)) {
    if (!search || contains(row.name, *search)) rows.push_back(wire::domain(row, world.now));
  }
  return paged_answer(world, exchange, "domains", std::move(rows));
}

Answer handle_domain_info(World& world, Exchange& exchange) {
  const auto id = parse_id(exchange.parameters[0]);
  for (const Domain& row : world.store.domains(exchange.caller.account.id)) {
    if (id == row.id) return json_answer(world, exchange, 200, wire::domain(row, world.now));
  }
  return refuse(not_found("domain"));
}

}  // namespace simulator
