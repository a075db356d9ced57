#include "api/defaults.h"

#include <chrono>

#include <gtest/gtest.h>

namespace {

using api::KeyAlgorithm;
using api::NamespacesFrom;
using api::OnNoRenewedOrder;
using std::chrono::days;

const api::AutomationProfileSpec kProfile{};
const api::DuplicateCertificateRequestSpec kRequest{};

TEST(EffectivePrivateKey, HasTheSizeOfItsAlgorithm) {
  EXPECT_EQ(api::effective_private_key(kProfile, kRequest),
            (api::KeyParameters{.algorithm = KeyAlgorithm::kEcdsa, .size = 256}));
  EXPECT_EQ(api::key_parameters({.algorithm = KeyAlgorithm::kRsa}),
            (api::KeyParameters{.algorithm = KeyAlgorithm::kRsa, .size = 2048}));
}

TEST(EffectivePrivateKey, OfTheRequestReplacesTheProfilesAsAWhole) {
  const api::AutomationProfileSpec profile{
      .private_key = {.algorithm = KeyAlgorithm::kRsa, .size = 4096}};
  const api::DuplicateCertificateRequestSpec request{
      .private_key = api::PrivateKeySpec{.algorithm = KeyAlgorithm::kRsa}};

  EXPECT_EQ(api::effective_private_key(profile, kRequest).size, 4096);
  EXPECT_EQ(api::effective_private_key(profile, request).size, 2048);
}

TEST(EffectiveRenewal, IsThirtyDaysWhenNobodySaysAnything) {
  EXPECT_EQ(api::effective_renewal(kProfile, kRequest),
            (api::EffectiveRenewal{.automatic = true,
                                   .before = days{30},
                                   .on_no_renewed_order = OnNoRenewedOrder::kRenewOrder}));
}

TEST(EffectiveRenewal, TakesTheTimeOfTheRequestFirst) {
  const api::AutomationProfileSpec profile{.renewal = {.before_percentage = 20}};
  const api::DuplicateCertificateRequestSpec request{.renewal = {.before = days{45}}};

  const auto of_profile = api::effective_renewal(profile, kRequest);
  const auto of_request = api::effective_renewal(profile, request);

  EXPECT_EQ(api::renew_before(of_profile, days{200}), days{40});
  EXPECT_EQ(of_request.before_percentage, std::nullopt);
  EXPECT_EQ(api::renew_before(of_request, days{200}), days{45});
}

TEST(EffectiveRenewal, ARequestCanSwitchItOffButNotOn) {
  const api::AutomationProfileSpec off{.renewal = {.auto_ = false}};

  EXPECT_FALSE(api::effective_renewal(kProfile, {.renewal = {.auto_ = false}}).automatic);
  EXPECT_FALSE(api::effective_renewal(off, {.renewal = {.auto_ = true}}).automatic);
  EXPECT_TRUE(api::effective_renewal(kProfile, {.renewal = {.auto_ = true}}).automatic);
}

TEST(EffectiveRenewal, ARequestCanForbidBuyingButNotAllowIt) {
  const api::AutomationProfileSpec waiting{
      .renewal = {.on_no_renewed_order = OnNoRenewedOrder::kWait}};
  const api::DuplicateCertificateRequestSpec forbids{
      .renewal = {.on_no_renewed_order = OnNoRenewedOrder::kWait}};
  const api::DuplicateCertificateRequestSpec wants{
      .renewal = {.on_no_renewed_order = OnNoRenewedOrder::kRenewOrder}};

  EXPECT_EQ(api::effective_renewal(kProfile, forbids).on_no_renewed_order, OnNoRenewedOrder::kWait);
  EXPECT_EQ(api::effective_renewal(waiting, wants).on_no_renewed_order, OnNoRenewedOrder::kWait);
}

TEST(EffectiveWindows, OfTheRequestReplaceTheProfiles) {
  const api::Window nightly{.cron = "0 2 * * *", .duration = std::chrono::hours{4}};
  const api::Window weekly{.cron = "0 2 * * 6", .duration = std::chrono::hours{8}};
  const api::AutomationProfileSpec profile{.schedule = {.windows = {nightly}}};

  EXPECT_EQ(api::effective_windows(profile, kRequest), std::vector{nightly});
  EXPECT_EQ(api::effective_windows(profile, {.schedule = {.windows = {weekly}}}),
            std::vector{weekly});
}

TEST(CaBundlePem, IsDecoded) {
  EXPECT_EQ(api::ca_bundle_pem({}), "");
  EXPECT_EQ(api::ca_bundle_pem({.ca_bundle = "cGVt"}), "pem");
  const auto wrong = api::ca_bundle_pem({.ca_bundle = "%"});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, base::Code::kInvalid);
}

TEST(ProfileNamespace, IsTheRequestsOwnUnlessGiven) {
  api::DuplicateCertificateRequest request;
  request.meta.namespace_ = "team-a";
  EXPECT_EQ(api::profile_namespace(request), "team-a");

  request.spec.profile_ref.namespace_ = "shared";
  EXPECT_EQ(api::profile_namespace(request), "shared");
}

class AllowsNamespace : public testing::Test {
 protected:
  bool team_a_may() const { return api::allows_namespace(profile_, "team-a", {{"team", "a"}}); }
  api::AllowedNamespaces& allowed() { return profile_.spec.allowed_namespaces; }

  api::AutomationProfile profile_{.meta = {.namespace_ = "shared"}};
};

TEST_F(AllowsNamespace, AlwaysTheProfilesOwn) {
  EXPECT_TRUE(api::allows_namespace(profile_, "shared", {}));
}

TEST_F(AllowsNamespace, NoOtherByDefault) {
  EXPECT_FALSE(team_a_may());
}

TEST_F(AllowsNamespace, EachOneWithAll) {
  allowed().from = NamespacesFrom::kAll;

  EXPECT_TRUE(team_a_may());
}

TEST_F(AllowsNamespace, ThoseThatTheSelectorMatches) {
  allowed().from = NamespacesFrom::kSelector;
  EXPECT_FALSE(team_a_may()) << "no selector";

  allowed().selector = api::LabelSelector{.match_labels = {{"team", "a"}}};
  EXPECT_TRUE(team_a_may());

  allowed().selector = api::LabelSelector{.match_labels = {{"team", "b"}}};
  EXPECT_FALSE(team_a_may());
}

}  // namespace
