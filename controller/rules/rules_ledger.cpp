// Rules about orders that follow others, and about buying one through the ledger. Money is spent
// only where order_is_bought fires, and then by one entry for all that need the order.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/names.h"
#include "rules/backoff.h"
#include "rules/course.h"
#include "rules/rule.h"

namespace rules {
namespace {

using namespace std::chrono_literals;

constexpr auto kLookAgain = 5min;      // changes of the ledger wake a request at once
constexpr auto kLookForOrder = 10min;  // renewals by others are found by looking
constexpr auto kLookForAPerson = 1h;
constexpr auto kMismatchPatience = 24h;

std::string days_of(base::TimePoint time) {
  return base::format_date(time);
}

// Whether this request's profile lets it buy what the entry buys.
bool may_buy(const Observed& seen, const LedgerEntry& entry) {
  const OrderFacts bought{.common_name = entry.group.names.common_name,
                          .dns_names = entry.group.names.dns_names};
  if (refused_by_profile(seen, final_names(bought, names_wanted(seen)))) return false;
  if (entry.kind == api::OrderKind::kNew) return seen.profile->places_orders;
  return seen.renewal.automatic &&
         seen.renewal.on_no_renewed_order == api::OnNoRenewedOrder::kRenewOrder;
}

std::string what_is_bought(const LedgerEntry& entry) {
  if (entry.kind == api::OrderKind::kRenewal) {
    return fmt::format("the renewal of order {}", entry.renewal_of);
  }
  return fmt::format("a new order for {}", fmt::join(entry.group.names.dns_names, ", "));
}

Decision await_entry(const Observed& seen, const LedgerEntry& entry) {
  // What a closed entry says of itself is over; the request waits for its order to show.
  const api::Reason progress = entry.kind == api::OrderKind::kRenewal
                                   ? api::Reason::kAwaitingRenewedOrder
                                   : api::Reason::kAwaitingIssuance;
  const api::Reason reason = is_open(entry) ? entry.reason : progress;
  const bool stuck = api::class_of(reason) == api::ReasonClass::kPerson;
  Decision made = decision(Wait{seen.now + kLookAgain}, reason,
                           fmt::format("{} {} (CertificateOrder {}){}{}", what_is_bought(entry),
                                       stuck ? "waits for a person" : "is under way", entry.name,
                                       entry.message.empty() ? "" : ": ", entry.message));
  made.entry = entry.name;
  made.sponsors = may_buy(seen, entry);
  return made;
}

// The entry of the key that is kept for a purchase.
const LedgerEntry* entry_of_pending(const Observed& seen) {
  if (!seen.pending || seen.pending->entry.empty()) return nullptr;
  return find_entry(seen.ledger, seen.pending->entry);
}

bool has_our_key(const Observed& seen, const LedgerEntry& entry) {
  return seen.pending->usable && entry.public_key_sha256 == seen.pending->public_key_sha256;
}

Decision drop_pending(const std::string& why) {
  return decision(DropPending{}, api::Reason::kPending,
                  fmt::format("the pending key is dropped: {}", why));
}

// The entry before the one that would be made now.
const LedgerEntry* entry_before(const Pass& pass) {
  return latest_entry(pass.seen.ledger, *pass.course.group);
}

int next_generation(const Pass& pass) {
  const LedgerEntry* before = entry_before(pass);
  return before == nullptr ? 1 : before->generation + 1;
}

bool buys(const Pass& pass) {
  return pass.course.way == Way::kRenew || pass.course.way == Way::kPlace;
}

std::string purchase_text(const Course& course) {
  if (course.way == Way::kRenew) return fmt::format("the renewal of order {}", course.order->id);
  return fmt::format("a new order for {}", fmt::join(course.group->names.dns_names, ", "));
}

}  // namespace

void link_renewals(Observed& seen) {
  if (!seen.ca.orders) return;
  for (const LedgerEntry& entry : seen.ledger) {
    if (entry.state != api::OrderState::kIssued || entry.renewal_of == 0) continue;
    for (OrderFacts& order : *seen.ca.orders) {
      const bool unlinked = order.id == entry.order_id && order.renewal_of_order_id == 0;
      if (unlinked) order.renewal_of_order_id = entry.renewal_of;
    }
  }
}

void link_pending(Observed& seen) {
  const LedgerEntry* entry = entry_of_pending(seen);
  if (entry == nullptr || entry->state != api::OrderState::kIssued) return;
  if (has_our_key(seen, *entry)) seen.pending->order_id = entry->order_id;
}

// Whatever becomes of the request: the key of an order that may be under way is kept.
MaybeDecision entry_uses_the_key(const Pass& pass) {
  const LedgerEntry* entry = entry_of_pending(pass.seen);
  if (entry == nullptr || !is_open(*entry) || !has_our_key(pass.seen, *entry)) return std::nullopt;
  return await_entry(pass.seen, *entry);
}

// Two processes made a key each, or the wish was taken back; a key of an open entry stays. Only a
// profile that has been checked tells whether the installed certificate is still the right one.
MaybeDecision pending_is_not_needed(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  const bool known = is_allowed(seen) && !seen.profile->unusable;
  const bool idle = known && standing.need == Need::kNone && !lacks_keystore(seen);
  if (!idle || !seen.pending || entry_uses_the_key(pass)) return std::nullopt;
  return drop_pending("the installed certificate is current");
}

// The order was bought with our key: its own certificate is ours if it fits, and otherwise this
// request takes a duplicate like everybody else.
MaybeDecision entry_is_issued(const Pass& pass) {
  const Observed& seen = pass.seen;
  const LedgerEntry* entry = entry_of_pending(seen);
  const bool issued = entry != nullptr && entry->state == api::OrderState::kIssued &&
                      has_our_key(seen, *entry) && !seen.ca_error;
  if (!issued) return std::nullopt;
  if (!seen.ca.orders) return orders_are_needed(pass);
  const auto order = std::ranges::find(*seen.ca.orders, entry->order_id, &OrderFacts::id);
  if (order == seen.ca.orders->end() || order->certificate_id == 0) {
    return await_entry(seen, *entry);
  }
  if (!seen.ca.issued) {
    return decision(AskCertificate{order->certificate_id}, api::Reason::kAwaitingIssuance,
                    fmt::format("fetching the certificate of order {}", order->id));
  }
  const auto& leaf = seen.ca.issued->leaf;
  const bool fits = leaf && leaf->public_key_sha256 == seen.pending->public_key_sha256 &&
                    leaf_satisfies(names_wanted(seen), leaf->dns_names, leaf->common_name,
                                   order_names(seen, order->id));
  if (fits) return std::nullopt;
  // A certificate with another key is a slip of the CA, fetched again later; or somebody has
  // reissued the order meanwhile, and a duplicate follows.
  const auto age = entry->closed_at
                       ? std::chrono::floor<std::chrono::seconds>(seen.now - *entry->closed_at)
                       : 0s;
  const bool over = age >= kMismatchPatience;
  const bool other = !leaf || leaf->public_key_sha256 != seen.pending->public_key_sha256;
  if (other && over) {
    return drop_pending(
        fmt::format("order {} has a certificate for another key; a duplicate "
                    "follows",
                    order->id));
  }
  if (other) {
    return decision(Wait{seen.now + poll_interval(age)}, api::Reason::kCertificateMismatch,
                    fmt::format("the CA returned another certificate than that of order {}; it is "
                                "not installed. It is fetched again, and after 24 hours a "
                                "duplicate follows",
                                order->id));
  }
  return drop_pending(fmt::format(
      "the certificate of order {} does not have the names of this request; a duplicate follows",
      order->id));
}

MaybeDecision entry_is_closed(const Pass& pass) {
  const LedgerEntry* entry = entry_of_pending(pass.seen);
  if (entry == nullptr) return std::nullopt;
  const bool issued_to_us =
      entry->state == api::OrderState::kIssued && has_our_key(pass.seen, *entry);
  if (issued_to_us) return std::nullopt;
  if (!has_our_key(pass.seen, *entry)) return drop_pending("the entry was made with another key");
  return drop_pending(
      fmt::format("CertificateOrder {} is closed as {}", entry->name, api::name_of(entry->state)));
}

MaybeDecision entry_is_under_way(const Pass& pass) {
  if (pass.course.way != Way::kAwaitEntry) return std::nullopt;
  return await_entry(pass.seen, *pass.course.entry);
}

MaybeDecision successor_is_on_its_way(const Pass& pass) {
  if (pass.course.way != Way::kAwaitOrder) return std::nullopt;
  const OrderFacts& order = *pass.course.order;
  const bool reissue = order_state(order.status) == OrderState::kReissuing;
  Decision made =
      decision(Wait{pass.seen.now + kLookForOrder}, api::Reason::kAwaitingRenewedOrder,
               fmt::format("order {} is {} (status {}); a duplicate of it follows by itself",
                           order.id, reissue ? "being reissued" : "on its way", order.status));
  // One that we buy under other names tells when it is there.
  const auto entry = std::ranges::find_if(pass.seen.ledger, [&](const LedgerEntry& one) {
    return is_open(one) && one.order_id == order.id;
  });
  if (entry != pass.seen.ledger.end()) made.entry = entry->name;
  return made;
}

MaybeDecision successor_is_not_eligible(const Pass& pass) {
  if (pass.course.way != Way::kSuccessorNotEligible) return std::nullopt;
  Decision made = decision(
      Wait{pass.seen.now + kLookForOrder}, api::Reason::kOrderNotEligible,
      fmt::format("{}. Order {} has followed, and cannot be duplicated here: {}. Nothing is bought "
                  "beside it; correct the order in CertCentral, or the request",
                  pass.standing.need_text, pass.course.order->id, pass.course.why));
  made.candidates = pass.match.candidates;
  return made;
}

MaybeDecision order_needs_reissue(const Pass& pass) {
  if (pass.course.way != Way::kNeedsReissue) return std::nullopt;
  const OrderFacts& order = *pass.course.order;
  return decision(
      Wait{pass.seen.now + kLookForAPerson}, api::Reason::kOrderNeedsReissue,
      fmt::format("order {} is paid until {}, but its certificate ends at {}; reissue it in "
                  "CertCentral or switch on its auto-reissue: every copy follows by itself",
                  order.id, days_of(paid_until(order)),
                  days_of(order.certificate_valid_till.value_or(paid_until(order)))));
}

MaybeDecision nobody_renews_yet(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  if (course.way == Way::kTooEarly) {
    const base::TimePoint opens = paid_until(*course.order) - kRenewalOpens;
    return decision(
        Wait{std::min(opens, seen.now + kLookForAPerson)}, api::Reason::kRenewalDue,
        fmt::format("{}, and no later order matches; order {} can be renewed from {} on, which "
                    "then happens by itself. To have it earlier, reissue the order in CertCentral",
                    standing.need_text, course.order->id, days_of(opens)));
  }
  if (course.way != Way::kWaitForRenewal) return std::nullopt;
  return decision(
      Wait{seen.now + kLookForAPerson}, api::Reason::kRenewalDue,
      fmt::format("{}, and no later order matches; spec.renewal.onNoRenewedOrder is Wait: renew or "
                  "reissue order {} in CertCentral, and this certificate follows by itself",
                  standing.need_text, course.order->id));
}

// One try for the whole group, and the next one at the instant that the entry tells.
MaybeDecision purchase_was_refused(const Pass& pass) {
  if (!buys(pass)) return std::nullopt;
  const LedgerEntry* before = entry_before(pass);
  const bool refused = before != nullptr && (before->state == api::OrderState::kRefused ||
                                             before->state == api::OrderState::kRejected);
  if (!refused) return std::nullopt;
  const base::TimePoint again = before->next_attempt.value_or(
      before->closed_at.value_or(pass.seen.now) + refusal_backoff(1, false));
  if (pass.seen.now >= again) return std::nullopt;
  const bool changed = before->profile == pass.seen.profile->name &&
                       before->inputs != pass.seen.profile->fingerprint;
  if (changed) return std::nullopt;
  const bool rejected = before->state == api::OrderState::kRejected;
  Decision made = decision(
      Wait{again}, rejected ? api::Reason::kApprovalRejected : before->reason,
      fmt::format("{} was {}: {}. It is tried again at {}, or at once when AutomationProfile {} or "
                  "its API key changes",
                  purchase_text(pass.course), rejected ? "rejected" : "refused", before->message,
                  base::format_time(again), pass.seen.profile->name));
  made.entry = before->name;
  return made;
}

MaybeDecision approvals_stop_purchases(const Pass& pass) {
  if (!buys(pass) || !pass.seen.profile->approval_step_in_the_way) return std::nullopt;
  return decision(
      Wait{pass.seen.now + kLookForAPerson}, api::Reason::kApprovalStepEnabled,
      fmt::format("{} is needed, but the account asks for an approval of each request. An "
                  "administrator removes the step in CertCentral: Settings > Preferences > "
                  "Advanced Settings > Certificate Requests > Approval Steps > Skip approval step; "
                  "then annotate AutomationProfile {} with duplicert.io/recheck-requested-at, or "
                  "wait for the daily look. Or set its spec.approval to WaitForApproval, or renew "
                  "in CertCentral by hand",
                  purchase_text(pass.course), pass.seen.profile->name));
}

MaybeDecision order_budget_is_used_up(const Pass& pass) {
  if (!buys(pass)) return std::nullopt;
  const ProfileFacts& profile = *pass.seen.profile;
  if (profile.orders_today < profile.orders_per_day) return std::nullopt;
  return decision(
      Wait{pass.seen.now + kLookForAPerson}, api::Reason::kOrderBudgetExceeded,
      fmt::format("{} is needed, but {} orders were placed through AutomationProfile {} within 24 "
                  "hours and its spec.limits.ordersPerDay is {}. Raise it, or wait: it goes on by "
                  "itself once fewer lie within 24 hours",
                  purchase_text(pass.course), profile.orders_today, profile.name,
                  profile.orders_per_day));
}

// Only a key that is in no use may be dropped: one that was sent is followed by earlier rules.
MaybeDecision pending_is_for_no_purchase(const Pass& pass) {
  if (!buys(pass) || !pass.seen.pending) return std::nullopt;
  const PendingFacts& pending = *pass.seen.pending;
  if (pending.entry.empty()) {
    return drop_pending("no duplicate gives more validity; an order is bought first");
  }
  const bool same = pending.account == pass.course.group->account &&
                    pending.names == pass.course.group->names && pending.key == pass.seen.key &&
                    pending.entry.ends_with(fmt::format("-{}", next_generation(pass)));
  if (same) return std::nullopt;
  return drop_pending(
      fmt::format("it was made for CertificateOrder {}, which is not what is bought "
                  "now",
                  pending.entry));
}

MaybeDecision order_is_bought(const Pass& pass) {
  if (!buys(pass)) return std::nullopt;
  const Course& course = pass.course;
  const bool renewal = course.way == Way::kRenew;
  return decision(OpenLedger{.group = *course.group,
                             .generation = next_generation(pass),
                             .kind = renewal ? api::OrderKind::kRenewal : api::OrderKind::kNew,
                             .renewal_of = renewal ? course.order->id : 0},
                  renewal ? api::Reason::kRenewing : api::Reason::kAwaitingIssuance,
                  fmt::format("no later order matches: buying {}", purchase_text(course)));
}

}  // namespace rules
