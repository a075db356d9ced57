#include "plan/cel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace plan {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// The value as JSON text; an error as its code.
std::string evaluated(std::string_view expression, const json& self = json::object()) {
  const auto value = Cel().evaluate(expression, self);
  if (value) return value->dump();
  return value.error().code == base::Code::kInvalid ? "unreadable" : "no value";
}

TEST(Cel, ReadsTextsNumbersAndLists) {
  EXPECT_EQ(evaluated("'a' + \"b\" + r'\\.'"), R"("ab\\.")");
  EXPECT_EQ(evaluated(R"('it\'s')"), R"("it's")");
  EXPECT_EQ(evaluated("[1, 22, 'x']"), R"([1,22,"x"])");
  EXPECT_EQ(evaluated("[]"), "[]");
}

TEST(Cel, KnowsWhatIsThere) {
  const json self{{"kind", "New"}, {"inner", {{"size", 256}}}};

  EXPECT_EQ(evaluated("has(self.kind)", self), "true");
  EXPECT_EQ(evaluated("has(self.name)", self), "false");
  EXPECT_EQ(evaluated("self.inner.size in [256, 384]", self), "true");
  EXPECT_EQ(evaluated("'kind' in self", self), "true");
  EXPECT_EQ(evaluated("!('name' in self) && self.kind != 'Old'", self), "true");
  EXPECT_EQ(evaluated("size(self.inner) > 1", self), "false");
}

TEST(Cel, AsksTexts) {
  const json self = "shop-pending";

  EXPECT_EQ(evaluated("self.endsWith('-pending')", self), "true");
  EXPECT_EQ(evaluated("self.startsWith('-pending')", self), "false");
  EXPECT_EQ(evaluated("self.contains('p-p')", self), "true");
  EXPECT_EQ(evaluated("self.matches('^[a-z]+$')", self), "false");
}

TEST(Cel, BindsAsTheLanguageDoes) {
  EXPECT_EQ(evaluated("true || false && false"), "true");
  EXPECT_EQ(evaluated("(true || false) && false"), "false");
  EXPECT_EQ(evaluated("'a' == 'b' ? 'x' : 'c' == 'c' ? 'y' : 'z'"), R"("y")");
  EXPECT_EQ(evaluated("('a' == 'a') == !(1 > 2)"), "true");
}

TEST(Cel, LetsTheSettlingSideOutweighAnError) {
  EXPECT_EQ(evaluated("self.nothing == 1 || true"), "true");
  EXPECT_EQ(evaluated("false && self.nothing == 1"), "false");
  EXPECT_EQ(evaluated("self.nothing == 1 || false"), "no value");
  EXPECT_EQ(evaluated("has(self.a) ? self.a : 'none'"), R"("none")");
}

TEST(Cel, HasNoValueForWrongTypes) {
  EXPECT_EQ(evaluated("1 + 'a'"), "no value");
  EXPECT_EQ(evaluated("self.endsWith('x')", 5), "no value");
  EXPECT_EQ(evaluated("'a' > 'b'"), "no value");
  EXPECT_EQ(evaluated("1 && true"), "no value");
}

TEST(Cel, RefusesWhatItDoesNotKnowWhateverTheValue) {
  for (const char* text :
       {"self.size()", "self.a >= 1", "oldSelf == self", "self.all(x, x > 1)", "'open", "(1", "1 2",
        "self.matches('[')", R"('\d')", "", "true ? 1", "[1", "1 - 1"}) {
    EXPECT_EQ(evaluated(text, "x"), "unreadable") << text;
  }
  EXPECT_THAT(Cel().evaluate("true and false", {}).error().message, HasSubstr("and false"));
}

}  // namespace
}  // namespace plan
