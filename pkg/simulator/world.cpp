#include "simulator/world.h"

#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "simulator/rules.h"

namespace simulator {
namespace {

using nlohmann::json;

void note_fault(Exchange& exchange, Fault fault) {
  if (!exchange.faults.empty()) exchange.faults += ',';
  exchange.faults += name_of(fault);
}

// Fields that were seen as strings or 0/1 where a boolean or number is meant (is_multi_year_plan,
// archived, allowed_validity_years, auto_renew), and others of the same kind.
void loosen(json& value) {
  if (value.is_boolean()) {
    value = value.get<bool>() ? json("1") : json(0);
    return;
  }
  if (!value.is_structured()) return;
  for (auto& [key, item] : value.items()) {
    const bool count = key.ends_with("_count") || key.ends_with("_years");
    if (count && item.is_number_integer()) {
      item = std::to_string(item.get<std::int64_t>());
      continue;
    }
    loosen(item);
  }
}

}  // namespace

bool World::fires(Fault fault, Exchange& exchange) const {
  const bool acts = faults.fires(fault, exchange.operation);
  if (acts) note_fault(exchange, fault);
  return acts;
}

std::chrono::milliseconds World::delay(Fault fault, Exchange& exchange) const {
  const auto time = faults.delay(fault, exchange.operation);
  if (time.count() > 0) note_fault(exchange, fault);
  return time;
}

Answer refuse(const Refusal& refusal) {
  const json body = {{"errors", {{{"code", refusal.code}, {"message", refusal.message}}}}};
  return {refusal.http_status, "application/json",
          body.dump(-1, ' ', false, json::error_handler_t::replace)};
}

Refusal not_found(std::string_view what) {
  return {404, fmt::format("not_found|{}", what), fmt::format("The {} was not found.", what)};
}

Refusal internal(const base::Error& error) {
  base::log_error("simulator: a call failed", {{"error", error.message}});
  return {500, "internal_error", "An internal error occurred."};
}

Answer json_answer(const World& world, Exchange& exchange, int status, json body) {
  if (world.fires(Fault::kLooseTypes, exchange)) loosen(body);
  return {status, "application/json", body.dump(-1, ' ', false, json::error_handler_t::replace)};
}

Answer list_answer(const World& world, Exchange& exchange, std::string_view name, json rows) {
  if (rows.empty() && world.fires(Fault::kEmptyBody, exchange)) {
    return {200, "application/json", "{}"};
  }
  return json_answer(world, exchange, 200, json{{std::string(name), std::move(rows)}});
}

Answer no_content() {
  return {204, "application/json", ""};
}

std::optional<Id> parse_id(std::string_view text) {
  Id id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size() || id <= 0) return std::nullopt;
  return id;
}

std::optional<Order> find_order(const World& world, const Exchange& exchange, std::string_view id) {
  const auto number = parse_id(id);
  if (!number) return std::nullopt;
  auto order = world.store.order(*number);
  const Caller& caller = exchange.caller;
  if (!order || order->account_id != caller.account.id) return std::nullopt;
  if (!may_see(caller.user, *order, caller.root_container)) return std::nullopt;
  return order;
}

std::optional<Product> find_product(const World& world, const Account& account,
                                    std::string_view name_id) {
  auto product = world.store.product(account.id, name_id);
  if (product && !account.duplicates) product->duplicates_allowed = false;
  return product;
}

void note_violation(Exchange& exchange, std::string_view operation, std::string detail) {
  Violation violation;
  violation.operation = operation;
  violation.detail = std::move(detail);
  exchange.violations.push_back(std::move(violation));
}

}  // namespace simulator
