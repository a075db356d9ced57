#include "simulator/rules.h"

#include <algorithm>

#include <fmt/format.h>

namespace simulator {
namespace {

using std::chrono::days;
using std::chrono::seconds;

constexpr days kRenewalOpens{90};
constexpr days kRenewalCloses{7};
// Far beyond any order; private products are only bound by their order.
constexpr int kPrivateDaysMax = 20 * 365;

int days_max(const Account& account, const Product& product) {
  return product.is_private ? kPrivateDaysMax : account.certificate_days_max;
}

Refusal no_permission() {
  return {403, "access_denied|missing_permission",
          "Access denied: the key or its user lacks a permission."};
}

}  // namespace

base::TimePoint start_of_day(base::TimePoint time) {
  return std::chrono::floor<days>(time);
}

base::TimePoint end_after_days(base::TimePoint from, int count) {
  return start_of_day(from) + days{count} - seconds{1};
}

bool is_in_renewal_window(base::TimePoint order_valid_till, base::TimePoint now) {
  return now >= order_valid_till - kRenewalOpens && now <= order_valid_till + kRenewalCloses;
}

base::TimePoint certificate_end(const Account& account, const Product& product,
                                base::TimePoint asked, base::TimePoint order_valid_till,
                                base::TimePoint now) {
  const base::TimePoint longest = end_after_days(now, days_max(account, product));
  return std::min({asked, longest, order_valid_till});
}

base::TimePoint duplicate_end(const Account& account, const Product& product, const Order& order,
                              base::TimePoint primary_valid_till, base::TimePoint now) {
  const base::TimePoint longest = end_after_days(now, days_max(account, product));
  const base::TimePoint end = std::min(longest, order.valid_till);
  if (account.duplicate_end == DuplicateEnd::kOrder) return end;
  return std::min(end, primary_valid_till);
}

bool may_approve(Role role) {
  return role == Role::kAdministrator || role == Role::kManager;
}

bool is_approved_at_once(const Account& account, Role role, bool skip_approval) {
  return skip_approval && may_approve(role) && account.approval == Approval::kSkip;
}

std::optional<Refusal> check_permission(Restriction restriction, Role role, Area area,
                                        Access access) {
  const bool writes = access == Access::kWrite;
  if (area == Area::kSelf && !writes) return std::nullopt;
  if (restriction == Restriction::kView && writes) return no_permission();
  if (restriction == Restriction::kUsers && area != Area::kUsers) return no_permission();
  if (restriction == Restriction::kOrders && area != Area::kOrders) return no_permission();
  if (restriction == Restriction::kOrdersDomains && area == Area::kUsers) return no_permission();
  if (role == Role::kFinance && writes && area == Area::kOrders) return no_permission();
  return std::nullopt;
}

bool may_see(const User& user, const Order& order, Id root_container) {
  if (user.role == Role::kLimited && order.user_id != user.id) return false;
  return user.container_id == 0 || user.container_id == root_container ||
         user.container_id == order.container_id;
}

std::optional<Refusal> check_duplicate(const DuplicateFacts& facts) {
  const bool of_product = facts.product.duplicates_allowed && facts.product.validation_type != "dv";
  if (!of_product) {
    return Refusal{400, "duplicates_not_allowed|product",
                   fmt::format("{} has no duplicates.", facts.product.name_id)};
  }
  if (!facts.account.duplicates || !facts.order.allow_duplicates) {
    return Refusal{400, "duplicates_not_allowed|order",
                   fmt::format("Order {} does not allow duplicates.", facts.order.id)};
  }
  if (facts.order_status != "issued" && facts.order_status != "reissue_pending" &&
      facts.order_status != "reissue_processing") {
    return Refusal{400, "invalid_order_status",
                   fmt::format("Order {} is {}.", facts.order.id, facts.order_status)};
  }
  return check_organization(facts.product, facts.organization, facts.now);
}

std::optional<Refusal> check_renewal(const RenewalFacts& facts) {
  const Order& old = facts.old_order;
  if (old.product != facts.product) {
    return Refusal{400, "invalid_value:renewal_of_order_id",
                   fmt::format("Order {} is of another product: {}.", old.id, old.product)};
  }
  if (facts.old_status != "issued" && facts.old_status != "expired" &&
      !facts.old_status.starts_with("reissue_")) {
    return Refusal{400, "invalid_value:renewal_of_order_id",
                   fmt::format("Order {} is {}.", old.id, facts.old_status)};
  }
  if (!is_in_renewal_window(old.valid_till, facts.now)) {
    return Refusal{400, "renewal_not_allowed|window",
                   fmt::format("Order {} ends on {}; it can be renewed from 90 days before to 7 "
                               "days after that.",
                               old.id, base::format_date(old.valid_till))};
  }
  if (old.renewed_by != 0 && facts.account.refuse_second_renewal) {
    return Refusal{400, "renewal_not_allowed|renewed",
                   fmt::format("Order {} was renewed by {}.", old.id, old.renewed_by)};
  }
  return std::nullopt;
}

std::optional<Refusal> check_organization(const Product& product, const Organization* organization,
                                          base::TimePoint now) {
  if (product.validation_type == "dv") return std::nullopt;
  if (organization == nullptr) {
    return Refusal{400, "invalid_value:organization.id", "There is no such organization."};
  }
  if (organization->status != "active") {
    return Refusal{400, "organization_not_active",
                   fmt::format("Organization {} is {}.", organization->id, organization->status)};
  }
  // A private certificate needs no validated organization.
  if (organization->validated_until <= now && !product.is_private) {
    return Refusal{400, "organization_not_validated",
                   fmt::format("The validation of organization {} ended on {}.", organization->id,
                               base::format_date(organization->validated_until))};
  }
  return std::nullopt;
}

}  // namespace simulator
