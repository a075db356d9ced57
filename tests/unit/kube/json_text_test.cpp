#include "kube/json_text.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace kube {
namespace {

using nlohmann::json;

constexpr int kDeep = 100;

// The same value as nlohmann's parser, or no value where it has none.
void expect_as_nlohmann(const std::string& text) {
  const json wanted = json::parse(text, nullptr, false);
  const auto read = read_json(text, kDeep);
  ASSERT_EQ(read.has_value(), !wanted.is_discarded()) << text;
  if (!read) return;
  ASSERT_EQ(*read, wanted) << text;
  ASSERT_EQ(read->type(), wanted.type()) << text;
  ASSERT_EQ(write_json(*read), wanted.dump()) << text;
}

TEST(JsonText, ReadsAndWritesAsNlohmannDoes) {
  for (const char* text : {"{}",
                           "[]",
                           " [ ] ",
                           "\t{ \"a\" : 1 }\r\n",
                           R"({"b":1,"a":2,"b":[3]})",
                           "true",
                           "false",
                           "null",
                           "nul",
                           "True",
                           "0",
                           "-0",
                           "00",
                           "01",
                           "-1",
                           "+1",
                           "1.",
                           ".5",
                           "1e3",
                           "1E+400",
                           "1e-400",
                           "999999999999999999",
                           "1000000000000000000",
                           "18446744073709551615",
                           "18446744073709551616",
                           "-9223372036854775808",
                           "-9223372036854775809",
                           "1-1",
                           "\"\"",
                           R"("a\n\"b\"\\")",
                           R"("A\ud83d\ude00")",
                           R"("\ud83d")",
                           R"("\x")",
                           "\"a\tb\"",
                           "\"\xc3\xa4\"",
                           "\"\xc3\"",
                           "\"\xed\xa0\x80\"",
                           "\"\x7f\"",
                           "\"open",
                           "\"open\\",
                           "\"open\\\"",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{1:1}",
                           "[1]]",
                           "[1",
                           "{\"a\":1",
                           "{\"a\" 1}",
                           "",
                           " ",
                           "[\"a\",{\"b\":[true,null,-7,1.5]},\"\\/\"]",
                           "{\"k:{\\\"uid\\\":\\\"1\\\"}\":{}}"}) {
    expect_as_nlohmann(text);
  }
  expect_as_nlohmann(std::string("[\0]", 3));
  expect_as_nlohmann(std::string("\"a\0b\"", 5));
}

TEST(JsonText, AgreesWithNlohmannAboutDamagedText) {
  const std::string whole =
      R"({"type":"MODIFIED","object":{"kind":"Secret","metadata":{"name":"a-tls","generation":12,)"
      R"("labels":{"duplicert.io/request":"a"},"managedFields":[{"fieldsV1":{"k:{\"uid\":\"1\"}":)"
      "{},\"f:a\":-1.5e3}}]},\"data\":{\"tls.crt\":\"TUlJQg==\"},\"m\":\"f\xc3\xbcr\\u00e4\\n\"}}";
  std::mt19937 random(7);
  const std::string alphabet = "{}[]\":,\\0123456789-+.eEtrufalsn \n\x01\x7f\x80\xc3";
  for (int round = 0; round < 20'000; ++round) {
    std::string text = whole;
    for (auto change = random() % 3 + 1; change > 0; --change) {
      const std::size_t at = random() % text.size();
      const char c = alphabet[random() % alphabet.size()];
      if (random() % 2 == 0) {
        text[at] = c;
      } else if (random() % 2 == 0) {
        text.insert(at, 1, c);
      } else {
        text.erase(at, random() % 5);
      }
    }
    expect_as_nlohmann(text);
    if (HasFatalFailure()) return;
  }
}

TEST(JsonText, NestsAsDeepAsItIsAllowedTo) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(read_json(nested(7), 7));
  const auto deeper = read_json(nested(8), 7);
  ASSERT_FALSE(deeper);
  EXPECT_EQ(deeper.error().code, base::Code::kCorrupt);
  EXPECT_THAT(deeper.error().message, testing::HasSubstr("nested too deeply"));
  EXPECT_TRUE(read_json("[" + nested(6) + "," + nested(6) + "]", 7));
}

TEST(JsonText, ThrowsForTextThatIsNotUtf8) {
  EXPECT_THROW(write_json({{"name", "\xff"}}), json::exception);
}

}  // namespace
}  // namespace kube
