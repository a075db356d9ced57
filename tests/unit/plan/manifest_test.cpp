#include "plan/manifest.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_dir.h"

namespace plan {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

json only(const std::string& text) {
  const auto found = parse_manifests(text, "a.yaml");
  EXPECT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->size(), 1U);
  return found->front().object;
}

std::string problem(const std::string& text) {
  const auto found = parse_manifests(text, "a.yaml");
  EXPECT_FALSE(found);
  return found ? "" : found.error().message;
}

TEST(ParseManifests, ReadsScalarsAsKubectlDoes) {
  const json object = only(
      "kind: A\nnumber: 12\nnegative: -3\ntext: '12'\nname: 12a\nnothing: ~\nempty:\nyes: true\n"
      "no: off\ndate: 2026-01-01\nfloat: 1.5\nquoted: \"true\"\nblock: |\n  x\n");

  EXPECT_EQ(object, json::parse(R"({"kind":"A","number":12,"negative":-3,"text":"12","name":"12a",
      "nothing":null,"empty":null,"yes":true,"no":false,"date":"2026-01-01","float":1.5,
      "quoted":"true","block":"x\n"})"));
}

TEST(ParseManifests, FollowsAnchorsAndMerges) {
  const json object = only("kind: A\na: &x {b: 1, c: 2}\nd: *x\ne: {<<: *x, c: 3}\n");

  EXPECT_EQ(object["d"], json({{"b", 1}, {"c", 2}}));
  EXPECT_EQ(object["e"], json({{"b", 1}, {"c", 3}}));
}

TEST(ParseManifests, NamesEachDocumentAndEachItemOfAList) {
  const auto found =
      parse_manifests("---\nkind: A\n---\n---\nkind: BList\nitems: [{kind: B}, {kind: C}]\n", "f");

  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), 3U);
  EXPECT_EQ((*found)[0].place, "f, document 1");
  EXPECT_EQ((*found)[1].place, "f, document 3, item 1");
  EXPECT_EQ((*found)[2].object["kind"], "C");
}

TEST(ParseManifests, TellsTheLineOfWhatIsWrong) {
  EXPECT_THAT(problem("kind: A\nspec: [\n"), AllOf(StartsWith("a.yaml:"), HasSubstr("not YAML")));
  EXPECT_THAT(problem("kind: A\nspec:\n  a: 1\n  a: 2\n"),
              AllOf(StartsWith("a.yaml:4:3:"), HasSubstr("the field a is there twice")));
  EXPECT_THAT(problem("just text"), HasSubstr("it has no kind"));
  EXPECT_THAT(problem("kind: [A]"), HasSubstr("it has no kind"));
}

TEST(ParseManifests, RefusesAliasesThatGrowWithoutEnd) {
  std::string bomb = "kind: A\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += (j == 0 ? "" : ", ") + before;
    bomb += "]\n";
  }

  EXPECT_THAT(problem(bomb), HasSubstr("too large"));
}

class ReadManifests : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    const auto path = dir_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  std::string path(const std::string& name) { return (dir_.path() / name).string(); }

  support::TempDir dir_;
  std::istringstream input_{"kind: FromInput\n"};
};

TEST_F(ReadManifests, TakesFilesDirectoriesAndStandardInput) {
  write("d/b.yml", "kind: B\n");
  write("d/a/a.yaml", "kind: A\n");
  write("d/c.json", R"({"kind": "C"})");
  write("d/README.md", "not: a manifest\n");
  write("single", "kind: Single\n");

  const auto found = read_manifests({path("d"), "-", path("single")}, input_);

  ASSERT_TRUE(found) << found.error().message;
  std::string kinds;
  for (const Manifest& one : *found) kinds += one.object["kind"].get<std::string>() + " ";
  EXPECT_EQ(kinds, "A B C FromInput Single ");
}

TEST_F(ReadManifests, NamesThePathThatCannotBeRead) {
  write("empty/README.md", "x");

  const auto missing = read_manifests({path("nowhere.yaml")}, input_);
  const auto empty = read_manifests({path("empty")}, input_);

  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, AllOf(HasSubstr("nowhere.yaml"), HasSubstr("No such file")));
  ASSERT_FALSE(empty);
  EXPECT_THAT(empty.error().message, HasSubstr("there is no .yaml, .yml or .json file in it"));
}

}  // namespace
}  // namespace plan
