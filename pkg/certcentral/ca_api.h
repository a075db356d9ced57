// CaApi: the seam between this process and the CA, one function for each call that we make.
// Client (client.h) is the one real implementation. There is no call that withdraws, ends, replaces
// or grants anything at the CA: what the code cannot say, a bug cannot do.
//
// Every function blocks for at most the client's timeout per HTTP exchange and returns kCancelled
// soon after `stop` is requested. None of them retries; nor does any layer below.
// Errors by code, from errors.h:
//   kNotFound          the order, product, ... does not exist for this key
//   kInvalid           the CA refuses the request as it stands; reason is the CA's own code
//   kUnauthenticated   the key is wrong (CertCentral says so with 403)
//   kPermissionDenied  the key lacks a permission, or something in between answered 403
//   kExhausted         429, perhaps with retry_after
//   kUnavailable       no answer, 5xx, or not ready yet (cert_unavailable_processing)
//   kCorrupt           an answer that cannot be understood
// For the two submit functions ask class_of(error, CallKind::kPost) before anything else: an
// ambiguous error means that the CA may have acted.
// Source: dev.digicert.com, /en/certcentral-apis/services-api/.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "certcentral/types.h"

namespace certcentral {

// The longest look back that status_changes accepts (7 days).
inline constexpr std::chrono::minutes kStatusChangesMax{10'080};

// Thread-safe.
class CaApi {
 public:
  virtual ~CaApi() = default;

  // Who the API key belongs to (GET user/me): the test of a key.
  virtual base::Result<User> user_me(std::stop_token stop) = 0;

  // All pages, with validations. A key may lack the permission: kPermissionDenied is common.
  virtual base::Result<std::vector<Organization>> list_organizations(
      const OrganizationFilter& filter, std::stop_token stop) = 0;
  virtual base::Result<Organization> organization(OrganizationId id, std::stop_token stop) = 0;

  // As this key's role and division see the product. kNotFound: no such name_id.
  virtual base::Result<Product> product(const std::string& name_id, std::stop_token stop) = 0;

  // All pages, each filter checked again on our side, each order once, newest first (date_created,
  // then id). No match is an empty list.
  virtual base::Result<std::vector<OrderSummary>> list_orders(const OrderFilter& filter,
                                                              std::stop_token stop) = 0;
  virtual base::Result<Order> order(OrderId id, std::stop_token stop) = 0;
  // The order whose PRIMARY certificate has this serial number (hex, any case); duplicates are not
  // found this way. kNotFound also when the CA answers with another certificate's order.
  virtual base::Result<Order> order_by_serial(const std::string& serial_number,
                                              std::stop_token stop) = 0;

  // Asks for one duplicate: POST, sent at most once. Every one that arrives makes a certificate.
  virtual base::Result<Submission> submit_duplicate(OrderId id, const DuplicateRequest& request,
                                                    std::stop_token stop) = 0;
  // May hold the primary, or copies of it: see Duplicate.
  virtual base::Result<std::vector<Duplicate>> list_duplicates(OrderId id,
                                                               std::stop_token stop) = 0;

  // PEM with LF line ends: leaf, intermediates, root, not necessarily in that order and not
  // necessarily the certificate that was asked for: check the leaf's key. At least one certificate
  // block. kUnavailable with reason cert_unavailable_processing: too early.
  virtual base::Result<std::string> download_certificate(CertificateId id,
                                                         std::stop_token stop) = 0;

  virtual base::Result<ApprovalRequest> request(RequestId id, std::stop_token stop) = 0;

  // Places an order or a renewal: POST, sent at most once, costs money.
  virtual base::Result<Submission> submit_order(const OrderRequest& request,
                                                std::stop_token stop) = 0;

  // Orders that carry this alternative order id; it is not unique. None is an empty list. Rows
  // whose alternative id is shown and differs are dropped.
  virtual base::Result<std::vector<OrderReference>> orders_by_alternative_id(
      const std::string& alternative_order_id, std::stop_token stop) = 0;

  // Orders whose status changed within the last `window` (clamped to [1 min, kStatusChangesMax]).
  // Duplicates may not be covered.
  virtual base::Result<std::vector<StatusChange>> status_changes(std::chrono::minutes window,
                                                                 std::stop_token stop) = 0;

  // The CA's clock minus ours, from the Date header of the newest answer; nullopt before the first
  // answer that had one. Whole seconds; the header's own resolution is one second.
  virtual std::optional<std::chrono::seconds> clock_skew() const = 0;
};

}  // namespace certcentral
