#include "rules/decide.h"

#include <array>

#include "base/check.h"
#include "rules/rule.h"

namespace rules {
namespace {

constexpr std::size_t kCandidatesMax = 10;

struct NamedRule {
  std::string_view name;
  Rule rule;
};

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): the name of a rule is its function's name.
#define RULE(function)  \
  NamedRule {           \
    #function, function \
  }

// The first rule that fires decides. Read it from top to bottom: who may act at all, what is
// already there, who stands in the way, what is under way, and only then what to begin.
constexpr std::array kRules{
    RULE(request_is_being_deleted),
    RULE(spec_is_invalid),
    RULE(secret_is_not_ours),
    RULE(names_are_unknown),
    RULE(order_names_are_needed),
    RULE(request_is_suspended),
    RULE(pending_key_is_installed),
    RULE(marks_are_outdated),
    RULE(keystore_is_outdated),
    RULE(keystore_cannot_be_made),
    RULE(revocation_is_looked_for),
    RULE(pending_is_not_needed),
    RULE(order_is_to_be_described),
    RULE(certificate_is_current),
    RULE(profile_is_missing),
    RULE(namespace_is_not_allowed),
    RULE(profile_is_unusable),
    RULE(product_has_no_duplicates),
    RULE(name_is_not_allowed),
    RULE(ownership_is_needed),
    RULE(certificate_is_foreign),
    RULE(certificate_is_the_accounts_own),
    RULE(pending_name_is_taken),
    RULE(entry_uses_the_key),
    RULE(entry_is_issued),
    RULE(entry_is_closed),
    RULE(pending_does_not_fit),
    RULE(certificate_came_back_wrong),
    RULE(certificate_brings_no_gain),
    RULE(old_pair_is_not_kept),
    RULE(certificate_came_back),
    RULE(ca_did_not_answer),
    RULE(rejection_stands),
    RULE(refusal_is_recent),
    RULE(listed_and_issued),
    RULE(approval_is_in_doubt),
    RULE(approval_was_rejected),
    RULE(listed_but_not_issued),
    RULE(listing_is_needed),
    RULE(accepted_but_not_listed),
    RULE(nothing_was_sent),
    RULE(submission_may_still_show),
    RULE(submissions_are_used_up),
    RULE(waiting_for_schedule),
    RULE(orders_are_needed),
    RULE(entry_is_under_way),
    RULE(successor_is_on_its_way),
    RULE(successor_is_not_eligible),
    RULE(order_needs_reissue),
    RULE(nobody_renews_yet),
    RULE(no_order_matches),
    RULE(name_of_the_order_is_not_allowed),
    RULE(purchase_was_refused),
    RULE(approvals_stop_purchases),
    RULE(order_budget_is_used_up),
    RULE(pending_is_for_no_purchase),
    RULE(order_is_bought),
    RULE(pending_is_for_another_order),
    RULE(approval_step_is_enabled),
    RULE(order_is_found),
};

#undef RULE

}  // namespace

Decision decide(const Observed& seen) {
  const Standing standing = standing_of(seen);
  const Match match = match_of(seen, standing);
  const bool may_follow = seen.ca.orders && seen.profile;
  const Pass pass{seen, standing, match, may_follow ? course_of(seen, standing, match) : Course{}};
  for (const NamedRule& named : kRules) {
    if (MaybeDecision made = named.rule(pass)) {
      made->rule = named.name;
      // What is shown; the rules look at all of them.
      if (made->candidates.size() > kCandidatesMax) made->candidates.resize(kCandidatesMax);
      return *std::move(made);
    }
  }
  BASE_CHECK(false);  // order_is_found always fires
}

std::vector<std::string_view> rule_names() {
  std::vector<std::string_view> names;
  for (const NamedRule& named : kRules) names.push_back(named.name);
  return names;
}

bool is_question(const Action& action) {
  return std::holds_alternative<AskOrders>(action) ||
         std::holds_alternative<AskDuplicates>(action) ||
         std::holds_alternative<AskCertificate>(action) ||
         std::holds_alternative<AskOwnership>(action) ||
         std::holds_alternative<AskApproval>(action) ||
         std::holds_alternative<AskRevocation>(action);
}

std::string_view name_of(const Action& action) {
  constexpr std::array<std::string_view, std::variant_size_v<Action>> kNames{
      "nothing",          "wait",
      "ask_orders",       "ask_duplicates",
      "ask_certificate",  "ask_ownership",
      "submit_duplicate", "install_certificate",
      "drop_pending",     "back_up_secret",
      "apply_marks",      "open_ledger",
      "remember_no_gain", "update_keystore",
      "ask_approval",     "prepare_key",
      "record_rejection", "ask_revocation"};
  return kNames[action.index()];
}

Decision decision(Action action, api::Reason reason, std::string message) {
  return {.action = std::move(action), .reason = reason, .message = std::move(message)};
}

}  // namespace rules
