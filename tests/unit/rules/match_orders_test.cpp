#include "rules/match_orders.h"

#include <algorithm>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/observed_builder.h"

namespace rules {
namespace {

using std::chrono::days;
using support::kNow;
using support::kOrderId;
using support::order;
using testing::ElementsAre;
using testing::HasSubstr;

MatchQuery wanting(NamesWanted names, std::string product = "ssl_basic") {
  return {
      .names = std::move(names), .product = std::move(product), .organization_id = 7, .now = kNow};
}

OrderFacts order_with(std::string product, std::string common_name,
                      std::vector<std::string> dns_names) {
  OrderFacts facts = order();
  facts.product = std::move(product);
  facts.common_name = std::move(common_name);
  facts.dns_names = std::move(dns_names);
  return facts;
}

std::int64_t latest_id(const Match& match) {
  return match.latest ? match.latest->id : 0;
}

TEST(OrderState, ReadsTheWordsOfTheCa) {
  EXPECT_EQ(order_state("issued"), OrderState::kIssued);
  EXPECT_EQ(order_state("reissue_pending"), OrderState::kReissuing);
  EXPECT_EQ(order_state("reissue_processing"), OrderState::kReissuing);
  for (const char* ended : {"expired", "rejected", "denied", "revoked", "canceled"}) {
    EXPECT_EQ(order_state(ended), OrderState::kEnded) << ended;
  }
  for (const char* open : {"pending", "processing", "needs_csr", "waiting_pickup", "a new word"}) {
    EXPECT_EQ(order_state(open), OrderState::kInProgress) << open;
  }
}

struct VerdictCase {
  std::string name;
  OrderFacts order;
  MatchQuery query;
  Verdict verdict;
  std::string reason;
};

class Verdicts : public testing::TestWithParam<VerdictCase> {};

TEST_P(Verdicts, TellAPersonWhy) {
  const auto& row = GetParam();

  const Candidate judged = judge(row.order, row.query);

  EXPECT_EQ(judged.verdict, row.verdict);
  EXPECT_EQ(judged.reason, row.reason);
}

OrderFacts changed(OrderFacts facts, const std::function<void(OrderFacts&)>& change) {
  change(facts);
  return facts;
}

INSTANTIATE_TEST_SUITE_P(
    EachFilter, Verdicts,
    testing::Values(
        VerdictCase{"Eligible", order(), wanting({"shop.example.com", {}}), Verdict::kEligible, ""},
        VerdictCase{"NotIssued", changed(order(), [](auto& o) { o.status = "pending"; }),
                    wanting({"shop.example.com", {}}), Verdict::kNotIssued,
                    "its status is pending"},
        VerdictCase{"CertificateExpired",
                    changed(order(), [](auto& o) { o.certificate_valid_till = kNow - days{1}; }),
                    wanting({"shop.example.com", {}}), Verdict::kExpired,
                    "it expired on 2026-04-30"},
        VerdictCase{"OrderExpiredInThisSecond",
                    changed(order(), [](auto& o) { o.order_valid_till = kNow; }),
                    wanting({"shop.example.com", {}}), Verdict::kExpired,
                    "it expired on 2026-05-01"},
        VerdictCase{"WithoutAnEnd",
                    changed(order(),
                            [](auto& o) {
                              o.order_valid_till.reset();
                              o.certificate_valid_till.reset();
                            }),
                    wanting({"shop.example.com", {}}), Verdict::kExpired,
                    "the CA tells no end of its validity"},
        VerdictCase{"OtherProduct", order(), wanting({"shop.example.com", {}}, "ssl_plus"),
                    Verdict::kOtherProduct, "its product is ssl_basic, the profile's is ssl_plus"},
        VerdictCase{"OtherOrganization", changed(order(), [](auto& o) { o.organization_id = 8; }),
                    wanting({"shop.example.com", {}}), Verdict::kOtherOrganization,
                    "its organization is 8, the profile's is 7"},
        VerdictCase{"DuplicatesOff", changed(order(), [](auto& o) { o.allow_duplicates = false; }),
                    wanting({"shop.example.com", {}}), Verdict::kDuplicatesOff,
                    "duplicates are not allowed for it; an administrator enables them for the "
                    "account in CertCentral"},
        VerdictCase{"ExtraNames", order(),
                    wanting({"shop.example.com", {"shop.example.com", "new.example.com"}}),
                    Verdict::kExtraNames,
                    "it has no name new.example.com, and ssl_basic allows no extra names on a "
                    "duplicate"},
        VerdictCase{"ExtraNameOutsideTheWildcard",
                    order_with("ssl_wildcard", "*.example.com", {"*.example.com", "example.com"}),
                    wanting({"*.example.com", {"a.other.org"}}, "ssl_wildcard"),
                    Verdict::kExtraNames, "a.other.org is not below its wildcard *.example.com"},
        VerdictCase{"MissingNames",
                    order_with("ssl_multi_domain", "a.org", {"a.org", "b.org", "www.a.org"}),
                    wanting({"a.org", {"a.org"}}, "ssl_multi_domain"), Verdict::kMissingNames,
                    "it also has the name b.org, which the request leaves out"},
        VerdictCase{"OtherCommonName", order(), wanting({"example.com", {}}),
                    Verdict::kOtherCommonName,
                    "its common name is shop.example.com, not example.com"}),
    [](const auto& row) { return row.param.name; });

struct NameCase {
  std::string name;
  OrderFacts order;
  NamesWanted wanted;
  Verdict verdict;
};

class NameRules : public testing::TestWithParam<NameCase> {};

TEST_P(NameRules, DecideByTheProduct) {
  const auto& row = GetParam();

  EXPECT_EQ(judge(row.order, wanting(row.wanted, row.order.product)).verdict, row.verdict);
}

const OrderFacts kMulti = order_with("ssl_multi_domain", "a.org", {"a.org", "b.org", "www.a.org"});
const OrderFacts kFlex = order_with("ssl_basic", "a.org", {"a.org", "b.org", "www.a.org"});
const OrderFacts kWild = order_with("ssl_wildcard", "*.a.org", {"*.a.org", "a.org", "x.a.org"});
const OrderFacts kWildInMulti = order_with("ssl_multi_domain", "*.a.org", {"*.a.org", "a.org"});

INSTANTIATE_TEST_SUITE_P(
    Products, NameRules,
    testing::Values(
        NameCase{"EqualSetsTwinsAside", kMulti, {"a.org", {"b.org"}}, Verdict::kEligible},
        NameCase{"EqualWithTheTwin", kMulti, {"a.org", {"www.a.org", "b.org"}}, Verdict::kEligible},
        NameCase{
            "CommonNameLeftOut", kMulti, {std::nullopt, {"b.org", "a.org"}}, Verdict::kEligible},
        NameCase{"DnsNamesLeftOut", kMulti, {"a.org", {}}, Verdict::kEligible},
        NameCase{"CommonNameIsTheTwin", kMulti, {"www.a.org", {}}, Verdict::kEligible},
        NameCase{"CommonNameIsAnotherName", kMulti, {"b.org", {}}, Verdict::kOtherCommonName},
        NameCase{"FlexMayLeaveOut", kFlex, {"a.org", {"a.org"}}, Verdict::kEligible},
        NameCase{"FlexMayMoveTheCommonName", kFlex, {"b.org", {"b.org"}}, Verdict::kEligible},
        NameCase{"FlexMayNotAdd", kFlex, {"a.org", {"c.org"}}, Verdict::kExtraNames},
        NameCase{"WildcardMayLeaveOut", kWild, {"*.a.org", {"*.a.org"}}, Verdict::kEligible},
        NameCase{"WildcardMayAddBelow", kWild, {"*.a.org", {"y.z.a.org"}}, Verdict::kEligible},
        NameCase{"WildcardMayAddItsBase", kWild, {"*.a.org", {"a.org"}}, Verdict::kEligible},
        NameCase{"WildcardAddsNoWildcard", kWild, {"*.a.org", {"*.b.a.org"}}, Verdict::kExtraNames},
        NameCase{"WildcardKeepsItsCommonName", kWild, {"x.a.org", {}}, Verdict::kOtherCommonName},
        NameCase{
            "AWildcardIsNeverFree", kWildInMulti, {"a.org", {"a.org"}}, Verdict::kMissingNames},
        NameCase{"NothingIsLeftOutOfABaseDomain",
                 order_with("ssl_multi_domain", "a.org", {"a.org"}),
                 {"a.org", {"a.org", "*.a.org"}},
                 Verdict::kExtraNames}),
    [](const auto& row) { return row.param.name; });

TEST(MatchOrders, SendsTheRequestsOwnNamesWithTheCommonNameFirst) {
  const Match match =
      match_orders({kMulti}, wanting({"a.org", {"b.org", "a.org"}}, "ssl_multi_domain"));

  EXPECT_EQ(match.names.common_name, "a.org");
  EXPECT_THAT(match.names.dns_names, ElementsAre("a.org", "b.org"));
}

TEST(MatchOrders, TakesWhatIsLeftOutFromTheOrderWithoutItsTwins) {
  const Match match = match_orders({kMulti}, wanting({"a.org", {}}, "ssl_multi_domain"));

  EXPECT_THAT(match.names.dns_names, ElementsAre("a.org", "b.org"));
}

TEST(MatchOrders, TakesTheOrderThatIsPaidForLongest) {
  OrderFacts longer = order(2);
  longer.order_valid_till = kNow + days{400};
  longer.certificate_valid_till = kNow + days{100};

  EXPECT_EQ(
      latest_id(match_orders({order(1), longer, order(3)}, wanting({"shop.example.com", {}}))), 2);
}

TEST(MatchOrders, CountsAnOrderWithoutAnEndByItsCertificate) {
  OrderFacts by_certificate = order(2);
  by_certificate.order_valid_till.reset();
  by_certificate.certificate_valid_till = kNow + days{301};

  EXPECT_EQ(latest_id(match_orders({by_certificate, order(9)}, wanting({"shop.example.com", {}}))),
            2);
}

TEST(MatchOrders, BreaksTiesByCertificateThenCreationThenId) {
  OrderFacts certificate = order(1);
  certificate.certificate_valid_till = kNow + days{301};
  OrderFacts created = order(2);
  created.date_created = kNow;
  const MatchQuery query = wanting({"shop.example.com", {}});

  EXPECT_EQ(latest_id(match_orders({order(3), created, certificate}, query)), 1);
  EXPECT_EQ(latest_id(match_orders({order(3), created}, query)), 2);
  EXPECT_EQ(latest_id(match_orders({order(3), order(4)}, query)), 4);
}

TEST(MatchOrders, DoesNotDependOnTheOrderOfTheListing) {
  std::vector<OrderFacts> orders{order(1), order(2), order(3), order(4)};
  orders[0].order_valid_till = kNow - days{1};
  orders[2].status = "pending";
  orders[3].date_created = kNow - days{90};
  const MatchQuery query = wanting({"shop.example.com", {}});
  std::vector<std::int64_t> expected;
  for (const auto& c : match_orders(orders, query).candidates) expected.push_back(c.order.id);

  const auto by_id = [](const OrderFacts& a, const OrderFacts& b) { return a.id < b.id; };
  do {
    const Match match = match_orders(orders, query);
    std::vector<std::int64_t> ids;
    for (const auto& candidate : match.candidates) ids.push_back(candidate.order.id);
    EXPECT_EQ(ids, expected);
    EXPECT_EQ(latest_id(match), 2);
  } while (std::next_permutation(orders.begin(), orders.end(), by_id));
}

TEST(MatchOrders, ShowsNearMissesThatShareAName) {
  OrderFacts near = order(2);
  near.status = "pending";
  OrderFacts far = order_with("ssl_basic", "far.org", {"far.org"});
  far.id = 3;

  const Match match = match_orders({near, far}, wanting({"shop.example.com", {}}));

  EXPECT_FALSE(match.latest);
  ASSERT_EQ(match.candidates.size(), 1U);
  EXPECT_EQ(match.candidates[0].reason, "its status is pending");
}

MatchQuery wanting_order(std::int64_t id) {
  MatchQuery query = wanting({std::nullopt, {}});
  query.order_id = id;
  return query;
}

TEST(MatchOrders, LooksAtTheChosenOrderAloneEvenIfAnotherIsLater) {
  OrderFacts later = order(2);
  later.order_valid_till = kNow + days{500};

  EXPECT_EQ(latest_id(match_orders({order(1), later}, wanting_order(1))), 1);
}

TEST(MatchOrders, ShowsTheChosenOrderEvenIfItSharesNoName) {
  MatchQuery query = wanting_order(1);
  query.names.common_name = "other.org";

  const Match match = match_orders({order(1)}, query);

  ASSERT_EQ(match.candidates.size(), 1U);
  EXPECT_EQ(match.candidates[0].verdict, Verdict::kOtherCommonName);
}

// 1 was renewed by 2, and 2 by 3.
struct ChainCase {
  std::string name;
  std::int64_t renewed_by_1, renewal_of_2, renewed_by_2, renewal_of_3;
};

class RenewalChain : public testing::TestWithParam<ChainCase> {};

TEST_P(RenewalChain, IsFollowedFromWhicheverEndTheCaTells) {
  const auto& row = GetParam();
  std::vector<OrderFacts> orders{order(3), order(1), order(2)};
  orders[0].order_valid_till = kNow + days{600};
  orders[2].order_valid_till = kNow + days{450};
  orders[1].renewed_order_id = row.renewed_by_1;
  orders[2].renewal_of_order_id = row.renewal_of_2;
  orders[2].renewed_order_id = row.renewed_by_2;
  orders[0].renewal_of_order_id = row.renewal_of_3;

  EXPECT_EQ(latest_id(match_orders(orders, wanting_order(1))), 3);
}

INSTANTIATE_TEST_SUITE_P(Links, RenewalChain,
                         testing::Values(ChainCase{"Backward", 0, 1, 0, 2},
                                         ChainCase{"Forward", 2, 0, 3, 0},
                                         ChainCase{"ForwardThenBackward", 2, 0, 0, 2},
                                         ChainCase{"BackwardThenForward", 0, 1, 3, 0},
                                         ChainCase{"Both", 2, 1, 3, 2}),
                         [](const auto& row) { return row.param.name; });

TEST(MatchOrders, EndsOnLinksThatFormACircle) {
  OrderFacts one = order(1);
  one.renewal_of_order_id = 2;
  OrderFacts two = order(2);
  two.renewal_of_order_id = 1;
  two.order_valid_till = kNow + days{400};

  EXPECT_EQ(latest_id(match_orders({one, two}, wanting_order(1))), 2);
}

TEST(MatchOrders, JudgesEachOrderOfAChainByItself) {
  OrderFacts renewal = order(2);
  renewal.renewal_of_order_id = 1;
  renewal.organization_id = 8;
  renewal.order_valid_till = kNow + days{400};

  EXPECT_EQ(latest_id(match_orders({order(1), renewal}, wanting_order(1))), 1);
}

}  // namespace
}  // namespace rules
