// What the calls that issue something share: delays drawn from the switches, and the answer.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "simulator/body.h"
#include "simulator/issue.h"
#include "simulator/world.h"

namespace simulator {

IssueWorld issue_world(const World& world);
Delays draw_delays(const World& world, Exchange& exchange);

// The certificate and the CSR of a body, as far as the body says it.
Submission draft_of(const CertificateBody& body, const Exchange& exchange);

// certificate_chain of an answer: [{"subject_common_name","pem"}], leaf first, root included;
// cross_signed acts.
nlohmann::json chain_json(const World& world, Exchange& exchange, const Certificate& certificate);
// Leaf, intermediate, (cross-signed root,) root.
std::vector<ChainLink> sent_chain(const World& world, Exchange& exchange,
                                  const Certificate& certificate);

}  // namespace simulator
