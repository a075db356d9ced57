#include "certcentral/errors.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/certcentral/wire.h"

namespace certcentral {
namespace {

using base::Code;
using test::data;
using testing::HasSubstr;
using testing::Not;

constexpr base::TimePoint kNow{std::chrono::seconds{1'777'593'600}};

http::Response answer(int status, std::string body, std::vector<http::Header> headers = {}) {
  return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

base::Error error_of(int status, const std::string& body) {
  return error_of_answer("call", answer(status, body), kNow);
}

std::string body_with(const std::string& code) {
  return R"({"errors":[{"code":")" + code + R"(","message":"words"}]})";
}

// ---- answers to errors ----

TEST(ErrorOfAnswer, TakesCodeAndWordsFromAList) {
  const auto error = error_of(400, data("error_list.json"));

  EXPECT_EQ(error.code, Code::kInvalid);
  EXPECT_EQ(error.reason, "invalid_dns_name_on_duplicate");
  EXPECT_EQ(error.message,
            "call: invalid_dns_name_on_duplicate: The names must match the original order.");
  EXPECT_EQ(error.http_status, 400);
}

TEST(ErrorOfAnswer, TakesCodeAndWordsFromASingleObject) {
  const auto error = error_of(404, data("error_object.json"));

  EXPECT_EQ(error.reason, "not_found|route");
  EXPECT_THAT(error.message, HasSubstr("The specified route was not found."));
}

TEST(ErrorOfAnswer, AWrongRouteIsAWrongBaseUrlNotAnAbsentOrder) {
  EXPECT_EQ(error_of(404, data("error_object.json")).code, Code::kInvalid);
  EXPECT_EQ(error_of(404, body_with("not_found|order")).code, Code::kNotFound);
}

struct CodeCase {
  const char* name;
  int status;
  std::string body;
  Code expected;
};
class CodeOf : public testing::TestWithParam<CodeCase> {};

TEST_P(CodeOf, EachAnswer) {
  EXPECT_EQ(error_of(GetParam().status, GetParam().body).code, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    ErrorOfAnswer, CodeOf,
    testing::Values(
        CodeCase{"BadKey", 403, data("error_key.json"), Code::kUnauthenticated},
        CodeCase{"BadKeyWith401", 401, "", Code::kUnauthenticated},
        CodeCase{"Permission", 403, body_with("access_denied|missing_permission"),
                 Code::kPermissionDenied},
        CodeCase{"Approver", 400, body_with("access_denied|invalid_approver"),
                 Code::kPermissionDenied},
        CodeCase{"Html403", 403, data("forbidden.html"), Code::kPermissionDenied},
        CodeCase{"NotFound", 404, body_with("not_found"), Code::kNotFound},
        CodeCase{"Product", 404, body_with("not_found|product"), Code::kNotFound},
        CodeCase{"Html404", 404, "<html/>", Code::kCorrupt},
        CodeCase{"Empty400", 400, "", Code::kCorrupt},
        CodeCase{"UnknownRefusal", 400, body_with("no_money"), Code::kInvalid},
        CodeCase{"TooEarly", 400, body_with("cert_unavailable_processing"), Code::kUnavailable},
        CodeCase{"NotAcceptable", 406, body_with("x"), Code::kInvalid},
        CodeCase{"Timeout", 408, body_with("x"), Code::kUnavailable},
        CodeCase{"Limit", 429, body_with("request_limit_exceeded"), Code::kExhausted},
        CodeCase{"LimitHtml", 429, "<html/>", Code::kExhausted},
        CodeCase{"LimitWith400", 400, body_with("request_limit_exceeded"), Code::kExhausted},
        CodeCase{"Broken", 500, body_with("not_found|order"), Code::kUnavailable},
        CodeCase{"Html503", 503, "<html/>", Code::kUnavailable},
        CodeCase{"Redirect", 302, "", Code::kCorrupt}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(ErrorOfAnswer, NeverQuotesABodyThatIsNotTheCas) {
  auto page = answer(403, data("forbidden.html"), {{"Content-Type", "text/html"}});

  const auto error = error_of_answer("call", page, kNow);

  EXPECT_EQ(error.message, "call: HTTP 403 without an error of CertCentral (text/html)");
  EXPECT_EQ(error.reason, "");
}

TEST(ErrorOfAnswer, LimitsAndCleansTheCasWords) {
  const std::string long_words(1000, 'x');
  const auto error = error_of(400, R"({"errors":[{"code":"c\n1","message":"a\u0000b\r\n)" +
                                       std::string("\xc3\xa4") + long_words + R"("}]})");

  EXPECT_LE(error.message.size(), kMessageMax + std::string("call: ").size());
  EXPECT_TRUE(error.message.starts_with("call: c 1: a?b ??xxx")) << error.message;
  EXPECT_TRUE(error.message.ends_with("..."));
}

TEST(ErrorOfAnswer, TakesRetryAfter) {
  const auto seconds = answer(429, "", {{"retry-after", "17"}});
  const auto date = answer(429, "", {{"Retry-After", "Fri, 01 May 2026 00:01:00 GMT"}});
  const auto nothing = answer(429, "");

  EXPECT_EQ(error_of_answer("call", seconds, kNow).retry_after, std::chrono::seconds(17));
  EXPECT_EQ(error_of_answer("call", date, kNow).retry_after, std::chrono::seconds(60));
  EXPECT_EQ(error_of_answer("call", nothing, kNow).retry_after, std::nullopt);
}

class OddErrors : public testing::TestWithParam<std::string> {};

TEST_P(OddErrors, HaveNoReason) {
  const auto error = error_of(400, GetParam());

  EXPECT_EQ(error.reason, "");
  EXPECT_EQ(error.code, Code::kCorrupt);
}

INSTANTIATE_TEST_SUITE_P(ErrorOfAnswer, OddErrors,
                         testing::Values("null", "[]", "{}", R"({"errors":[]})",
                                         R"({"errors":null})", R"({"errors":"text"})",
                                         R"({"errors":[7]})", R"({"errors":[{"message":"m"}]})"));

TEST(ErrorOfAnswer, TakesTheFirstOfSeveral) {
  const auto error = error_of(400, R"({"errors":[{"code":"first"},{"code":"second"}]})");

  EXPECT_EQ(error.message, "call: first");
}

// ---- what they mean ----

base::Error answered(int status, const std::string& reason = "") {
  return error_of(status, reason.empty() ? "<html/>" : body_with(reason));
}
base::Error broken_off() {
  return {.code = Code::kUnavailable, .message = "reset"};
}
base::Error not_sent(Code code) {
  return {.code = code, .message = "x", .not_sent = true};
}
base::Error unreadable_201() {
  return {.code = Code::kCorrupt, .message = "x", .http_status = 201};
}

struct ClassCase {
  const char* name;
  base::Error error;
  ErrorClass read;
  ErrorClass post;
};
class ClassOf : public testing::TestWithParam<ClassCase> {};

TEST_P(ClassOf, ReadsAndPosts) {
  EXPECT_EQ(class_of(GetParam().error, CallKind::kRead), GetParam().read);
  EXPECT_EQ(class_of(GetParam().error, CallKind::kPost), GetParam().post);
}

constexpr auto kTerminal = ErrorClass::kTerminal;
constexpr auto kTransient = ErrorClass::kTransient;
constexpr auto kAmbiguous = ErrorClass::kAmbiguous;
constexpr auto kConfiguration = ErrorClass::kConfiguration;
constexpr auto kRateLimited = ErrorClass::kRateLimited;

INSTANTIATE_TEST_SUITE_P(
    Errors, ClassOf,
    testing::Values(
        ClassCase{"TimeoutOrReset", broken_off(), kTransient, kAmbiguous},
        ClassCase{"Refused", not_sent(Code::kUnavailable), kTransient, kTransient},
        ClassCase{"StoppedBefore", not_sent(Code::kCancelled), kTransient, kTransient},
        ClassCase{"StoppedDuring", {.code = Code::kCancelled}, kTransient, kAmbiguous},
        ClassCase{"OurOwnRefusal", not_sent(Code::kInvalid), kTerminal, kTerminal},
        ClassCase{"BudgetSpent", not_sent(Code::kExhausted), kRateLimited, kRateLimited},
        ClassCase{"Status500", answered(500), kTransient, kAmbiguous},
        ClassCase{"Status500WithCode", answered(500, "server_error"), kTransient, kAmbiguous},
        ClassCase{"Status503", answered(503), kTransient, kAmbiguous},
        ClassCase{"Unreadable201", unreadable_201(), kTransient, kAmbiguous},
        ClassCase{"Redirect", answered(302), kTransient, kAmbiguous},
        ClassCase{"Refusal", answered(400, "invalid_value:years"), kTerminal, kTerminal},
        ClassCase{"UnknownRefusal", answered(400, "no_money"), kTerminal, kTerminal},
        ClassCase{"NotFound", answered(404, "not_found|order"), kTerminal, kTerminal},
        ClassCase{"Html400", answered(400), kTransient, kAmbiguous},
        ClassCase{"Html403", answered(403), kConfiguration, kAmbiguous},
        ClassCase{"Html404", answered(404), kTransient, kAmbiguous},
        ClassCase{"Timeout408", answered(408, "x"), kTransient, kAmbiguous},
        ClassCase{"BadKey", answered(403, "access_denied|access_denied_invalid_key"),
                  kConfiguration, kConfiguration},
        ClassCase{"Permission", answered(403, "access_denied|missing_permission"), kConfiguration,
                  kConfiguration},
        ClassCase{"WrongRoute", answered(404, "not_found|route"), kConfiguration, kConfiguration},
        ClassCase{"Limit", answered(429, "request_limit_exceeded"), kRateLimited, kRateLimited},
        ClassCase{"LimitHtml", answered(429), kRateLimited, kRateLimited},
        ClassCase{"TooEarly", answered(400, "cert_unavailable_processing"), kTransient,
                  kTransient}),
    [](const auto& row) { return std::string(row.param.name); });

// For every status, with and without the CA's code: a POST may be sent again only after a clear
// refusal (rules: parsed 4xx but 408, 429, nothing sent).
TEST(ClassOfPost, IsAmbiguousForEveryStatusButClearRefusals) {
  for (int status = 0; status < 600; ++status) {
    for (const bool has_code : {false, true}) {
      const base::Error error{
          .code = Code::kUnavailable, .http_status = status, .reason = has_code ? "some_code" : ""};
      const bool is_clear =
          status == 429 || (has_code && status >= 400 && status < 500 && status != 408);
      ASSERT_EQ(class_of(error, CallKind::kPost) != kAmbiguous, is_clear) << status << has_code;
    }
  }
}

TEST(ClassOfRead, IsNeverAmbiguous) {
  for (int code = 0; code <= static_cast<int>(Code::kInternal); ++code) {
    EXPECT_NE(class_of({.code = static_cast<Code>(code)}, CallKind::kRead), kAmbiguous) << code;
  }
}

TEST(HasReason, MatchesAClassAndItsDetail) {
  const base::Error error{.reason = "not_found|order"};

  EXPECT_TRUE(has_reason(error, "not_found"));
  EXPECT_TRUE(has_reason(error, "not_found|order"));
  EXPECT_FALSE(has_reason(error, "not_found|ord"));
  EXPECT_FALSE(has_reason(error, "not"));
  EXPECT_TRUE(has_reason({.reason = "invalid_value:years"}, "invalid_value"));
  EXPECT_FALSE(has_reason({.reason = "not_foundry"}, "not_found"));
}

TEST(Printable, CutsAndCleans) {
  EXPECT_EQ(printable("  two \t\r\n words  "), "two words");
  EXPECT_EQ(printable("\x1b[31mred"), "?[31mred");
  EXPECT_EQ(printable("abcdefgh", 6), "abc...");
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdef", 2), "..");
  EXPECT_EQ(printable(""), "");
}

TEST(TellsOfValidation, KnowsALapsedValidationByItsWords) {
  const auto tells = [](const char* reason, const char* message) {
    return tells_of_validation({.code = Code::kInvalid, .message = message, .reason = reason});
  };

  EXPECT_TRUE(tells("domain_not_validated|shop.example.com", ""));
  EXPECT_TRUE(tells("some_code", "Domain validation for example.com has expired."));
  EXPECT_TRUE(tells("some_code", "The Organization must be validated first."));
  EXPECT_TRUE(tells("dcv_expired", ""));
  EXPECT_FALSE(tells("invalid_value:organization.id", "There is no such organization."));
  EXPECT_FALSE(tells("cert_validity_exceeds_order_validity", "of this domain"));
}

}  // namespace
}  // namespace certcentral
