#include "api/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/golden.h"
#include "unit/api/yaml_text.h"

namespace {

using nlohmann::json;
using testing::ElementsAre;

constexpr const char* kKind = "DuplicateCertificateRequest";

json schema_in(const std::string& file) {
  const auto path = std::filesystem::path(DUPLICERT_SOURCE_DIR) / "crds" / file;
  return yaml_text::read_yaml_file(path).at(0)["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
}

json request_schema() {
  return schema_in("duplicatecertificaterequests.yaml");
}

TEST(CrdFields, AreThoseOfTheManifests) {
  std::string text;
  for (const auto& [kind, file] : {std::pair("AutomationProfile", "automationprofiles.yaml"),
                                   std::pair(kKind, "duplicatecertificaterequests.yaml"),
                                   std::pair("CertificateOrder", "certificateorders.yaml")}) {
    text += std::string("    \"") + kind + ":\"\n";
    for (const std::string& field : api::fields_of(schema_in(file))) {
      text += "    \" " + field + "\"\n";
    }
    text += "    \";\"\n";
  }
  support::expect_golden("controller/api/crd_fields.inc", text);
}

TEST(CrdFields, HaveNoGapWhenTheCrdIsOurs) {
  EXPECT_EQ(api::compare_schema(kKind, request_schema()), api::SchemaGap{});
}

TEST(CrdFields, NameWhatAnOlderCrdLacks) {
  json older = request_schema();
  older["properties"]["status"]["properties"].erase("csr");
  older["properties"]["spec"]["properties"]["profileRef"]["properties"].erase("namespace");

  EXPECT_THAT(api::compare_schema(kKind, older).missing,
              ElementsAre("spec.profileRef.namespace", "status.csr"));
}

TEST(CrdFields, NameWhatANewerCrdHasMore) {
  json newer = request_schema();
  newer["properties"]["spec"]["properties"]["colour"] = {{"type", "string"}};

  const auto gap = api::compare_schema(kKind, newer);

  EXPECT_THAT(gap.unknown, ElementsAre("spec.colour"));
  EXPECT_TRUE(gap.missing.empty());
}

TEST(CrdFields, AreNoneOfASchemaThatIsNone) {
  EXPECT_TRUE(api::fields_of(json()).empty());
  EXPECT_TRUE(api::fields_of(json{{"properties", "text"}}).empty());
}

}  // namespace
