#include "rules/adoption.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/observed_builder.h"

namespace rules {
namespace {

using api::Action;
using support::kNow;
using support::leaf;
using support::observed;
using support::secret_with;
using support::submitted;
using support::unclaimed_secret;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

// A request that names nothing.
support::ObservedBuilder nameless(Action action) {
  return observed().acting(action).asking_for(std::nullopt);
}

LeafFacts leaf_for(std::string common_name, NameSet names) {
  LeafFacts facts = leaf();
  facts.common_name = std::move(common_name);
  facts.dns_names = std::move(names);
  return facts;
}

// The status of a request that installed a certificate with this fingerprint.
void installed(Observed& seen, const std::string& fingerprint) {
  seen.request.status.certificate =
      api::InstalledCertificate{.sha256_fingerprint = fingerprint,
                                .common_name = "status.example.com",
                                .dns_names = {"status.example.com", "b.example.com"},
                                .secret_uid = "uid-secret"};
}

TEST(NamesWanted, OfRequestCertificateAreTheSpecsAlone) {
  const NamesWanted names = names_wanted(nameless(Action::kRequestCertificate).with_secret(leaf()));

  EXPECT_EQ(names, NamesWanted{});
}

TEST(NamesWanted, ComeFromTheCertificateWithoutItsFreeTwins) {
  const NamesWanted names =
      names_wanted(nameless(Action::kRenew).with_secret(unclaimed_secret(leaf())));

  EXPECT_EQ(names.common_name, "shop.example.com");
  EXPECT_THAT(names.dns_names, ElementsAre("shop.example.com"));
}

TEST(NamesWanted, FillOnlyThePartThatIsLeftOut) {
  const NamesWanted names =
      names_wanted(observed()
                       .acting(Action::kSwitchToDigiCert)
                       .asking_for("a.example.com")
                       .with_secret(unclaimed_secret(
                           leaf_for("a.example.com", {"a.example.com", "b.example.com"}))));

  EXPECT_EQ(names.common_name, "a.example.com");
  EXPECT_THAT(names.dns_names, ElementsAre("a.example.com", "b.example.com"));
}

TEST(NamesWanted, LeaveOutACommonNameThatIsNoServers) {
  for (const std::string common_name : {"", "Shop Server"}) {
    const NamesWanted names =
        names_wanted(nameless(Action::kSwitchToDigiCert)
                         .with_secret(unclaimed_secret(
                             leaf_for(common_name, {"a.example.com", "b.example.com"}))));

    EXPECT_EQ(names.common_name, std::nullopt) << common_name;
    EXPECT_THAT(names.dns_names, ElementsAre("a.example.com", "b.example.com"));
  }
}

TEST(NamesWanted, KnowACommonNameInCapitals) {
  const NamesWanted names = names_wanted(
      nameless(Action::kSwitchToDigiCert)
          .with_secret(unclaimed_secret(leaf_for("Shop.Example.COM", {"shop.example.com"}))));

  EXPECT_EQ(names.common_name, "shop.example.com");
}

TEST(NamesWanted, OfASecretThatIsGoneComeFromThePendingKeyThenTheCopyThenTheStatus) {
  auto seen = nameless(Action::kRenew).with([](Observed& o) { installed(o, "f1f2"); }).build();
  EXPECT_EQ(names_wanted(seen).common_name, "status.example.com");

  seen.backup_names = NamesWanted{"copy.example.com", {"copy.example.com"}};
  EXPECT_EQ(names_wanted(seen).common_name, "copy.example.com");

  seen.pending = submitted(1min);
  EXPECT_EQ(names_wanted(seen).common_name, "shop.example.com");

  seen.pending->usable = false;
  EXPECT_EQ(names_wanted(seen).common_name, "copy.example.com");
}

TEST(NamesWanted, AreNoneWhenNothingIsLeft) {
  EXPECT_THAT(all_of(names_wanted(nameless(Action::kRenew))), IsEmpty());
}

TEST(FirstPass, IsOfRenewAndSwitchOnWhatNobodyHasClaimed) {
  const auto first = [](Action action, InstalledFacts secret) {
    return is_first_pass(observed().acting(action).with_secret(std::move(secret)));
  };

  EXPECT_TRUE(first(Action::kRenew, unclaimed_secret(leaf())));
  EXPECT_TRUE(first(Action::kSwitchToDigiCert, unclaimed_secret(leaf())));
  EXPECT_FALSE(first(Action::kRequestCertificate, unclaimed_secret(leaf())));
  EXPECT_FALSE(first(Action::kRenew, secret_with(leaf()))) << "its own label is on it";
  EXPECT_FALSE(is_first_pass(observed().acting(Action::kRenew))) << "there is no Secret";
}

TEST(FirstPass, OfRenewIncludesWhatADeletedRequestLeft) {
  InstalledFacts secret = secret_with(leaf());
  secret.owner = SecretOwner::kNobody;

  EXPECT_TRUE(is_first_pass(observed().acting(Action::kRenew).with_secret(secret)));
  EXPECT_FALSE(is_first_pass(observed().acting(Action::kSwitchToDigiCert).with_secret(secret)))
      << "the label tells that it is from here";
}

TEST(LostLabel, IsKnownByWhatTheStatusTellsOfTheInstallation) {
  const auto seen = observed()
                        .acting(Action::kRenew)
                        .with_secret(unclaimed_secret(leaf()))
                        .with([](Observed& o) { installed(o, leaf().sha256_fingerprint); })
                        .build();

  EXPECT_TRUE(has_lost_its_label(seen));
  EXPECT_FALSE(is_first_pass(seen)) << "it was replaced already: once is once";
  EXPECT_FALSE(is_taken_over(seen));
}

TEST(TakenOver, IsASecretThatHoldsSomethingElseThanWhatWasInstalled) {
  const auto with_status = [](Action action, const std::string& secret_uid) {
    return observed()
        .acting(action)
        .with_secret(unclaimed_secret(leaf()))
        .with([&](Observed& o) {
          installed(o, "another");
          o.request.status.certificate->secret_uid = secret_uid;
        })
        .build();
  };

  EXPECT_TRUE(is_taken_over(with_status(Action::kRenew, "uid-secret")));
  EXPECT_TRUE(is_taken_over(with_status(Action::kSwitchToDigiCert, "uid-secret")));
  EXPECT_FALSE(is_taken_over(with_status(Action::kSwitchToDigiCert, "")))
      << "the status tells of a certificate that was found, not installed";
  EXPECT_FALSE(is_taken_over(with_status(Action::kRequestCertificate, "uid-secret")));
}

}  // namespace
}  // namespace rules
