// The pure functions of observe.h.
#include "reconcile/observe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/fake_clock.h"
#include "unit/reconcile/pair.h"

namespace reconcile {
namespace {

using namespace std::chrono_literals;
using certcentral::Urgency;
using testing::IsEmpty;
using testing::Not;

using support::kNow;

class IssuedFactsTest : public testing::Test {
 protected:
  rules::IssuedFacts read(const std::string& pem) {
    return issued_facts(pem, 678, pair_.made.key_sha256(), chain_, parsed_);
  }

  const test::Pair pair_{};
  std::optional<x509::Chain> chain_{};
  x509::ParseMemo parsed_{};
};

TEST_F(IssuedFactsTest, TellTheLeafForOurKeyAndGiveTheChain) {
  const rules::IssuedFacts facts = read(pair_.pem());

  EXPECT_EQ(facts.certificate_id, 678);
  EXPECT_THAT(facts.problem, IsEmpty());
  ASSERT_TRUE(facts.leaf);
  EXPECT_EQ(facts.leaf->public_key_sha256, pair_.made.key_sha256());
  EXPECT_EQ(facts.leaf->serial_number, "0a1b2c");
  ASSERT_TRUE(chain_);
  EXPECT_EQ(chain_->intermediates.size(), 1U);
}

TEST_F(IssuedFactsTest, DoNotDependOnTheOrderOfTheCertificates) {
  const rules::IssuedFacts facts =
      read(pair_.made.root.to_pem() + pair_.made.leaf.to_pem() + pair_.made.intermediate.to_pem());

  ASSERT_TRUE(facts.leaf);
  EXPECT_EQ(chain_->tls_crt(), pair_.chain.tls_crt());
}

TEST_F(IssuedFactsTest, HaveNoLeafWhenTheCertificateIsForAnotherKey) {
  const test::Pair other;

  const rules::IssuedFacts facts = read(other.pem());

  EXPECT_FALSE(facts.leaf);
  EXPECT_FALSE(chain_);
  EXPECT_THAT(facts.problem, Not(IsEmpty()));
  EXPECT_EQ(facts.certificate_id, 678);
}

TEST_F(IssuedFactsTest, HaveNoLeafWhenTheIssuersSignatureDoesNotVerify) {
  const test::Pair other;  // an issuing CA of the same name, with another key

  const rules::IssuedFacts facts =
      read(x509::test::issue({.key_identifiers = false}, pair_.key(), pair_.made.intermediate_key,
                             pair_.made.intermediate)
               .to_pem() +
           x509::test::issue({.common_name = "Test Issuing CA",
                              .kind = x509::test::Kind::kCa,
                              .key_identifiers = false},
                             other.made.intermediate_key, other.made.root_key, other.made.root)
               .to_pem());

  EXPECT_FALSE(facts.leaf);
  EXPECT_FALSE(chain_);
  EXPECT_THAT(facts.problem, Not(IsEmpty()));
}

TEST_F(IssuedFactsTest, HaveNoLeafWhenNothingParses) {
  for (const std::string pem :
       {"", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
    const rules::IssuedFacts facts = read(pem);
    EXPECT_FALSE(facts.leaf) << pem;
    EXPECT_THAT(facts.problem, Not(IsEmpty())) << pem;
  }
}

// A request whose status says that this version of its Secret was verified.
class VerifiedBeforeTest : public testing::Test {
 protected:
  VerifiedBeforeTest() {
    request_.status.certificate =
        api::InstalledCertificate{.id = 678,
                                  .serial_number = "0a1b",
                                  .sha256_fingerprint = "f1f2",
                                  .not_before = kNow - 24h,
                                  .not_after = kNow + 24h,
                                  .common_name = "shop.acme.test",
                                  .dns_names = {"shop.acme.test", "www.shop.acme.test"},
                                  .secret_uid = "uid-secret",
                                  .secret_resource_version = "41"};
    secret_.meta = {.namespace_ = "team-a",
                    .name = "shop-tls",
                    .uid = "uid-secret",
                    .resource_version = "41",
                    .annotations = {{"duplicert.io/order-id", "12345"},
                                    {"duplicert.io/account", "www.digicert.com/1"}}};
  }

  api::DuplicateCertificateRequest request_ = test::request();
  SecretMeta secret_{};
};

TEST_F(VerifiedBeforeTest, TellsThePairWithoutARead) {
  const auto facts = verified_before(request_, secret_);

  ASSERT_TRUE(facts);
  EXPECT_TRUE(facts->key_matches);
  EXPECT_EQ(facts->leaf->not_after, kNow + 24h);
  EXPECT_EQ(facts->leaf->dns_names, (rules::NameSet{"shop.acme.test", "www.shop.acme.test"}));
  EXPECT_EQ(facts->order_id, 12345);
  EXPECT_EQ(facts->account, "www.digicert.com/1");
  EXPECT_EQ(facts->resource_version, "41");
}

TEST_F(VerifiedBeforeTest, NeedsAReadWhenTheSecretHasAnotherVersion) {
  secret_.meta.resource_version = "42";

  EXPECT_FALSE(verified_before(request_, secret_));
}

TEST_F(VerifiedBeforeTest, NeedsAReadWhenTheSecretWasMadeAnew) {
  secret_.meta.uid = "another";

  EXPECT_FALSE(verified_before(request_, secret_));
}

TEST_F(VerifiedBeforeTest, NeedsAReadWhenTheStatusNamesNoSecret) {
  secret_.meta.uid.clear();
  request_.status.certificate->secret_uid.clear();

  EXPECT_FALSE(verified_before(request_, secret_));
}

TEST_F(VerifiedBeforeTest, NeedsAReadWhenTheStatusLacksTheValidity) {
  request_.status.certificate->not_after.reset();

  EXPECT_FALSE(verified_before(request_, secret_));
}

TEST_F(VerifiedBeforeTest, NeedsAReadWhenTheSpecDemandsAKindOfKey) {
  request_.spec.private_key.emplace();

  EXPECT_FALSE(verified_before(request_, secret_));
}

TEST_F(VerifiedBeforeTest, NeedsAReadWhenTheSpecAsksForAKeystore) {
  request_.spec.keystores.pkcs12.emplace();

  EXPECT_FALSE(verified_before(request_, secret_));
}

TEST_F(VerifiedBeforeTest, NeedsAReadWhenTheSpecHasChangedSince) {
  request_.meta.generation = 2;  // perhaps it asks for a keystore no more

  EXPECT_FALSE(verified_before(request_, secret_));
}

TEST_F(VerifiedBeforeTest, NeedsAReadWithoutAStatus) {
  request_.status = {};

  EXPECT_FALSE(verified_before(request_, secret_));
}

rules::Observed with_leaf(base::TimePoint not_after) {
  rules::Observed facts{.request = test::request()};
  facts.installed.emplace().leaf = rules::LeafFacts{.not_after = not_after};
  return facts;
}

TEST(TurnOf, PutsWhatExpiresSoonestFirst) {
  const auto soon = turn_of(with_leaf(kNow + 1h));
  const auto later = turn_of(with_leaf(kNow + 2h));

  EXPECT_EQ(soon.urgency, Urgency::kExpiring);
  EXPECT_EQ(later.urgency, Urgency::kExpiring);
  EXPECT_LT(soon.needed_by, later.needed_by);
}

TEST(TurnOf, PutsANewRequestBehindWhatExpires) {
  const auto fresh = turn_of({.request = test::request()});

  EXPECT_EQ(fresh.urgency, Urgency::kNew);
  EXPECT_LT(turn_of(with_leaf(kNow)).urgency, fresh.urgency);
}

TEST(TurnOf, PutsASecretWithoutACertificateAmongTheNewOnes) {
  rules::Observed facts{.request = test::request()};
  facts.installed.emplace().problem = "tls.crt: damaged";

  EXPECT_EQ(turn_of(facts).urgency, Urgency::kNew);
}

TEST(TurnOf, PutsASuspendedRequestLast) {
  rules::Observed facts = with_leaf(kNow);
  facts.request.spec.suspend = true;

  EXPECT_EQ(turn_of(facts).urgency, Urgency::kBackground);
}

}  // namespace
}  // namespace reconcile
