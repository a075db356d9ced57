// decide() about sending a key again: after a lost answer, and after a refusal.
#include <gtest/gtest.h>

#include "rules/decide.h"
#include "support/observed_builder.h"

namespace rules {
namespace {

using namespace std::chrono_literals;
using support::kNow;
using support::observed;
using support::order;
using support::submitted;

TEST(Decide, TriesARefusedKeyAgainAtOnceWhenAPersonHasChangedTheOrder) {
  OrderFacts reissued = order();
  reissued.certificate_id += 1;

  EXPECT_EQ(
      decide(observed().with_pending(submitted(1h)).refused(1h).with_order(reissued).ca_lists({}))
          .rule,
      "order_is_found");
}

TEST(Decide, SendsAgainOnlyAfterThreeLooksTheLastOfThemBehindTheSettleWindow) {
  const auto rule = [](int looks, std::chrono::seconds last_look_ago) {
    return decide(observed()
                      .with_pending(submitted(200s))
                      .ca_never_lists()
                      .with([&](Observed& o) {
                        o.ca.fruitless_looks = looks;
                        o.ca.last_look = kNow - last_look_ago;
                      })
                      .with_order(order()))
        .rule;
  };

  EXPECT_EQ(rule(1, 0s), "submission_may_still_show");
  EXPECT_EQ(rule(2, 0s), "submission_may_still_show");
  EXPECT_EQ(rule(3, 21s), "submission_may_still_show");
  EXPECT_EQ(rule(3, 20s), "order_is_found");
}

}  // namespace
}  // namespace rules
