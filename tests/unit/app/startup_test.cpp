#include "app/startup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "plan/schema.h"
#include "reconcile/resources.h"

namespace app {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

// What an API server with our CRDs publishes, and `change` applied.
std::string document(const std::function<void(json&)>& change = {}) {
  json schemas = json::object();
  for (const auto* resource : {&reconcile::kProfiles, &reconcile::kRequests, &reconcile::kOrders}) {
    schemas["io.duplicert.v1beta1." + resource->kind] = *plan::crd_schema_of(resource->kind);
  }
  if (change) change(schemas);
  return json{{"components", {{"schemas", schemas}}}}.dump();
}

constexpr const char* kRequest = "io.duplicert.v1beta1.DuplicateCertificateRequest";

TEST(Schemas, ThatAreOursAreNotWorthAWord) {
  const auto found = judge_schemas(document());

  EXPECT_EQ(found.problem, "");
  EXPECT_EQ(found.remark, "");
}

TEST(Schemas, ThatAreOlderAreAProblemThatNamesTheFieldsAndTheFix) {
  const auto found = judge_schemas(document(
      [](json& schemas) { schemas[kRequest]["properties"]["status"]["properties"].erase("csr"); }));

  EXPECT_THAT(found.problem,
              AllOf(HasSubstr("duplicatecertificaterequests.duplicert.io is older"),
                    HasSubstr("status.csr"), HasSubstr("kubectl apply --server-side -k crds")));
}

TEST(Schemas, ThatAreNewerAreWorthARemark) {
  const auto found = judge_schemas(document([](json& schemas) {
    schemas[kRequest]["properties"]["spec"]["properties"]["colour"] = {{"type", "string"}};
  }));

  EXPECT_THAT(found.problem, IsEmpty());
  EXPECT_THAT(found.remark, AllOf(HasSubstr("is newer"), HasSubstr("spec.colour")));
}

TEST(Schemas, ThatAreMissingAreAProblem) {
  EXPECT_THAT(judge_schemas(document([](json& schemas) { schemas.erase(kRequest); })).problem,
              HasSubstr("does not know duplicatecertificaterequests.duplicert.io v1beta1"));
  EXPECT_THAT(judge_schemas(base::fail(base::Code::kNotFound, "404")).problem,
              HasSubstr("install the CRDs"));
  EXPECT_THAT(judge_schemas(std::string("no JSON")).problem, HasSubstr("install the CRDs"));
}

TEST(Schemas, ThatMayNotBeReadDoNotStopTheProgram) {
  const auto found = judge_schemas(base::fail(base::Code::kPermissionDenied, "forbidden"));

  EXPECT_THAT(found.problem, IsEmpty());
  EXPECT_THAT(found.remark, HasSubstr("forbidden"));
}

TEST(ListingProblem, NamesTheCrdOrTheRight) {
  EXPECT_EQ(listing_problem(kube::kSecrets, std::nullopt), "");
  EXPECT_THAT(listing_problem(reconcile::kOrders, base::Error{.code = base::Code::kNotFound}),
              AllOf(HasSubstr("certificateorders.duplicert.io"), HasSubstr("install the CRDs")));
  EXPECT_THAT(listing_problem(kube::kSecrets, base::Error{.code = base::Code::kPermissionDenied,
                                                          .message = "is forbidden"}),
              AllOf(HasSubstr("secrets"), HasSubstr("is forbidden"), HasSubstr("roles")));
}

TEST(LeaseProblem, IsARightThatIsMissingAndNothingThatPasses) {
  EXPECT_EQ(lease_problem(std::nullopt), "");
  EXPECT_EQ(lease_problem(base::Error{.code = base::Code::kUnavailable}), "");
  EXPECT_THAT(lease_problem(base::Error{.code = base::Code::kPermissionDenied, .message = "no"}),
              HasSubstr("cannot become leader: no"));
}

}  // namespace
}  // namespace app
