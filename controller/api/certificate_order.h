// CertificateOrder: one entry of the ledger of orders that Duplicert places.
// Plain values; written by the controller only. Entry point: CertificateOrder at the end.
// The comments of the fields are their descriptions in crds/certificateorders.yaml.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/conditions.h"
#include "api/metadata.h"
#include "api/spec_parts.h"

namespace api {

struct CertificateOrderSpec {
  // Renewal of an existing order, or New.
  OrderKind kind = OrderKind::kRenewal;
  // The account as <host>/<account id>. Example: www.digicert.com/1234567.
  std::string account{};
  // The AutomationProfile through which the order is placed, as <namespace>/<name>.
  std::string profile{};
  // Number of the order that is renewed. Only with kind: Renewal.
  std::optional<OrderId> renewal_of{};
  // Product name_id of the order.
  std::string product_name_id{};
  // Number of the organization of the order.
  OrganizationId organization_id = 0;
  // Common name of the order.
  std::string common_name{};
  // DNS names of the order.
  std::vector<std::string> dns_names{};
  // The certificate signing request of the order, in PEM.
  std::string csr{};
  // SHA-256 of the public key in the CSR (SubjectPublicKeyInfo, DER) in lower-case hexadecimal. An
  // order is recognised as ours by it.
  std::string public_key_sha256{};
  // Sent to the CA as alternative_order_id: the name of this entry.
  std::string attempt_id{};
  // The DuplicateCertificateRequest that first needed the order, as <namespace>/<name>.
  std::string requested_by{};

  bool operator==(const CertificateOrderSpec&) const = default;
};

struct CertificateOrderStatus {
  // Open: nothing was sent. Submitted: the request may have been sent. Placed: the CA has the
  // order. Closed for good: Issued, Refused (by the CA), Rejected (by an approver), Superseded
  // (another order was found) or Abandoned (nobody needs it any more). Default: Open.
  OrderState state = OrderState::kOpen;
  // Number of the order in CertCentral.
  std::optional<OrderId> order_id{};
  // Written right before the request is sent, so that a lost answer is noticed.
  std::optional<base::TimePoint> submitted_at{};
  // How often the request may have been sent: once, or once more if the CA never showed it.
  std::int32_t submissions = 0;
  // When the order was seen at the CA.
  std::optional<base::TimePoint> placed_at{};
  // When the entry was closed. Closed entries are kept for 30 days, the newest of
  // its group for good.
  std::optional<base::TimePoint> closed_at{};
  // Until when the order is paid.
  std::optional<base::TimePoint> valid_till{};
  // What the CA said, or what a person should do.
  std::string message{};
  // When the order is tried or looked for again, for all requests that wait for it.
  std::optional<base::TimePoint> next_attempt_time{};
  // Ready: the order is issued. Reconciling: work goes on by itself. Stalled: a person must act.
  Conditions conditions{};

  bool operator==(const CertificateOrderStatus&) const = default;
};

// An entry of the ledger of orders that Duplicert places. The controller writes it; it makes sure
// that nothing is bought twice. Do not create, change or delete one while it is open.
struct CertificateOrder {
  ObjectMeta meta{};
  // What is bought. It never changes.
  CertificateOrderSpec spec{};
  // How far the order has come.
  CertificateOrderStatus status{};

  bool operator==(const CertificateOrder&) const = default;
};

}  // namespace api
