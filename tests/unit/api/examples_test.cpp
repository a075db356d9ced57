// Each file in examples/ must mean something to the codec and be valid. That the API server takes
// them as well is checked in tests/integration/crd_schema_test.cpp.
#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "api/validate.h"
#include "unit/api/yaml_text.h"

namespace {

using nlohmann::json;

template <class Kind>
void expect_valid(const base::Result<Kind>& object) {
  ASSERT_TRUE(object) << object.error().message;
  EXPECT_EQ(api::describe(api::validate(object->spec)), "");
}

void expect_valid(const json& object) {
  if (object["kind"] == "AutomationProfile") {
    expect_valid(api::decode_automation_profile(object));
  } else if (object["kind"] == "DuplicateCertificateRequest") {
    expect_valid(api::decode_duplicate_certificate_request(object));
  } else {
    EXPECT_EQ(object["kind"], "Namespace");
  }
}

TEST(Examples, AreValidObjects) {
  int count = 0;
  for (const auto& file : std::filesystem::directory_iterator(DUPLICERT_SOURCE_DIR "/examples")) {
    if (file.is_directory()) continue;  // not for kubectl
    SCOPED_TRACE(file.path().filename().string());
    for (const json& object : yaml_text::read_yaml_file(file.path())) {
      expect_valid(object);
      ++count;
    }
  }
  EXPECT_GE(count, 6);
}

}  // namespace
