#include "simulator/issue_call.h"

#include <nlohmann/json.hpp>

#include "simulator/wire.h"
#include "x509/certificate.h"

namespace simulator {

using nlohmann::json;

IssueWorld issue_world(const World& world) {
  return {world.store, world.issuer, world.now};
}

Delays draw_delays(const World& world, Exchange& exchange) {
  Delays delays;
  delays.issue = world.delay(Fault::kIssueDelay, exchange);
  delays.lag = world.delay(Fault::kListingLag, exchange);
  delays.hidden_until_issued = world.faults.fires(Fault::kHidePending, exchange.operation);
  return delays;
}

Certificate draft_of(const CertificateBody& body, const Exchange& exchange) {
  Certificate draft;
  draft.user_id = exchange.caller.user.id;
  draft.common_name = body.names.front();
  draft.dns_names = body.names;
  draft.csr = body.csr;
  draft.signature_hash = body.signature_hash;
  draft.server_platform = body.server_platform;
  draft.key_bits = body.csr_facts.key_bits;
  draft.client_auth = body.client_auth;
  return draft;
}

std::vector<std::string> sent_chain(const World& world, Exchange& exchange,
                                    const Certificate& certificate) {
  auto chain = chain_of(world.issuer, certificate);
  if (world.fires(Fault::kCrossSigned, exchange)) {
    chain.insert(chain.end() - 1, world.issuer.cross_pem());
  }
  return chain;
}

json chain_json(const World& world, Exchange& exchange, const Certificate& certificate) {
  json rows = json::array();
  for (const std::string& pem : sent_chain(world, exchange, certificate)) {
    const auto read = x509::Certificate::parse(pem);
    rows.push_back(
        {{"subject_common_name", read ? read->common_name() : ""}, {"pem", wire::crlf(pem)}});
  }
  return rows;
}

}  // namespace simulator
