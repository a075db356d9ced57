// Which way a need is met (rules/course.h): every Way, and the borders between them.
#include "rules/course.h"

#include <gtest/gtest.h>

#include "rules/rule.h"
#include "support/observed_builder.h"

namespace rules {
namespace {

using std::chrono::days;
using support::ending_order;
using support::entry;
using support::kNow;
using support::kOrderId;
using support::leaf;
using support::observed;
using support::order;
using support::renewed_order;
using namespace std::chrono_literals;
using api::OrderState;

Course course(const Observed& seen) {
  const Standing standing = standing_of(seen);
  return course_of(seen, standing, match_of(seen, standing));
}

Way way(const Observed& seen) {
  return course(seen).way;
}

support::ObservedBuilder due() {
  return observed().with_secret(leaf(days{20}));
}

OrderFacts with_status(OrderFacts facts, const std::string& status) {
  facts.status = status;
  return facts;
}

// A one-year order, bought 199 days before `end` of its certificate, which is 166 days short.
OrderFacts half_used_order(base::TimePoint end) {
  OrderFacts facts = order();
  facts.order_valid_till = end + days{166};
  facts.certificate_valid_till = end;
  return facts;
}

LeafFacts short_leaf(base::TimePoint end) {
  LeafFacts facts = leaf();
  facts.not_before = end - days{199};
  facts.not_after = end;
  return facts;
}

InstalledFacts tried_in_vain(LeafFacts pair) {
  InstalledFacts secret = support::secret_with(std::move(pair));
  secret.no_gain_order = kOrderId;
  secret.no_gain_certificate = kOrderId * 10;
  return secret;
}

TEST(CourseOfAReplace, IsADuplicateOfTheLatestWhateverTheGain) {
  EXPECT_EQ(way(observed().with_order(order())), Way::kDuplicate);
  EXPECT_EQ(way(observed()
                    .renew_requested("now")
                    .with_secret(leaf(days{20}))
                    .with_order(ending_order(days{20}))),
            Way::kDuplicate);
}

TEST(CourseOfAReplace, IsNoneWhenNothingMatchesAndNothingMayBeBought) {
  EXPECT_EQ(way(observed().without_orders()), Way::kNoOrder);
  EXPECT_EQ(way(observed().placing_orders().asking_for_order(1).without_orders()), Way::kNoOrder);
  EXPECT_EQ(way(observed().placing_orders().asking_for(std::nullopt).without_orders()),
            Way::kNoOrder);
  EXPECT_EQ(
      way(observed().placing_orders().renew_requested("now").with_secret(leaf()).without_orders()),
      Way::kNoOrder);
}

TEST(CourseOfAReplace, IsANewOrderWhenTheProfilePlacesThem) {
  const Course made = course(observed()
                                 .placing_orders()
                                 .asking_for(std::nullopt, {"b.example.com", "a.example.com"})
                                 .without_orders());

  ASSERT_EQ(made.way, Way::kPlace);
  EXPECT_EQ(made.group->names.common_name, "b.example.com");
  EXPECT_EQ(made.group->names.dns_names,
            (std::vector<std::string>{"b.example.com", "a.example.com"}));
}

TEST(CourseOfAReplace, BuysAWildcardWithoutTheExtraNames) {
  const Course made = course(observed()
                                 .placing_orders()
                                 .with_product("ssl_wildcard")
                                 .asking_for("*.example.com", {"a.example.com", "*.example.com"})
                                 .without_orders());

  ASSERT_EQ(made.way, Way::kPlace);
  EXPECT_EQ(made.group->names.dns_names, std::vector<std::string>{"*.example.com"});
}

TEST(CourseOfAReplace, WaitsForAnOrderThatIsOnItsWay) {
  const auto with = [](OrderFacts facts) {
    return way(observed().placing_orders().with_order(std::move(facts)));
  };
  EXPECT_EQ(with(with_status(order(), "pending")), Way::kAwaitOrder);
  EXPECT_EQ(with(with_status(order(), "reissue_pending")), Way::kAwaitOrder);
  EXPECT_EQ(with(with_status(order(), "rejected")), Way::kPlace);
}

// Behind ten that are over: the first ten alone are shown, and all of them are looked at.
TEST(CourseOfAReplace, WaitsForAnOrderThatIsOnItsWayBehindMany) {
  auto seen = observed().placing_orders();
  for (int id = 1; id <= 12; ++id) seen.with_order(ending_order(-days{id}));
  OrderFacts pending = with_status(order(99), "pending");
  pending.order_valid_till.reset();
  pending.certificate_valid_till.reset();
  seen.with_order(pending);

  EXPECT_EQ(way(seen), Way::kAwaitOrder);
}

TEST(CourseOfAReplace, BuysNothingBesideAnOrderWithoutDuplicates) {
  OrderFacts facts = order();
  facts.allow_duplicates = false;
  EXPECT_EQ(way(observed().placing_orders().with_order(facts)), Way::kNoOrder);

  facts.order_valid_till = kNow - 1s;
  facts.certificate_valid_till = kNow - 1s;
  EXPECT_EQ(way(observed().placing_orders().with_order(facts)), Way::kPlace);
}

TEST(CourseOfAReplace, WaitsForAnEntryOfTheGroupEvenIfItMayNotBuy) {
  const Observed seen = observed().without_orders().with_entry(entry());

  const Course made = course(seen);

  ASSERT_EQ(made.way, Way::kAwaitEntry);
  EXPECT_EQ(made.entry, &seen.ledger.front());
}

TEST(CourseOfARenewal, IsADuplicateOfALaterOrder) {
  EXPECT_EQ(way(due().with_order(ending_order(days{20})).with_order(renewed_order())),
            Way::kDuplicate);
  // The same order, reissued meanwhile.
  EXPECT_EQ(way(due().with_order(order())), Way::kDuplicate);
}

TEST(CourseOfARenewal, TakesAGainOfADayAndNoLess) {
  const auto with = [](std::chrono::milliseconds later) {
    return way(due().with_order(ending_order(days{20} + later)));
  };
  EXPECT_EQ(with(24h), Way::kDuplicate);
  EXPECT_EQ(with(24h - 1ms), Way::kRenew);
}

TEST(CourseOfARenewal, TakesADuplicateEvenWhileAnEntryIsOpen) {
  EXPECT_EQ(
      way(due().with_order(ending_order(days{20})).with_order(renewed_order()).with_entry(entry())),
      Way::kDuplicate);
}

TEST(CourseOfARenewal, AwaitsTheEntryOfItsGroup) {
  const auto with = [](const LedgerEntry& made) {
    return way(due().with_order(ending_order(days{20})).with_entry(made));
  };
  EXPECT_EQ(with(entry(OrderState::kOpen)), Way::kAwaitEntry);
  EXPECT_EQ(with(entry(OrderState::kSubmitted)), Way::kAwaitEntry);
  EXPECT_EQ(with(entry(OrderState::kPlaced)), Way::kAwaitEntry);
  EXPECT_EQ(with(entry(OrderState::kAbandoned)), Way::kRenew);
  LedgerEntry of_others = entry();
  of_others.group.names.dns_names.emplace_back("pay.example.com");
  EXPECT_EQ(with(of_others), Way::kRenew);
}

TEST(CourseOfARenewal, AwaitsAnIssuedOrderThatDoesNotShowForADay) {
  LedgerEntry made = entry(OrderState::kIssued);
  const auto with = [&] { return way(due().with_order(ending_order(days{20})).with_entry(made)); };
  made.closed_at = kNow - 24h + 1s;
  EXPECT_EQ(with(), Way::kAwaitEntry);
  made.closed_at = kNow - 24h;
  EXPECT_EQ(with(), Way::kRenew);
}

// The look that closed it was live; what the account's listing says may be older.
TEST(CourseOfARenewal, BeginsNothingRightAfterAnEntryWasSuperseded) {
  LedgerEntry made = entry(OrderState::kSuperseded);
  const auto with = [&] { return way(due().with_order(ending_order(days{20})).with_entry(made)); };
  made.closed_at = kNow - 10min + 1s;
  EXPECT_EQ(with(), Way::kAwaitEntry);
  made.closed_at = kNow - 10min;
  EXPECT_EQ(with(), Way::kRenew);
  made.order_id = 67890;  // it is hidden
  EXPECT_EQ(with(), Way::kAwaitEntry);
}

TEST(CourseOfARenewal, AwaitsASuccessorInAnyStateButOver) {
  const auto with = [](const std::string& status) {
    return way(
        due().with_order(ending_order(days{20})).with_order(with_status(renewed_order(), status)));
  };
  for (const char* status : {"pending", "processing", "needs_approval", "needs_csr", "a_new_word",
                             "reissue_pending", "reissue_processing"}) {
    EXPECT_EQ(with(status), Way::kAwaitOrder) << status;
  }
  for (const char* status : {"expired", "rejected", "denied", "revoked", "canceled"}) {
    EXPECT_EQ(with(status), Way::kRenew) << status;
  }
}

TEST(CourseOfARenewal, AwaitsItsOwnReissue) {
  const Course made =
      course(due().with_order(with_status(ending_order(days{20}), "reissue_pending")));

  ASSERT_EQ(made.way, Way::kAwaitOrder);
  EXPECT_EQ(made.order->id, kOrderId);
}

TEST(CourseOfARenewal, KnowsASuccessorByEitherEndOfTheLink) {
  OrderFacts old = ending_order(days{20});
  OrderFacts later = with_status(renewed_order(), "pending");
  later.dns_names.emplace_back("pay.example.com");  // not by its names
  EXPECT_EQ(way(due().with_order(old).with_order(later)), Way::kAwaitOrder);
  later.renewal_of_order_id = 0;
  EXPECT_EQ(way(due().with_order(old).with_order(later)), Way::kRenew);
  old.renewed_order_id = later.id;
  EXPECT_EQ(way(due().with_order(old).with_order(later)), Way::kAwaitOrder);
}

TEST(CourseOfARenewal, BuysNothingBesideASuccessorThatIsNotEligible) {
  OrderFacts later = renewed_order();
  later.allow_duplicates = false;
  const Course made = course(due().with_order(ending_order(days{20})).with_order(later));

  ASSERT_EQ(made.way, Way::kSuccessorNotEligible);
  EXPECT_EQ(made.order->id, 67890);
  EXPECT_NE(made.why.find("duplicates are not allowed"), std::string::npos);
}

TEST(CourseOfARenewal, TellsWhatItsRenewalLacks) {
  OrderFacts later = renewed_order();
  later.common_name = "new.example.com";
  later.dns_names = {"new.example.com"};
  EXPECT_EQ(course(due().with_order(ending_order(days{20})).with_order(later)).why,
            "its names are not those of the request");

  later = renewed_order();
  later.renewal_of_order_id = 0;
  const Course pinned =
      course(due().asking_for_order(kOrderId).with_order(ending_order(days{20})).with_order(later));
  EXPECT_EQ(pinned.way, Way::kSuccessorNotEligible);
  EXPECT_NE(pinned.why.find("spec.orderID"), std::string::npos);
}

TEST(CourseOfARenewal, FollowsTheLinksOfThePinnedOrder) {
  EXPECT_EQ(way(due()
                    .asking_for_order(kOrderId)
                    .with_order(ending_order(days{20}))
                    .with_order(renewed_order())),
            Way::kDuplicate);
}

TEST(CourseOfARenewal, DoesNotCountACandidateTwiceBehindMany) {
  auto seen = due().with_order(ending_order(days{20}));
  for (int id = 1; id <= 11; ++id) {
    OrderFacts facts = renewed_order(id);
    facts.date_created = kNow - days{100};
    facts.certificate_valid_till = kNow + days{20};
    facts.renewal_of_order_id = 0;
    facts.allow_duplicates = false;
    seen.with_order(facts);
  }
  // Later than the order in use, eligible, and behind eleven others by its end.
  OrderFacts same_end = ending_order(days{20});
  same_end.id = kOrderId + 1;
  same_end.date_created += days{1};

  EXPECT_NE(way(seen.with_order(same_end)), Way::kSuccessorNotEligible);
}

// The paid order still has time: it is used up before anything is bought.
TEST(UsingUp, TriesADuplicateOnceAndThenAsksForAReissue) {
  const auto end = kNow + days{29};
  const Observed first = observed().with_secret(short_leaf(end)).with_order(half_used_order(end));
  const Observed second =
      observed().with_secret(tried_in_vain(short_leaf(end))).with_order(half_used_order(end));

  EXPECT_EQ(way(first), Way::kDuplicate);
  EXPECT_EQ(way(second), Way::kNeedsReissue);
}

TEST(UsingUp, TakesADuplicateAsSoonAsThePrimaryIsReissued) {
  const auto end = kNow + days{29};
  OrderFacts reissued = half_used_order(end);
  reissued.certificate_id += 1;
  reissued.certificate_valid_till = end + days{166};

  EXPECT_EQ(way(observed().with_secret(tried_in_vain(short_leaf(end))).with_order(reissued)),
            Way::kDuplicate);
}

TEST(UsingUp, TriesAgainWhenThePrimaryChangesThoughItEndsNoLater) {
  const auto end = kNow + days{29};
  OrderFacts reissued = half_used_order(end);
  reissued.certificate_id += 1;

  EXPECT_EQ(way(observed().with_secret(tried_in_vain(short_leaf(end))).with_order(reissued)),
            Way::kDuplicate);
}

TEST(UsingUp, NeverBuysBeforeTheOrdersOwnWindow) {
  // 166 days are left after the certificate: the window opens 76 days after its end.
  for (const auto left : {days{29}, days{7}, days{1}}) {
    EXPECT_EQ(way(observed()
                      .with_secret(tried_in_vain(short_leaf(kNow + left)))
                      .with_order(half_used_order(kNow + left))),
              Way::kNeedsReissue);
  }
}

TEST(UsingUp, EndsWhenLittleIsLeftAndTheWindowIsOpen) {
  const auto with = [](std::chrono::seconds left, days paid_after) {
    OrderFacts facts = half_used_order(kNow + left);
    facts.order_valid_till = kNow + left + paid_after;
    return way(observed().with_secret(tried_in_vain(short_leaf(kNow + left))).with_order(facts));
  };
  // `before` is 30 days: a quarter is 7.5 days.
  constexpr std::chrono::seconds kQuarter = 180h;
  EXPECT_EQ(with(kQuarter + 1s, days{40}), Way::kNeedsReissue);
  EXPECT_EQ(with(kQuarter, days{40}), Way::kRenew);
  EXPECT_EQ(with(kQuarter, days{83}), Way::kNeedsReissue);  // the window opens in 12 h
}

TEST(UsingUp, NeedsTimeBeyondTheInstalledCertificate) {
  const auto with = [](std::chrono::milliseconds paid_after) {
    OrderFacts facts = half_used_order(kNow + days{29});
    facts.order_valid_till = kNow + days{29} + paid_after;
    return way(observed().with_secret(short_leaf(kNow + days{29})).with_order(facts));
  };
  EXPECT_EQ(with(days{30}), Way::kDuplicate);
  EXPECT_EQ(with(days{30} - 1s), Way::kRenew);
}

TEST(UsingUp, AsksForAReissueAlsoWhenAllCertificatesAreOver) {
  const auto end = kNow - 1h;
  EXPECT_EQ(way(observed().with_secret(short_leaf(end)).with_order(half_used_order(end))),
            Way::kNeedsReissue);
}

// An order of a year whose copy ends with it.
Way renewal_at(base::TimePoint now, base::TimePoint end, std::chrono::seconds before) {
  OrderFacts facts = order();
  facts.order_valid_till = end;
  facts.certificate_valid_till = end;
  LeafFacts pair = leaf();
  pair.not_before = end - days{365};
  pair.not_after = end;
  return way(observed()
                 .with([&](Observed& o) { o.renewal.before = before; })
                 .with_secret(pair)
                 .with_order(facts)
                 .at(now));
}

TEST(RenewalWindow, OpensNinetyDaysBeforeTheEnd) {
  const auto end = kNow + days{90};
  EXPECT_EQ(renewal_at(kNow - 1s, end, days{120}), Way::kTooEarly);
  EXPECT_EQ(renewal_at(kNow, end, days{120}), Way::kRenew);
}

TEST(RenewalWindow, ClosesSevenDaysAfterTheEnd) {
  const auto end = kNow;
  EXPECT_EQ(renewal_at(end + days{7}, end, days{30}), Way::kRenew);
  EXPECT_EQ(renewal_at(end + days{7} + 1s, end, days{30}), Way::kNoOrder);
}

TEST(RenewalWindow, LeavesTheRestToOnNoMatchingOrder) {
  const auto over = ending_order(-days{8});
  const auto seen = [&] { return observed().with_secret(leaf(-days{8})).with_order(over); };

  EXPECT_EQ(way(seen()), Way::kNoOrder);
  EXPECT_EQ(way(seen().placing_orders()), Way::kPlace);
}

TEST(CourseOfARenewal, WaitsWhenThePolicySaysSo) {
  EXPECT_EQ(way(due().waiting_for_renewals().with_order(ending_order(days{20}))),
            Way::kWaitForRenewal);
}

TEST(CourseOfARenewal, CarriesTheGroupOfTheOrder) {
  OrderFacts wide = ending_order(days{20});
  wide.dns_names.emplace_back("pay.example.com");
  const Course made = course(due().with_order(wide));

  ASSERT_EQ(made.way, Way::kRenew);
  EXPECT_EQ(made.order->id, kOrderId);
  EXPECT_EQ(made.group->names.dns_names,
            (std::vector<std::string>{"shop.example.com", "pay.example.com"}));
}

TEST(CourseOfARenewal, RenewsNothingThatWasRevokedOrIsOfAnotherProfile) {
  const auto with = [](OrderFacts facts) { return way(due().with_order(std::move(facts))); };
  EXPECT_EQ(with(with_status(ending_order(days{20}), "revoked")), Way::kNoOrder);
  EXPECT_EQ(with(with_status(ending_order(-days{2}), "expired")), Way::kRenew);
  OrderFacts other = ending_order(days{20});
  other.product = "ssl_plus";
  EXPECT_EQ(with(other), Way::kNoOrder);
  other = ending_order(days{20});
  other.organization_id = 8;
  EXPECT_EQ(with(other), Way::kNoOrder);
}

}  // namespace
}  // namespace rules
