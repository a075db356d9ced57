#include "api/codec.h"

#include <chrono>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/names.h"

namespace {

using nlohmann::json;

json request_json() {
  return {{"apiVersion", "duplicert.io/v1beta1"},
          {"kind", "DuplicateCertificateRequest"},
          {"metadata", {{"name", "shop"}, {"namespace", "team-a"}}},
          {"spec",
           {{"profileRef", {{"name", "certcentral"}}},
            {"commonName", "shop.example.com"},
            {"secretName", "shop-tls"}}}};
}

// The message of the refusal, or "accepted".
std::string refusal_of(const json& object) {
  const auto request = api::decode_duplicate_certificate_request(object);
  if (request) return "accepted";
  EXPECT_EQ(request.error().code, base::Code::kInvalid);
  return request.error().message;
}

TEST(Codec, ReadsTheLeastThatARequestNeeds) {
  const auto request = api::decode_duplicate_certificate_request(request_json());

  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->meta.name, "shop");
  EXPECT_EQ(request->spec.common_name, "shop.example.com");
  EXPECT_EQ(request->spec.action, api::Action::kRequestCertificate);
  EXPECT_EQ(request->spec.order_id, std::nullopt);
  EXPECT_TRUE(request->status.conditions.empty());
}

TEST(Codec, IgnoresFieldsOfNewerVersions) {
  json object = request_json();
  object["spec"]["fromTheFuture"] = {{"a", 1}};

  EXPECT_EQ(refusal_of(object), "accepted");
}

TEST(Codec, TakesNullForAbsent) {
  json object = request_json();
  object["spec"]["orderID"] = nullptr;
  object["status"] = nullptr;

  EXPECT_EQ(refusal_of(object), "accepted");
}

TEST(Codec, DropsWhatOthersStoreInMetadata) {
  json object = request_json();
  object["metadata"]["managedFields"] = json::array({{{"manager", "kubectl"}}});
  object["metadata"]["annotations"] = {{std::string(api::kLastAppliedAnnotation), "{}"},
                                       {"duplicert.io/renew-requested-at", "now"}};

  const auto meta = api::decode_metadata(object);

  ASSERT_TRUE(meta);
  EXPECT_EQ(meta->annotations,
            (std::map<std::string, std::string>{{"duplicert.io/renew-requested-at", "now"}}));
}

TEST(Codec, ReadsMetadata) {
  const json object = {{"metadata",
                        {{"name", "a"},
                         {"namespace", "b"},
                         {"uid", "u"},
                         {"resourceVersion", "7"},
                         {"generation", 3},
                         {"creationTimestamp", "2026-05-01T20:00:00Z"},
                         {"deletionTimestamp", "2026-05-02T20:00:00Z"},
                         {"labels", {{"l", "m"}}},
                         {"ownerReferences",
                          {{{"apiVersion", "v1"},
                            {"kind", "Pod"},
                            {"name", "p"},
                            {"uid", "q"},
                            {"controller", true}}}}}}};

  const auto meta = api::decode_metadata(object);

  ASSERT_TRUE(meta) << meta.error().message;
  EXPECT_EQ(api::key_of(*meta), "b/a");
  EXPECT_EQ(meta->uid, "u");
  EXPECT_EQ(meta->resource_version, "7");
  EXPECT_EQ(meta->generation, 3);
  EXPECT_EQ(base::format_time(meta->creation_time), "2026-05-01T20:00:00Z");
  ASSERT_TRUE(meta->deletion_time);
  EXPECT_EQ(*meta->deletion_time - meta->creation_time, std::chrono::days{1});
  EXPECT_EQ(meta->labels.at("l"), "m");
  EXPECT_TRUE(api::is_controlled_by(*meta, "q"));
}

struct Refusal {
  std::string name{};
  std::string pointer{};  // RFC 6901: the value that is replaced
  json value{};
  std::string message{};
};
void PrintTo(const Refusal& refusal, std::ostream* out) {
  *out << refusal.message;
}

class CodecRefuses : public testing::TestWithParam<Refusal> {};

TEST_P(CodecRefuses, WithTheFieldsPath) {
  json object = request_json();
  object[json::json_pointer(GetParam().pointer)] = GetParam().value;

  EXPECT_EQ(refusal_of(object), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Wrong, CodecRefuses,
    testing::Values(
        Refusal{"AMissingSpec", "/spec", nullptr, "spec: is required"},
        Refusal{"AMissingName", "/metadata/name", nullptr, "metadata.name: is required"},
        Refusal{"ATextForAnObject", "/spec", "x", "spec: expected an object, got a string"},
        Refusal{"ANumberForAText", "/spec/commonName", 5,
                "spec.commonName: expected a string, got a number"},
        Refusal{"ATextForAList", "/spec/dnsNames", "x",
                "spec.dnsNames: expected an array, got a string"},
        Refusal{"ANumberInAListOfTexts",
                "/spec/dnsNames",
                {"a", "b", 3},
                "spec.dnsNames[2]: expected a string, got a number"},
        Refusal{"ATextForABoolean", "/spec/suspend", "yes",
                "spec.suspend: expected a boolean, got a string"},
        Refusal{"AFractionForAnInteger", "/spec/orderID", 1.5,
                "spec.orderID: expected an integer, got a number"},
        Refusal{"AnIdBeyond64Bits", "/spec/orderID", 18446744073709551615U,
                "spec.orderID: 18446744073709551615 is too large"},
        Refusal{"ACountBeyond32Bits",
                "/spec/privateKey",
                {{"size", 4294967296}},
                "spec.privateKey.size: 4294967296 is too large"},
        Refusal{"AnUnknownWord", "/spec/action", "Revoke",
                "spec.action: 'Revoke' is not one of RequestCertificate, Renew, SwitchToDigiCert"},
        Refusal{"ADurationInWords",
                "/spec/renewal",
                {{"before", "a month"}},
                "spec.renewal.before: 'a month' is not a duration like 30d or 1h30m "
                "(at most 100 years)"},
        Refusal{"ADateForAnInstant",
                "/spec/schedule",
                {{"notBefore", "2026-05-01"}},
                "spec.schedule.notBefore: '2026-05-01' is not an RFC 3339 instant"},
        Refusal{"ANumberInAMap",
                "/spec/secretTemplate",
                {{"labels", {{"tier", 1}}}},
                "spec.secretTemplate.labels[tier]: expected a string, got a number"},
        Refusal{"AnotherKind", "/kind", "Secret",
                "kind: expected DuplicateCertificateRequest, got \"Secret\""},
        Refusal{"AnotherVersion", "/apiVersion", "duplicert.io/v2",
                "apiVersion: expected duplicert.io/v1beta1, got \"duplicert.io/v2\""}),
    [](const auto& one) { return one.param.name; });

TEST(Codec, RefusesWhatIsNoObject) {
  EXPECT_EQ(refusal_of(json::array()), "expected a JSON object");
}

TEST(Codec, WritesAnObjectToCreateWithoutStatus) {
  api::CertificateOrder order;
  order.meta.name = "order-1";
  order.meta.namespace_ = "duplicert-system";
  order.meta.generation = 4;
  order.spec.kind = api::OrderKind::kNew;

  const json object = api::encode_object(order);

  EXPECT_EQ(object["apiVersion"], "duplicert.io/v1beta1");
  EXPECT_EQ(object["kind"], "CertificateOrder");
  EXPECT_EQ(object["metadata"], (json{{"name", "order-1"}, {"namespace", "duplicert-system"}}));
  EXPECT_EQ(object["spec"]["kind"], "New");
  EXPECT_FALSE(object.contains("status"));
}

TEST(Codec, KeepsAnEmptyMessageOfACondition) {
  api::DuplicateCertificateRequestStatus status;
  status.conditions = {
      {.type = "Ready", .status = api::ConditionStatus::kTrue, .reason = "Issued"}};

  EXPECT_EQ(api::encode_status(status)["conditions"][0]["message"], "");
}

TEST(Codec, LeavesOutWhatIsAbsentInAStatus) {
  EXPECT_EQ(api::encode_status(api::DuplicateCertificateRequestStatus{}),
            (json{{"observedGeneration", 0}, {"failedAttempts", 0}}));
}

}  // namespace
