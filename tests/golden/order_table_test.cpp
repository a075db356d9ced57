// What decide_order() does with an entry of the ledger, as text.
#include <algorithm>

#include <gtest/gtest.h>

#include "base/check.h"
#include "golden/decision_rows.h"
#include "rules/order_decide.h"
#include "support/golden.h"
#include "support/order_states.h"

namespace golden {
namespace {

using rules::OrderDecision;
using support::OrderFactSets;
using support::OrderFactValue;

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

class Collector {
 public:
  void add(const OrderFactSets& facts) {
    support::for_each_order_state(
        facts, [&](const support::OrderStateNames& state, const rules::OrderObserved& seen) {
          std::string text = support::text_of(state);
          if (!known_.insert(text).second) return;
          const OrderDecision made = rules::decide_order(seen);
          rows_.push_back({.state = std::move(text),
                           .rule = std::string(made.rule),
                           .action = action_text(made.action),
                           .reason = std::string(api::name_of(made.reason)),
                           .message = made.message});
        });
  }
  std::vector<Row> take() { return std::move(rows_); }

 private:
  std::set<std::string> known_;
  std::vector<Row> rows_;
};

OrderFactSets resting() {
  OrderFactSets facts = support::all_order_facts();
  for (auto& values : facts) values = values.first(1);
  return facts;
}

// A few values of a fact, in the order of the names.
std::vector<OrderFactValue> only(std::span<const OrderFactValue> values,
                                 const std::vector<std::string_view>& names) {
  std::vector<OrderFactValue> chosen;
  for (const auto name : names) {
    const auto at = std::ranges::find(values, name, &OrderFactValue::name);
    BASE_CHECK(at != values.end());
    chosen.push_back(*at);
  }
  return chosen;
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
  std::set<std::string> fired;
  for (const Row& row : order_rows()) fired.insert(row.rule);

  for (const std::string_view rule : rules::order_rule_names()) {
    EXPECT_TRUE(fired.contains(std::string(rule))) << rule;
  }
}

}  // namespace
}  // namespace golden
