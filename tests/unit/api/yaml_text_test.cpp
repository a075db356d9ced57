#include "unit/api/yaml_text.h"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

namespace {

using nlohmann::json;

json only(const std::string& text) {
  const auto documents = yaml_text::read_yaml(text);
  return documents.size() == 1 ? documents[0] : json(documents);
}

TEST(YamlText, ReadsNestedBlocks) {
  EXPECT_EQ(only("a:\n  b: 1\n  c:\n    - d: x\n      e: true\n    - f\ng: ''\n"),
            (json{{"a", {{"b", 1}, {"c", {{{"d", "x"}, {"e", true}}, "f"}}}}, {"g", ""}}));
}

TEST(YamlText, ReadsFlowCollectionsOverSeveralLines) {
  EXPECT_EQ(only("a: {b: [1, '2', \"x, y\"],\n    c: {}}\n"),
            (json{{"a", {{"b", {1, "2", "x, y"}}, {"c", json::object()}}}}));
}

TEST(YamlText, FoldsLines) {
  EXPECT_EQ(only("a: >-\n  one: x\n  two\nb: |\n  three\n"),
            (json{{"a", "one: x two"}, {"b", "three\n"}}));
}

TEST(YamlText, LeavesCommentsOut) {
  EXPECT_EQ(only("# top\na: 1  # end\n  # between\nb: 'x # y'\n"),
            (json{{"a", 1}, {"b", "x # y"}}));
}

TEST(YamlText, SplitsDocuments) {
  EXPECT_EQ(yaml_text::read_yaml("# only a comment\n---\na: 1\n---\na: 2\n"),
            (std::vector<json>{{{"a", 1}}, {{"a", 2}}}));
}

TEST(YamlText, ComplainsAboutWhatItCannotRead) {
  EXPECT_NONFATAL_FAILURE(only("a: [1, 2\n"), "no closing ]");
}

}  // namespace
