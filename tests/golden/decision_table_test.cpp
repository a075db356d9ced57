// What decide() does, as text: a change of behaviour shows as a change of these files.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "rules/decide.h"
#include "support/abstract_states.h"
#include "support/golden.h"

namespace golden {
namespace {

using rules::Decision;
using rules::Observed;
using support::FactValue;
using Values = std::span<const FactValue>;
using State = std::array<const char*, support::kFactCount>;

struct Row {
  std::string state{};  // the facts that differ from a healthy request, nothing asked
  std::string rule{};
  std::string action{};  // with how long it waits
  std::string reason{};
  std::string message{};
};

const FactValue& value(Values values, std::string_view name) {
  const auto at = std::ranges::find(values, name, &FactValue::name);
  BASE_CHECK(at != values.end());
  return *at;
}

// A few values of a fact, in the order of the names.
std::vector<FactValue> only(Values values, const std::vector<std::string_view>& names) {
  std::vector<FactValue> chosen;
  for (const auto name : names) chosen.push_back(value(values, name));
  return chosen;
}

// "" for what is as in a healthy request of which nothing is known yet.
std::string text_of(const State& state) {
  std::string text;
  for (std::size_t i = 0; i < state.size(); ++i) {
    if (support::all_facts()[i].front().name == std::string_view(state[i])) continue;
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", support::kFactNames[i], state[i]);
  }
  return text.empty() ? "nothing special" : text;
}

std::string duration_text(const std::optional<base::TimePoint>& until) {
  if (!until) return "until something changes";
  return base::format_duration(std::chrono::ceil<std::chrono::seconds>(*until - support::kNow));
}

std::string action_text(const rules::Action& action) {
  std::string text(rules::name_of(action));
  if (const auto* wait = std::get_if<rules::Wait>(&action))
    text += ' ' + duration_text(wait->until);
  if (const auto* nothing = std::get_if<rules::Nothing>(&action); nothing && nothing->until) {
    text += " for " + duration_text(nothing->until);
  }
  return text;
}

class Collector {
 public:
  void add(const support::Facts& facts) {
    support::for_each_state(facts, [&](const State& state, const Observed& seen) {
      std::string text = text_of(state);
      if (!known_.insert(text).second) return;
      const Decision made = rules::decide(seen);
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

// Everything at its first value.
support::Facts resting() {
  support::Facts facts = support::all_facts();
  for (Values& values : facts) values = values.first(1);
  return facts;
}

void add_who_may_act(Collector& rows) {
  const auto secrets = only(support::kInstalled, {"none", "valid", "due", "foreign"});
  support::Facts facts = resting();
  facts[0] = support::kRequests;
  facts[1] = support::kProfiles;
  facts[2] = secrets;
  rows.add(facts);
}

void add_secrets(Collector& rows) {
  const auto requests = only(support::kRequests, {"plain", "dns_names", "manual"});
  const auto keys = only(support::kPending, {"none", "young"});
  support::Facts facts = resting();
  facts[0] = requests;
  facts[2] = support::kInstalled;
  facts[3] = keys;
  rows.add(facts);
}

void add_pending_keys(Collector& rows) {
  const auto listed = only(support::kListed, {"unasked", "none", "unissued", "issued", "rejected"});
  support::Facts facts = resting();
  facts[3] = support::kPending;
  facts[5] = listed;
  facts[7] = support::kPosts;
  rows.add(facts);
}

void add_returned_certificates(Collector& rows) {
  const auto requests = only(support::kRequests, {"plain", "dns_names"});
  const auto keys = only(support::kPending, {"young", "a_day_old"});
  const auto orders = only(support::kOrders, {"unasked", "match", "with_further_name"});
  support::Facts facts = resting();
  facts[0] = requests;
  facts[3] = keys;
  facts[4] = orders;
  facts[6] = support::kIssued;
  rows.add(facts);
}

void add_orders(Collector& rows) {
  const auto profiles = only(support::kProfiles, {"fine", "names_bounded", "approvals_asked"});
  const auto secrets = only(support::kInstalled, {"none", "due", "ends_soon", "expired"});
  const auto keys = only(support::kPending, {"none", "never_sent", "settled", "refused",
                                             "refused_long_ago", "for_another_order"});
  const auto listed = only(support::kListed, {"never"});
  support::Facts facts = resting();
  facts[1] = profiles;
  facts[2] = secrets;
  facts[3] = keys;
  facts[4] = support::kOrders;
  facts[5] = listed;
  rows.add(facts);
}

void add_errors(Collector& rows) {
  const auto requests = only(support::kRequests, {"plain", "suspended"});
  const auto keys = only(support::kPending, {"none", "young", "refused"});
  support::Facts facts = resting();
  facts[0] = requests;
  facts[3] = keys;
  facts[8] = support::kErrors;
  rows.add(facts);
}

void add_schedules(Collector& rows) {
  const auto requests = only(support::kRequests, {"plain", "renew_requested"});
  const auto secrets = only(support::kInstalled, {"none", "valid", "due", "ends_soon", "expired"});
  const auto keys =
      only(support::kPending, {"none", "never_sent", "settled", "refused", "refused_long_ago"});
  const auto orders = only(support::kOrders, {"unasked", "match"});
  const auto listed = only(support::kListed, {"none"});
  support::Facts facts = resting();
  facts[0] = requests;
  facts[2] = secrets;
  facts[3] = keys;
  facts[4] = orders;
  facts[5] = listed;
  facts[9] = support::kSchedules;
  rows.add(facts);
}

void add_keystores(Collector& rows) {
  const auto requests = only(support::kRequests, {"plain", "suspended"});
  const auto profiles = only(support::kProfiles, {"fine", "missing"});
  const auto secrets = only(support::kInstalled, {"none", "valid", "due", "expired"});
  const auto keys = only(support::kPending, {"none", "young"});
  const auto issued = only(support::kIssued, {"ours"});
  support::Facts facts = resting();
  facts[0] = requests;
  facts[1] = profiles;
  facts[2] = secrets;
  facts[3] = keys;
  facts[6] = issued;
  facts[10] = support::kKeystores;
  rows.add(facts);
}

std::map<std::string, std::map<std::string, std::set<std::string>>> messages_by_rule(
    const std::vector<Row>& rows) {
  std::map<std::string, std::map<std::string, std::set<std::string>>> found;
  for (const Row& row : rows) {
    found[row.rule][row.reason].insert(row.message);
  }
  return found;
}

std::vector<Row> decision_rows() {
  Collector rows;
  add_who_may_act(rows);
  add_secrets(rows);
  add_pending_keys(rows);
  add_returned_certificates(rows);
  add_orders(rows);
  add_errors(rows);
  add_schedules(rows);
  add_keystores(rows);
  return rows.take();
}

std::string decision_table(const std::vector<Row>& rows) {
  std::string text =
      "# Written by hack/update.sh; tests/golden compares it. state -> rule: what.\n";
  for (const Row& row : rows) {
    text += fmt::format("{} -> {}: {}, {}\n", row.state, row.rule, row.action, row.reason);
  }
  return text;
}

std::string messages(const std::vector<Row>& rows) {
  const auto found = messages_by_rule(rows);
  std::string text =
      "# Written by hack/update.sh; tests/golden compares it. rule, reason, words.\n";
  for (const std::string_view rule : rules::rule_names()) {
    const auto at = found.find(std::string(rule));
    if (at == found.end()) continue;
    for (const auto& [reason, words] : at->second) {
      for (const std::string& message : words) {
        text += fmt::format("{}, {}: {}\n", rule, reason, message);
      }
    }
  }
  return text;
}

std::string decision_document(const std::vector<Row>& rows) {
  std::string text =
      "<!-- Written by hack/update.sh from tests/golden/decision_table_test.cpp; do not edit. -->\n"
      "# Decision table\n\n"
      "What `rules::decide` does in each of a few hundred typical states, by the rule that fires. "
      "The\nrules are tried from top to bottom. A state names only what differs from a plain "
      "request "
      "with a\nusable profile, no Secret, no pending key, and nothing asked of the CA; times count "
      "from the\npass. The facts and their values are in tests/support/abstract_states.h.\n";
  const auto found = messages_by_rule(rows);
  int number = 0;
  for (const std::string_view rule : rules::rule_names()) {
    text += fmt::format("\n## {}. {}\n\n", ++number, rule);
    if (const auto at = found.find(std::string(rule)); at != found.end()) {
      for (const auto& [reason, words] : at->second) {
        text += fmt::format("- {}: \"{}\"\n", reason, *words.begin());
      }
    }
    text += "\n| state | action | reason |\n|---|---|---|\n";
    for (const Row& row : rows) {
      if (row.rule == rule)
        text += fmt::format("| {} | {} | {} |\n", row.state, row.action, row.reason);
    }
  }
  return text;
}

TEST(DecisionTable, IsAsReviewed) {
  support::expect_golden("tests/golden/decision_table.txt", decision_table(decision_rows()));
}

TEST(DecisionTable, SaysWhatPeopleReadAsReviewed) {
  support::expect_golden("tests/golden/messages.txt", messages(decision_rows()));
}

TEST(DecisionTable, IsTheOneInTheDocuments) {
  support::expect_golden("docs/decision-table.md", decision_document(decision_rows()));
}

TEST(DecisionTable, HasARowForEachRule) {
  std::set<std::string> fired;
  for (const Row& row : decision_rows()) fired.insert(row.rule);

  for (const std::string_view rule : rules::rule_names()) {
    EXPECT_TRUE(fired.contains(std::string(rule))) << rule;
  }
}

}  // namespace
}  // namespace golden
