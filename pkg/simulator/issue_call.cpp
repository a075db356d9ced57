#include "simulator/issue_call.h"

#include <nlohmann/json.hpp>

#include "simulator/wire.h"

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

Submission draft_of(const CertificateBody& body, const Exchange& exchange) {
  Submission submission;
  submission.csr_facts = body.csr_facts;
  Certificate& draft = submission.certificate;
  draft.user_id = exchange.caller.user.id;
  draft.common_name = body.names.front();
  draft.dns_names = body.names;
  draft.csr = body.csr;
  draft.signature_hash = body.signature_hash;
  draft.server_platform = body.server_platform;
  draft.key_bits = body.csr_facts.key_bits;
  draft.client_auth = body.client_auth;
  return submission;
}

std::vector<ChainLink> sent_chain(const World& world, Exchange& exchange,
                                  const Certificate& certificate) {
  auto chain = chain_of(world.issuer, certificate);
  if (world.fires(Fault::kCrossSigned, exchange)) {
    chain.insert(chain.end() - 1, link_of(world.issuer.cross()));
  }
  return chain;
}

json chain_json(const World& world, Exchange& exchange, const Certificate& certificate) {
  json rows = json::array();
  for (const ChainLink& link : sent_chain(world, exchange, certificate)) {
    rows.push_back({{"subject_common_name", link.common_name}, {"pem", wire::crlf(link.pem)}});
  }
  return rows;
}

}  // namespace simulator
