#include "reconcile/secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/fake_clock.h"
#include "unit/reconcile/pair.h"

namespace reconcile {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

using support::kNow;

// As the API server returns what was created.
json stored(json object) {
  object["metadata"]["uid"] = "uid-secret";
  object["metadata"]["resourceVersion"] = "41";
  return object;
}

// What a merge patch leaves (RFC 7386).
json patched(json object, const json& patch) {
  object.merge_patch(patch);
  object["metadata"]["resourceVersion"] = "42";
  return object;
}

class SecretsTest : public testing::Test {
 protected:
  json pending() const {
    return stored(pending_secret(request_, pair_.key().to_pem(), pair_.csr(),
                                 {.account = "www.digicert.com/1",
                                  .order_id = 12345,
                                  .asked_order_id = 12000,
                                  .names = {"shop.acme.test", {"shop.acme.test", "b.acme.test"}},
                                  .key = {api::KeyAlgorithm::kEcdsa, 256}},
                                 Mark{.submitted_at = kNow, .sends = 2}));
  }
  json target() const {
    return target_secret(request_, pair_.key(), pair_.chain,
                         {.account = "www.digicert.com/1",
                          .profile = "team-a/profile",
                          .order_id = 12345,
                          .certificate_id = 678,
                          .renew_requested_at = renew_requested_at_});
  }
  // Without the name of a field there is nothing to find: keys never stand outside of data.
  std::string key_body() const {
    const std::string pem(pair_.key().to_pem().expose());
    return pem.substr(pem.find('\n') + 1, 40);
  }

  api::DuplicateCertificateRequest request_ = test::request();
  const test::Pair pair_{};
  std::string renew_requested_at_{};
  x509::ParseMemo parsed{};
};

using PendingSecretTest = SecretsTest;

TEST_F(PendingSecretTest, ReadsBackWhatItWrote) {
  const rules::PendingFacts facts = pending_facts(pending(), "uid-request", parsed);

  EXPECT_TRUE(facts.usable);
  EXPECT_EQ(facts.public_key_sha256, pair_.key().public_key_sha256());
  EXPECT_EQ(x509::Csr::parse(facts.csr)->public_key_sha256(), facts.public_key_sha256);
  EXPECT_EQ(facts.account, "www.digicert.com/1");
  EXPECT_EQ(facts.order_id, 12345);
  EXPECT_EQ(facts.asked_order_id, 12000);
  EXPECT_EQ(facts.names, (rules::FinalNames{"shop.acme.test", {"shop.acme.test", "b.acme.test"}}));
  EXPECT_EQ(facts.key, (api::KeyParameters{api::KeyAlgorithm::kEcdsa, 256}));
  EXPECT_EQ(facts.submitted_at, kNow);
  EXPECT_EQ(facts.sends, 2);
  EXPECT_EQ(facts.refusals, 0);
  EXPECT_FALSE(facts.refusal);
  EXPECT_EQ(facts.uid, "uid-secret");
  EXPECT_EQ(facts.resource_version, "41");
}

TEST_F(PendingSecretTest, KeepsTheKeyForTheInstallation) {
  const auto key = pending_key(pending(), parsed);

  ASSERT_TRUE(key);
  EXPECT_EQ(key->public_key_sha256(), pair_.key().public_key_sha256());
}

TEST_F(PendingSecretTest, IsOwnedAndControlledByTheRequest) {
  const json owners = pending()["metadata"]["ownerReferences"];

  ASSERT_EQ(owners.size(), 1U);
  EXPECT_EQ(owners[0]["uid"], "uid-request");
  EXPECT_EQ(owners[0]["controller"], true);
}

TEST_F(PendingSecretTest, IsNotUsableForARequestMadeAnew) {
  EXPECT_FALSE(pending_facts(pending(), "uid-of-another", parsed).usable);
}

TEST_F(PendingSecretTest, IsNotUsableWithAKeyOfAnotherCsr) {
  json object = pending();
  const auto other = *x509::PrivateKey::generate({});
  object["data"]["tls.key"] = base::to_base64(other.to_pem().expose());

  EXPECT_FALSE(pending_facts(object, "uid-request", parsed).usable);
}

TEST_F(PendingSecretTest, IsNotUsableWithoutOneOfItsParts) {
  for (const std::string part : {"tls.key", "tls.csr", "intent.json"}) {
    json object = pending();
    object["data"].erase(part);
    EXPECT_FALSE(pending_facts(object, "uid-request", parsed).usable) << part;
  }
}

TEST_F(PendingSecretTest, IsNotUsableWithDamagedBytes) {
  for (const std::string part : {"tls.key", "tls.csr", "intent.json"}) {
    for (const json& damage : {json("!"), json(""), json("AAAA"), json(7), json(nullptr)}) {
      json object = pending();
      object["data"][part] = damage;
      EXPECT_FALSE(pending_facts(object, "uid-request", parsed).usable) << part << " " << damage;
    }
  }
}

TEST_F(PendingSecretTest, IsNotUsableWithAnIntentOfAnotherShape) {
  for (const std::string text :
       {"[]", "7", "{}", R"({"account":"a","orderID":"12345"})",
        R"({"account":"a","orderID":1,"commonName":"x","dnsNames":[1],"keySize":256})"}) {
    json object = pending();
    object["data"]["intent.json"] = base::to_base64(text);
    EXPECT_FALSE(pending_facts(object, "uid-request", parsed).usable) << text;
  }
}

TEST_F(PendingSecretTest, ReadsASecretOfAnyShape) {
  for (const json& object : {json::object(), json{{"data", nullptr}}, json{{"data", 7}},
                             json{{"metadata", json::object()}, {"data", json::array()}}}) {
    EXPECT_FALSE(pending_facts(object, "uid-request", parsed).usable) << object;
    EXPECT_FALSE(pending_key(object, parsed)) << object;
  }
}

TEST_F(PendingSecretTest, TakesAnOddCountForNone) {
  for (const std::string text : {"", "x", "2x", "-2", "99999999999999999999"}) {
    json object = pending();
    object["metadata"]["annotations"]["duplicert.io/sends"] = text;
    EXPECT_EQ(pending_facts(object, "uid-request", parsed).sends, 0) << text;
  }
}

TEST_F(PendingSecretTest, CutsACountThatIsTooLargeForItsType) {
  json object = pending();
  object["metadata"]["annotations"]["duplicert.io/sends"] = "4294967297";

  EXPECT_GT(pending_facts(object, "uid-request", parsed).sends, 1000);
}

TEST_F(PendingSecretTest, HasAMarkThatMovesAtTheObservedVersionOnly) {
  const json before = pending();

  const json patch = mark_patch(pending_facts(before, "uid-request", parsed),
                                {.submitted_at = kNow + 3min, .sends = 3});

  EXPECT_EQ(patch["metadata"]["uid"], "uid-secret");
  EXPECT_EQ(patch["metadata"]["resourceVersion"], "41");
  EXPECT_FALSE(patch.contains("data"));
  const rules::PendingFacts after = pending_facts(patched(before, patch), "uid-request", parsed);
  EXPECT_TRUE(after.usable);
  EXPECT_EQ(after.submitted_at, kNow + 3min);
  EXPECT_EQ(after.sends, 3);
}

TEST_F(PendingSecretTest, RemembersARefusalUntilTheMarkMoves) {
  const json before = pending();
  const rules::Refusal refusal{.reason = api::Reason::kOrderNotEligible,
                               .message = "not_found|order: there is none",
                               .at = kNow + 1min,
                               .count = 2,
                               .inputs = "abc"};

  const json patch = refusal_patch(pending_facts(before, "uid-request", parsed), refusal);

  EXPECT_EQ(patch["metadata"]["resourceVersion"], "41");
  const json refused = patched(before, patch);
  const rules::PendingFacts facts = pending_facts(refused, "uid-request", parsed);
  ASSERT_TRUE(facts.refusal);
  EXPECT_EQ(facts.refusal->reason, api::Reason::kOrderNotEligible);
  EXPECT_EQ(facts.refusal->message, "not_found|order: there is none");
  EXPECT_EQ(facts.refusal->at, kNow + 1min);
  EXPECT_EQ(facts.refusal->count, 2);
  EXPECT_EQ(facts.refusal->inputs, "abc");

  const json sent_again =
      patched(refused, mark_patch(facts, {.submitted_at = kNow + 6h, .sends = 1}));
  const rules::PendingFacts again = pending_facts(sent_again, "uid-request", parsed);
  EXPECT_FALSE(again.refusal);
  EXPECT_EQ(again.refusals, 2);  // the back-off goes on from here
}

TEST_F(PendingSecretTest, RecordsTheRequestIdOfTheCa) {
  const json before = pending();

  const json patch = request_id_patch(pending_facts(before, "uid-request", parsed), 991);

  EXPECT_EQ(patch["metadata"]["resourceVersion"], "41");
  EXPECT_EQ(pending_facts(patched(before, patch), "uid-request", parsed).request_id, 991);
}

TEST_F(PendingSecretTest, HasItsKeyInTheDataAlone) {
  json object = pending();
  object.erase("data");

  EXPECT_THAT(object.dump(), Not(HasSubstr(key_body().substr(0, 20))));
  EXPECT_THAT(object.dump(), Not(HasSubstr("PRIVATE KEY")));
}

using TargetSecretTest = SecretsTest;

TEST_F(TargetSecretTest, ReadsBackAsAUsablePair) {
  renew_requested_at_ = "2026-05-01T00:00:00Z";

  const rules::InstalledFacts facts = installed_facts(stored(target()), parsed);

  EXPECT_THAT(facts.problem, IsEmpty());
  EXPECT_TRUE(facts.key_matches);
  ASSERT_TRUE(facts.leaf);
  EXPECT_EQ(facts.leaf->common_name, "shop.acme.test");
  EXPECT_EQ(facts.leaf->dns_names, (rules::NameSet{"shop.acme.test", "www.shop.acme.test"}));
  EXPECT_EQ(facts.leaf->serial_number, "0a1b2c");
  EXPECT_EQ(facts.leaf->key, (api::KeyParameters{api::KeyAlgorithm::kEcdsa, 256}));
  EXPECT_EQ(facts.order_id, 12345);
  EXPECT_EQ(facts.certificate_id, 678);
  EXPECT_EQ(facts.account, "www.digicert.com/1");
  EXPECT_EQ(facts.renew_requested_at, "2026-05-01T00:00:00Z");
  EXPECT_EQ(facts.uid, "uid-secret");
  EXPECT_EQ(facts.resource_version, "41");
}

TEST_F(TargetSecretTest, HoldsLeafAndIntermediateAndTheRootApart) {
  const json object = target();

  EXPECT_EQ(object["type"], "kubernetes.io/tls");
  EXPECT_EQ(data_of(object, "tls.crt"),
            pair_.made.leaf.to_pem() + pair_.made.intermediate.to_pem());
  EXPECT_EQ(data_of(object, "ca.crt"), pair_.made.root.to_pem());
  EXPECT_THAT(*data_of(object, "tls.key"), StartsWith("-----BEGIN PRIVATE KEY-----\n"));
}

TEST_F(TargetSecretTest, HasItsKeyInTheDataAlone) {
  json object = target();
  object.erase("data");

  EXPECT_THAT(object.dump(), Not(HasSubstr(key_body().substr(0, 20))));
  EXPECT_THAT(object.dump(), Not(HasSubstr("PRIVATE KEY")));
}

TEST_F(TargetSecretTest, IsOwnedByTheRequestOnlyIfItGoesWithIt) {
  EXPECT_FALSE(target()["metadata"].contains("ownerReferences"));

  request_.spec.deletion_policy = api::DeletionPolicy::kDelete;

  EXPECT_EQ(target()["metadata"]["ownerReferences"][0]["uid"], "uid-request");
}

TEST_F(TargetSecretTest, CarriesTheTemplatesLabelsAndAnnotations) {
  request_.spec.secret_template = {.labels = {{"team", "shop"}},
                                   .annotations = {{"reloader", "yes"}}};

  const json metadata = target()["metadata"];

  EXPECT_EQ(metadata["labels"]["team"], "shop");
  EXPECT_EQ(metadata["annotations"]["reloader"], "yes");
}

TEST_F(TargetSecretTest, DoesNotLetATemplateReplaceOurLabels) {
  request_.spec.secret_template.labels = {{"app.kubernetes.io/managed-by", "somebody"},
                                          {"duplicert.io/request", "another"},
                                          {"duplicert.io/pending", "true"}};

  const json labels = target()["metadata"]["labels"];

  EXPECT_EQ(labels, (json{{"app.kubernetes.io/managed-by", "duplicert"},
                          {"duplicert.io/request", "shop"}}));
}

TEST_F(TargetSecretTest, DoesNotLetATemplateForgeOurAnnotations) {
  request_.spec.secret_template.annotations = {{"duplicert.io/order-id", "1"},
                                               {"duplicert.io/account", "evil/1"},
                                               {"duplicert.io/renew-requested-at", "x"},
                                               {"duplicert.io/whatever", "x"}};

  const json annotations = target()["metadata"]["annotations"];

  EXPECT_EQ(annotations["duplicert.io/order-id"], "12345");
  EXPECT_EQ(annotations["duplicert.io/account"], "www.digicert.com/1");
  EXPECT_FALSE(annotations.contains("duplicert.io/renew-requested-at"));
  EXPECT_FALSE(annotations.contains("duplicert.io/whatever"));
}

TEST_F(TargetSecretTest, DropsMarksByWhichAGitOpsToolWouldPruneIt) {
  request_.spec.secret_template = {
      .labels = {{"app.kubernetes.io/instance", "app"}, {"argocd.argoproj.io/instance", "app"}},
      .annotations = {{"argocd.argoproj.io/tracking-id", "app:/Secret:a/b"},
                      {"argocd.argoproj.io/installation-id", "id"},
                      {"argocd.argoproj.io/compare-options", "IgnoreExtraneous"}}};

  const json metadata = target()["metadata"];

  EXPECT_FALSE(metadata["labels"].contains("app.kubernetes.io/instance"));
  EXPECT_FALSE(metadata["labels"].contains("argocd.argoproj.io/instance"));
  EXPECT_FALSE(metadata["annotations"].contains("argocd.argoproj.io/tracking-id"));
  EXPECT_FALSE(metadata["annotations"].contains("argocd.argoproj.io/installation-id"));
  EXPECT_TRUE(metadata["annotations"].contains("argocd.argoproj.io/compare-options"));
}

using InstalledFactsTest = SecretsTest;

TEST_F(InstalledFactsTest, SayWhichPartDoesNotParse) {
  json object = stored(target());
  object["data"]["tls.key"] = base::to_base64("no key");
  const rules::InstalledFacts without_key = installed_facts(object, parsed);
  EXPECT_THAT(without_key.problem, StartsWith("tls.key: "));
  EXPECT_TRUE(without_key.leaf);
  EXPECT_FALSE(without_key.key_matches);

  object["data"]["tls.crt"] = base::to_base64("no certificate");
  const rules::InstalledFacts without_both = installed_facts(object, parsed);
  EXPECT_THAT(without_both.problem, StartsWith("tls.crt: "));
  EXPECT_FALSE(without_both.leaf);
}

TEST_F(InstalledFactsTest, SeeThatTheKeyIsAnother) {
  json object = stored(target());
  object["data"]["tls.key"] = base::to_base64(pair_.made.root_key.to_pem().expose());

  EXPECT_FALSE(installed_facts(object, parsed).key_matches);
}

TEST_F(InstalledFactsTest, ReadAForeignSecret) {
  const rules::InstalledFacts facts = installed_facts(
      {{"type", "Opaque"}, {"metadata", {{"name", "x"}, {"namespace", "y"}, {"uid", "u"}}}},
      parsed);

  EXPECT_FALSE(facts.leaf);
  EXPECT_FALSE(facts.key_matches);
  EXPECT_EQ(facts.order_id, 0);
  EXPECT_EQ(facts.uid, "u");
}

TEST_F(InstalledFactsTest, NeverQuoteAKey) {
  json object = stored(target());
  std::string damaged(pair_.key().to_pem().expose());
  damaged.replace(damaged.size() / 2, 4, "!!!!");
  object["data"]["tls.key"] = base::to_base64(damaged);

  EXPECT_THAT(installed_facts(object, parsed).problem, Not(HasSubstr(key_body().substr(0, 8))));
}

TEST(Wipe, EmptiesEveryTextOfASecret) {
  json object{{"data", {{"tls.key", "c2VjcmV0"}}}, {"list", {"a", {{"b", "c"}}}}, {"n", 7}};

  wipe(object);

  EXPECT_EQ(object, (json{{"data", {{"tls.key", ""}}}, {"list", {"", {{"b", ""}}}}, {"n", 7}}));
}

TEST(DecodeSecretMeta, FailsWithoutMetadata) {
  EXPECT_FALSE(decode_secret_meta(json::object()));
}

}  // namespace
}  // namespace reconcile
