#include "simulator/rules.h"

#include <gtest/gtest.h>

#include "simulator/products.h"

namespace simulator {
namespace {

using std::chrono::days;
using std::chrono::seconds;

base::TimePoint day(std::string_view text) {
  return base::parse_date(text).value();
}

TEST(CertificateEnd, CutsPublicCertificatesTo199Days) {
  const base::TimePoint now = day("2026-04-30") + std::chrono::hours{9};

  const auto end =
      certificate_end({}, *known_product("ssl_basic"), kNever, end_after_days(now, 365), now);

  EXPECT_EQ(base::format_time(end), "2026-11-14T23:59:59Z");
}

TEST(CertificateEnd, NeverExceedsTheOrderNorWhatWasAsked) {
  const Product basic = *known_product("ssl_basic");
  const base::TimePoint now = day("2026-04-30");

  EXPECT_EQ(certificate_end({}, basic, kNever, now + days{20}, now), now + days{20});
  EXPECT_EQ(certificate_end({}, basic, now + days{5}, now + days{20}, now), now + days{5});
}

TEST(CertificateEnd, OfPrivateProductsIsBoundByTheOrderAlone) {
  const base::TimePoint now = day("2026-04-30");
  const base::TimePoint order_end = end_after_days(now, 3 * 365);

  EXPECT_EQ(certificate_end({}, *known_product("private_ssl_plus"), kNever, order_end, now),
            order_end);
}

TEST(DuplicateEnd, IsTheOriginalsUnlessTheAccountSaysOtherwise) {
  const Product basic = *known_product("ssl_basic");
  const base::TimePoint now = day("2026-04-30");
  Order order;
  order.valid_till = now + days{150};
  Account account;

  EXPECT_EQ(duplicate_end(account, basic, order, now + days{20}, now), now + days{20});
  account.duplicate_end = DuplicateEnd::kOrder;
  EXPECT_EQ(duplicate_end(account, basic, order, now + days{20}, now), order.valid_till);
}

TEST(RenewalWindow, OpensNinetyDaysBeforeAndClosesSevenAfter) {
  const base::TimePoint end = day("2026-08-01");

  EXPECT_FALSE(is_in_renewal_window(end, end - days{90} - seconds{1}));
  EXPECT_TRUE(is_in_renewal_window(end, end - days{90}));
  EXPECT_TRUE(is_in_renewal_window(end, end + days{7}));
  EXPECT_FALSE(is_in_renewal_window(end, end + days{7} + seconds{1}));
}

TEST(Approval, IsSkippedOnlyForThoseWhoMayApprove) {
  Account account;

  EXPECT_TRUE(is_approved_at_once(account, Role::kAdministrator, true));
  EXPECT_TRUE(is_approved_at_once(account, Role::kManager, true));
  EXPECT_FALSE(is_approved_at_once(account, Role::kStandard, true));
  EXPECT_FALSE(is_approved_at_once(account, Role::kAdministrator, false));
  account.approval = Approval::kRequired;
  EXPECT_FALSE(is_approved_at_once(account, Role::kAdministrator, true));
}

TEST(Permission, FollowsTheRestrictionOfTheKey) {
  const auto refused = [](Restriction restriction, Area area, Access access) {
    return check_permission(restriction, Role::kAdministrator, area, access).has_value();
  };

  EXPECT_FALSE(refused(Restriction::kNone, Area::kOrganizations, Access::kWrite));
  EXPECT_TRUE(refused(Restriction::kOrders, Area::kOrganizations, Access::kRead));
  EXPECT_FALSE(refused(Restriction::kOrders, Area::kOrders, Access::kWrite));
  EXPECT_FALSE(refused(Restriction::kOrdersDomains, Area::kOrganizations, Access::kRead));
  EXPECT_TRUE(refused(Restriction::kView, Area::kOrders, Access::kWrite));
  EXPECT_FALSE(refused(Restriction::kView, Area::kOrders, Access::kRead));
  EXPECT_TRUE(refused(Restriction::kUsers, Area::kOrders, Access::kRead));
  EXPECT_FALSE(refused(Restriction::kUsers, Area::kSelf, Access::kRead));
}

class DuplicateRules : public ::testing::Test {
 protected:
  std::string code() const {
    const auto refusal = check_duplicate({account, product, order, status, &organization, now});
    return refusal ? refusal->code : "";
  }

  base::TimePoint now = day("2026-04-30");
  Account account{};
  Product product = *known_product("ssl_basic");
  Order order{};
  std::string status = "issued";
  Organization organization{};
};

TEST_F(DuplicateRules, LetAnIssuedOrderPass) {
  EXPECT_EQ(code(), "");
}

TEST_F(DuplicateRules, RefuseDv) {
  product = *known_product("ssl_dv_geotrust");
  EXPECT_EQ(code(), "duplicates_not_allowed|product");
}

TEST_F(DuplicateRules, RefuseAProductAnOrderOrAnAccountWithoutDuplicates) {
  product.duplicates_allowed = false;
  EXPECT_EQ(code(), "duplicates_not_allowed|product");
  product.duplicates_allowed = true;
  order.allow_duplicates = false;
  EXPECT_EQ(code(), "duplicates_not_allowed|order");
  order.allow_duplicates = true;
  account.duplicates = false;
  EXPECT_EQ(code(), "duplicates_not_allowed|order");
}

TEST_F(DuplicateRules, RefuseAnOrderThatIsNotIssued) {
  for (const char* other : {"pending", "needs_approval", "revoked", "expired", "canceled"}) {
    status = other;
    EXPECT_EQ(code(), "invalid_order_status") << other;
  }
}

TEST_F(DuplicateRules, RefuseAnOrganizationThatIsClosedOrNoLongerValidated) {
  organization.status = "inactive";
  EXPECT_EQ(code(), "organization_not_active");
  organization.status = "active";
  organization.validated_until = now;
  EXPECT_EQ(code(), "organization_not_validated");
}

class RenewalRules : public ::testing::Test {
 protected:
  std::string code(std::string_view product = "ssl_basic") const {
    const auto refusal = check_renewal({account, product, old, status, now});
    return refusal ? refusal->code : "";
  }

  base::TimePoint now = day("2026-04-30");
  Account account{};
  Order old = [this] {
    Order order;
    order.product = "ssl_basic";
    order.valid_till = now + days{30};
    return order;
  }();
  std::string status = "issued";
};

TEST_F(RenewalRules, LetARenewalInTheWindowPass) {
  EXPECT_EQ(code(), "");
}

TEST_F(RenewalRules, WantTheSameProductTheWindowAndALivingOrder) {
  EXPECT_EQ(code("ssl_plus"), "invalid_value:renewal_of_order_id");
  old.valid_till = now + days{91};
  EXPECT_EQ(code(), "renewal_not_allowed|window");
  old.valid_till = now + days{30};
  status = "revoked";
  EXPECT_EQ(code(), "invalid_value:renewal_of_order_id");
}

TEST_F(RenewalRules, LetASecondRenewalPassUnlessToldOtherwise) {
  old.renewed_by = 67890;
  EXPECT_EQ(code(), "") << "the service may take the money twice, so the simulator does";
  account.refuse_second_renewal = true;
  EXPECT_EQ(code(), "renewal_not_allowed|renewed");
}

}  // namespace
}  // namespace simulator
