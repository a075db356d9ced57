#include <nlohmann/json.hpp>

#include "simulator/body.h"
#include "simulator/handlers.h"
#include "simulator/issue_call.h"
#include "simulator/listing.h"
#include "simulator/quote.h"
#include "simulator/rules.h"

namespace simulator {
namespace {

using nlohmann::json;

std::optional<CertRequest> find_request(const World& world, const Exchange& exchange) {
  const auto id = parse_id(exchange.parameters[0]);
  auto request = id ? world.store.request(*id) : std::nullopt;
  if (!request || request->account_id != exchange.caller.account.id) return std::nullopt;
  if (!find_order(world, exchange, std::to_string(request->order_id))) return std::nullopt;
  return request;
}

}  // namespace

Answer handle_request_info(World& world, Exchange& exchange) {
  const auto request = find_request(world, exchange);
  if (!request) return refuse(not_found("request"));
  exchange.order_id = request->order_id;
  const auto order = world.store.order(request->order_id).value_or(Order{});
  return json_answer(
      world, exchange, 200,
      wire::request_info(*request, user_of(world, request->user_id), processor_of(world, *request),
                         row_facts(world, order), world.now));
}

Answer handle_request_list(World& world, Exchange& exchange) {
  const Query query(exchange.request);
  const auto status = query.plain("status") ? query.plain("status") : query.filter("status");
  json rows = json::array();
  for (const CertRequest& row : world.store.requests_of_account(exchange.caller.account.id)) {
    if (status && *status != row.status) continue;
    rows.push_back(wire::request_row(row, user_of(world, row.user_id), processor_of(world, row)));
  }
  return paged_answer(world, exchange, "requests", std::move(rows));
}

Answer handle_request_status(World& world, Exchange& exchange) {
  const auto request = find_request(world, exchange);
  if (!request) return refuse(not_found("request"));
  exchange.order_id = request->order_id;
  if (!may_approve(exchange.caller.user.role)) {
    return refuse({403, "access_denied|invalid_approver", "The user may not approve requests."});
  }
  const std::string status = text_of(exchange.body, "status");
  if (status != "approved" && status != "rejected") {
    return refuse({400, "invalid_value:status", "status must be approved or rejected."});
  }
  const Processing processing{request->id, exchange.caller.user.id,
                              text_of(exchange.body, "processor_comment"),
                              draw_delays(world, exchange)};
  const auto done = status == "approved" ? approve(issue_world(world), processing)
                                         : reject(issue_world(world), processing);
  if (!done && done.error().code == base::Code::kConflict) {
    return refuse({400, "request_already_processed", "The request was already processed."});
  }
  if (!done) return refuse(internal(done.error()));
  exchange.took_effect = true;
  return no_content();
}

}  // namespace simulator
