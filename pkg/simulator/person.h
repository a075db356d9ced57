// Person: what somebody does in CertCentral's web console, outside the API. Entry points below.
// Each writes within the caller's transaction. Used by Simulator's methods and by /_sim.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "simulator/issue.h"
#include "simulator/simulator.h"

namespace simulator {

// Errors of all: kNotFound for an id that does not exist, kInvalid for what cannot be.

// Places an order, or a renewal at any time; gives its id. kAlreadyExists: the id is taken.
base::Result<Id> person_orders(const IssueWorld& world, const PersonOrder& order);
// A new primary for the order's names, valid as long as the account and the order allow.
base::Result<void> person_reissues(const IssueWorld& world, Id order_id);
// The manual workflow: a duplicate for `csr`, approved at once. Gives the certificate's id.
base::Result<Id> person_duplicates(const IssueWorld& world, Id order_id, const std::string& csr);
// kConflict: processed already.
base::Result<void> person_approves(const IssueWorld& world, Id request_id,
                                   const std::string& comment);
base::Result<void> person_rejects(const IssueWorld& world, Id request_id,
                                  const std::string& comment);
base::Result<void> person_revokes(const IssueWorld& world, Id certificate_id);
// Validates a domain until `expires` (or lets it lapse) and issues what waited for it.
base::Result<void> person_validates(const IssueWorld& world, Id account_id,
                                    const std::string& domain, base::TimePoint expires);

}  // namespace simulator
