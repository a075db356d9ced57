// What decide_order() does with an entry of the ledger, as text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden/decision_rows.h"
#include "rules/order_decide.h"
#include "support/golden.h"
#include "support/order_states.h"

namespace golden {
namespace {

using support::OrderFactSets;

std::string action_text(const rules::OrderAction& action) {
  std::string text(rules::name_of(action));
  if (const auto* wait = std::get_if<rules::OrderWait>(&action)) {
    text += ' ' + duration_text(wait->until);
  }
  if (const auto* record = std::get_if<rules::OrderRecord>(&action)) {
    text += fmt::format(" {}", api::name_of(record->state));
  }
  if (const auto* send = std::get_if<rules::OrderSend>(&action)) {
    text += fmt::format(" ({})", send->submissions);
  }
  return text;
}

class Collector : public Rows {
 public:
  void add(const OrderFactSets& facts) {
    support::for_each_order_state(
        facts, [&](const support::OrderStateNames& state, const rules::OrderObserved& seen) {
          const rules::OrderDecision made = rules::decide_order(seen);
          note(support::text_of(state), made, action_text(made.action));
        });
  }
};

OrderFactSets resting() {
  OrderFactSets facts = support::all_order_facts();
  for (auto& values : facts) values = values.first(1);
  return facts;
}

void add_looks(Collector& rows) {
  OrderFactSets facts = resting();
  facts[0] = support::kEntries;
  facts[3] = support::kLooks;
  rows.add(facts);
}

void add_sent(Collector& rows) {
  const auto entries = only(support::kEntries, {"sent", "sent_twice"});
  const auto looks = only(support::kLooks, {"unasked", "nothing", "ours_issued", "another"});
  OrderFactSets facts = resting();
  facts[0] = entries;
  facts[3] = looks;
  facts[4] = support::kOrderPosts;
  facts[5] = support::kSettling;
  rows.add(facts);
}

void add_who_may_buy(Collector& rows) {
  const auto entries = only(support::kEntries, {"open", "sent"});
  const auto looks = only(support::kLooks, {"nothing"});
  const auto settling = only(support::kSettling, {"settled"});
  OrderFactSets facts = resting();
  facts[0] = entries;
  facts[1] = support::kOrderProfiles;
  facts[2] = support::kSponsored;
  facts[3] = looks;
  facts[5] = settling;
  facts[7] = support::kLeases;
  rows.add(facts);
}

void add_errors(Collector& rows) {
  const auto entries =
      only(support::kEntries, {"open", "sent", "placed", "superseded_after_sending"});
  OrderFactSets facts = resting();
  facts[0] = entries;
  facts[6] = support::kOrderErrors;
  rows.add(facts);
}

}  // namespace

std::vector<Row> order_rows() {
  Collector rows;
  add_looks(rows);
  add_sent(rows);
  add_who_may_buy(rows);
  add_errors(rows);
  return rows.take();
}

namespace {

TEST(OrderTable, IsAsReviewed) {
  support::expect_golden("tests/golden/order_table.txt", decision_table(order_rows()));
}

TEST(OrderTable, SaysWhatPeopleReadAsReviewed) {
  support::expect_golden("tests/golden/order_messages.txt",
                         messages(order_rows(), rules::order_rule_names()));
}

TEST(OrderTable, HasARowForEachRule) {
  EXPECT_THAT(rules_without_a_row(order_rows(), rules::order_rule_names()), testing::IsEmpty());
}

}  // namespace
}  // namespace golden
