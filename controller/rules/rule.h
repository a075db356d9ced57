// What the rules of decide.cpp are made of; internal to controller/rules. If you came here, you
// want decide.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rules/action.h"
#include "rules/course.h"
#include "rules/observed.h"
#include "rules/standing.h"

namespace rules {

// A pass over the rules: the facts, and what follows from them directly.
struct Pass {
  const Observed& seen;
  const Standing standing;
  const Match match;    // of ca.orders, held against the request; empty while they are not there
  const Course course;  // what follows from it; kNoOrder while they are not there
};

// nullopt: the rule does not apply.
using MaybeDecision = std::optional<Decision>;
using Rule = MaybeDecision (*)(const Pass&);

Decision decision(Action action, api::Reason reason, std::string message);

Match match_of(const Observed& seen, const Standing& standing);

// Whether the profile's owner lets this request act at all.
bool is_allowed(const Observed& seen);

// The question for the orders that this request may use.
AskOrders ask_orders(const Observed& seen);

// The first of these names that the profile's nameConstraints do not let this request have.
std::optional<std::string> refused_by_profile(const Observed& seen, const FinalNames& names);

// In the order in which decide() tries them.
// Rules about the request, its Secret and its profile (rules_request.cpp).
MaybeDecision request_is_being_deleted(const Pass& pass);
MaybeDecision spec_is_invalid(const Pass& pass);
MaybeDecision secret_is_not_ours(const Pass& pass);
MaybeDecision names_are_unknown(const Pass& pass);
MaybeDecision order_names_are_needed(const Pass& pass);
MaybeDecision request_is_suspended(const Pass& pass);
MaybeDecision pending_key_is_installed(const Pass& pass);
MaybeDecision keystore_is_outdated(const Pass& pass);
MaybeDecision keystore_cannot_be_made(const Pass& pass);
MaybeDecision revocation_is_looked_for(const Pass& pass);
MaybeDecision order_is_to_be_described(const Pass& pass);
MaybeDecision certificate_is_current(const Pass& pass);
MaybeDecision profile_is_missing(const Pass& pass);
MaybeDecision namespace_is_not_allowed(const Pass& pass);
MaybeDecision profile_is_unusable(const Pass& pass);
MaybeDecision product_has_no_duplicates(const Pass& pass);
MaybeDecision name_is_not_allowed(const Pass& pass);
// Rules about a Secret that is to be adopted (rules_adoption.cpp).
MaybeDecision ownership_is_needed(const Pass& pass);
MaybeDecision certificate_is_foreign(const Pass& pass);
MaybeDecision certificate_is_the_accounts_own(const Pass& pass);
MaybeDecision old_pair_is_not_kept(const Pass& pass);
MaybeDecision marks_are_outdated(const Pass& pass);
// Rules about a key that was made for an entry of the ledger (rules_ledger.cpp).
MaybeDecision pending_is_not_needed(const Pass& pass);
MaybeDecision entry_uses_the_key(const Pass& pass);
MaybeDecision entry_is_issued(const Pass& pass);
MaybeDecision entry_is_closed(const Pass& pass);
// Rules about a pending key (rules_pending.cpp).
MaybeDecision pending_name_is_taken(const Pass& pass);
MaybeDecision pending_does_not_fit(const Pass& pass);
MaybeDecision certificate_came_back_wrong(const Pass& pass);
MaybeDecision certificate_brings_no_gain(const Pass& pass);
MaybeDecision certificate_came_back(const Pass& pass);
MaybeDecision ca_did_not_answer(const Pass& pass);
MaybeDecision rejection_stands(const Pass& pass);
MaybeDecision refusal_is_recent(const Pass& pass);
MaybeDecision listed_and_issued(const Pass& pass);
MaybeDecision approval_is_in_doubt(const Pass& pass);
MaybeDecision approval_was_rejected(const Pass& pass);
MaybeDecision listed_but_not_issued(const Pass& pass);
MaybeDecision listing_is_needed(const Pass& pass);
MaybeDecision accepted_but_not_listed(const Pass& pass);
MaybeDecision submission_may_still_show(const Pass& pass);
MaybeDecision submissions_are_used_up(const Pass& pass);
MaybeDecision nothing_was_sent(const Pass& pass);
// What may begin only at certain times (schedule.cpp).
MaybeDecision waiting_for_schedule(const Pass& pass);
// Rules about the order to duplicate (rules_order.cpp).
MaybeDecision orders_are_needed(const Pass& pass);
MaybeDecision no_order_matches(const Pass& pass);
MaybeDecision name_of_the_order_is_not_allowed(const Pass& pass);  // before a purchase, too
MaybeDecision pending_is_for_another_order(const Pass& pass);
MaybeDecision approval_step_is_enabled(const Pass& pass);
MaybeDecision order_is_found(const Pass& pass);
// Rules about orders that follow, and about buying one (rules_ledger.cpp).
MaybeDecision entry_is_under_way(const Pass& pass);
MaybeDecision successor_is_on_its_way(const Pass& pass);
MaybeDecision successor_is_not_eligible(const Pass& pass);
MaybeDecision order_needs_reissue(const Pass& pass);
MaybeDecision nobody_renews_yet(const Pass& pass);
MaybeDecision purchase_was_refused(const Pass& pass);
MaybeDecision approvals_stop_purchases(const Pass& pass);
MaybeDecision order_budget_is_used_up(const Pass& pass);
MaybeDecision pending_is_for_no_purchase(const Pass& pass);
MaybeDecision order_is_bought(const Pass& pass);

}  // namespace rules
