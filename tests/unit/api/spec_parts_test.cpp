#include "api/spec_parts.h"

#include <gtest/gtest.h>

namespace {

using api::LabelOperator;
using Labels = std::map<std::string, std::string>;

bool requires_match(LabelOperator relation, std::vector<std::string> values, const Labels& labels) {
  const api::LabelSelector selector{
      .match_expressions = {{.key = "team", .operator_ = relation, .values = std::move(values)}}};
  return api::matches(selector, labels);
}

TEST(LabelSelector, MatchesEverythingWhenEmpty) {
  EXPECT_TRUE(api::matches({}, {}));
  EXPECT_TRUE(api::matches({}, {{"a", "b"}}));
}

TEST(LabelSelector, NeedsEachLabelWithItsValue) {
  const api::LabelSelector selector{.match_labels = {{"a", "1"}, {"b", "2"}}};

  EXPECT_TRUE(api::matches(selector, {{"a", "1"}, {"b", "2"}, {"c", "3"}}));
  EXPECT_FALSE(api::matches(selector, {{"a", "1"}}));
  EXPECT_FALSE(api::matches(selector, {{"a", "1"}, {"b", "3"}}));
}

TEST(LabelSelector, InAndExistsNeedTheLabel) {
  EXPECT_TRUE(requires_match(LabelOperator::kIn, {"a", "b"}, {{"team", "b"}}));
  EXPECT_FALSE(requires_match(LabelOperator::kIn, {"a", "b"}, {{"team", "c"}}));
  EXPECT_FALSE(requires_match(LabelOperator::kIn, {"a", "b"}, {}));
  EXPECT_TRUE(requires_match(LabelOperator::kExists, {}, {{"team", ""}}));
  EXPECT_FALSE(requires_match(LabelOperator::kExists, {}, {}));
}

TEST(LabelSelector, NotInAndDoesNotExistMatchAnAbsentLabel) {
  EXPECT_TRUE(requires_match(LabelOperator::kNotIn, {"a"}, {}));
  EXPECT_TRUE(requires_match(LabelOperator::kNotIn, {"a"}, {{"team", "b"}}));
  EXPECT_FALSE(requires_match(LabelOperator::kNotIn, {"a"}, {{"team", "a"}}));
  EXPECT_TRUE(requires_match(LabelOperator::kDoesNotExist, {}, {}));
  EXPECT_FALSE(requires_match(LabelOperator::kDoesNotExist, {}, {{"team", "a"}}));
}

TEST(LabelSelector, NeedsBothLabelsAndExpressions) {
  const api::LabelSelector selector{
      .match_labels = {{"a", "1"}},
      .match_expressions = {{.key = "b", .operator_ = LabelOperator::kExists}}};

  EXPECT_TRUE(api::matches(selector, {{"a", "1"}, {"b", ""}}));
  EXPECT_FALSE(api::matches(selector, {{"a", "1"}}));
  EXPECT_FALSE(api::matches(selector, {{"b", ""}}));
}

}  // namespace
