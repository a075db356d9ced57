// Rules: what the real service refuses, and how long a certificate lives. Pure.
// Sources: dev.digicert.com, services-api (orders/*, errors, best-practices); docs.digicert.com,
// "Request duplicate certificates", "End of 397-day certificates"; knowledge base SO23295.
#pragma once

#include <optional>
#include <string_view>

#include "simulator/model.h"
#include "simulator/refusal.h"

namespace simulator {

// 00:00:00 of the day of `time`, and the last second of a span of `days` that begins on that day.
base::TimePoint start_of_day(base::TimePoint time);
base::TimePoint end_after_days(base::TimePoint from, int days);

// A renewal may be placed from 90 days before to 7 days after the end of the order.
bool is_in_renewal_window(base::TimePoint order_valid_till, base::TimePoint now);

// The end of a primary certificate that begins at `now`: what was asked for (kNever: as long as
// possible), cut to the maximum of public certificates and to the end of the order.
base::TimePoint certificate_end(const Account& account, const Product& product,
                                base::TimePoint asked, base::TimePoint order_valid_till,
                                base::TimePoint now);
// The end of a duplicate: see DuplicateEnd. Never later than the order.
base::TimePoint duplicate_end(const Account& account, const Product& product, const Order& order,
                              base::TimePoint primary_valid_till, base::TimePoint now);

// Whether a request is approved as it comes in: it asked for it, the user is an administrator or
// a manager, and the account skips the approval step.
bool is_approved_at_once(const Account& account, Role role, bool skip_approval);
// Administrators and managers.
bool may_approve(Role role);

// What a key is used for, as far as restrictions care.
enum class Area { kSelf, kOrders, kOrganizations, kUsers };
enum class Access { kRead, kWrite };
std::optional<Refusal> check_permission(Restriction restriction, Role role, Area area,
                                        Access access);
// Limited users see only their own orders; a user of a container only that container's.
bool may_see(const User& user, const Order& order, Id root_container);

struct DuplicateFacts {
  const Account& account;
  const Product& product;
  const Order& order;
  std::string_view order_status;
  const Organization* organization = nullptr;  // nullptr for DV
  base::TimePoint now{};
};
std::optional<Refusal> check_duplicate(const DuplicateFacts& facts);

struct RenewalFacts {
  const Account& account;
  std::string_view product;  // of the new order
  const Order& old_order;
  std::string_view old_status;
  base::TimePoint now{};
};
std::optional<Refusal> check_renewal(const RenewalFacts& facts);

// An order needs an organization that is active and validated, DV orders none.
std::optional<Refusal> check_organization(const Product& product, const Organization* organization,
                                          base::TimePoint now);

}  // namespace simulator
