#include "simulator/names.h"

#include <gtest/gtest.h>

#include "simulator/products.h"

namespace simulator {
namespace {

Order order_of(const Product& product, Names names) {
  Order order;
  order.product = product.name_id;
  order.common_name = names.front();
  order.free_names = free_names_of(product, names);
  order.dns_names = std::move(names);
  return order;
}

TEST(FreeNames, AreTheTwinOfTheCommonName) {
  const Product basic = *known_product("ssl_basic");

  EXPECT_EQ(free_names_of(basic, {"example.com"}), Names{"www.example.com"});
  EXPECT_EQ(free_names_of(basic, {"www.example.com"}), Names{"example.com"});
  EXPECT_EQ(free_names_of(basic, {"*.example.com"}), Names{"example.com"});
  EXPECT_EQ(free_names_of(basic, {"example.com", "www.example.com"}), Names{});
  EXPECT_EQ(free_names_of(*known_product("private_ssl_plus"), {"example.com"}), Names{});
}

struct NameCase {
  const char* name;
  const char* product;
  Names order;
  Names asked;
  bool allowed;
};

std::ostream& operator<<(std::ostream& out, const NameCase& c) {
  return out << c.name;
}

class DuplicateNames : public ::testing::TestWithParam<NameCase> {};

TEST_P(DuplicateNames, FollowTheRuleOfTheProduct) {
  const NameCase& c = GetParam();
  const Product product = *known_product(c.product);

  const auto names = duplicate_names(product, order_of(product, c.order), c.asked);

  const std::string code = names ? "" : names.error().code;
  EXPECT_EQ(code, c.allowed ? "" : "invalid_dns_name_on_duplicate");
}

INSTANTIATE_TEST_SUITE_P(
    Rules, DuplicateNames,
    ::testing::Values(
        NameCase{"flex_equal", "ssl_basic", {"a.x.com", "b.x.com"}, {"a.x.com", "b.x.com"}, true},
        NameCase{"flex_subset", "ssl_basic", {"a.x.com", "b.x.com"}, {"b.x.com"}, true},
        NameCase{"flex_added", "ssl_basic", {"a.x.com"}, {"a.x.com", "c.x.com"}, false},
        NameCase{"flex_with_free_name", "ssl_basic", {"a.x.com"}, {"a.x.com", "www.a.x.com"}, true},
        NameCase{"legacy_equal", "ssl_plus", {"a.x.com"}, {"a.x.com"}, true},
        NameCase{"legacy_other", "ssl_plus", {"a.x.com"}, {"b.x.com"}, false},
        NameCase{"multi_left_out", "ssl_multi_domain", {"a.x.com", "b.x.com"}, {"a.x.com"}, false},
        NameCase{"multi_other_common_name",
                 "ssl_multi_domain",
                 {"a.x.com", "b.x.com"},
                 {"b.x.com", "a.x.com"},
                 true},
        NameCase{"ev_single_with_free_name",
                 "ssl_ev_plus",
                 {"a.x.com"},
                 {"a.x.com", "www.a.x.com"},
                 false},
        NameCase{"wildcard_extra_below", "ssl_wildcard", {"*.x.com"}, {"*.x.com", "a.x.com"}, true},
        NameCase{"wildcard_extra_deep",
                 "private_ssl_wildcard",
                 {"*.x.com"},
                 {"*.x.com", "a.b.x.com"},
                 true},
        NameCase{"wildcard_base", "ssl_wildcard", {"*.x.com"}, {"*.x.com", "x.com"}, true},
        NameCase{"wildcard_elsewhere", "ssl_wildcard", {"*.x.com"}, {"*.x.com", "a.y.com"}, false},
        NameCase{
            "wildcard_of_wildcard", "ssl_wildcard", {"*.x.com"}, {"*.x.com", "*.a.x.com"}, false},
        NameCase{
            "wildcard_without_its_common_name", "ssl_wildcard", {"*.x.com"}, {"a.x.com"}, false},
        NameCase{
            "wildcard_suffix_trap", "ssl_wildcard", {"*.x.com"}, {"*.x.com", "evilx.com"}, false}),
    [](const auto& tested) { return tested.param.name; });

TEST(DuplicateNames, CarryTheFreeTwinsOfWhatWasAsked) {
  const Product basic = *known_product("ssl_basic");

  const auto names = duplicate_names(basic, order_of(basic, {"a.x.com", "b.x.com"}), {"a.x.com"});
  const auto without = duplicate_names(basic, order_of(basic, {"a.x.com", "b.x.com"}), {"b.x.com"});

  EXPECT_EQ(*names, (Names{"a.x.com", "www.a.x.com"}));
  EXPECT_EQ(*without, Names{"b.x.com"});
}

TEST(UnvalidatedName, IsTheFirstThatNoLivingDomainCovers) {
  const base::TimePoint now{std::chrono::seconds{1000}};
  const std::vector<Domain> domains{{1, 7, 0, "example.com", kNever}, {2, 7, 0, "lapsed.com", now}};

  EXPECT_EQ(unvalidated_name({"a.example.com", "*.example.com", "example.com"}, domains, now), "");
  EXPECT_EQ(unvalidated_name({"a.lapsed.com"}, domains, now), "a.lapsed.com");
  EXPECT_EQ(unvalidated_name({"notexample.com"}, domains, now), "notexample.com");
  EXPECT_EQ(unvalidated_name({"anything.net"}, {}, now), "") << "without domains all are validated";
}

TEST(DnsName, IsToldFromOtherText) {
  EXPECT_TRUE(is_dns_name("*.example.com"));
  EXPECT_TRUE(is_dns_name("xn--bcher-kva.example"));
  EXPECT_FALSE(is_dns_name(""));
  EXPECT_FALSE(is_dns_name("a..b"));
  EXPECT_FALSE(is_dns_name("a b.com"));
  EXPECT_FALSE(is_dns_name("a.*.com"));
}

}  // namespace
}  // namespace simulator
