#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "simulator/handlers.h"
#include "simulator/issue_call.h"
#include "simulator/names.h"
#include "simulator/place.h"
#include "simulator/rules.h"

namespace simulator {
namespace {

using nlohmann::json;

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::ranges::find(words, text) != words.end();
}

std::optional<Refusal> check_words(const json& body) {
  constexpr std::array<std::string_view, 5> kPayment{"", "balance", "card", "profile",
                                                     "wire_transfer"};
  constexpr std::array<std::string_view, 5> kDcv{"", "email", "dns-txt-token", "dns-cname-token",
                                                 "http-token"};
  if (!is_one_of(text_of(body, "payment_method"), kPayment)) {
    return Refusal{400, "invalid_value:payment_method", "payment_method is not valid."};
  }
  if (!is_one_of(text_of(body, "dcv_method"), kDcv)) {
    return Refusal{400, "invalid_value:dcv_method", "dcv_method is not valid."};
  }
  return std::nullopt;
}

// The new field, or the older ones at the top of the body.
json span_body(const json& body, std::string_view name) {
  const json& fresh = object_of(body, name);
  if (!fresh.empty() || name != "order_validity") return fresh;
  json old = json::object();
  if (body.contains("validity_years")) old["years"] = body["validity_years"];
  if (body.contains("validity_days")) old["days"] = body["validity_days"];
  if (body.contains("custom_expiration_date")) {
    old["custom_expiration_date"] = body["custom_expiration_date"];
  }
  return old;
}

struct Ends {
  base::TimePoint order{};
  base::TimePoint certificate = kNever;  // kNever: nothing was asked for
};

std::expected<Ends, Refusal> read_ends(const json& body, base::TimePoint now) {
  constexpr Id kYearsMax = 3;  // multi-year plans (orders/order-multi-year-plan)
  const auto order = read_span(span_body(body, "order_validity"), kYearsMax);
  if (!order) return std::unexpected(order.error());
  const auto certificate =
      read_span(object_of(object_of(body, "certificate"), "cert_validity"), kYearsMax);
  if (!certificate) return std::unexpected(certificate.error());
  Ends ends;
  ends.order = end_of_span(*order, now);
  if (ends.order <= now) {
    return std::unexpected(
        Refusal{400, "invalid_value:custom_expiration_date", "The order would have ended."});
  }
  if (certificate->empty()) return ends;
  ends.certificate = end_of_span(*certificate, now);
  if (ends.certificate > ends.order) {
    return std::unexpected(Refusal{400, "cert_validity_exceeds_order_validity",
                                   "The certificate would outlive its order."});
  }
  return ends;
}

bool is_alive(const World& world, Id order_id) {
  const auto order = world.store.order(order_id);
  if (!order) return false;
  const std::string status = order_status(world.store.view(*order), world.now);
  return status != "rejected" && status != "canceled";
}

// What was bought twice, or would be: the simulator lets it pass, as the service may, and tells.
void watch_money(const World& world, Exchange& exchange, const Order& order,
                 const std::optional<Order>& old) {
  if (old && is_alive(world, old->renewed_by)) {
    note_violation(exchange, "second_renewal",
                   fmt::format("order {} was renewed by {} before", old->id, old->renewed_by));
  }
  if (order.alternative_order_id.empty()) return;
  const auto twins =
      world.store.orders_by_alternative_id(order.account_id, order.alternative_order_id);
  if (!twins.empty()) {
    note_violation(exchange, "second_order_of_attempt",
                   fmt::format("order {} has the same alternative_order_id", twins.front().id));
  }
}

json domains_json(const Order& order) {
  json rows = json::array();
  Id id = order.id * 10;
  for (const std::string& name : order.dns_names) {
    rows.push_back({{"id", ++id},
                    {"name", name},
                    {"dcv_token",
                     {{"token", base::random_hex(32)},
                      {"status", "pending"},
                      {"expiration_date", base::format_date(order.valid_till)}}}});
  }
  return rows;
}

Answer order_answer(const World& world, Exchange& exchange, const Order& order,
                    const Submitted& submitted) {
  json body = {
      {"id", order.id},
      {"requests",
       json::array({{{"id", submitted.request.id}, {"status", submitted.request.status}}})}};
  if (submitted.issued_now && world.faults.fires(Fault::kOrderChainInAnswer, exchange.operation)) {
    body["certificate_id"] = submitted.certificate.id;
    body["certificate_chain"] = chain_json(world, exchange, submitted.certificate);
  } else if (submitted.request.status == "approved") {
    // Accepted but not issuable at once: the id may be there without the chain.
    body["certificate_id"] = submitted.certificate.id;
  }
  if (order.organization_id == 0) {
    body["dcv_random_value"] = base::random_hex(32);
    body["domains"] = domains_json(order);
  }
  return json_answer(world, exchange, 201, std::move(body));
}

void copy_fields(const json& body, Order& order) {
  order.alternative_order_id = text_of(body, "alternative_order_id");
  order.comments = text_of(body, "comments");
  order.additional_emails = texts_of(body, "additional_emails");
  order.auto_renew = flag_of(body, "auto_renew");
  order.auto_reissue = flag_of(body, "auto_reissue");
  order.disable_ct = flag_of(body, "disable_ct");
  order.disable_renewal_notifications = flag_of(body, "disable_renewal_notifications");
  if (const auto method = text_of(body, "payment_method"); !method.empty()) {
    order.payment_method = method;
  }
  if (const auto method = text_of(body, "dcv_method"); !method.empty()) order.dcv_method = method;
  if (const auto fields = body.find("custom_fields"); fields != body.end() && fields->is_array()) {
    order.custom_fields = fields->dump();
  }
}

struct Placing {
  Product product{};
  CertificateBody body{};
  Ends ends{};
  std::optional<Order> old{};
  std::optional<Organization> organization{};
};

std::optional<Refusal> find_old_order(const World& world, const Exchange& exchange,
                                      Placing& placing) {
  const auto id = id_of(exchange.body, "renewal_of_order_id");
  if (!id || *id == 0) return std::nullopt;
  placing.old = find_order(world, exchange, std::to_string(*id));
  if (!placing.old) return not_found("order");
  const std::string status = order_status(world.store.view(*placing.old), world.now);
  return check_renewal(
      {exchange.caller.account, placing.product.name_id, *placing.old, status, world.now});
}

std::optional<Refusal> find_organization(const World& world, const Exchange& exchange,
                                         Placing& placing) {
  if (placing.product.validation_type == "dv") return std::nullopt;
  const auto id = id_of(object_of(exchange.body, "organization"), "id");
  if (!id) return Refusal{400, "required_param:organization.id", "organization.id is required."};
  placing.organization = world.store.organization(*id);
  const bool ours =
      placing.organization && placing.organization->account_id == exchange.caller.account.id;
  return check_organization(placing.product, ours ? &*placing.organization : nullptr, world.now);
}

std::expected<Placing, Refusal> read_placing(const World& world, Exchange& exchange) {
  Placing placing;
  const auto product = find_product(world, exchange.caller.account, exchange.parameters[0]);
  if (!product) return std::unexpected(not_found("product"));
  placing.product = *product;
  auto body = read_certificate_body(exchange.body);
  if (!body) return std::unexpected(body.error());
  placing.body = *std::move(body);
  if (placing.product.is_private && placing.body.ca_cert_id.empty()) {
    return std::unexpected(Refusal{400, "required_param:certificate.ca_cert_id",
                                   "certificate.ca_cert_id is required for private products."});
  }
  if (const auto refusal = check_words(exchange.body)) return std::unexpected(*refusal);
  const auto ends = read_ends(exchange.body, world.now);
  if (!ends) return std::unexpected(ends.error());
  placing.ends = *ends;
  if (const auto refusal = find_organization(world, exchange, placing)) {
    return std::unexpected(*refusal);
  }
  if (const auto refusal = find_old_order(world, exchange, placing)) {
    return std::unexpected(*refusal);
  }
  if (world.fires(Fault::kInsufficientFunds, exchange)) {
    return std::unexpected(Refusal{400, "insufficient_funds", "The balance is too low."});
  }
  return placing;
}

Order make_order(const World& world, const Exchange& exchange, const Placing& placing) {
  const Caller& caller = exchange.caller;
  Order order = new_order(placing.product, placing.body.names, world.now, placing.ends.order);
  order.account_id = caller.account.id;
  order.organization_id = placing.organization ? placing.organization->id : 0;
  order.container_id =
      id_of(object_of(exchange.body, "container"), "id").value_or(caller.user.container_id);
  order.user_id = caller.user.id;
  order.key_name = caller.key.name;
  order.renewal_of = placing.old ? placing.old->id : 0;
  copy_fields(exchange.body, order);
  return order;
}

}  // namespace

Answer handle_order_place(World& world, Exchange& exchange) {
  if (exchange.parameters[0] == "ssl") {
    return refuse({400, "ambiguous_product", "Give the exact product."});
  }
  const auto placing = read_placing(world, exchange);
  if (!placing) return refuse(placing.error());
  Order order = make_order(world, exchange, *placing);
  watch_money(world, exchange, order, placing->old);
  const Account& account = exchange.caller.account;
  Submission submission = draft_of(placing->body, exchange);
  submission.delays = draw_delays(world, exchange);
  order.listed_at = world.now + submission.delays.lag;
  submission.certificate.valid_till = certificate_end(
      account, placing->product, placing->ends.certificate, order.valid_till, world.now);
  submission.approved = is_approved_at_once(account, exchange.caller.user.role,
                                            flag_of(exchange.body, "skip_approval"));
  if (submission.approved) submission.processor_id = exchange.caller.user.id;
  const auto submitted = place(issue_world(world), order, submission);
  if (!submitted) return refuse(internal(submitted.error()));
  exchange.took_effect = true;
  exchange.order_id = order.id;
  return order_answer(world, exchange, order, *submitted);
}

}  // namespace simulator
