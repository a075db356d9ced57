// The calls of CertCentral that a client of duplicates must never make. They work as documented, so
// that such a client shows what it would have done, and the server records each as a violation.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "simulator/handlers.h"
#include "simulator/issue_call.h"
#include "simulator/names.h"
#include "simulator/rules.h"
#include "simulator/wire.h"

namespace simulator {
namespace {

using nlohmann::json;

// Names that a reissue drops or changes revoke the earlier certificates after this time
// (docs.digicert.com: 48 to 72 hours).
constexpr std::chrono::hours kRevokedAfterReissue{72};

bool is_at_once(const Exchange& exchange) {
  return is_approved_at_once(exchange.caller.account, exchange.caller.user.role,
                             flag_of(exchange.body, "skip_approval"));
}

// A revocation that waits for approval: 201 with a request.
Answer ask_for_revocation(World& world, Exchange& exchange, const Certificate& certificate) {
  CertRequest request;
  request.id = world.store.next_id("request");
  request.account_id = exchange.caller.account.id;
  request.order_id = certificate.order_id;
  request.certificate_id = certificate.id;
  request.user_id = exchange.caller.user.id;
  request.type = "revoke";
  request.status = "pending";
  request.created_at = world.now;
  request.comments = text_of(exchange.body, "comments");
  world.store.put(request);
  return json_answer(world, exchange, 201,
                     {{"id", request.id},
                      {"date", wire::timestamp(request.created_at)},
                      {"type", request.type},
                      {"status", request.status},
                      {"comments", request.comments}});
}

std::vector<Certificate> all_copies(const World& world, const Order& order) {
  std::vector<Certificate> all;
  for (const Copy& copy : world.store.view(order).primaries) all.push_back(copy.certificate);
  for (const Copy& copy : world.store.duplicates(order.id)) all.push_back(copy.certificate);
  return all;
}

std::optional<Certificate> find_certificate(const World& world, const Exchange& exchange) {
  const auto id = parse_id(exchange.parameters[0]);
  auto certificate = id ? world.store.certificate(*id) : std::nullopt;
  if (!certificate) return std::nullopt;
  if (!find_order(world, exchange, std::to_string(certificate->order_id))) return std::nullopt;
  return certificate;
}

bool drops_names(const Order& order, const Names& names) {
  return !std::ranges::all_of(order.dns_names, [&](const std::string& name) {
    return std::ranges::find(names, name) != names.end();
  });
}

void revoke_later(const World& world, const Order& order) {
  for (Certificate& copy : all_copies(world, order)) {
    copy.revoked_at = std::min(copy.revoked_at, world.now + kRevokedAfterReissue);
    world.store.put(copy);
  }
}

}  // namespace

Answer handle_certificate_revoke(World& world, Exchange& exchange) {
  const auto certificate = find_certificate(world, exchange);
  if (!certificate) return refuse(not_found("certificate"));
  exchange.order_id = certificate->order_id;
  exchange.took_effect = true;
  if (!is_at_once(exchange)) return ask_for_revocation(world, exchange, *certificate);
  revoke(issue_world(world), *certificate);
  return no_content();
}

Answer handle_order_revoke(World& world, Exchange& exchange) {
  auto order = find_order(world, exchange, exchange.parameters[0]);
  if (!order) return refuse(not_found("order"));
  const auto copies = all_copies(world, *order);
  if (copies.empty()) return refuse({400, "invalid_order_status", "Nothing is issued."});
  exchange.order_id = order->id;
  exchange.took_effect = true;
  if (!is_at_once(exchange)) return ask_for_revocation(world, exchange, copies.front());
  for (const Certificate& copy : copies) revoke(issue_world(world), copy);
  order->forced_status = "revoked";
  world.store.put(*order);
  return no_content();
}

Answer handle_order_status(World& world, Exchange& exchange) {
  auto order = find_order(world, exchange, exchange.parameters[0]);
  if (!order) return refuse(not_found("order"));
  if (text_of(exchange.body, "status") != "canceled") {
    return refuse({400, "invalid_value:status", "status must be canceled."});
  }
  const std::string now = order_status(world.store.view(*order), world.now);
  if (now != "pending" && now != "waiting_pickup" && now != "reissue_pending" &&
      now != "needs_approval") {
    return refuse({400, "invalid_order_status", fmt::format("Order {} is {}.", order->id, now)});
  }
  order->forced_status = "canceled";
  world.store.put(*order);
  exchange.order_id = order->id;
  exchange.took_effect = true;
  return no_content();
}

Answer handle_reissue(World& world, Exchange& exchange) {
  auto order = find_order(world, exchange, exchange.parameters[0]);
  if (!order) return refuse(not_found("order"));
  const auto body = read_certificate_body(exchange.body);
  if (!body) return refuse(body.error());
  const auto product = find_product(world, exchange.caller.account, order->product);
  if (!product) return refuse(not_found("product"));
  if (drops_names(*order, body->names)) revoke_later(world, *order);
  order->common_name = body->names.front();
  order->dns_names = body->names;
  order->free_names = free_names_of(*product, body->names);
  world.store.put(*order);
  Submission submission = draft_of(*body, exchange);
  submission.type = "reissue";
  submission.certificate.is_reissue = true;
  submission.certificate.valid_from = start_of_day(world.now);
  submission.certificate.valid_till =
      certificate_end(exchange.caller.account, *product, kNever, order->valid_till, world.now);
  submission.approved = is_at_once(exchange);
  if (submission.approved) submission.processor_id = exchange.caller.user.id;
  submission.delays = draw_delays(world, exchange);
  const auto submitted = submit(issue_world(world), *order, submission);
  if (!submitted) return refuse(internal(submitted.error()));
  exchange.order_id = order->id;
  exchange.took_effect = true;
  return json_answer(
      world, exchange, 201,
      {{"id", order->id}, {"requests", json::array({{{"id", submitted->request.id}}})}});
}

Answer handle_archive(World& world, Exchange& exchange) {
  auto certificate = find_certificate(world, exchange);
  if (!certificate) return refuse(not_found("certificate"));
  if (certificate->kind == CertificateKind::kPrimary) {
    return refuse({400, "cannot_archive_primary_certificate", "It is the primary certificate."});
  }
  certificate->archived = true;
  world.store.put(*certificate);
  exchange.order_id = certificate->order_id;
  exchange.took_effect = true;
  return no_content();
}

Answer handle_auto_reissue(World& world, Exchange& exchange) {
  auto order = find_order(world, exchange, exchange.parameters[0]);
  if (!order) return refuse(not_found("order"));
  order->auto_reissue = flag_of(exchange.body, "auto_reissue");
  world.store.put(*order);
  exchange.order_id = order->id;
  exchange.took_effect = true;
  return no_content();
}

Answer handle_metadata(World& world, Exchange& exchange) {
  exchange.took_effect = true;
  return json_answer(world, exchange, 201, {{"id", world.store.next_id("other")}});
}

}  // namespace simulator
