// Holds crds/ against a real API server: what must be refused, what must be accepted, and what
// the server makes of the defaults.
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "plan/schema.h"
#include "support/control_plane.h"
#include "unit/api/yaml_text.h"

namespace {

using nlohmann::json;
using support::CommandResult;
using testing::HasSubstr;

const std::filesystem::path kRoot = DUPLICERT_SOURCE_DIR;
const std::filesystem::path kData = kRoot / "tests/data/crd";

json valid_object(const std::string& name) {
  const auto documents = yaml_text::read_yaml_file(kData / "valid" / (name + ".yaml"));
  return documents.size() == 1 ? documents[0] : json();
}

// As the codec writes an object: {spec, status}.
template <class Kind>
json recoded(const base::Result<Kind>& object) {
  if (!object) return object.error().message;
  return {{"spec", api::encode_spec(object->spec)}, {"status", api::encode_status(object->status)}};
}

json recoded(const json& object) {
  const std::string kind = object.value("kind", "");
  if (kind == "AutomationProfile") return recoded(api::decode_automation_profile(object));
  if (kind == "CertificateOrder") return recoded(api::decode_certificate_order(object));
  return recoded(api::decode_duplicate_certificate_request(object));
}

class CrdSchemaTest : public support::ClusterTest {
 protected:
  void SetUp() override {
    ClusterTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    const auto applied = cluster().kubectl({"apply", "--server-side", "-k", kRoot / "crds"});
    ASSERT_TRUE(applied.ok()) << applied.err;
    const auto ready = cluster().kubectl({"wait", "--for=condition=Established", "--timeout=30s",
                                          "-f", kRoot / "crds/automationprofiles.yaml", "-f",
                                          kRoot / "crds/duplicatecertificaterequests.yaml", "-f",
                                          kRoot / "crds/certificateorders.yaml"});
    ASSERT_TRUE(ready.ok()) << ready.err;
    namespace_ = cluster().make_namespace("crd");
  }

  // kubectl with the object on its standard input.
  CommandResult send(std::vector<std::string> args, const json& object) {
    args.insert(args.end(), {"--namespace", namespace_, "-f", "-"});
    return cluster().kubectl(args, object.dump());
  }

  CommandResult try_create(const json& object) {
    return send({"create", "--dry-run=server", "--output=json"}, object);
  }

  CommandResult replace_status(const json& object) {
    return send({"replace", "--subresource=status", "--output=json"}, object);
  }

  void create(const json& object) {
    const auto created = send({"apply", "--server-side"}, object);
    ASSERT_TRUE(created.ok()) << created.err;
  }

  // Sends a case of invalid.yaml as it asks for.
  CommandResult send_case(const json& one) {
    const json base = valid_object(one["base"]);
    json object = base;
    object.merge_patch(one["set"]);
    if (one.value("update", false)) {
      create(base);
      return send({"replace", "--dry-run=server"}, object);
    }
    if (!one.value("status", false)) return try_create(object);
    create(base);
    json before = base;
    if (one.contains("before")) before["status"] = one["before"];
    EXPECT_TRUE(replace_status(before).ok());
    return replace_status(object);
  }

  void expect_refusals(const std::string& base, int count_min) {
    int count = 0;
    const json cases = yaml_text::read_yaml_file(kData / "invalid.yaml").at(0);
    for (const json& one : cases) {
      if (one["base"] != base) continue;
      SCOPED_TRACE(one["name"].get<std::string>());
      ++count;
      const auto answer = send_case(one);
      EXPECT_FALSE(answer.ok()) << "was accepted";
      for (const std::string text : one["says"]) EXPECT_THAT(answer.err, HasSubstr(text));
    }
    EXPECT_GE(count, count_min);
  }

  // What plan finds in an object, if it can be looked at without the one before.
  static std::vector<std::string> words_of_plan(const json& one) {
    if (one["base"] == "order" || one.value("update", false) || one.value("status", false)) {
      return {};
    }
    json object = valid_object(one["base"]);
    object.merge_patch(one["set"]);
    const json& schema = *plan::schema_of(object["kind"].get<std::string>());
    std::vector<std::string> words;
    if (plan::broken_rules(schema, object).empty()) return words;
    for (const auto& found : plan::check_schema(schema, object)) {
      words.insert(words.end(), {found.field, found.message});
    }
    return words;
  }

  void expect_accepted_with_defaults(const std::string& name) {
    SCOPED_TRACE(name);
    const auto answer = try_create(valid_object(name));
    ASSERT_TRUE(answer.ok()) << answer.err;
    const json object = json::parse(answer.out);
    EXPECT_EQ(object["spec"], recoded(object)["spec"]);
    const json ready = object["status"]["conditions"][0];
    EXPECT_EQ(ready["type"], "Ready");
    EXPECT_EQ(ready["status"], "Unknown");
  }

  void expect_status_kept(const std::string& name) {
    SCOPED_TRACE(name);
    const json object = valid_object(name);
    create(object);

    json status = object;
    status["status"] = recoded(object)["status"];
    const auto answer = replace_status(status);

    ASSERT_TRUE(answer.ok()) << answer.err;
    EXPECT_EQ(json::parse(answer.out)["status"], object["status"]);
  }

  std::string namespace_;
};

TEST_F(CrdSchemaTest, RefusesInvalidProfiles) {
  expect_refusals("profile", 30);
}

TEST_F(CrdSchemaTest, RefusesInvalidRequests) {
  expect_refusals("request", 30);
}

TEST_F(CrdSchemaTest, RefusesInvalidLedgerEntries) {
  expect_refusals("order", 6);
}

// What `duplicert plan` says without a cluster of a broken rule is what the API server says.
TEST_F(CrdSchemaTest, SaysOfBrokenRulesWhatPlanSays) {
  int count = 0;
  const json cases = yaml_text::read_yaml_file(kData / "invalid.yaml").at(0);
  for (const json& one : cases) {
    const auto words = words_of_plan(one);
    if (words.empty()) continue;
    SCOPED_TRACE(one["name"].get<std::string>());
    ++count;
    const auto answer = send_case(one);
    for (const std::string& text : words) EXPECT_THAT(answer.err, HasSubstr(text));
  }
  EXPECT_GE(count, 20);
}

TEST_F(CrdSchemaTest, AcceptsValidObjectsAndFillsInTheDefaultsOfTheCode) {
  for (const auto& file : std::filesystem::directory_iterator(kData / "valid")) {
    expect_accepted_with_defaults(file.path().stem());
  }
}

TEST_F(CrdSchemaTest, KeepsEachFieldOfAStatus) {
  for (const char* name : {"profile_full", "request_full", "order"}) expect_status_kept(name);
}

TEST_F(CrdSchemaTest, AcceptsTheExamples) {
  for (const auto& file : std::filesystem::directory_iterator(kRoot / "examples")) {
    if (file.is_directory()) continue;  // not for kubectl
    for (json object : yaml_text::read_yaml_file(file.path())) {
      SCOPED_TRACE(file.path().filename().string() + " " + object["metadata"].dump());
      if (object["kind"] == "Namespace") continue;
      object["metadata"]["namespace"] = namespace_;
      const auto answer = try_create(object);
      EXPECT_TRUE(answer.ok()) << answer.err;
    }
  }
}

TEST_F(CrdSchemaTest, SelectsRequestsBySecretAndProfile) {
  create(valid_object("request"));

  const auto found =
      cluster().kubectl({"get", "dcr", "--namespace", namespace_, "--output=name",
                         "--field-selector=spec.secretName=shop-tls,spec.profileRef.name=profile"});
  const auto none = cluster().kubectl({"get", "dcr", "--namespace", namespace_, "--output=name",
                                       "--field-selector=spec.secretName=other"});

  EXPECT_EQ(found.out, "duplicatecertificaterequest.duplicert.io/request\n");
  EXPECT_EQ(none.out, "");
}

TEST_F(CrdSchemaTest, ShowsInOneLineHowARequestIsDoing) {
  const json object = valid_object("request_full");
  create(object);
  ASSERT_TRUE(replace_status(object).ok());

  const auto table = cluster().kubectl({"get", "dcr", "--namespace", namespace_});

  EXPECT_THAT(table.out, HasSubstr("NAME           READY   REASON            ORDER   EXPIRES"));
  EXPECT_THAT(table.out, HasSubstr("request-full   False   NoMatchingOrder   12345   "
                                   "2026-11-14T23:59:59Z   2026-10-15T23:59:59Z   wildcard.tls"));
}

}  // namespace
