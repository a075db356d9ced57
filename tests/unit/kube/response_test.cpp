#include "kube/response.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

using base::Code;
using nlohmann::json;
using testing::HasSubstr;

constexpr base::TimePoint kNow{std::chrono::hours{24 * 365 * 56}};

json status_of(const std::string& reason, int code) {
  return {{"kind", "Status"},   {"apiVersion", "v1"}, {"status", "Failure"},
          {"message", "words"}, {"reason", reason},   {"code", code}};
}

base::Error error_for(const json& status, const std::string& method = "GET") {
  return kube::error_of({.status = status.value("code", 500), .body = status.dump()}, method, kNow);
}

struct ReasonCase {
  const char* reason;
  int status;
  Code code;
};

class StatusReasons : public testing::TestWithParam<ReasonCase> {};

TEST_P(StatusReasons, DecideTheCode) {
  const auto error = error_for(status_of(GetParam().reason, GetParam().status), "POST");

  EXPECT_EQ(error.code, GetParam().code);
  EXPECT_EQ(error.reason, GetParam().reason);
  EXPECT_EQ(error.http_status, GetParam().status);
  EXPECT_EQ(error.message, "words");
}

INSTANTIATE_TEST_SUITE_P(Response, StatusReasons,
                         testing::Values(ReasonCase{"Unauthorized", 401, Code::kUnauthenticated},
                                         ReasonCase{"Forbidden", 403, Code::kPermissionDenied},
                                         ReasonCase{"NotFound", 404, Code::kNotFound},
                                         ReasonCase{"AlreadyExists", 409, Code::kAlreadyExists},
                                         ReasonCase{"Conflict", 409, Code::kConflict},
                                         ReasonCase{"Gone", 410, Code::kExpired},
                                         ReasonCase{"Expired", 410, Code::kExpired},
                                         ReasonCase{"Invalid", 422, Code::kInvalid},
                                         ReasonCase{"BadRequest", 400, Code::kInvalid},
                                         ReasonCase{"MethodNotAllowed", 405, Code::kInvalid},
                                         ReasonCase{"NotAcceptable", 406, Code::kInvalid},
                                         ReasonCase{"UnsupportedMediaType", 415, Code::kInvalid},
                                         ReasonCase{"RequestEntityTooLarge", 413, Code::kInvalid},
                                         ReasonCase{"TooManyRequests", 429, Code::kExhausted},
                                         ReasonCase{"ServerTimeout", 500, Code::kUnavailable},
                                         ReasonCase{"InternalError", 500, Code::kUnavailable},
                                         ReasonCase{"ServiceUnavailable", 503, Code::kUnavailable},
                                         ReasonCase{"Timeout", 504, Code::kUnavailable}),
                         [](const auto& row) { return std::string(row.param.reason); });

TEST(Response, TrustsTheReasonMoreThanTheHttpStatus) {
  EXPECT_EQ(error_for(status_of("Conflict", 409), "POST").code, Code::kConflict);
  EXPECT_EQ(error_for(status_of("Expired", 400)).code, Code::kExpired);
}

TEST(Response, FallsBackToTheHttpStatusForAnUnknownReason) {
  EXPECT_EQ(error_for(status_of("Novel", 404)).code, Code::kNotFound);
  EXPECT_EQ(error_for(status_of("", 409), "POST").code, Code::kAlreadyExists);
  EXPECT_EQ(error_for(status_of("", 409), "PUT").code, Code::kConflict);
}

struct PlainCase {
  const char* name;
  const char* method;
  int status;
  Code code;
};

class PlainAnswers : public testing::TestWithParam<PlainCase> {};

TEST_P(PlainAnswers, AreJudgedByTheirHttpStatus) {
  const auto error = kube::error_of({.status = GetParam().status, .body = "<html>no\nStatus"},
                                    GetParam().method, kNow);

  EXPECT_EQ(error.code, GetParam().code);
  EXPECT_EQ(error.http_status, GetParam().status);
  EXPECT_THAT(error.message, HasSubstr("<html>no Status"));
}

INSTANTIATE_TEST_SUITE_P(Response, PlainAnswers,
                         testing::Values(PlainCase{"Post409", "POST", 409, Code::kAlreadyExists},
                                         PlainCase{"Put409", "PUT", 409, Code::kConflict},
                                         PlainCase{"Get401", "GET", 401, Code::kUnauthenticated},
                                         PlainCase{"Get410", "GET", 410, Code::kExpired},
                                         PlainCase{"Get429", "GET", 429, Code::kExhausted},
                                         PlainCase{"Get418", "GET", 418, Code::kInvalid},
                                         PlainCase{"Get302", "GET", 302, Code::kCorrupt},
                                         PlainCase{"Get502", "GET", 502, Code::kUnavailable}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Response, KeepsTheCauses) {
  json status = status_of("Conflict", 409);
  status["details"]["causes"] = {{{"reason", "FieldManagerConflict"},
                                  {"message", "conflict with \"x\""},
                                  {"field", ".data.a"}},
                                 {{"reason", "Other"}, {"message", "words"}}};

  EXPECT_EQ(error_for(status).message,
            "words (FieldManagerConflict .data.a: conflict with \"x\"; Other)");
}

TEST(Response, LimitsWhatItKeepsWithoutCuttingACharacter) {
  json status = status_of("Invalid", 422);
  std::string long_text = "x";
  while (long_text.size() < 5000) long_text += "\xC3\xA9";
  status["message"] = long_text;

  const std::string message = error_for(status).message;

  EXPECT_LE(message.size(), kube::kMessageBytesMax + 3);
  EXPECT_NO_THROW((void)json(message).dump());
}

TEST(Response, TakesTheWaitFromHeaderOrDetails) {
  json status = status_of("ServerTimeout", 500);
  status["details"]["retryAfterSeconds"] = 7;
  EXPECT_EQ(error_for(status).retry_after, std::chrono::seconds{7});

  const auto with_header = kube::error_of(
      {.status = 429, .headers = {{"Retry-After", "5"}}, .body = status.dump()}, "GET", kNow);
  EXPECT_EQ(with_header.retry_after, std::chrono::seconds{5});
  EXPECT_EQ(error_for(status_of("Timeout", 504)).retry_after, std::nullopt);
}

TEST(Response, SurvivesStatusesOfTheWrongShape) {
  for (const char* body : {R"({"kind":"Status","message":5,"reason":[],"details":"x"})",
                           R"({"kind":"Status","details":{"causes":[1,null,{}]}})",
                           R"({"kind":"Status","details":{"causes":{},"retryAfterSeconds":-1}})",
                           R"({"kind":7})", "[]", "null", "", "\xFF"}) {
    const auto error = kube::error_of({.status = 500, .body = body}, "GET", kNow);
    EXPECT_EQ(error.code, Code::kUnavailable) << body;
    EXPECT_EQ(error.retry_after, std::nullopt) << body;
  }
}

TEST(Response, DecodesAnObjectAndNothingElse) {
  const auto object = kube::decode_response({.status = 201, .body = R"({"a":1})"}, "POST", kNow);
  ASSERT_TRUE(object);
  EXPECT_EQ((*object)["a"], 1);

  for (const char* body : {"", "[]", "{", "1", "{}x"}) {
    const auto other = kube::decode_response({.status = 200, .body = body}, "GET", kNow);
    ASSERT_FALSE(other) << body;
    EXPECT_EQ(other.error().code, Code::kCorrupt);
  }
}

TEST(MetadataText, IsEmptyForWhatIsNotThere) {
  EXPECT_EQ(kube::metadata_text(json::parse(R"({"metadata":{"uid":"u"}})"), "uid"), "u");
  for (const char* object : {"{}", "[]", R"({"metadata":1})", R"({"metadata":{"uid":1}})"}) {
    EXPECT_EQ(kube::metadata_text(json::parse(object), "uid"), "") << object;
  }
}

}  // namespace
