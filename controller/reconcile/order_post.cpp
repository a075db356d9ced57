#include "reconcile/order_post.h"

#include <fmt/format.h>

#include "certcentral/errors.h"

namespace reconcile {
namespace {

using PostOutcome = rules::OrderPost::Outcome;

rules::OrderPost failure(const base::Error& error) {
  rules::OrderPost post{.message = error.message, .retry_after = error.retry_after};
  switch (certcentral::class_of(error, certcentral::CallKind::kPost)) {
    case certcentral::ErrorClass::kAmbiguous:
      post.outcome = PostOutcome::kUnknown;
      break;
    case certcentral::ErrorClass::kTransient:
      // What the CA answered has arrived there: a conflict is a no, not a request that got lost.
      if (!error.not_sent) {
        post.outcome = PostOutcome::kRefused;
        break;
      }
      post.outcome = PostOutcome::kNotSent;
      post.reason = api::Reason::kCaUnavailable;
      break;
    case certcentral::ErrorClass::kRateLimited:
      post.outcome = PostOutcome::kNotSent;
      post.reason = api::Reason::kRateLimited;
      break;
    case certcentral::ErrorClass::kConfiguration:
    case certcentral::ErrorClass::kTerminal:
      post.outcome = PostOutcome::kRefused;
      break;
  }
  // A bad key says nothing about the order.
  if (error.code == base::Code::kUnauthenticated) {
    post.outcome = PostOutcome::kNotSent;
    post.reason = api::Reason::kCredentialsRejected;
  }
  return post;
}

}  // namespace

certcentral::OrderRequest order_body(const api::CertificateOrder& entry,
                                     const api::AutomationProfile& profile) {
  const auto& spec = entry.spec;
  const auto& order = profile.spec.order;
  return {
      .product_name_id = spec.product_name_id,
      .common_name = spec.common_name,
      .dns_names = spec.dns_names,
      .csr = spec.csr,
      .signature_hash = std::string(api::name_of(profile.spec.certificate.signature_hash)),
      .server_platform_id = profile.spec.certificate.server_platform,
      .ca_cert_id = profile.spec.certificate.ca_cert_id.value_or(""),
      .organization_id = spec.organization_id,
      .container_id = order.container_id,
      .order_validity_years = order.validity_years,
      .payment_method = std::string(api::name_of(order.payment_method)),
      .renewal_of_order_id = spec.renewal_of,
      .alternative_order_id = spec.attempt_id,
      .comments = fmt::format("Duplicert {}, requested by {}", spec.attempt_id, spec.requested_by),
      .auto_reissue = order.auto_reissue};
}

rules::OrderPost outcome_of(const base::Result<certcentral::Submission>& answer) {
  if (!answer) return failure(answer.error());
  return {.outcome = PostOutcome::kAccepted, .order_id = answer->order_id};
}

std::string_view name_of(PostOutcome outcome) {
  switch (outcome) {
    case PostOutcome::kUnknown:
      return "unknown";
    case PostOutcome::kAccepted:
      return "accepted";
    case PostOutcome::kRefused:
      return "refused";
    case PostOutcome::kNotSent:
      return "not_sent";
  }
  return "unknown";
}

}  // namespace reconcile
