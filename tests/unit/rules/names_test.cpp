#include "rules/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rules {
namespace {

using testing::ElementsAre;

struct PairCase {
  std::string name;
  std::string a;
  std::string b;
  bool free;  // a is free beside b
  bool twins;
};

class FreeNames : public testing::TestWithParam<PairCase> {};

TEST_P(FreeNames, FollowWhatTheCaAdds) {
  const auto& row = GetParam();

  EXPECT_EQ(is_free_beside(row.a, row.b), row.free);
  EXPECT_EQ(are_twins(row.a, row.b), row.twins);
  EXPECT_EQ(are_twins(row.b, row.a), row.twins);
}

INSTANTIATE_TEST_SUITE_P(
    Pairs, FreeNames,
    testing::Values(PairCase{"WwwBesideBase", "www.example.com", "example.com", true, true},
                    PairCase{"BaseBesideWww", "example.com", "www.example.com", true, true},
                    PairCase{"BaseBesideWildcard", "example.com", "*.example.com", true, true},
                    PairCase{"NeverAWildcard", "*.example.com", "example.com", false, true},
                    PairCase{"NotItself", "example.com", "example.com", false, false},
                    PairCase{"NotASibling", "a.example.com", "b.example.com", false, false},
                    PairCase{"NotBelowAWildcard", "a.example.com", "*.example.com", false, false},
                    PairCase{"NotTwoLabelsUp", "www.a.example.com", "example.com", false, false},
                    PairCase{"NotASuffixOfALabel", "wwww.example.com", "example.com", false,
                             false}),
    [](const auto& row) { return row.param.name; });

TEST(WithoutTwins, KeepsTheCommonNameFirstAndTheOthersInTheirOrder) {
  EXPECT_THAT(without_twins("b.example.com", {"a.example.com", "b.example.com", "c.example.com"}),
              ElementsAre("b.example.com", "a.example.com", "c.example.com"));
}

TEST(WithoutTwins, DropsWhatTheCaAddsByItself) {
  EXPECT_THAT(without_twins("*.example.com", {"*.example.com", "example.com"}),
              ElementsAre("*.example.com"));
  EXPECT_THAT(without_twins("www.example.com", {"example.com", "www.example.com"}),
              ElementsAre("www.example.com"));
  EXPECT_THAT(without_twins("a.org", {"www.b.org", "b.org", "*.c.org", "c.org"}),
              ElementsAre("a.org", "b.org", "*.c.org"));
}

TEST(WithoutTwins, KeepsAWildcardBesideItsBaseDomainAsCommonName) {
  EXPECT_THAT(without_twins("example.com", {"example.com", "*.example.com"}),
              ElementsAre("example.com", "*.example.com"));
}

TEST(WithoutTwins, DoesNotDependOnTheOrderOfTheListing) {
  const auto one = without_twins("a.org", {"b.org", "www.b.org", "*.b.org"});
  const auto other = without_twins("a.org", {"www.b.org", "*.b.org", "b.org"});

  EXPECT_EQ(NameSet(one.begin(), one.end()), NameSet(other.begin(), other.end()));
}

TEST(BelowWildcard, AcceptsTheBaseDomainAndEveryDepthBelowIt) {
  EXPECT_TRUE(is_below_wildcard("example.com", "*.example.com"));
  EXPECT_TRUE(is_below_wildcard("a.example.com", "*.example.com"));
  EXPECT_TRUE(is_below_wildcard("a.b.example.com", "*.example.com"));
}

TEST(BelowWildcard, RefusesWildcardsOtherDomainsAndEmptyLabels) {
  EXPECT_FALSE(is_below_wildcard("*.a.example.com", "*.example.com"));
  EXPECT_FALSE(is_below_wildcard("badexample.com", "*.example.com"));
  EXPECT_FALSE(is_below_wildcard(".example.com", "*.example.com"));
  EXPECT_FALSE(is_below_wildcard("a.example.com", "example.com"));
}

struct LeafCase {
  std::string name;
  NamesWanted wanted;
  std::string leaf_common_name;
  NameSet leaf;
  NameSet order;
  bool satisfies;
};

class LeafSatisfies : public testing::TestWithParam<LeafCase> {};

TEST_P(LeafSatisfies, TheSpecOrNot) {
  const auto& row = GetParam();

  EXPECT_EQ(leaf_satisfies(row.wanted, row.leaf, row.leaf_common_name, row.order), row.satisfies);
}

INSTANTIATE_TEST_SUITE_P(
    Leaves, LeafSatisfies,
    testing::Values(
        LeafCase{"SameNames", {"a.org", {"a.org", "b.org"}}, "a.org", {"a.org", "b.org"}, {}, true},
        LeafCase{"FreeTwins", {"a.org", {"a.org"}}, "a.org", {"a.org", "www.a.org"}, {}, true},
        LeafCase{"TwinOfTheLeavesOwnCommonName",
                 {std::nullopt, {"s.a.org"}},
                 "*.a.org",
                 {"*.a.org", "a.org", "s.a.org"},
                 {},
                 true},
        LeafCase{"OnlyCommonNameAsked",
                 {"a.org", {}},
                 "a.org",
                 {"a.org", "z.org"},
                 {"a.org", "z.org"},
                 true},
        LeafCase{"OnlyCommonNameAskedAndAFurtherName",
                 {"*.a.org", {}},
                 "*.a.org",
                 {"*.a.org", "b.c.a.org"},
                 {"*.a.org"},
                 false},
        LeafCase{"OnlyDnsNamesAsked", {std::nullopt, {"b.org"}}, "b.org", {"b.org"}, {}, true},
        LeafCase{"AnotherCommonName", {"a.org", {}}, "b.org", {"a.org", "b.org"}, {}, false},
        LeafCase{"ANameIsMissing", {"a.org", {"b.org"}}, "a.org", {"a.org"}, {}, false},
        LeafCase{"AFurtherName", {"a.org", {"a.org"}}, "a.org", {"a.org", "z.org"}, {}, false},
        LeafCase{"AFurtherNameOfTheOrder",
                 {"a.org", {"a.org"}},
                 "a.org",
                 {"a.org", "z.org"},
                 {"a.org", "z.org"},
                 true},
        LeafCase{"ATwinOfANameOfTheOrder",
                 {"a.org", {"a.org"}},
                 "a.org",
                 {"a.org", "www.z.org", "z.org"},
                 {"a.org", "z.org"},
                 true},
        LeafCase{"AWildcardNobodyAskedFor",
                 {"a.org", {"a.org"}},
                 "a.org",
                 {"a.org", "*.a.org"},
                 {},
                 false}),
    [](const auto& row) { return row.param.name; });

TEST(NameConstraints, AllowExactNamesAndEveryDepthBelowASuffix) {
  const std::vector<std::string> patterns{"exact.org", "*.example.com"};

  EXPECT_EQ(first_not_allowed({"exact.org", "a.example.com", "a.b.example.com", "*.example.com",
                               "*.b.example.com"},
                              patterns),
            std::nullopt);
}

TEST(NameConstraints, RefuseTheSuffixItselfAndLookAlikes) {
  const std::vector<std::string> patterns{"exact.org", "*.example.com"};

  EXPECT_EQ(first_not_allowed({"exact.org", "example.com"}, patterns), "example.com");
  EXPECT_EQ(first_not_allowed({"badexample.com"}, patterns), "badexample.com");
  EXPECT_EQ(first_not_allowed({"a.exact.org"}, patterns), "a.exact.org");
  EXPECT_EQ(first_not_allowed({"any.org"}, {}), "any.org");
}

}  // namespace
}  // namespace rules
