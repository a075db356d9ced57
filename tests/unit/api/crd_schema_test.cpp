// Holds each openAPIV3Schema of crds/ against the codec and the headers, in both directions.
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "unit/api/header_docs.h"
#include "unit/api/yaml_text.h"

namespace {

using nlohmann::json;

// Decodes an object and gives {spec, status} as the codec writes them.
template <class Kind>
json through(base::Result<Kind> (*decode)(const json&), const json& object) {
  const auto typed = decode(object);
  if (!typed) return typed.error().message;
  return {{"spec", api::encode_spec(typed->spec)}, {"status", api::encode_status(typed->status)}};
}

struct CrdCase {
  std::string kind{};
  std::string file{};
  std::function<json(const json&)> through_codec{};
};

void PrintTo(const CrdCase& crd, std::ostream* out) {
  *out << crd.file;
}

std::vector<CrdCase> crd_cases() {
  return {{"AutomationProfile", "automationprofiles.yaml",
           [](const json& object) { return through(api::decode_automation_profile, object); }},
          {"DuplicateCertificateRequest", "duplicatecertificaterequests.yaml",
           [](const json& object) {
             return through(api::decode_duplicate_certificate_request, object);
           }},
          {"CertificateOrder", "certificateorders.yaml",
           [](const json& object) { return through(api::decode_certificate_order, object); }}};
}

json read_crd(const CrdCase& crd) {
  const auto path = std::filesystem::path(DUPLICERT_SOURCE_DIR) / "crds" / crd.file;
  const auto documents = yaml_text::read_yaml_file(path);
  return documents.size() == 1 ? documents[0] : json();
}

json schema_of(const CrdCase& crd) {
  json schema = read_crd(crd)["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
  for (const char* name : {"apiVersion", "kind", "metadata"}) schema["properties"].erase(name);
  return schema;
}

bool is_map(const json& schema) {
  return schema.contains("additionalProperties");
}
bool is_leaf(const json& schema) {
  return schema["type"] != "object" && schema["type"] != "array";
}

// A value that the schema allows and that is not its default.
json sample_text(const json& schema) {
  if (schema.contains("enum")) {
    const bool first_is_default = schema.value("default", json()) == schema["enum"].front();
    return first_is_default ? schema["enum"].back() : schema["enum"].front();
  }
  if (schema.value("format", "") == "date-time") return "2026-05-01T20:00:00Z";
  if (schema.value("format", "") == "byte") return "c2FtcGxl";
  if (schema.value("pattern", "").find("(d|h|m|s)") != std::string::npos) return "45d";
  return "sample";
}

json sample_number(const json& schema) {
  if (schema.contains("enum")) return schema["enum"].back();
  const json number = schema.value("maximum", 1000);
  return number == schema.value("default", json()) ? json(number.get<int>() - 1) : number;
}

json full_sample(const json& schema) {
  const std::string type = schema["type"];
  if (type == "string") return sample_text(schema);
  if (type == "boolean") return !schema.value("default", false);
  if (type == "integer") return sample_number(schema);
  if (type == "array") return json::array({full_sample(schema["items"])});
  if (is_map(schema)) return {{"example.com/key", full_sample(schema["additionalProperties"])}};
  json object = json::object();
  for (const auto& [name, property] : schema["properties"].items()) {
    object[name] = full_sample(property);
  }
  return object;
}

bool is_required(const json& schema, const std::string& name) {
  const json required = schema.value("required", json::array());
  return std::ranges::find(required, json(name)) != required.end();
}

// What optional objects and lists a sparse sample has; optional leaves are always left out.
enum class Optional { kObjects, kNothing };

json sparse_sample(const json& schema, Optional with) {
  if (is_leaf(schema) || is_map(schema)) return full_sample(schema);
  if (schema["type"] == "array") return json::array({sparse_sample(schema["items"], with)});
  json object = json::object();
  for (const auto& [name, property] : schema["properties"].items()) {
    const bool wanted = with == Optional::kObjects && !is_leaf(property);
    if (wanted || is_required(schema, name)) object[name] = sparse_sample(property, with);
  }
  return object;
}

// What the API server does with `value`; objects that stay empty are left out, as the codec does.
json with_defaults(const json& schema, json value) {
  if (schema["type"] == "array") {
    for (json& item : value) item = with_defaults(schema["items"], item);
  }
  if (!value.is_object() || is_map(schema)) return value;
  for (const auto& [name, property] : schema["properties"].items()) {
    if (!value.contains(name) && property.contains("default")) value[name] = property["default"];
    if (value.contains(name)) value[name] = with_defaults(property, value[name]);
    const bool is_empty = value.contains(name) && value[name].is_object() && value[name].empty();
    if (is_empty && !is_required(schema, name)) value.erase(name);
  }
  return value;
}

json object_of(const CrdCase& crd, json body) {
  body["apiVersion"] = "duplicert.io/v1beta1";
  body["kind"] = crd.kind;
  body["metadata"] = {{"name", "sample"}};
  return body;
}

// Calls visit(path, schema) for the schema and everything in it.
void walk(const std::string& path, const json& schema,
          const std::function<void(const std::string&, const json&)>& visit) {
  visit(path, schema);
  if (schema.contains("items")) walk(path + "[]", schema["items"], visit);
  if (is_map(schema)) walk(path + "{}", schema["additionalProperties"], visit);
  const json properties = schema.value("properties", json::object());
  for (const auto& [name, property] : properties.items()) {
    walk(path + "." + name, property, visit);
  }
}

class Crd : public testing::TestWithParam<CrdCase> {
 protected:
  const json schema_ = schema_of(GetParam());
};

TEST_P(Crd, EachFieldOfTheSchemaSurvivesDecodingAndEncoding) {
  const json sample = full_sample(schema_);

  const json result = GetParam().through_codec(object_of(GetParam(), sample));

  EXPECT_EQ(result, sample) << json::diff(sample, result).dump(2);
}

TEST_P(Crd, DefaultsOfAShortObjectAreThoseOfTheCode) {
  const json spec = schema_["properties"]["spec"];
  const json sparse = {{"spec", sparse_sample(spec, Optional::kNothing)}};

  const json result = GetParam().through_codec(object_of(GetParam(), sparse));

  const json expected = with_defaults(spec, sparse["spec"]);
  EXPECT_EQ(result["spec"], expected) << json::diff(expected, result["spec"]).dump(2);
}

TEST_P(Crd, DefaultsInsideOfObjectsAreThoseOfTheCode) {
  const json spec = schema_["properties"]["spec"];
  const json sparse = {{"spec", sparse_sample(spec, Optional::kObjects)}};

  const json result = GetParam().through_codec(object_of(GetParam(), sparse));

  const json expected = with_defaults(spec, sparse["spec"]);
  EXPECT_EQ(result["spec"], expected) << json::diff(expected, result["spec"]).dump(2);
}

TEST_P(Crd, StatusBeginsAsReadyUnknown) {
  const json status = schema_["properties"]["status"];

  const json expected = {{"type", "Ready"},
                         {"status", "Unknown"},
                         {"reason", "Pending"},
                         {"message", "Waiting for controller"},
                         {"lastTransitionTime", "1970-01-01T00:00:00Z"}};
  EXPECT_EQ(status["default"], (json{{"conditions", json::array({expected})}}));
}

TEST_P(Crd, EachStringListAndMapIsBounded) {
  walk("", schema_, [](const std::string& path, const json& schema) {
    if (schema["type"] == "string") {
      EXPECT_TRUE(schema.contains("enum") || schema.contains("maxLength")) << path;
    }
    if (schema["type"] == "array") {
      EXPECT_TRUE(schema.contains("maxItems")) << path;
      EXPECT_TRUE(schema.contains("x-kubernetes-list-type")) << path;
    }
    if (is_map(schema)) {
      EXPECT_TRUE(schema.contains("maxProperties")) << path;
    }
  });
}

// Client-side apply keeps the whole object in one annotation of at most 256 KiB.
TEST_P(Crd, FitsIntoTheAnnotationOfKubectlApply) {
  EXPECT_LT(read_crd(GetParam()).dump().size(), 256U * 1024U);
}

// Compares one schema with the struct that it stands for, and descends.
class HeaderComparison {
 public:
  void compare(const std::string& path, const json& schema, const std::string& struct_name) {
    const auto& fields = structs_.at(struct_name).fields;
    std::set<std::string> seen{"meta"};
    for (const auto& [name, property] : schema["properties"].items()) {
      const std::string member = header_docs::member_name(name);
      const std::string at = path + "." + name;
      ASSERT_TRUE(fields.contains(member)) << at << ": no " << member << " in " << struct_name;
      seen.insert(member);
      EXPECT_EQ(property.value("description", ""), fields.at(member).doc) << at;
      compare_type(at, property, fields.at(member).type);
    }
    for (const auto& [member, field] : fields) {
      EXPECT_TRUE(seen.contains(member)) << path << ": the schema has nothing for " << member;
    }
  }

  std::string doc_of(const std::string& struct_name) const { return structs_.at(struct_name).doc; }

 private:
  void compare_type(const std::string& path, const json& property, const std::string& type) {
    const json& element = property.contains("items") ? property["items"] : property;
    if (structs_.contains(type)) compare(path, element, type);
    const auto words = enums_.find(type);
    const bool is_text_enum = element.contains("enum") && element["type"] == "string";
    EXPECT_EQ(is_text_enum, words != enums_.end()) << path;
    if (words == enums_.end() || !is_text_enum) return;
    // A request can forbid buying, but not allow it.
    const bool narrowed = path == ".spec.renewal.onNoRenewedOrder" && element["enum"].size() == 1;
    EXPECT_EQ(element["enum"], narrowed ? json{"Wait"} : json(words->second)) << path;
  }

  template <class E>
  static std::vector<std::string> words() {
    const auto names = api::names_of<E>();
    return {names.begin(), names.end()};
  }

  const std::map<std::string, header_docs::Struct> structs_ = header_docs::read_api_structs();
  const std::map<std::string, std::vector<std::string>> enums_{
      {"Action", words<api::Action>()},
      {"DeletionPolicy", words<api::DeletionPolicy>()},
      {"KeyAlgorithm", words<api::KeyAlgorithm>()},
      {"SignatureHash", words<api::SignatureHash>()},
      {"OnNoRenewedOrder", words<api::OnNoRenewedOrder>()},
      {"OnNoMatchingOrder", words<api::OnNoMatchingOrder>()},
      {"ApprovalPolicy", words<api::ApprovalPolicy>()},
      {"PaymentMethod", words<api::PaymentMethod>()},
      {"NamespacesFrom", words<api::NamespacesFrom>()},
      {"LabelOperator", words<api::LabelOperator>()},
      {"ConditionStatus", words<api::ConditionStatus>()},
      {"OrderKind", words<api::OrderKind>()},
      {"OrderState", words<api::OrderState>()}};
};

TEST_P(Crd, FieldsEnumsAndDescriptionsAreThoseOfTheHeaders) {
  HeaderComparison comparison;

  comparison.compare("", schema_, GetParam().kind);

  EXPECT_EQ(schema_["description"], comparison.doc_of(GetParam().kind));
}

TEST(CertificateOrderCrd, StateBeginsAsInTheCode) {
  const json status = schema_of(crd_cases()[2])["properties"]["status"];

  EXPECT_EQ(status["properties"]["state"]["default"],
            api::name_of(api::CertificateOrderStatus{}.state));
}

INSTANTIATE_TEST_SUITE_P(Kinds, Crd, testing::ValuesIn(crd_cases()),
                         [](const auto& one) { return one.param.kind; });

}  // namespace
