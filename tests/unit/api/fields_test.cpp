#include "api/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "unit/api/yaml_text.h"

namespace {

using nlohmann::json;
using testing::ElementsAre;

json request_schema() {
  const auto path =
      std::filesystem::path(DUPLICERT_SOURCE_DIR) / "crds/duplicatecertificaterequests.yaml";
  return yaml_text::read_yaml_file(path).at(0)["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
}

TEST(CrdFields, HaveNoGapWhenTheCrdIsOurs) {
  EXPECT_EQ(api::compare_schemas(request_schema(), request_schema()), api::SchemaGap{});
}

TEST(CrdFields, NameWhatAnOlderCrdLacks) {
  json older = request_schema();
  older["properties"]["status"]["properties"].erase("csr");
  older["properties"]["spec"]["properties"]["profileRef"]["properties"].erase("namespace");

  EXPECT_THAT(api::compare_schemas(request_schema(), older).missing,
              ElementsAre("spec.profileRef.namespace", "status.csr"));
}

TEST(CrdFields, NameWhatANewerCrdHasMore) {
  json newer = request_schema();
  newer["properties"]["spec"]["properties"]["colour"] = {{"type", "string"}};

  const auto gap = api::compare_schemas(request_schema(), newer);

  EXPECT_THAT(gap.unknown, ElementsAre("spec.colour"));
  EXPECT_TRUE(gap.missing.empty());
}

TEST(CrdFields, AreFoundAtEveryDepthAndNotInWhatIsNoSchema) {
  EXPECT_GT(api::fields_of(request_schema()).size(), 50U);
  EXPECT_TRUE(api::fields_of(json()).empty());
  EXPECT_TRUE(api::fields_of(json{{"properties", "text"}}).empty());
}

}  // namespace
