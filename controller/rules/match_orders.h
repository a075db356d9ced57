// Which order a request may use: eligibility, and the latest of the eligible ones. Pure.
// Entry point: match_orders. Rules: docs/rules.md, "Finding the order".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "rules/names.h"

namespace rules {

// What an order is doing, as far as rules need it.
enum class OrderState {
  kIssued,
  kInProgress,  // pending, processing, needs_csr, needs_approval, waiting_pickup, ...
  kReissuing,   // reissue_pending, reissue_processing
  kEnded,       // expired, rejected, denied, revoked, canceled
};

// Reads CertCentral's status word; an unknown word is kInProgress, which is never duplicated and
// never bought again.
OrderState order_state(std::string_view status);

struct OrderFacts {
  std::int64_t id = 0;
  std::string status{};  // the CA's word
  std::string common_name{};
  std::vector<std::string>
      dns_names{};  // with the common name and free twins, as the CA lists them
  std::string product{};
  std::int64_t organization_id = 0;
  bool allow_duplicates = false;
  base::TimePoint date_created{};
  std::optional<base::TimePoint> order_valid_till{};        // end of that day
  std::optional<base::TimePoint> certificate_valid_till{};  // end of that day
  std::int64_t certificate_id = 0;
  std::int64_t renewed_order_id = 0;     // 0: none known
  std::int64_t renewal_of_order_id = 0;  // 0: none known

  bool operator==(const OrderFacts&) const = default;
};

// The instant until which the order is paid: order_valid_till, else its certificate's end.
base::TimePoint paid_until(const OrderFacts& order);

// What the profile and the request demand of an order.
struct MatchQuery {
  NamesWanted names{};
  std::string product{};
  std::int64_t organization_id = 0;
  std::optional<std::int64_t> order_id{};  // spec.orderID: this order alone, or its renewal
  base::TimePoint now{};
};

// Why an order is or is not eligible. Only kEligible may be duplicated.
enum class Verdict {
  kEligible,
  kNotIssued,
  kExpired,
  kOtherProduct,
  kOtherOrganization,
  kDuplicatesOff,
  kExtraNames,    // the request has names that this order has not, and its product allows none
  kMissingNames,  // the order has names that the request leaves out
  kOtherCommonName,
};

struct Candidate {
  OrderFacts order{};
  Verdict verdict{};
  std::string reason{};  // one sentence for a person; empty if eligible
};

struct Match {
  std::optional<OrderFacts> latest{};   // the order to duplicate
  FinalNames names{};                   // what to send; set when latest is
  std::vector<Candidate> candidates{};  // latest first; those that match by name, or by id
};

// Products that may have extra SANs on a duplicate: ssl_wildcard and private_ssl_wildcard.
bool allows_extra_names(std::string_view product);
// Products whose duplicates may leave names out: the flex products.
// CertCentral: docs.digicert.com, "Flex certificates: duplicate".
bool allows_fewer_names(std::string_view product);

Match match_orders(const std::vector<OrderFacts>& orders, const MatchQuery& query);

// Whether `installed` is order `wanted` or one of its renewals, as far as the CA's links tell.
bool is_in_chain(const std::vector<OrderFacts>& orders, std::int64_t wanted,
                 std::int64_t installed);

// The first verdict that speaks against `order`, every filter checked again on our side.
Candidate judge(const OrderFacts& order, const MatchQuery& query);

// The names that a duplicate of `order` is asked for with.
FinalNames final_names(const OrderFacts& order, const NamesWanted& wanted);

}  // namespace rules
