#include "simulator/issue.h"

#include <fmt/format.h>

#include "base/text.h"
#include "simulator/names.h"
#include "simulator/rules.h"

namespace simulator {
namespace {

// DV certificates name nobody but the host.
Subject subject_of(Store& store, const Order& order, const Certificate& certificate) {
  Subject subject;
  subject.common_name = certificate.common_name;
  const auto organization = store.organization(order.organization_id);
  if (!organization) return subject;
  subject.organization = organization->name;
  subject.city = organization->city;
  subject.state = organization->state;
  subject.country = base::upper_case(organization->country);
  return subject;
}

// Signs and stores. The order's own words stay: only times, serial and PEM are new.
base::Result<void> sign_and_put(const IssueWorld& world, const Order& order, const CsrFacts& csr,
                                Certificate& row) {
  LeafSpec spec;
  spec.subject = subject_of(world.store, order, row);
  spec.names = row.dns_names;
  spec.not_before = row.valid_from;
  spec.not_after = row.valid_till;
  spec.client_auth = row.client_auth;
  spec.hash = row.signature_hash;
  const Signed leaf = TRY(world.issuer.issue(spec, csr));
  row.pem = leaf.pem;
  row.serial = leaf.serial;
  row.thumbprint = leaf.thumbprint;
  world.store.put(row);
  return {};
}

bool is_validated(const IssueWorld& world, const Order& order, const Certificate& row) {
  const auto product = world.store.product(order.account_id, order.product);
  if (product && product->is_private) return true;
  return unvalidated_name(row.dns_names, world.store.domains(order.account_id), world.now).empty();
}

// The moment of issuance is known now; the certificate is signed now and shown then. Without
// `facts` its CSR is read again: what waited comes from the store.
base::Result<void> start_issuance(const IssueWorld& world, const Order& order, Certificate& row,
                                  std::chrono::milliseconds delay,
                                  const std::optional<CsrFacts>& facts = std::nullopt) {
  if (!is_validated(world, order, row)) {
    world.store.put(row);
    return {};
  }
  row.issued_at = world.now + delay;
  row.valid_from = start_of_day(row.issued_at);
  return sign_and_put(world, order, facts ? *facts : TRY(read_csr(row.csr)), row);
}

struct Pair {
  CertRequest request;
  Certificate certificate;
  Order order;
};

base::Result<Pair> load_waiting(const IssueWorld& world, Id request_id) {
  auto request = world.store.request(request_id);
  if (!request) {
    return base::fail(base::Code::kNotFound, fmt::format("there is no request {}", request_id));
  }
  if (request->status != "pending" && request->status != "submitted") {
    return base::fail(base::Code::kConflict,
                      fmt::format("request {} is {}", request_id, request->status));
  }
  auto certificate = world.store.certificate(request->certificate_id);
  auto order = world.store.order(request->order_id);
  if (!certificate || !order) {
    return base::fail(base::Code::kInternal, fmt::format("request {} is torn", request_id));
  }
  return Pair{*std::move(request), *std::move(certificate), *std::move(order)};
}

void close_request(const IssueWorld& world, CertRequest& request, const Processing& processing,
                   std::string_view status) {
  request.status = status;
  request.processor_id = processing.processor_id;
  request.processed_at = world.now;
  request.processor_comment = processing.comment;
  world.store.put(request);
}

}  // namespace

base::Result<Submitted> submit(const IssueWorld& world, const Order& order,
                               const Submission& submission) {
  CertRequest request;
  request.id = world.store.next_id("request");
  request.account_id = order.account_id;
  request.order_id = order.id;
  request.user_id = submission.certificate.user_id;
  request.type = submission.type;
  request.status = submission.approved ? "approved" : "pending";
  request.created_at = world.now;
  request.comments = submission.comments;
  if (submission.approved) {
    request.processor_id = submission.processor_id;
    request.processed_at = world.now;
  }
  Certificate row = submission.certificate;
  row.id = world.store.next_id("certificate");
  row.order_id = order.id;
  row.request_id = request.id;
  row.created_at = world.now;
  row.listed_at = world.now + submission.delays.lag;
  row.hidden_until_issued = submission.delays.hidden_until_issued;
  row.sub_id = world.store.last_sub_id(order.id) + 1;
  request.certificate_id = row.id;
  world.store.put(request);
  if (submission.approved) {
    TRY_VOID(start_issuance(world, order, row, submission.delays.issue, submission.csr_facts));
  } else {
    world.store.put(row);
  }
  return Submitted{request, row, submission.approved && row.issued_at <= world.now};
}

void revoke(const IssueWorld& world, Certificate certificate) {
  if (certificate.revoked_at <= world.now) return;
  certificate.revoked_at = world.now;
  world.store.put(certificate);
}

base::Result<void> approve(const IssueWorld& world, const Processing& processing) {
  Pair pair = TRY(load_waiting(world, processing.request_id));
  close_request(world, pair.request, processing, "approved");
  if (pair.request.type == "revoke") {
    revoke(world, pair.certificate);
    return {};
  }
  return start_issuance(world, pair.order, pair.certificate, processing.delays.issue);
}

base::Result<void> reject(const IssueWorld& world, const Processing& processing) {
  Pair pair = TRY(load_waiting(world, processing.request_id));
  close_request(world, pair.request, processing, "rejected");
  return {};
}

base::Result<std::size_t> release_waiting(const IssueWorld& world, Id account_id) {
  std::size_t count = 0;
  for (const CertRequest& request : world.store.requests_of_account(account_id)) {
    if (request.status != "approved" || request.type == "revoke") continue;
    auto certificate = world.store.certificate(request.certificate_id);
    const auto order = world.store.order(request.order_id);
    if (!certificate || !order || !certificate->pem.empty()) continue;
    TRY_VOID(start_issuance(world, *order, *certificate, std::chrono::milliseconds{0}));
    if (!certificate->pem.empty()) ++count;
  }
  return count;
}

ChainLink link_of(const x509::Certificate& certificate) {
  return {certificate.common_name(), certificate.to_pem()};
}

std::vector<ChainLink> chain_of(const Issuer& issuer, const Certificate& certificate) {
  return {{certificate.common_name, certificate.pem},
          link_of(issuer.intermediate()),
          link_of(issuer.root())};
}

}  // namespace simulator
