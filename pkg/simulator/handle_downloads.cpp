#include <algorithm>

#include <nlohmann/json.hpp>

#include "simulator/handlers.h"
#include "simulator/issue_call.h"
#include "simulator/listing.h"
#include "simulator/wire.h"

namespace simulator {
namespace {

using nlohmann::json;

constexpr std::string_view kPemType = "application/x-pem-file";

Stage stage_of(const World& world, const Certificate& certificate) {
  const auto request = world.store.request(certificate.request_id);
  return stage_of(certificate, request ? request->status : "", world.now);
}

// The certificate if the caller may have it by now.
std::expected<Certificate, Refusal> find_issued(const World& world, Exchange& exchange,
                                                const std::string& text) {
  const auto id = parse_id(text);
  auto certificate = id ? world.store.certificate(*id) : std::nullopt;
  if (!certificate || !find_order(world, exchange, std::to_string(certificate->order_id))) {
    return std::unexpected(not_found("certificate"));
  }
  exchange.order_id = certificate->order_id;
  if (!is_out(stage_of(world, *certificate))) {
    return std::unexpected(
        Refusal{400, "cert_unavailable_processing", "The certificate is still being processed."});
  }
  return *std::move(certificate);
}

// Known defect: of several certificates of one order another one may come.
Certificate maybe_wrong(const World& world, Exchange& exchange, const Certificate& right) {
  std::vector<Certificate> others;
  const auto order = world.store.order(right.order_id).value_or(Order{});
  for (const Copy& copy : world.store.view(order).primaries) others.push_back(copy.certificate);
  for (const Copy& copy : world.store.duplicates(order.id)) others.push_back(copy.certificate);
  std::erase_if(others, [&](const Certificate& other) {
    return other.id == right.id || !is_out(stage_of(world, other));
  });
  if (others.empty() || !world.fires(Fault::kWrongCertificate, exchange)) return right;
  return others.front();
}

bool accepts_pem(const Exchange& exchange) {
  const auto accept = exchange.request.header("accept");
  if (!accept || accept->empty()) return true;
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{"*/*", "application/*", kPemType, "text/"},
      [&](std::string_view type) { return accept->contains(type); });
}

Answer pem_answer(const World& world, Exchange& exchange, const Certificate& certificate,
                  std::string_view format) {
  if (!accepts_pem(exchange)) return refuse({406, "not_acceptable", "Not acceptable."});
  auto chain = sent_chain(world, exchange, certificate);
  if (format == "pem_noroot") {
    chain.resize(2);
  } else if (format == "pem_nointermediate") {
    chain.resize(1);
  } else if (format != "pem_all") {
    return refuse({400, "invalid_value:format_type",
                   "The simulator knows pem_all, pem_noroot and "
                   "pem_nointermediate."});
  }
  Answer answer{200, std::string(kPemType), ""};
  for (const ChainLink& link : chain) answer.body += wire::crlf(link.pem);
  return answer;
}

}  // namespace

Answer handle_download(World& world, Exchange& exchange) {
  const auto found = find_issued(world, exchange, exchange.parameters[0]);
  if (!found) return refuse(found.error());
  const Certificate sent = maybe_wrong(world, exchange, *found);
  return pem_answer(world, exchange, sent, exchange.parameters[1]);
}

Answer handle_download_platform(World& world, Exchange& exchange) {
  const auto found = find_issued(world, exchange, exchange.parameters[0]);
  if (!found) return refuse(found.error());
  const Certificate sent = maybe_wrong(world, exchange, *found);
  return pem_answer(world, exchange, sent, "pem_all");
}

Answer handle_download_by_order(World& world, Exchange& exchange) {
  const auto order = find_order(world, exchange, exchange.parameters[0]);
  if (!order) return refuse(not_found("order"));
  exchange.order_id = order->id;
  const OrderView view = world.store.view(*order);
  const Copy* primary = view.primary(world.now);
  if (primary == nullptr || !is_out(stage_of(world, primary->certificate))) {
    return refuse(
        {400, "cert_unavailable_processing", "The certificate is still being processed."});
  }
  return pem_answer(world, exchange, primary->certificate, exchange.parameters[1]);
}

Answer handle_chain(World& world, Exchange& exchange) {
  const auto found = find_issued(world, exchange, exchange.parameters[0]);
  if (!found) return refuse(found.error());
  const Certificate sent = maybe_wrong(world, exchange, *found);
  return json_answer(world, exchange, 200, {{"intermediates", chain_json(world, exchange, sent)}});
}

Answer handle_intermediates(World& world, Exchange& exchange) {
  json rows = json::array();
  rows.push_back({{"subject_common_name", kIntermediateName},
                  {"pem", wire::crlf(world.issuer.intermediate_pem())}});
  rows.push_back(
      {{"subject_common_name", kRootName}, {"pem", wire::crlf(world.issuer.root_pem())}});
  return json_answer(world, exchange, 200, {{"intermediates", std::move(rows)}});
}

}  // namespace simulator
