#include "kube/json.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace kube {
namespace {

using nlohmann::json;

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') +
         std::string(static_cast<std::size_t>(depth), ']');
}

// nlohmann's own parser is the oracle.
TEST(ParseJson, ReadsWhatAnotherParserReads) {
  for (const std::string text :
       {R"({})", R"([])", R"("")", R"(7)", R"(null)", R"([true,false,null])",
        R"([0,-0,1,-1,9223372036854775807,-9223372036854775808,18446744073709551615])",
        R"([1.5,-2e300,0.0,1e-7])", R"(["\"\\\/\b\f\n\r\t\u0000\u00e9\ud83d\ude00 é😀"])",
        R"({"a":{"b":[{"c":[]},{}]},"":{"":""}})", R"({"a":1,"b":2,"a":3})",
        " \r\n\t{ \"a\" : [ 1 , 2 ] }\n"}) {
    const auto parsed = parse_json(text);

    ASSERT_TRUE(parsed) << text;
    const json expected = json::parse(text);
    EXPECT_EQ(*parsed, expected) << text;
    EXPECT_EQ(parsed->dump(), expected.dump()) << text;
  }
}

TEST(ParseJson, KeepsTheKindsOfNumbers) {
  const auto parsed = parse_json("[7,-7,7.0]");

  ASSERT_TRUE(parsed);
  EXPECT_TRUE((*parsed)[0].is_number_unsigned());
  EXPECT_TRUE((*parsed)[1].is_number_integer());
  EXPECT_TRUE((*parsed)[2].is_number_float());
}

TEST(ParseJson, RefusesWhatIsNoJsonAndQuotesNothingOfIt) {
  for (const std::string text :
       {"", " ", "{", "}", "{\"secret\"}", "[1,]", "[01]", "nul", "'a'", "{\"a\":1}}", "\"\xff\"",
        "[\"\\ud800\"]", "[\"\n\"]", "[NaN]", "{\"secret\":18446744073709551616}"}) {
    const auto parsed = parse_json(text);

    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, base::Code::kCorrupt);
    EXPECT_THAT(parsed.error().message, testing::Not(testing::HasSubstr("secret")));
  }
}

TEST(ParseJson, HasALimitOfNesting) {
  EXPECT_TRUE(parse_json(nested(kNestingMax)));
  EXPECT_FALSE(parse_json(nested(kNestingMax + 1)));
  EXPECT_FALSE(parse_json(nested(100'000)));
  EXPECT_TRUE(parse_json(R"({"a":")" + std::string(200, '[') + R"("})"));
}

TEST(ParseJson, ReadsTextsOfAllSizesOneAfterAnother) {
  for (const std::size_t size : {10U, 100'000U, 10U, 70'000U, 60'000U, 3'000'000U, 1U}) {
    const json value{{"text", std::string(size, 'x')}, {"list", std::vector<int>(size / 10, 7)}};
    EXPECT_EQ(parse_json(value.dump()), value) << size;
  }
}

TEST(ParseJson, DropsManagedFieldsOfMetadataAndNothingElse) {
  const json object{{"metadata",
                     {{"name", "a"},
                      {"annotations", {{"managedFields", "a text"}}},
                      {"managedFields", json::array({{{"manager", "b"}}})},
                      {"uid", "u"}}},
                    {"spec", {{"managedFields", {1, 2}}, {"metadata", "a text"}}}};
  json expected = object;
  expected["metadata"].erase("managedFields");
  const json list{{"metadata", json::object()}, {"items", {object, object}}};

  EXPECT_EQ(parse_json(object.dump()), object);
  EXPECT_EQ(parse_json(object.dump(), ManagedFields::kDrop), expected);
  EXPECT_EQ((*parse_json(list.dump(), ManagedFields::kDrop))["items"][1], expected);
}

}  // namespace
}  // namespace kube
