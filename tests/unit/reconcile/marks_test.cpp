// Marks of target Secrets, and what adoption reads and writes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/names.h"
#include "reconcile/patch_over.h"
#include "reconcile/secrets.h"
#include "unit/reconcile/pair.h"

namespace reconcile {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

class MarksTest : public testing::Test {
 protected:
  // The target Secret as the API server would return it, with what it says of its managers.
  json stored(const std::string& backup = "") const {
    json secret = target_secret(request_, pair_.key(), pair_.chain,
                                {.backup = backup,
                                 .account = "www.digicert.com/1",
                                 .profile = "team-a/profile",
                                 .order_id = 12345,
                                 .certificate_id = 678});
    return with_managers(std::move(secret));
  }
  static json with_managers(json secret) {
    auto& metadata = secret["metadata"];
    metadata["uid"] = "uid-secret";
    metadata["resourceVersion"] = "41";
    json fields = json::object();
    for (const auto& [name, value] : metadata["labels"].items()) {
      fields["f:labels"]["f:" + name] = json::object();
    }
    for (const auto& [name, value] : metadata["annotations"].items()) {
      fields["f:annotations"]["f:" + name] = json::object();
    }
    if (metadata.contains("ownerReferences") && !metadata["ownerReferences"].empty()) {
      fields["f:ownerReferences"][R"(k:{"uid":"uid-request"})"] = json::object();
    }
    metadata["managedFields"] = {
        {{"manager", "duplicert"}, {"operation", "Apply"}, {"fieldsV1", {{"f:metadata", fields}}}}};
    return secret;
  }
  bool fit(const json& secret) const { return marks_fit(request_, *decode_secret_meta(secret)); }

  api::DuplicateCertificateRequest request_ = test::request();
  const test::Pair pair_{};
};

TEST_F(MarksTest, FitRightAfterAnInstallation) {
  EXPECT_TRUE(fit(stored()));
  request_.spec.deletion_policy = api::DeletionPolicy::kDelete;
  request_.spec.secret_template.labels = {{"team", "a"}};
  request_.spec.secret_template.annotations = {{"note", "x"}};
  EXPECT_TRUE(fit(stored()));
}

TEST_F(MarksTest, DoNotFitAfterAnEdit) {
  const json before = stored();
  request_.spec.secret_template.labels = {{"team", "a"}};
  EXPECT_FALSE(fit(before));
  request_ = test::request();
  request_.spec.secret_template.annotations = {{"note", "x"}};
  EXPECT_FALSE(fit(before));
  request_ = test::request();
  request_.spec.deletion_policy = api::DeletionPolicy::kDelete;
  EXPECT_FALSE(fit(before));
  request_ = test::request();
  request_.meta.name = "another";
  EXPECT_FALSE(fit(before));
}

TEST_F(MarksTest, DoNotFitWhileTheyHoldWhatTheTemplateNoLongerHas) {
  request_.spec.secret_template.labels = {{"team", "a"}};
  request_.spec.deletion_policy = api::DeletionPolicy::kDelete;
  const json before = stored();

  request_.spec.secret_template.labels.clear();
  EXPECT_FALSE(fit(before));
  request_.spec.secret_template.labels = {{"team", "a"}};
  request_.spec.deletion_policy = api::DeletionPolicy::kRetain;
  EXPECT_FALSE(fit(before));
}

TEST_F(MarksTest, LeaveWhatOthersAddedAlone) {
  json secret = stored();
  secret["metadata"]["labels"]["of-another"] = "x";
  secret["metadata"]["annotations"]["of-another"] = "x";

  EXPECT_TRUE(fit(secret));
  EXPECT_FALSE(marks_of(request_, secret)["metadata"]["labels"].contains("of-another"));
}

TEST_F(MarksTest, AreWrittenInOneWriteThatLeavesThePairAlone) {
  json secret = stored();
  const json pair = secret["data"];
  request_.spec.secret_template.labels = {{"team", "a"}};

  const json patch = patch_over(secret, marks_of(request_, secret), request_.meta.uid);
  secret.merge_patch(patch);

  EXPECT_FALSE(patch.contains("data"));
  EXPECT_EQ(secret["data"], pair);
  EXPECT_EQ(secret["metadata"]["labels"]["team"], "a");
  EXPECT_TRUE(fit(with_managers(secret))) << "one write is enough";
}

TEST_F(MarksTest, GoWithTheTemplateThatAskedForThem) {
  request_.spec.secret_template.labels = {{"team", "a"}};
  request_.spec.secret_template.annotations = {{"note", "x"}};
  request_.spec.deletion_policy = api::DeletionPolicy::kDelete;
  json secret = stored();
  request_ = test::request();

  secret.merge_patch(patch_over(secret, marks_of(request_, secret), request_.meta.uid));

  EXPECT_FALSE(secret["metadata"]["labels"].contains("team"));
  EXPECT_FALSE(secret["metadata"]["annotations"].contains("note"));
  EXPECT_EQ(secret["metadata"]["ownerReferences"], json::array());
  EXPECT_TRUE(fit(with_managers(secret)));
}

// Somebody has edited the owner that we wrote: it is theirs by managedFields, and still ours.
TEST_F(MarksTest, FitAfterOneWriteWhoeverWroteTheOwnerThatIsOurs) {
  request_.spec.deletion_policy = api::DeletionPolicy::kDelete;
  json secret = stored();
  secret["metadata"]["managedFields"][0]["manager"] = "kubectl-edit";
  request_.spec.deletion_policy = api::DeletionPolicy::kRetain;
  ASSERT_FALSE(fit(secret));

  secret.merge_patch(patch_over(secret, marks_of(request_, secret), request_.meta.uid));

  EXPECT_TRUE(fit(secret));
}

// Anybody may write managedFields: what no patch could take away must not keep the marks from
// fitting.
TEST_F(MarksTest, FitWhateverManagedFieldsTellOfWhatIsNotThere) {
  json secret = stored();
  auto& fields = secret["metadata"]["managedFields"][0]["fieldsV1"]["f:metadata"];
  fields["f:labels"]["f:gone"] = json::object();
  fields["f:ownerReferences"][R"(k:{"name":"x"})"] = json::object();

  EXPECT_TRUE(fit(secret));
}

TEST_F(MarksTest, NeverMakeAnAdoptedSecretGoWithItsRequest) {
  request_.spec.deletion_policy = api::DeletionPolicy::kDelete;
  const json adopted = stored("shop-tls-before-0011223344556677");

  EXPECT_FALSE(adopted["metadata"].contains("ownerReferences"));
  EXPECT_FALSE(marks_of(request_, adopted)["metadata"].contains("ownerReferences"));
  EXPECT_TRUE(fit(adopted));
  x509::ParseMemo parsed;
  EXPECT_EQ(installed_facts(adopted, parsed).backup_name, "shop-tls-before-0011223344556677");
}

TEST_F(MarksTest, ReadManagedFieldsOfAnyShape) {
  const std::vector<json> shapes{nullptr,
                                 7,
                                 json::array({7}),
                                 {{"f:labels", 7}},
                                 {{"f:ownerReferences", {{"k:no json", 1}}}},
                                 {{"f:ownerReferences", {{R"(k:{"uid":5})", 1}}}}};
  for (const json& fields : shapes) {
    json secret = stored();
    secret["metadata"]["managedFields"] = {
        {{"manager", "duplicert"}, {"operation", "Apply"}, {"fieldsV1", {{"f:metadata", fields}}}}};
    EXPECT_TRUE(decode_secret_meta(secret)) << fields;
  }
}

TEST_F(MarksTest, NoObstacleToAdoptionIsAPlainSecret) {
  EXPECT_THAT(adoption_obstacle({{"metadata", {{"name", "shop-tls"}}}}), IsEmpty());
  EXPECT_THAT(adoption_obstacle({{"metadata",
                                  {{"name", "shop-tls"},
                                   {"labels", {{"app", "shop"}}},
                                   {"annotations", {{"note", "x"}}}}}}),
              IsEmpty());
}

TEST_F(MarksTest, WhatCannotBeReadIsNotAdopted) {
  EXPECT_THAT(adoption_obstacle(json::object()), HasSubstr("metadata"));
}

TEST_F(MarksTest, ObstaclesToAdoptionNameTheOwnerAndTheFix) {
  const auto obstacle = [](json metadata) {
    metadata["name"] = "shop-tls";
    return adoption_obstacle({{"metadata", metadata}});
  };

  EXPECT_THAT(obstacle({{"ownerReferences",
                         {{{"apiVersion", "v1"},
                           {"kind", "Certificate"},
                           {"name", "shop"},
                           {"uid", "1"},
                           {"controller", true}}}}}),
              HasSubstr("Certificate shop"));
  EXPECT_THAT(obstacle({{"annotations", {{"cert-manager.io/certificate-name", "shop"}}}}),
              HasSubstr("delete its Certificate"));
  EXPECT_THAT(obstacle({{"labels", {{"controller.cert-manager.io/fao", "true"}}}}),
              HasSubstr("cert-manager"));
  EXPECT_THAT(obstacle({{"labels", {{"app.kubernetes.io/managed-by", "Helm"}}}}),
              HasSubstr("helm.sh/resource-policy: keep"));
  EXPECT_THAT(obstacle({{"annotations", {{"argocd.argoproj.io/tracking-id", "x"}}}}),
              HasSubstr("Argo CD"));
  EXPECT_THAT(obstacle({{"labels", {{"app.kubernetes.io/instance", "shop"}}}}),
              HasSubstr("Argo CD"));
}

TEST_F(MarksTest, ACopyHoldsAllOfThePairAndCannotChange) {
  json old = stored();
  old["data"]["extra.jks"] = "AAAA";
  const auto leaf = leaf_facts(pair_.made.leaf);

  const json copy = backup_secret(request_, old, leaf);

  EXPECT_EQ(copy["metadata"]["name"], "shop-tls-before-" + leaf.sha256_fingerprint.substr(0, 16));
  EXPECT_EQ(copy["data"], old["data"]);
  EXPECT_EQ(copy["immutable"], true);
  EXPECT_FALSE(copy["metadata"].contains("ownerReferences")) << "it survives the request";
  EXPECT_TRUE(keeps_all_of(copy, old));
}

TEST_F(MarksTest, ACopyOfSomethingElseIsNone) {
  const json old = stored();
  const json copy = backup_secret(request_, old, leaf_facts(pair_.made.leaf));

  json changed = copy;
  changed["data"]["tls.key"] = "AAAA";
  EXPECT_FALSE(keeps_all_of(changed, old));
  changed = copy;
  changed.erase("immutable");
  EXPECT_FALSE(keeps_all_of(changed, old)) << "somebody could still change it";
}

}  // namespace
}  // namespace reconcile
