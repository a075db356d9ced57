#include "simulator/seed.h"

#include <gtest/gtest.h>

#include "support/temp_dir.h"

namespace simulator {
namespace {

const base::TimePoint kNow = base::parse_time("2026-11-23T12:00:00Z").value();

constexpr std::string_view kHead = R"(
accounts:
  - id: 7
    users: [{id: 1, username: admin}]
    organizations: [{id: 9, name: Example Ltd}]
    orders:
)";

Seed parse(const std::string& orders) {
  const auto seed = parse_seed(std::string(kHead) + orders, kNow);
  EXPECT_TRUE(seed) << seed.error().message;
  return seed.value_or(Seed{});
}

TEST(Seed, ReadsRelativeDatesAgainstNow) {
  const Seed seed = parse(
      "      - {id: 1, product: ssl_basic, organization: 9, common_name: a.com,\n"
      "         issued: -179d, order_valid_till: +20d}\n");

  const SeedOrder& order = seed.accounts[0].orders[0];
  EXPECT_EQ(base::format_time(order.issued_at), "2026-05-28T12:00:00Z");
  EXPECT_EQ(base::format_time(order.order.valid_till), "2026-12-13T23:59:59Z");
  EXPECT_EQ(base::format_time(order.valid_till), "2026-12-12T23:59:59Z")
      << "199 days, the day of issuance included";
}

TEST(Seed, TakesAbsoluteDatesAndInstants) {
  const Seed seed = parse(
      "      - {product: ssl_basic, organization: 9, common_name: a.com, issued: 2026-11-01,\n"
      "         order_valid_till: '2026-11-24T06:30:00Z'}\n");

  const SeedOrder& order = seed.accounts[0].orders[0];
  EXPECT_EQ(base::format_time(order.issued_at), "2026-11-01T00:00:00Z");
  EXPECT_EQ(base::format_time(order.order.valid_till), "2026-11-24T06:30:00Z");
  EXPECT_EQ(order.valid_till, order.order.valid_till);
}

TEST(Seed, AddsTheFreeNamesOfTheProduct) {
  const Seed seed =
      parse("      - {product: ssl_basic, organization: 9, common_name: Shop.Example.com}\n");

  EXPECT_EQ(seed.accounts[0].orders[0].order.common_name, "shop.example.com");
  EXPECT_EQ(seed.accounts[0].orders[0].order.free_names,
            std::vector<std::string>{"www.shop.example.com"});
}

TEST(Seed, GivesAnAccountWithoutProductsAllThatAreKnown) {
  const Seed seed =
      parse("      - {product: ssl_wildcard, organization: 9, common_name: '*.a.com'}\n");

  EXPECT_GT(seed.accounts[0].products.size(), 20U);
}

struct BadSeed {
  const char* name;
  const char* orders;
  const char* message;  // a part of it
};

std::ostream& operator<<(std::ostream& out, const BadSeed& bad) {
  return out << bad.name;
}

class SeedErrors : public ::testing::TestWithParam<BadSeed> {};

TEST_P(SeedErrors, NameTheField) {
  const auto seed = parse_seed(std::string(kHead) + GetParam().orders, kNow);

  ASSERT_FALSE(seed);
  EXPECT_EQ(seed.error().code, base::Code::kInvalid);
  EXPECT_NE(seed.error().message.find(GetParam().message), std::string::npos)
      << seed.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Fields, SeedErrors,
    ::testing::Values(
        BadSeed{"date",
                "      - {product: ssl_basic, organization: 9, common_name: a.com, issued: soon}",
                "accounts[0].orders[0].issued: \"soon\" is no date"},
        BadSeed{"unknown_field",
                "      - {product: ssl_basic, organization: 9, common_name: a.com, colour: red}",
                "accounts[0].orders[0].colour: there is no such field"},
        BadSeed{"product", "      - {product: nope, organization: 9, common_name: a.com}",
                "accounts[0].orders[0].product: the account has no product"},
        BadSeed{"organization",
                "      - {product: ssl_basic, organization: 10, common_name: a.com}",
                "accounts[0].orders[0].organization: the account has no such"},
        BadSeed{"common_name", "      - {product: ssl_basic, organization: 9}",
                "accounts[0].orders[0].common_name: it is required"},
        BadSeed{"number",
                "      - {id: x1, product: ssl_basic, organization: 9, common_name: a.com}",
                "accounts[0].orders[0].id: \"x1\" is no number"},
        BadSeed{"repeated_id",
                "      - {id: 5, product: ssl_basic, organization: 9, common_name: a.com}\n"
                "      - {id: 5, product: ssl_basic, organization: 9, common_name: b.com}",
                "accounts[0].orders[1].id: 5 is used twice"},
        BadSeed{"renewal_of_nothing",
                "      - {product: ssl_basic, organization: 9, common_name: a.com, renewal_of: 4}",
                "accounts[0].orders[0].renewal_of: no order above"},
        BadSeed{"status",
                "      - {product: ssl_basic, organization: 9, common_name: a.com, status: odd}",
                "accounts[0].orders[0].status: \"odd\" is none of issued, pending"},
        BadSeed{"no_list", "      {}\n    domains: example.com",
                "accounts[0].domains: wanted a list"},
        BadSeed{"key_in_seed", "      []\n    api_keys: [{name: k, user: 1, api_key: 0123456789}]",
                "accounts[0].api_keys[0].api_key: wanted generate"},
        BadSeed{"key_of_nobody", "      []\n    api_keys: [{name: k, user: 2, api_key: generate}]",
                "accounts[0].api_keys[0].user: the account has no such user"},
        BadSeed{"key_hash", "      []\n    api_keys: [{name: k, user: 1, api_key_sha256: abc}]",
                "accounts[0].api_keys[0].api_key_sha256: wanted 64"}),
    [](const auto& tested) { return tested.param.name; });

TEST(Seed, IsRefusedWhenItIsNoYamlMapping) {
  EXPECT_FALSE(parse_seed("[1, 2]", kNow));
  EXPECT_FALSE(parse_seed("a: [", kNow));
  EXPECT_FALSE(parse_seed("next_order_id: 5", kNow)) << "without accounts";
}

TEST(Seed, OfTheDemoIsReadable) {
  const std::string yaml =
      support::read_file(std::string(DUPLICERT_SOURCE_DIR) + "/hack/demo/seed.yaml");

  const auto seed = parse_seed(yaml, kNow);

  ASSERT_TRUE(seed) << seed.error().message;
  EXPECT_EQ(seed->next_order_id, 67890);
}

}  // namespace
}  // namespace simulator
