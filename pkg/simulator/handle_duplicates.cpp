#include <nlohmann/json.hpp>

#include "simulator/handlers.h"
#include "simulator/issue_call.h"
#include "simulator/listing.h"
#include "simulator/names.h"
#include "simulator/quote.h"
#include "simulator/rules.h"

namespace simulator {
namespace {

using nlohmann::json;

struct DuplicateCase {
  Order order{};
  Product product{};
  OrderView view{};
  CertificateBody body{};
};

std::optional<Refusal> check_case(const World& world, const Exchange& exchange,
                                  const DuplicateCase& duplicate) {
  const auto organization = world.store.organization(duplicate.order.organization_id);
  const std::string status = order_status(duplicate.view, world.now);
  const DuplicateFacts facts{exchange.caller.account,
                             duplicate.product,
                             duplicate.order,
                             status,
                             organization ? &*organization : nullptr,
                             world.now};
  return check_duplicate(facts);
}

// DCV that has lapsed stops a duplicate: it cannot start validation by itself.
std::optional<Refusal> check_domains(const World& world, const DuplicateCase& duplicate,
                                     const Names& names) {
  if (duplicate.product.is_private) return std::nullopt;
  const auto domains = world.store.domains(duplicate.order.account_id);
  const std::string name = unvalidated_name(names, domains, world.now);
  if (name.empty()) return std::nullopt;
  return Refusal{400, "domain_not_validated|" + name,
                 "The control of " + name + " must be validated again."};
}

std::expected<Submission, Refusal> prepare(const World& world, Exchange& exchange,
                                           const DuplicateCase& duplicate) {
  if (const auto refusal = check_case(world, exchange, duplicate)) {
    return std::unexpected(*refusal);
  }
  auto names = duplicate_names(duplicate.product, duplicate.order, duplicate.body.names);
  if (!names) return std::unexpected(names.error());
  if (const auto refusal = check_domains(world, duplicate, *names)) {
    return std::unexpected(*refusal);
  }
  const Account& account = exchange.caller.account;
  Submission submission = draft_of(duplicate.body, exchange);
  submission.type = "duplicate";
  submission.comments = text_of(exchange.body, "comments");
  submission.certificate.kind = CertificateKind::kDuplicate;
  submission.certificate.dns_names = *std::move(names);
  submission.certificate.valid_from = start_of_day(world.now);
  submission.certificate.valid_till =
      duplicate_end(account, duplicate.product, duplicate.order,
                    duplicate.view.primary(world.now)->certificate.valid_till, world.now);
  submission.approved = is_approved_at_once(account, exchange.caller.user.role,
                                            flag_of(exchange.body, "skip_approval"));
  if (submission.approved) submission.processor_id = exchange.caller.user.id;
  submission.delays = draw_delays(world, exchange);
  return submission;
}

Answer duplicate_answer(const World& world, Exchange& exchange, const Submitted& submitted) {
  json request = {{"id", submitted.request.id}};
  if (world.faults.fires(Fault::kStatusInAnswer, exchange.operation)) {
    request["status"] = submitted.request.status;
  }
  json body = {{"id", submitted.request.order_id}, {"requests", json::array({request})}};
  if (submitted.issued_now && world.faults.fires(Fault::kChainInAnswer, exchange.operation)) {
    body["certificate_id"] = submitted.certificate.id;
    body["certificate_chain"] = chain_json(world, exchange, submitted.certificate);
  }
  return json_answer(world, exchange, 201, std::move(body));
}

bool shows_archived(const Exchange& exchange) {
  const auto wanted = exchange.request.query_value("show_archived");
  return wanted == "true" || wanted == "1";
}

json row_of(const World& world, const Copy& copy) {
  return wire::duplicate_row(copy, user_of(world, copy.certificate.user_id), world.now);
}

// Known defect of the listing: it holds the primary too, or copies of it instead of the others.
void spoil(const World& world, Exchange& exchange, const Copy& primary, json& rows) {
  const json row = row_of(world, primary);
  if (!rows.empty() && world.fires(Fault::kPrimaryInstead, exchange)) {
    for (json& other : rows) other = row;
    return;
  }
  if (world.fires(Fault::kPrimaryInList, exchange)) rows.insert(rows.begin(), row);
}

}  // namespace

Answer handle_duplicate_create(World& world, Exchange& exchange) {
  DuplicateCase duplicate;
  const auto order = find_order(world, exchange, exchange.parameters[0]);
  if (!order) return refuse(not_found("order"));
  duplicate.order = *order;
  exchange.order_id = order->id;
  auto body = read_certificate_body(exchange.body);
  if (!body) return refuse(body.error());
  duplicate.body = *std::move(body);
  if (world.fires(Fault::kRefuseUsedCsr, exchange) && world.store.is_csr_used(duplicate.body.csr)) {
    return refuse({400, "csr_already_used", "The CSR was used before."});
  }
  const auto product = find_product(world, exchange.caller.account, order->product);
  if (!product) return refuse(not_found("product"));
  duplicate.product = *product;
  duplicate.view = world.store.view_primaries(*order);
  const auto submission = prepare(world, exchange, duplicate);
  if (!submission) return refuse(submission.error());
  const auto submitted = submit(issue_world(world), *order, *submission);
  if (!submitted) return refuse(internal(submitted.error()));
  exchange.took_effect = true;
  return duplicate_answer(world, exchange, *submitted);
}

Answer handle_duplicate_list(World& world, Exchange& exchange) {
  const auto order = find_order(world, exchange, exchange.parameters[0]);
  if (!order) return refuse(not_found("order"));
  exchange.order_id = order->id;
  json rows = json::array();
  for (const Copy& copy : world.store.duplicates(order->id)) {
    if (copy.certificate.archived && !shows_archived(exchange)) continue;
    if (!is_listed(copy.certificate, copy.request_status, world.now)) continue;
    rows.push_back(row_of(world, copy));
  }
  const OrderView view = world.store.view_primaries(*order);
  if (const Copy* primary = view.primary(world.now)) spoil(world, exchange, *primary, rows);
  shuffle_rows(world, exchange, rows);
  return list_answer(world, exchange, "certificates", std::move(rows));
}

Answer handle_reissue_list(World& world, Exchange& exchange) {
  const auto order = find_order(world, exchange, exchange.parameters[0]);
  if (!order) return refuse(not_found("order"));
  exchange.order_id = order->id;
  json rows = json::array();
  for (const Copy& copy : world.store.view_primaries(*order).primaries) {
    if (copy.certificate.is_reissue) rows.push_back(row_of(world, copy));
  }
  return list_answer(world, exchange, "certificates", std::move(rows));
}

}  // namespace simulator
