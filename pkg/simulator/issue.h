// Issue: requests, approvals and issuance: the effects that handlers, seeds and persons share.
// Entry points: submit, approve, reject. Each writes to the store within the caller's transaction.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "simulator/issuer.h"
#include "simulator/model.h"
#include "simulator/store.h"

namespace simulator {

struct IssueWorld {
  Store& store;
  const Issuer& issuer;
  base::TimePoint now{};
};

// What the clock decides, drawn by the caller.
struct Delays {
  std::chrono::milliseconds issue{0};  // from approval to certificate
  std::chrono::milliseconds lag{0};    // until listings show it
  bool hidden_until_issued = false;
};

struct Submission {
  // Of an order that is in the store. The names, the CSR, the ends and the kind are set; ids, times
  // of issuance and what the signature gives are filled in here.
  Certificate certificate{};
  std::optional<CsrFacts> csr_facts{};  // of the certificate's CSR if it was read already
  std::string type{};                   // of the request: new_request, duplicate, reissue
  std::string comments{};
  bool approved = false;
  Id processor_id = 0;  // who approved; 0 if nobody
  Delays delays{};
};

struct Submitted {
  CertRequest request{};
  Certificate certificate{};
  bool issued_now = false;
};

// Records the request and its certificate; signs it when approved and when every name is validated.
// Without validation the certificate waits for release_waiting().
// kInvalid: the CSR or a name cannot be used.
base::Result<Submitted> submit(const IssueWorld& world, const Order& order,
                               const Submission& submission);

// Revokes one certificate now. Does nothing if it is revoked already.
void revoke(const IssueWorld& world, Certificate certificate);

// Decides a request that waits; an approved revocation takes place at once. kConflict: it was
// processed already; kNotFound: no such request.
struct Processing {
  Id request_id = 0;
  Id processor_id = 0;
  std::string comment{};
  Delays delays{};
};
base::Result<void> approve(const IssueWorld& world, const Processing& processing);
base::Result<void> reject(const IssueWorld& world, const Processing& processing);

// Issues what waited for the validation of a domain; gives the number of certificates.
base::Result<std::size_t> release_waiting(const IssueWorld& world, Id account_id);

struct ChainLink {
  std::string common_name{};
  std::string pem{};  // LF line ends
};
ChainLink link_of(const x509::Certificate& certificate);
// Leaf, intermediate, root.
std::vector<ChainLink> chain_of(const Issuer& issuer, const Certificate& certificate);

}  // namespace simulator
