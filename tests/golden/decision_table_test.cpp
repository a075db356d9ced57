// What decide() does, as text: a change of behaviour shows as a change of these files.
#include <algorithm>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden/decision_rows.h"
#include "rules/decide.h"
#include "rules/order_decide.h"
#include "support/abstract_states.h"
#include "support/golden.h"

namespace golden {
namespace {

using rules::Observed;
using support::FactValue;
using Values = std::span<const FactValue>;
using State = std::array<const char*, support::kFactCount>;

// The values before that one.
Values first(Values values, std::string_view end) {
  const auto at = std::ranges::find(values, end, &FactValue::name);
  return values.first(static_cast<std::size_t>(at - values.begin()));
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

std::string action_text(const rules::Action& action) {
  std::string text(rules::name_of(action));
  if (const auto* wait = std::get_if<rules::Wait>(&action))
    text += ' ' + duration_text(wait->until);
  if (const auto* nothing = std::get_if<rules::Nothing>(&action); nothing && nothing->until) {
    text += " for " + duration_text(nothing->until);
  }
  return text;
}

class Collector : public Rows {
 public:
  void add(const support::Facts& facts) {
    support::for_each_state(facts, [&](const State& state, const Observed& seen) {
      const rules::Decision made = rules::decide(seen);
      note(text_of(state), made, action_text(made.action));
    });
  }
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
  facts[0] = first(support::kRequests, "renew");
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

void add_copies_without_gain(Collector& rows) {
  const auto secrets = only(support::kInstalled, {"due", "due_in_vain"});
  const auto keys = only(support::kPending, {"young"});
  const auto orders = only(support::kOrders, {"unasked", "half_used"});
  const auto issued = only(support::kIssued, {"ends_as_soon"});
  support::Facts facts = resting();
  facts[2] = secrets;
  facts[3] = keys;
  facts[4] = orders;
  facts[6] = issued;
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
  facts[4] = support::all_facts()[4].first(7);
  facts[5] = listed;
  rows.add(facts);
}

void add_adoptions(Collector& rows) {
  const auto requests = only(support::kRequests, {"plain", "renew", "renew_nameless", "switch"});
  const auto secrets =
      only(support::kInstalled,
           {"none", "of_nobody", "unclaimed", "unclaimed_expired", "unclaimed_other_names",
            "unclaimed_damaged", "taken_over", "outdated_marks", "of_another_account"});
  support::Facts facts = resting();
  facts[0] = requests;
  facts[2] = secrets;
  facts[12] = support::kOwners;
  rows.add(facts);

  const auto installing = only(
      support::kInstalled, {"of_nobody", "unclaimed", "unclaimed_kept", "unclaimed_name_taken"});
  const auto keys = only(support::kPending, {"young"});
  const auto returned = only(support::kIssued, {"ours"});
  facts[2] = installing;
  facts[3] = keys;
  facts[6] = returned;
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
  const auto profiles = only(support::kProfiles, {"fine", "missing"});
  const auto secrets = only(support::kInstalled, {"none", "valid", "due", "expired"});
  const auto keys = only(support::kPending, {"none", "young"});
  support::Facts facts = resting();
  facts[1] = profiles;
  facts[2] = secrets;
  facts[3] = keys;
  facts[10] = support::kKeystores;
  rows.add(facts);
}

void add_ledger(Collector& rows) {
  const auto requests = only(support::kRequests, {"plain", "waits_for_renewals"});
  const auto secrets = only(support::kInstalled, {"none", "due"});
  const auto keys = only(support::kPending, {"none", "of_an_entry"});
  const auto orders = only(support::kOrders, {"ending"});
  const auto issued = only(support::kIssued, {"unasked", "ours"});
  support::Facts facts = resting();
  facts[0] = requests;
  facts[2] = secrets;
  facts[3] = keys;
  facts[4] = orders;
  facts[6] = issued;
  facts[11] = support::kLedgers;
  rows.add(facts);
}

void add_purchases(Collector& rows) {
  const auto profiles = only(support::kProfiles, {"fine", "names_bounded", "approvals_asked",
                                                  "places_orders", "budget_used"});
  const auto secrets = only(support::kInstalled, {"none", "due", "due_in_vain"});
  const auto keys = only(support::kPending, {"none", "never_sent", "of_an_entry"});
  const auto orders = support::all_facts()[4].subspan(6);
  support::Facts facts = resting();
  facts[1] = profiles;
  facts[2] = secrets;
  facts[3] = keys;
  facts[4] = orders;
  rows.add(facts);
}

void add_revocations(Collector& rows) {
  const auto profiles = only(support::kProfiles, {"fine", "places_orders"});
  const auto secrets = only(support::kInstalled, {"valid", "due", "expired"});
  const auto orders = only(support::kOrders, {"unasked", "match", "none"});
  support::Facts facts = resting();
  facts[1] = profiles;
  facts[2] = secrets;
  facts[4] = orders;
  facts[13] = support::kRevocations;
  rows.add(facts);
}

std::vector<Row> decision_rows() {
  Collector rows;
  add_who_may_act(rows);
  add_secrets(rows);
  add_pending_keys(rows);
  add_returned_certificates(rows);
  add_copies_without_gain(rows);
  add_orders(rows);
  add_adoptions(rows);
  add_errors(rows);
  add_schedules(rows);
  add_keystores(rows);
  add_ledger(rows);
  add_purchases(rows);
  add_revocations(rows);
  return rows.take();
}

std::string decision_document(const std::vector<Row>& rows) {
  std::string text =
      "<!-- Written by hack/update.sh from tests/golden/decision_table_test.cpp; do not edit. -->\n"
      "# Decision table\n\n"
      "Part one is about requests, part two about the entries of the ledger of orders.\n\n"
      "## Requests\n\n"
      "What `rules::decide` does in each of a few hundred typical states, by the rule that fires. "
      "The\nrules are tried from top to bottom. A state names only what differs from a plain "
      "request "
      "with a\nusable profile, no Secret, no pending key, and nothing asked of the CA; times count "
      "from the\npass. The facts and their values are in tests/support/abstract_states.h.\n";
  text += document_section(rows, rules::rule_names(), "###");
  text +=
      "\n## Orders\n\n"
      "What `rules::decide_order` does with one CertificateOrder. A state names only what differs "
      "from an\nopen entry that was never sent, with a sponsor and a usable profile, before the CA "
      "is asked. The\nfacts and their values are in tests/support/order_states.h.\n";
  return text + document_section(order_rows(), rules::order_rule_names(), "###");
}

TEST(DecisionTable, IsAsReviewed) {
  support::expect_golden("tests/golden/decision_table.txt", decision_table(decision_rows()));
}

TEST(DecisionTable, SaysWhatPeopleReadAsReviewed) {
  support::expect_golden("tests/golden/messages.txt",
                         messages(decision_rows(), rules::rule_names()));
}

TEST(DecisionTable, IsTheOneInTheDocuments) {
  support::expect_golden("docs/decision-table.md", decision_document(decision_rows()));
}

TEST(DecisionTable, HasARowForEachRule) {
  EXPECT_THAT(rules_without_a_row(decision_rows(), rules::rule_names()), testing::IsEmpty());
}

}  // namespace
}  // namespace golden
