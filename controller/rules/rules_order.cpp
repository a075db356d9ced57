// Rules about the order to duplicate: they apply when nothing is under way.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "rules/course.h"
#include "rules/rule.h"

namespace rules {
namespace {

using namespace std::chrono_literals;

// A person is waiting for a match, and one listing serves all requests of the account.
constexpr auto kLookForOrder = 5min;
// How often it is looked whether a person has submitted our CSR by hand.
constexpr auto kLookForManual = 5min;

std::string text_of(const NamesWanted& wanted) {
  const NameSet names = all_of(wanted);
  return names.empty() ? "" : fmt::format(" for {}", fmt::join(names, ", "));
}

const Candidate* find(const Match& match, Verdict verdict) {
  const auto at = std::ranges::find(match.candidates, verdict, &Candidate::verdict);
  return at == match.candidates.end() ? nullptr : &*at;
}

// The reason for a person when no order is eligible: the nearest miss tells what to do.
std::pair<api::Reason, std::string> why_none(const Pass& pass) {
  const auto& match = pass.match;
  const auto& spec = pass.seen.request.spec;
  const bool only_names = !match.candidates.empty();
  if (const Candidate* near = find(match, Verdict::kExtraNames)) {
    return {api::Reason::kExtraSansNotAllowed,
            fmt::format("order {}: {}. Remove the name from the request, or reissue the order with "
                        "it in CertCentral",
                        near->order.id, near->reason)};
  }
  if (const Candidate* near = find(match, Verdict::kDuplicatesOff)) {
    return {api::Reason::kDuplicatesNotAllowed,
            fmt::format("order {}: {}", near->order.id, near->reason)};
  }
  if (spec.order_id) {
    const std::string why = match.candidates.empty()
                                ? "this account has no such order, or the API key cannot see it"
                                : match.candidates.front().reason;
    return {
        match.candidates.empty() ? api::Reason::kNoMatchingOrder : api::Reason::kOrderNotEligible,
        fmt::format("spec.orderID {} cannot be duplicated: {}. Correct it, or leave it out to have "
                    "the latest order that matches",
                    *spec.order_id, why)};
  }
  return {
      api::Reason::kNoMatchingOrder,
      fmt::format("no issued order of product {} and organization {} matches{}{}. Place or "
                  "renew the order in CertCentral, or correct the names; it is looked for every 5 "
                  "minutes",
                  pass.seen.profile->product, pass.seen.profile->organization_id,
                  text_of(names_wanted(pass.seen)),
                  only_names ? "; status.candidates tells why each near miss was refused" : "")};
}

// How often the pending CSR will have been sent: a refusal starts anew, and what never left this
// process does not count.
int sends_after(const Observed& seen) {
  if (!seen.pending || seen.pending->refusal) return 1;
  return seen.pending->sends + (seen.ca.post == CaView::Post::kNotSent ? 0 : 1);
}

bool is_same(const FinalNames& a, const FinalNames& b) {
  return a.common_name == b.common_name && NameSet(a.dns_names.begin(), a.dns_names.end()) ==
                                               NameSet(b.dns_names.begin(), b.dns_names.end());
}

// A copy that expires follows the latest order that gains something, if there is one: an order that
// is paid for longer may have a certificate that ends earlier.
void prefer_gain(const InstalledFacts& installed, const NamesWanted& wanted, Match& match) {
  const auto better = std::ranges::find_if(match.candidates, [&](const Candidate& candidate) {
    return candidate.verdict == Verdict::kEligible && brings_gain(candidate.order, installed);
  });
  if (better == match.candidates.end()) return;
  match.latest = better->order;
  match.names = final_names(better->order, wanted);
}

}  // namespace

Match match_of(const Observed& seen, const Standing& standing) {
  if (!seen.ca.orders) return {};
  MatchQuery query{
      .names = names_wanted(seen), .order_id = seen.request.spec.order_id, .now = seen.now};
  if (seen.profile) {
    query.product = seen.profile->product;
    query.organization_id = seen.profile->organization_id;
  }
  Match match = match_orders(*seen.ca.orders, query);
  if (standing.need == Need::kExpiring) prefer_gain(*seen.installed, query.names, match);
  return match;
}

std::optional<std::string> refused_by_profile(const Observed& seen, const FinalNames& names) {
  if (!seen.profile->allowed_names) return std::nullopt;
  return first_not_allowed(names.dns_names, *seen.profile->allowed_names);
}

AskOrders ask_orders(const Observed& seen) {
  return {.names = names_wanted(seen),
          .order_id = seen.request.spec.order_id,
          .also = ledger_orders(seen)};
}

MaybeDecision orders_are_needed(const Pass& pass) {
  if (pass.seen.ca.orders) return std::nullopt;
  return decision(ask_orders(pass.seen), api::Reason::kPending,
                  "looking for the latest matching order");
}

MaybeDecision no_order_matches(const Pass& pass) {
  if (pass.course.way != Way::kNoOrder) return std::nullopt;
  auto [reason, message] = why_none(pass);
  if (pass.standing.reason == api::Reason::kRevoked) {
    reason = api::Reason::kRevoked;
    message =
        fmt::format("{}, and {}. Nothing is bought because of it", pass.standing.problem, message);
  }
  Decision made = decision(Wait{pass.seen.now + kLookForOrder}, reason, std::move(message));
  made.candidates = pass.match.candidates;
  return made;
}

// Before anything is bought, too: a renewal that this request may not use is not its to buy.
MaybeDecision name_of_the_order_is_not_allowed(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  const bool duplicates = course.way == Way::kDuplicate;
  if (!duplicates && course.way != Way::kRenew) return std::nullopt;
  const OrderFacts& order = duplicates ? *match.latest : *course.order;
  const auto refused = refused_by_profile(seen, final_names(order, names_wanted(seen)));
  if (!refused) return std::nullopt;
  Decision made = decision(
      Wait{seen.now + kLookForOrder}, api::Reason::kNameNotAllowed,
      fmt::format("order {} has the name {}, which spec.nameConstraints of AutomationProfile {} "
                  "does not allow for namespace {}; give spec.dnsNames, or ask the profile's owner",
                  order.id, *refused, seen.profile->name, seen.request.meta.namespace_));
  made.candidates = match.candidates;
  return made;
}

MaybeDecision pending_is_for_another_order(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  if (!seen.pending) return std::nullopt;
  if (match.latest->id != seen.pending->order_id) {
    return decision(
        DropPending{}, api::Reason::kPending,
        fmt::format("the pending key is dropped: order {} is no longer the latest match",
                    seen.pending->order_id));
  }
  if (is_same(seen.pending->names, match.names)) return std::nullopt;
  return decision(
      DropPending{}, api::Reason::kPending,
      fmt::format("the pending key is dropped: order {} has other names by now", match.latest->id));
}

// What was sent already is followed; nothing new is sent into a queue of approvals. Meanwhile a
// person may do by hand what we may not.
MaybeDecision approval_step_is_enabled(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  const bool sent = seen.pending && seen.pending->submitted_at;
  if (!seen.profile->approval_step_in_the_way || sent) return std::nullopt;
  if (!seen.pending) {
    return decision(PrepareKey{match.latest->id, match.names}, api::Reason::kApprovalStepEnabled,
                    fmt::format("making the key whose CSR can be submitted by hand on order {}",
                                match.latest->id));
  }
  return decision(
      Wait{seen.now + kLookForManual}, api::Reason::kApprovalStepEnabled,
      fmt::format(
          "a duplicate of order {0} can be had, but the account asks for an approval of each "
          "request. An administrator removes the step in CertCentral: Settings > "
          "Preferences > Advanced Settings > Certificate Requests > Approval Steps > Skip "
          "approval step; then annotate AutomationProfile {1} with "
          "duplicert.io/recheck-requested-at, or wait for the daily look. Or set its "
          "spec.approval to WaitForApproval. Or, by hand: submit the CSR in status.csr as a "
          "duplicate of order {0}; its certificate is found by the public key and installed",
          match.latest->id, seen.profile->name));
}

MaybeDecision order_is_found(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  const api::Reason reason =
      standing.usable ? api::Reason::kRenewing : api::Reason::kAwaitingIssuance;
  return decision(
      SubmitDuplicate{
          .order_id = match.latest->id, .names = match.names, .sends = sends_after(seen)},
      reason, fmt::format("requesting a duplicate of order {}", match.latest->id));
}

}  // namespace rules
