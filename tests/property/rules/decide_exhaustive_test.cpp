// Every abstract state of Observed against every property of a decision (decide_properties.h) and
// every rule that status readers rely on (status_oracle.h).
#include <gtest/gtest.h>

#include "property/rules/decide_properties.h"
#include "property/rules/status_oracle.h"
#include "support/abstract_states.h"

namespace rules_properties {
namespace {

using support::Facts;
using support::FactValue;
using State = std::array<const char*, support::kFactCount>;

template <std::size_t N>
std::span<const FactValue> first(const std::array<FactValue, N>& values, std::size_t count) {
  return std::span(values).first(count);
}

constexpr std::span kRequests{support::kRequests};
constexpr std::span kRequesting = kRequests.first(kRequests.size() - 3);
constexpr std::span kAdopting = kRequests.last(3);  // Renew and SwitchToDigiCert

// Who may act at all, with everything that may be pending and little from the CA.
Facts gates() {
  Facts facts = support::all_facts();
  facts[0] = first(support::kRequests, 8);
  facts[1] = first(support::kProfiles, 8);
  facts[2] = first(support::kInstalled, 13);
  facts[4] = first(support::kOrders, 3);
  facts[5] = first(support::kListed, 2);
  facts[6] = first(support::kIssued, 2);
  facts[7] = first(support::kPosts, 1);
  facts[8] = first(support::kErrors, 2);
  facts[9] = first(support::kSchedules, 1);
  facts[10] = first(support::kKeystores, 1);
  facts[11] = first(support::kLedgers, 1);
  facts[12] = first(support::kOwners, 1);
  facts[13] = first(support::kRevocations, 1);
  return facts;
}

// A request that may act, with everything that the CA may say.
Facts answers() {
  Facts facts = support::all_facts();
  facts[0] = first(support::kRequests, 2);
  facts[1] = first(support::kProfiles, 1);
  facts[2] = first(support::kInstalled, 3);
  facts[3] = first(support::kPending, 19);
  facts[4] = first(support::kOrders, 7);
  facts[8] = first(support::kErrors, 3);
  facts[9] = first(support::kSchedules, 1);
  facts[10] = first(support::kKeystores, 1);
  facts[11] = first(support::kLedgers, 1);
  facts[12] = first(support::kOwners, 1);
  facts[13] = first(support::kRevocations, 1);
  return facts;
}

// Every schedule, with all that may be pending and the answers that lead to a submission.
Facts times() {
  Facts facts = support::all_facts();
  facts[0] = kRequesting;
  facts[1] = first(support::kProfiles, 2);
  facts[4] = first(support::kOrders, 2);
  facts[5] = first(support::kListed, 2);
  facts[6] = first(support::kIssued, 2);
  facts[8] = first(support::kErrors, 2);
  facts[10] = first(support::kKeystores, 1);
  facts[11] = first(support::kLedgers, 1);
  facts[12] = first(support::kOwners, 1);
  facts[13] = first(support::kRevocations, 1);
  return facts;
}

// Every keystore, with all that may be installed and pending, and the answers up to a certificate.
Facts keystores() {
  Facts facts = support::all_facts();
  facts[0] = kRequesting;
  facts[4] = first(support::kOrders, 1);
  facts[5] = first(support::kListed, 1);
  facts[6] = first(support::kIssued, 2);
  facts[7] = first(support::kPosts, 1);
  facts[8] = first(support::kErrors, 1);
  facts[9] = first(support::kSchedules, 2);
  facts[11] = first(support::kLedgers, 1);
  facts[12] = first(support::kOwners, 1);
  facts[13] = first(support::kRevocations, 1);
  return facts;
}

std::vector<FactValue> pick(std::span<const FactValue> values,
                            const std::vector<std::string_view>& names) {
  std::vector<FactValue> chosen;
  for (const FactValue& value : values) {
    if (std::ranges::find(names, value.name) != names.end()) chosen.push_back(value);
  }
  return chosen;
}

// What is bought, by whom, and what the ledger says.
Facts purchases() {
  static const auto requests = pick(support::kRequests, {"plain", "suspended", "renew_requested",
                                                         "manual", "waits_for_renewals"});
  static const auto profiles = pick(support::kProfiles, {"fine", "names_bounded", "approvals_asked",
                                                         "places_orders", "budget_used"});
  static const auto secrets =
      pick(support::kInstalled, {"none", "valid", "due", "expired", "due_in_vain"});
  static const auto keys = pick(support::kPending, {"none", "never_sent", "of_an_entry"});
  static const auto issued = pick(support::kIssued, {"unasked", "ours", "other_key"});
  Facts facts = support::all_facts();
  facts[0] = requests;
  facts[1] = profiles;
  facts[2] = secrets;
  facts[3] = keys;
  facts[5] = first(support::kListed, 1);
  facts[6] = issued;
  facts[7] = first(support::kPosts, 1);
  facts[8] = first(support::kErrors, 2);
  facts[9] = first(support::kSchedules, 1);
  facts[10] = first(support::kKeystores, 1);
  facts[12] = first(support::kOwners, 1);
  facts[13] = first(support::kRevocations, 1);
  return facts;
}

// A Secret that may be adopted, with everything that the CA may say.
Facts adoptions() {
  Facts facts = support::all_facts();
  facts[0] = kAdopting;
  facts[1] = first(support::kProfiles, 1);
  facts[4] = first(support::kOrders, 4);
  facts[7] = first(support::kPosts, 1);
  facts[8] = first(support::kErrors, 2);
  facts[9] = first(support::kSchedules, 1);
  facts[10] = first(support::kKeystores, 1);
  facts[11] = first(support::kLedgers, 1);
  facts[13] = first(support::kRevocations, 1);
  return facts;
}

// All that the CA may show of the installed certificate, whatever is pending, bought or asked for.
Facts revocations() {
  static const auto requests = pick(support::kRequests, {"plain", "suspended", "renew_requested",
                                                         "manual", "waits_for_renewals"});
  static const auto profiles = pick(
      support::kProfiles, {"fine", "not_allowed", "unusable", "names_refused", "places_orders"});
  static const auto secrets = pick(
      support::kInstalled,
      {"valid", "due", "ends_soon", "expired", "further_name", "due_in_vain", "outdated_marks"});
  static const auto keys =
      pick(support::kPending, {"none", "never_sent", "young", "refused", "of_an_entry"});
  Facts facts = support::all_facts();
  facts[0] = requests;
  facts[1] = profiles;
  facts[2] = secrets;
  facts[3] = keys;
  facts[4] = first(support::kOrders, 8);
  facts[5] = first(support::kListed, 2);
  facts[6] = first(support::kIssued, 2);
  facts[7] = first(support::kPosts, 1);
  facts[8] = first(support::kErrors, 2);
  facts[9] = first(support::kSchedules, 1);
  facts[10] = first(support::kKeystores, 1);
  facts[11] = first(support::kLedgers, 2);
  facts[12] = first(support::kOwners, 1);
  return facts;
}

class Violations {
 public:
  void add(const State& state, const Decision& made, const std::string& wrong) {
    ++count_;
    if (count_ > 5) return;
    ADD_FAILURE() << wrong << "\n  " << support::text_of(state) << "\n  rule " << made.rule
                  << " -> " << rules::name_of(made.action) << ", " << api::name_of(made.reason)
                  << ": " << made.message;
  }
  std::size_t count() const { return count_; }

 private:
  std::size_t count_ = 0;
};

// The same decision, whatever the order of lists.
std::string check_shuffle(const Observed& seen, const Decision& made) {
  const bool has_lists = (seen.ca.orders && !seen.ca.orders->empty()) ||
                         (seen.ca.listed && seen.ca.listed->size() > 1);
  if (!has_lists) return "";
  const Decision other = rules::decide(reversed(seen));
  return is_same(made, other) ? "" : "depends on the order of a list: " + other.message;
}

// A sanitizer looks for misuse of memory, not for a wrong decision: every seventh state serves it.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kStride = 7;
#else
constexpr std::size_t kStride = 1;
#endif

// One walk for all properties: the walk costs more than they do.
class EveryState : public testing::TestWithParam<Facts (*)()> {};

TEST_P(EveryState, IsDecidedSafelyAndReportedAsStatusReadersExpect) {
  Violations violations;
  std::size_t states = 0;

  for_each_state(GetParam()(), [&](const State& state, const Observed& seen) {
    if (++states % kStride != 0) return;
    const Decision made = rules::decide(seen);
    const bool settled = !is_question(made) && !is_effect(made);
    std::string wrong = check(seen, made);
    if (wrong.empty()) wrong = check_shuffle(seen, made);
    if (wrong.empty() && settled) wrong = check_status(seen, made);
    if (!wrong.empty()) violations.add(state, made, wrong);
  });

  EXPECT_EQ(violations.count(), 0U) << "of " << states;
  EXPECT_GT(states, 200'000U);
}

INSTANTIATE_TEST_SUITE_P(All, EveryState,
                         testing::Values(gates, answers, times, keystores, purchases, adoptions,
                                         revocations),
                         [](const auto& row) {
                           if (row.param == adoptions) return "OfAdoption";
                           if (row.param == revocations) return "OfARevokedCertificate";
                           if (row.param == times) return "OfTheSchedule";
                           if (row.param == keystores) return "OfTheKeystore";
                           if (row.param == purchases) return "OfTheLedger";
                           return row.param == gates ? "OfTheRequest" : "OfTheCa";
                         });

// The answers that the CA may give to a question, one of them an error.
std::vector<Observed> answered(const Observed& seen, const Decision& made) {
  std::vector<Observed> next;
  const auto answer = [&](std::span<const FactValue> values) {
    for (const FactValue& value : values.subspan(1)) value.apply(next.emplace_back(seen));
  };
  if (is<rules::AskOrders>(made)) answer(support::kOrders);
  if (is<rules::AskDuplicates>(made)) answer(support::kListed);
  if (is<rules::AskCertificate>(made)) answer(support::kIssued);
  if (is<rules::AskOwnership>(made)) answer(support::kOwners);
  if (is<rules::AskRevocation>(made)) {
    // No answer is an answer, too: it is asked again later.
    for (const char* name : {"no", "yes"}) {
      std::ranges::find(support::kRevocations, std::string_view(name), &FactValue::name)
          ->apply(next.emplace_back(seen));
    }
    return next;
  }
  if (is<rules::AskApproval>(made)) {
    for (const bool rejected : {true, false}) next.emplace_back(seen).ca.approval = {rejected, ""};
  }
  next.emplace_back(seen).ca_error = support::ca_error(base::Code::kUnavailable);
  return next;
}

// The most questions that any sequence of answers leads to.
int questions_from(const Observed& seen, int asked) {
  const Decision made = rules::decide(seen);
  if (!is_question(made) || asked > 5) return asked;
  int most = asked;
  for (const Observed& next : answered(seen, made)) {
    most = std::max(most, questions_from(next, asked + 1));
  }
  return most;
}

// The facts of which nothing was asked yet, with a few of the values that have enumerations of
// their own: the answers multiply.
Facts unasked() {
  Facts facts = support::all_facts();
  for (std::size_t fact = 4; fact < support::kFactCount; ++fact) facts[fact] = facts[fact].first(1);
  facts[1] = first(support::kProfiles, 4);
  return facts;
}

void expect_few_questions(const Facts& facts) {
  Violations violations;
  for_each_state(facts, [&](const State& state, const Observed& seen) {
    if (questions_from(seen, 0) > 4) violations.add(state, rules::decide(seen), "never ends");
  });
  EXPECT_EQ(violations.count(), 0U);
}

TEST(EveryQuestion, LeadsToAnEndWithinFour) {
  Facts facts = unasked();
  facts[0] = first(support::kRequests, 8);
  facts[11] = first(support::kLedgers, 6);
  facts[13] = first(support::kRevocations, 2);

  expect_few_questions(facts);
}

TEST(EveryQuestion, LeadsToAnEndWithinFourWhenASecretIsAdopted) {
  Facts facts = unasked();
  facts[0] = kAdopting;

  expect_few_questions(facts);
}

}  // namespace
}  // namespace rules_properties
