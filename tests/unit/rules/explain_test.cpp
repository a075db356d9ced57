#include "rules/explain.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/decide.h"
#include "support/observed_builder.h"

namespace rules {
namespace {

using testing::HasSubstr;

std::string fact(const Observed& seen, const std::string& name) {
  const auto facts = describe(seen);
  const auto at = std::ranges::find(facts, name, &FactLine::name);
  return at == facts.end() ? "" : at->text;
}

const WhatIf* what_if(const std::vector<WhatIf>& all, const std::string& text) {
  const auto at = std::ranges::find_if(
      all, [&](const WhatIf& one) { return one.change.find(text) != std::string::npos; });
  return at == all.end() ? nullptr : &*at;
}

TEST(Describe, TellsAbsentFactsAsSuch) {
  const Observed seen{};

  EXPECT_EQ(fact(seen, "profile"), "there is none");
  EXPECT_THAT(fact(seen, "Secret"), HasSubstr("does not exist"));
  EXPECT_EQ(fact(seen, "pending key"), "none");
  EXPECT_EQ(fact(seen, "CA"), "not asked");
}

TEST(Describe, TellsWhatTheCaSaid) {
  Observed seen{};
  seen.ca.orders = {{.id = 12345, .status = "issued", .common_name = "shop.example.com"}};
  EXPECT_THAT(fact(seen, "CA"), HasSubstr("12345 (shop.example.com, issued"));
  seen.ca_error = base::Error{.message = "timeout"};
  EXPECT_EQ(fact(seen, "CA"), "did not answer: timeout");
}

// The rules themselves are asked, so whatever they say is right; here is only that they are asked.
TEST(WhatWouldChange, AsksTheRulesAgain) {
  const Observed seen = support::observed().build();
  const Decision made = decide(seen);

  const auto changes = what_would_change(seen, made);

  const WhatIf* suspended = what_if(changes, "spec.suspend: true");
  ASSERT_NE(suspended, nullptr) << made.rule;
  Observed changed = seen;
  changed.request.spec.suspend = true;
  EXPECT_EQ(suspended->decision.rule, decide(changed).rule);
  EXPECT_TRUE(std::ranges::none_of(
      changes, [&](const WhatIf& one) { return one.decision.rule == made.rule; }));
}

TEST(DescribeAction, HasWordsForEachAction) {
  EXPECT_EQ(describe(Action{SubmitDuplicate{.order_id = 12345}}),
            "a duplicate of order 12345 is requested");
  EXPECT_EQ(describe(Action{OpenLedger{.renewal_of = 12345}}), "order 12345 is renewed");
  EXPECT_EQ(describe(Action{OpenLedger{}}), "an order is bought");
  EXPECT_EQ(describe(Action{Wait{}}), "it waits: no other look before something changes");
}

TEST(IsQuestion, IsTrueOfWhatTheCaIsAsked) {
  EXPECT_TRUE(is_question(AskOrders{}));
  EXPECT_TRUE(is_question(AskApproval{}));
  EXPECT_FALSE(is_question(Wait{}));
  EXPECT_FALSE(is_question(OpenLedger{}));
}

}  // namespace
}  // namespace rules
