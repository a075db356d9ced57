// What CertCentral's answers and requests hold, as plain values. No JSON, no behaviour beyond small
// questions. Source of the fields: dev.digicert.com, /en/certcentral-apis/services-api/.
//
// Dates. CertCentral writes validity as days, "YYYY-MM-DD". A `valid_till` is read as the END of
// that day, 23:59:59 UTC, and a `valid_from` as its start, so that comparing them with now never
// calls a certificate expired too early. The truth is the leaf's own notAfter (x509::Certificate).
//
// Texts are as the CA sends them; names of certificates are in lower case. An absent, empty or
// unreadable optional field is nullopt, never a made-up value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace certcentral {

using AccountId = std::int64_t;
using CertificateId = std::int64_t;
using ContainerId = std::int64_t;
using OrderId = std::int64_t;
using OrganizationId = std::int64_t;
using RequestId = std::int64_t;
using UserId = std::int64_t;

struct AccessRole {
  std::int64_t id = 0;  // 1 administrator, 2 limited, 3 finance, 4 manager, 5 standard user
  std::string name{};
};

struct User {
  UserId id = 0;
  AccountId account_id = 0;
  std::string username{};
  std::string status{};  // "active"
  std::string type{};    // "standard", "service"
  std::vector<AccessRole> access_roles{};
  std::optional<ContainerId> container_id{};

  // Only administrators and managers can approve, and so only they can skip the approval step.
  bool can_approve() const;
};

struct OrganizationValidation {
  std::string type{};    // "ov", "ev", ...
  std::string status{};  // "active", "pending"
  std::optional<base::TimePoint> validated_until{};
};

struct Organization {
  OrganizationId id = 0;
  std::string name{};
  std::string display_name{};
  std::string status{};
  bool is_active = false;
  std::optional<ContainerId> container_id{};
  std::vector<OrganizationValidation> validations{};
};

struct Product {
  std::string name_id{};  // opaque: "ssl_basic"
  std::string name{};
  std::string type{};             // "ssl_certificate", "dv_ssl_certificate", ...
  std::string validation_type{};  // "ov", "ev", "dv"; may be empty
  std::optional<bool> duplicates_allowed{};
  std::vector<std::string> allowed_hashes{};  // "sha256", ...; empty: not said
  std::string default_hash{};
  std::vector<int> allowed_order_validity_years{};
  std::vector<std::string> allowed_ca_cert_ids{};
  bool csr_required = true;

  bool is_dv() const { return validation_type == "dv" || type == "dv_ssl_certificate"; }
};

// kUnknown: a word that we have not met; the text beside it tells which.
enum class OrderStatus {
  kPending,
  kProcessing,
  kIssued,
  kExpired,
  kRejected,
  kDenied,
  kRevoked,
  kCanceled,
  kNeedsCsr,
  kNeedsApproval,
  kReissuePending,
  kReissueProcessing,
  kWaitingPickup,
  kUnknown,
};

// The CA's word: "needs_approval"; "unknown" for kUnknown.
std::string_view name_of(OrderStatus status);
OrderStatus order_status_of(std::string_view text);
// No certificate will come of it, or it is over: expired, rejected, denied, revoked, canceled.
bool is_closed(OrderStatus status);

// The certificate of an order as its listing shows it. Everything is absent before it is issued.
struct CertificateSummary {
  std::optional<CertificateId> id{};
  std::string common_name{};
  std::vector<std::string> dns_names{};  // includes the common name and names added free of charge
  std::optional<base::TimePoint> valid_till{};
  std::string signature_hash{};
};

// One row of the list of orders. It has neither CSR nor order validity: see Order.
struct OrderSummary {
  OrderId id = 0;
  OrderStatus status = OrderStatus::kUnknown;
  std::string status_text{};
  CertificateSummary certificate{};
  std::string product_name_id{};
  std::optional<OrganizationId> organization_id{};  // DV orders have none
  std::optional<ContainerId> container_id{};
  std::optional<base::TimePoint> date_created{};
  bool is_renewed = false;
};

// The primary certificate of an order.
struct OrderCertificate {
  std::optional<CertificateId> id{};
  std::string common_name{};
  std::vector<std::string> dns_names{};
  std::string serial_number{};  // upper-case hex
  std::string thumbprint{};     // SHA-1, upper-case hex
  std::optional<base::TimePoint> valid_from{};
  std::optional<base::TimePoint> valid_till{};
  std::string csr{};  // PEM
  std::string signature_hash{};
};

enum class RequestStatus { kSubmitted, kPending, kApproved, kRejected, kUnknown };

// The CA's word: "pending"; "unknown" for kUnknown.
std::string_view name_of(RequestStatus status);
RequestStatus request_status_of(std::string_view text);

// A request in CertCentral's sense: what an approver sees (not a Kubernetes object). The order
// inside the CA's answer may be stale or show the primary instead of the duplicate; it is not read.
struct ApprovalRequest {
  RequestId id = 0;
  std::string type{};  // "new_request", "duplicate", "reissue", "revoke"
  RequestStatus status = RequestStatus::kUnknown;
  std::string status_text{};
  std::optional<base::TimePoint> date{};
  std::string comments{};
  std::string processor_comment{};  // why it was rejected
};

struct Order {
  OrderId id = 0;
  OrderStatus status = OrderStatus::kUnknown;
  std::string status_text{};
  OrderCertificate certificate{};
  std::string product_name_id{};
  std::string product_type{};
  std::string validation_type{};
  std::optional<OrganizationId> organization_id{};
  std::string organization_name{};
  std::optional<ContainerId> container_id{};
  std::optional<base::TimePoint> date_created{};
  std::optional<base::TimePoint> order_valid_from{};
  std::optional<base::TimePoint> order_valid_till{};
  std::optional<bool> allow_duplicates{};  // nullopt: not said
  bool is_renewed = false;
  // The successor and the predecessor. Hints: links are missing at times (0 is read as absent), so
  // confirm them by product, organization, names and dates.
  std::optional<OrderId> renewed_order_id{};
  std::optional<OrderId> renewal_of_order_id{};
  bool has_pending_request = false;
  std::vector<ApprovalRequest> requests{};
  std::string alternative_order_id{};
  int duplicates_count = 0;
  int reissues_count = 0;
  bool auto_reissue = false;
  std::optional<int> server_platform_id{};
};

// One entry of an order's list of duplicates. The list may hold the primary, or the primary several
// times, instead of the duplicates: recognise an entry by the public key of its `csr`. Issued means
// that `serial_number` or `thumbprint` is there and the download succeeds, not the word in
// `status`.
struct Duplicate {
  CertificateId id = 0;  // 0: not said
  std::string common_name{};
  std::vector<std::string> dns_names{};
  std::string status{};
  std::string serial_number{};  // upper-case hex; empty: not issued yet
  std::string thumbprint{};     // SHA-1, upper-case hex
  std::string csr{};            // PEM
  std::optional<base::TimePoint> date_created{};
  std::optional<base::TimePoint> valid_from{};
  std::optional<base::TimePoint> valid_till{};

  bool looks_issued() const { return !serial_number.empty() || !thumbprint.empty(); }
  bool is_revoked() const { return status == "revoked"; }
};

// What the CA answers to a POST. For a duplicate `order_id` is the original's.
struct Submission {
  OrderId order_id = 0;
  std::optional<RequestId> request_id{};
  std::optional<RequestStatus> request_status{};  // nullopt: not said
  std::optional<CertificateId> certificate_id{};  // with immediate issuance
  // With immediate issuance: what came as certificate_chain, PEM, LF line ends, in the CA's order.
  std::optional<std::string> chain_pem{};
};

// One row of status-changes and of the lookup by alternative order id.
struct OrderReference {
  OrderId order_id = 0;
  std::optional<CertificateId> certificate_id{};
  OrderStatus status = OrderStatus::kUnknown;
  std::string status_text{};
  std::string alternative_order_id{};  // empty: not shown
};
using StatusChange = OrderReference;

// Which orders to list. Absent and empty parts do not filter.
struct OrderFilter {
  std::string common_name{};  // exactly this common name
  std::string dns_name{};     // the common name or any SAN equals it
  std::string product_name_id{};
  std::optional<OrganizationId> organization_id{};
  // kIssued also brings expired orders at the CA; rows with another status are dropped here, and
  // rows whose validity has passed stay: look at valid_till.
  std::optional<OrderStatus> status{};
  std::optional<base::TimePoint> created_from{};  // both inclusive, whole seconds
  std::optional<base::TimePoint> created_till{};
  std::size_t orders_max = 100'000;  // kExhausted beyond it
};

// `active_only` is re-checked on our side like every filter.
struct OrganizationFilter {
  std::string search{};  // part of a name; empty: all
  bool active_only = true;
};

// The body of a duplicate. The CA takes names from here, not from the CSR.
struct DuplicateRequest {
  std::string common_name{};
  std::vector<std::string> dns_names{};
  std::string csr{};  // PEM
  std::string signature_hash = "sha256";
  std::optional<int> server_platform_id{};  // 45: nginx
  std::string ca_cert_id{};                 // empty: not sent
  bool skip_approval = true;
};

// The body of a new order or, with renewal_of_order_id, of a renewal. Placing one costs money.
struct OrderRequest {
  std::string product_name_id{};  // goes into the path
  std::string common_name{};
  std::vector<std::string> dns_names{};
  std::string csr{};  // PEM
  std::string signature_hash = "sha256";
  std::optional<int> server_platform_id{};
  std::string ca_cert_id{};  // private products need one
  OrganizationId organization_id = 0;
  std::optional<ContainerId> container_id{};
  int order_validity_years = 1;
  std::string payment_method = "balance";
  std::optional<OrderId> renewal_of_order_id{};
  std::string alternative_order_id{};  // our attempt id, for recognising the order after a crash
  std::string comments{};
  bool skip_approval = true;
  bool auto_reissue = false;
};

}  // namespace certcentral
