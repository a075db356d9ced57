// The rules of crds/ in plan: it knows each of them, and each has an object in tests/data/crd that
// breaks it. That the API server says the same is checked by tests/integration/crd_schema_test.cpp.
#include "plan/schema.h"

#include <filesystem>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "plan/catalog.h"
#include "plan/cel.h"
#include "unit/api/yaml_text.h"

namespace plan {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::IsEmpty;

const std::filesystem::path kData = DUPLICERT_SOURCE_DIR "/tests/data/crd";

// All rules of a schema, at any depth.
void collect(const json& schema, std::vector<json>& rules) {
  const json own = schema.value("x-kubernetes-validations", json::array());
  rules.insert(rules.end(), own.begin(), own.end());
  const json properties = schema.value("properties", json::object());
  for (const auto& [name, member] : properties.items()) collect(member, rules);
  for (const char* of : {"items", "additionalProperties"}) {
    if (schema.contains(of) && schema[of].is_object()) collect(schema[of], rules);
  }
}

std::vector<json> rules_of(const std::string& kind) {
  std::vector<json> rules;
  collect(*crd_schema_of(kind), rules);
  return rules;
}

json valid(const std::string& name) {
  return yaml_text::read_yaml_file(kData / "valid" / (name + ".yaml")).at(0);
}

std::vector<std::string> found_in(const json& object) {
  std::vector<std::string> found;
  for (const auto& one : check_schema(*schema_of(object["kind"].get<std::string>()), object)) {
    found.push_back(one.field + ": " + one.message);
  }
  return found;
}

// A profile with these changes.
std::vector<std::string> found_in_profile(const json& changes) {
  json object = valid("profile");
  object.merge_patch({{"spec", changes}});
  return found_in(object);
}

TEST(CheckSchema, CanReadEachRuleOfTheCrdsAndItsWords) {
  std::size_t count = 0;
  for (const char* kind :
       {"AutomationProfile", "DuplicateCertificateRequest", "CertificateOrder"}) {
    for (const json& rule : rules_of(kind)) {
      if (is_transition_rule(rule)) continue;
      ++count;
      for (const char* part : {"rule", "messageExpression"}) {
        const auto value = Cel().evaluate(rule.value(part, "true"), {});
        EXPECT_TRUE(value || value.error().code != base::Code::kInvalid)
            << kind << ": " << value.error().message
            << "; teach controller/plan/cel.cpp what the rule needs";
      }
    }
  }
  EXPECT_GE(count, 30U);
}

// No rule of these kinds can be added without an object in invalid.yaml that breaks it.
TEST(CheckSchema, FindsEachRuleBroken) {
  std::set<std::string> broken;
  const json cases = yaml_text::read_yaml_file(kData / "invalid.yaml").at(0);
  for (const json& one : cases) {
    if (one["base"] == "order" || one.value("update", false) || one.value("status", false))
      continue;
    SCOPED_TRACE(one["name"].get<std::string>());
    json object = valid(one["base"]);
    object.merge_patch(one["set"]);
    EXPECT_THAT(make_catalog({{.object = object}}, "home").faults, testing::Not(IsEmpty()));
    const auto now = broken_rules(*schema_of(object["kind"].get<std::string>()), object);
    broken.insert(now.begin(), now.end());
  }
  for (const char* kind : {"AutomationProfile", "DuplicateCertificateRequest"}) {
    for (const json& rule : rules_of(kind)) {
      // `self == self` is there for values of another type, of which plan tells before.
      if (is_transition_rule(rule) || rule["rule"] == "self == self") continue;
      EXPECT_THAT(broken, Contains(rule["rule"].get<std::string>()));
    }
  }
}

TEST(CheckSchema, FindsNothingWrongWithValidObjects) {
  for (const auto& file : std::filesystem::directory_iterator(kData / "valid")) {
    const json object = valid(file.path().stem());
    if (object["kind"] == "CertificateOrder") continue;
    EXPECT_THAT(found_in(object), IsEmpty()) << file.path();
  }
}

TEST(CheckSchema, SpeaksOfSeveralFieldsInTheWordsOfTheCrd) {
  EXPECT_THAT(found_in_profile({{"renewal", {{"before", "30d"}, {"beforePercentage", 20}}}}),
              Contains("spec.renewal.beforePercentage: excludes before (30d): give only one of "
                       "before and beforePercentage"));
  EXPECT_THAT(found_in_profile({{"allowedNamespaces", {{"from", "All"}}}}),
              Contains("spec.nameConstraints: is required with allowedNamespaces.from: All: list "
                       "the names that other namespaces may have, for example dnsNames: "
                       "['*.example.com']"));
  EXPECT_THAT(found_in_profile({{"organization", {{"id", nullptr}}}}),
              Contains("spec.organization: has neither id nor name: give the organization's number "
                       "(id) or its exact name"));
}

TEST(CheckSchema, CountsDefaults) {
  EXPECT_THAT(found_in_profile({{"privateKey", {{"size", 2048}}}}),
              Contains("spec.privateKey.size: 2048 bits is no size for ECDSA: use 256 or 384"));
}

// A wrong type below would make the rule speak of something else.
TEST(CheckSchema, LooksAtARuleWhereAllBelowItIsRight) {
  EXPECT_THAT(found_in_profile({{"organization", {{"id", nullptr}, {"name", 5}}}}),
              testing::ElementsAre("spec.organization.name: expected string, got number 5"));
}

}  // namespace
}  // namespace plan
