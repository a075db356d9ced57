#include "reconcile/patch_over.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace reconcile {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

json owner(const std::string& uid) {
  return {{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"name", "x"}, {"uid", uid}};
}

json entry(const std::string& manager, const std::string& operation, const json& fields) {
  return {{"manager", manager}, {"operation", operation}, {"fieldsV1", fields}};
}

json named(const std::vector<std::string>& names) {
  json fields = json::object();
  for (const std::string& name : names) fields[name] = json::object();
  return fields;
}

// A Secret with a field of each kind that we wrote ("ours"), and one of somebody else ("theirs").
json live() {
  return {{"type", "kubernetes.io/tls"},
          {"metadata",
           {{"name", "shop-tls"},
            {"uid", "uid-secret"},
            {"resourceVersion", "41"},
            {"labels", {{"ours", "1"}, {"theirs", "1"}}},
            {"annotations", {{"ours", "1"}, {"theirs", "1"}}},
            {"ownerReferences", {owner("ours"), owner("theirs")}},
            {"managedFields",
             {entry("kubectl", "Update", {{"f:data", named({"f:theirs"})}}),
              entry("duplicert", "Update",
                    {{"f:data", named({"f:ours"})},
                     {"f:metadata",
                      {{"f:labels", named({".", "f:ours"})},
                       {"f:annotations", named({"f:ours"})},
                       {"f:ownerReferences", named({R"(k:{"uid":"ours"})"})}}}})}}}},
          {"data", {{"ours", "AAAA"}, {"theirs", "AAAA"}}}};
}

json wanted(const json& metadata, const json& data) {
  return {{"metadata", metadata}, {"data", data}};
}

json after(const json& metadata, const json& data) {
  json secret = live();
  secret.merge_patch(patch_over(secret, wanted(metadata, data), "own"));
  return secret;
}

TEST(PatchOver, IsForTheVersionThatWasSeen) {
  const json patch = patch_over(live(), wanted(json::object(), json::object()), "own");

  EXPECT_EQ(patch["metadata"]["uid"], "uid-secret");
  EXPECT_EQ(patch["metadata"]["resourceVersion"], "41");
}

TEST(PatchOver, WritesWhatIsWantedAndRemovesWhatWeNoLongerWant) {
  const json secret = after({{"labels", {{"new", "2"}}},
                             {"annotations", {{"new", "2"}}},
                             {"ownerReferences", {owner("new")}}},
                            {{"new", "BBBB"}});

  EXPECT_EQ(secret["metadata"]["labels"], (json{{"new", "2"}, {"theirs", "1"}}));
  EXPECT_EQ(secret["metadata"]["annotations"], (json{{"new", "2"}, {"theirs", "1"}}));
  EXPECT_EQ(secret["metadata"]["ownerReferences"], (json{owner("theirs"), owner("new")}));
  EXPECT_EQ(secret["data"], (json{{"new", "BBBB"}, {"theirs", "AAAA"}}));
}

TEST(PatchOver, OverwritesWhatSomebodyElseHasChanged) {
  const json secret = after({{"labels", {{"theirs", "2"}}}}, {{"theirs", "BBBB"}});

  EXPECT_EQ(secret["metadata"]["labels"]["theirs"], "2");
  EXPECT_EQ(secret["data"]["theirs"], "BBBB");
}

TEST(PatchOver, LeavesOwnersOutThatStayAsTheyAre) {
  const json same{{"ownerReferences", {owner("ours")}}};
  json secret = live();
  secret["metadata"]["ownerReferences"] = {owner("theirs"), owner("ours")};

  EXPECT_FALSE(patch_over(secret, wanted(same, {}), "own")["metadata"].contains("ownerReferences"));
  secret["metadata"].erase("ownerReferences");
  EXPECT_FALSE(patch_over(secret, wanted(json::object(), {}), "own")["metadata"].contains(
      "ownerReferences"));
}

TEST(PatchOver, LeavesAllDataAloneThatNothingIsSaidOf) {
  EXPECT_FALSE(patch_over(live(), {{"metadata", json::object()}}, "own").contains("data"));
}

// What an earlier version of ours applied, and what it or we patched, is all ours.
TEST(WrittenByUs, IsWhatOurManagerWroteInAnyWay) {
  json secret = live();
  secret["metadata"]["managedFields"].push_back(
      entry("duplicert", "Apply", {{"f:data", named({"f:tls.key", "f:gone"})}}));
  secret["data"]["tls.key"] = "AAAA";

  EXPECT_THAT(written_by_us(secret, "data"), ElementsAre("ours", "tls.key"));
  EXPECT_THAT(written_by_us(secret, "labels"), ElementsAre("ours"));
  EXPECT_THAT(written_by_us(secret, "ownerReferences"), ElementsAre("ours"));
}

TEST(WrittenByUs, IsNotWhatSomebodyElseAppliesAsWell) {
  json secret = live();
  secret["metadata"]["managedFields"].push_back(
      entry("argocd-controller", "Apply", {{"f:metadata", {{"f:labels", named({"f:ours"})}}}}));

  EXPECT_THAT(written_by_us(secret, "labels"), IsEmpty());
  EXPECT_THAT(written_by_us(secret, "annotations"), ElementsAre("ours"));
}

TEST(WrittenByUs, ReadsManagedFieldsOfAnyShape) {
  for (const json& fields :
       {json(), json(7), json::array({7}), json{{"f:data", 7}}, json{{"f:data", {{"k:no", 1}}}},
        json{{"f:data", {{R"(k:{"uid":5})", 1}}}}}) {
    json secret = live();
    secret["metadata"]["managedFields"] = {entry("duplicert", "Apply", fields), 7};
    EXPECT_THAT(written_by_us(secret, "data"), IsEmpty()) << fields;
  }
}

}  // namespace
}  // namespace reconcile
