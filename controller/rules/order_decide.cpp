#include "rules/order_decide.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/check.h"
#include "rules/backoff.h"

namespace rules {
namespace {

using namespace std::chrono_literals;
using api::Reason;
using State = api::OrderState;
using Outcome = OrderPost::Outcome;

using Maybe = std::optional<OrderDecision>;

constexpr auto kLookAgain = 5min;
constexpr auto kLookForAPerson = 30min;
// After another order had won, ours may still turn up: looked for so long.
constexpr auto kSurplusWatch = 24h;
constexpr auto kLookPauseMax = 10min;
// An old entry is deleted so soon after a newer one was made.
constexpr auto kLookAtTheLatest = 24h;

OrderDecision decided(OrderAction action, Reason reason, std::string message) {
  return {.action = std::move(action), .reason = reason, .message = std::move(message)};
}

Reason progress_of(const LedgerEntry& entry) {
  return entry.kind == api::OrderKind::kRenewal ? Reason::kAwaitingRenewedOrder
                                                : Reason::kAwaitingIssuance;
}

OrderDecision waiting(const OrderObserved& seen, std::chrono::milliseconds pause, Reason reason,
                      std::string message) {
  return decided(OrderWait{seen.now + pause}, reason, std::move(message));
}

bool was_sent(const OrderObserved& seen) {
  return seen.entry.state == State::kSubmitted;
}

bool is_settled(const OrderObserved& seen) {
  return seen.settling.since_first_look >= seen.settle_window &&
         seen.settling.looks >= kSettleLooksMin;
}

// Several looks within a window, and none too seldom.
std::chrono::milliseconds look_pause(const OrderObserved& seen) {
  const std::chrono::milliseconds part = seen.settle_window / (kSettleLooksMin + 1);
  return std::clamp<std::chrono::milliseconds>(part, 200ms, kLookPauseMax);
}

OrderDecision close(const OrderObserved& seen, State state, Reason reason, std::string message) {
  OrderDecision made = decided(OrderRecord{.state = state}, reason, std::move(message));
  const bool again = state == State::kRefused || state == State::kRejected;
  if (again) made.next_attempt = seen.now + refusal_backoff(seen.refusals + 1, seen.urgent);
  return made;
}

// What the entry says stays as it is: above all, when a refused purchase may be tried again.
OrderDecision unchanged(const OrderObserved& seen, OrderAction action) {
  OrderDecision made = decided(std::move(action), seen.entry.reason, seen.entry.message);
  made.next_attempt = seen.entry.next_attempt;
  return made;
}

Maybe entry_is_being_deleted(const OrderObserved& seen) {
  if (!seen.entry.being_deleted) return std::nullopt;
  return unchanged(seen, OrderWait{});
}

// The newest of its group stays: generations that began anew would have other names for some and
// the old ones for others, whose caches lag, and so no longer be one lock.
Maybe entry_is_old(const OrderObserved& seen) {
  if (!seen.entry.closed_at || seen.now < *seen.entry.closed_at + kLedgerKept) return std::nullopt;
  if (seen.is_latest) return unchanged(seen, OrderWait{seen.now + kLookAtTheLatest});
  return unchanged(seen, OrderForget{});
}

// Ours may have been accepted after all, when another one had won already: a person must know.
Maybe surplus_is_watched_for(const OrderObserved& seen) {
  const LedgerEntry& entry = seen.entry;
  const bool watch = entry.state == State::kSuperseded && entry.submitted_at && entry.closed_at &&
                     seen.now < *entry.closed_at + kSurplusWatch &&
                     entry.reason != Reason::kSurplusOrder;
  if (!watch) return std::nullopt;
  // Right after a start the profiles have not been checked yet.
  if (!seen.has_profile) return unchanged(seen, OrderWait{seen.now + kLookAgain});
  if (!seen.look && !seen.ca_error) return unchanged(seen, OrderAskLook{});
  const bool turned_up =
      seen.look && seen.look->ours && order_state(seen.look->ours->status) != OrderState::kEnded;
  if (!turned_up) return unchanged(seen, OrderWait{seen.now + kLookForAPerson});
  OrderDecision made = decided(
      OrderRecord{.state = State::kSuperseded, .order_id = entry.order_id}, Reason::kSurplusOrder,
      fmt::format("order {} turned up after order {} had taken its place: it is one too many; ask "
                  "DigiCert to cancel it",
                  seen.look->ours->id, entry.order_id));
  made.surplus = true;
  return made;
}

Maybe entry_is_closed(const OrderObserved& seen) {
  if (is_open(seen.entry)) return std::nullopt;
  const auto closed_at = seen.entry.closed_at.value_or(seen.now);
  return unchanged(seen, OrderWait{closed_at + kLedgerKept});
}

Maybe post_was_refused(const OrderObserved& seen) {
  if (!seen.post || seen.post->outcome != Outcome::kRefused || !was_sent(seen)) return std::nullopt;
  return close(seen, State::kRefused, seen.post->reason, seen.post->message);
}

// Nothing happened at the CA: the entry is as it was before. What an earlier POST may have left
// there still has to settle.
Maybe post_was_not_sent(const OrderObserved& seen) {
  if (!seen.post || seen.post->outcome != Outcome::kNotSent || !was_sent(seen)) return std::nullopt;
  const auto pause = seen.post->retry_after
                         ? std::clamp<std::chrono::milliseconds>(*seen.post->retry_after, 1s, 24h)
                         : transient_backoff(std::max(seen.failures, 1), seen.jitter);
  const int before = seen.entry.submissions - 1;
  OrderDecision made = decided(
      OrderRecord{.state = before > 0 ? State::kSubmitted : State::kOpen, .submissions = before},
      seen.post->reason, "it could not be sent, and is sent again: " + seen.post->message);
  made.next_attempt = seen.now + pause;
  return made;
}

Maybe no_profile_serves(const OrderObserved& seen) {
  if (seen.has_profile) return std::nullopt;
  return waiting(seen, kLookAgain, Reason::kProfileNotReady,
                 fmt::format("no AutomationProfile of account {} can be used, so that nothing is "
                             "asked or sent until one can: {}",
                             seen.entry.group.account, seen.profile_problem));
}

// What was not sent is tried again only when it is time.
Maybe next_attempt_is_later(const OrderObserved& seen) {
  const LedgerEntry& entry = seen.entry;
  const bool later = entry.state == State::kOpen && entry.next_attempt &&
                     seen.now < *entry.next_attempt && !seen.look;
  if (!later) return std::nullopt;
  return unchanged(seen, OrderWait{*entry.next_attempt});
}

Maybe ca_did_not_answer(const OrderObserved& seen) {
  if (!seen.ca_error) return std::nullopt;
  const base::Error& error = *seen.ca_error;
  const auto pause = error.retry_after
                         ? std::clamp<std::chrono::milliseconds>(*error.retry_after, 1s, 24h)
                         : std::min(transient_backoff(std::max(seen.failures, 1), seen.jitter),
                                    std::max<std::chrono::milliseconds>(look_pause(seen), 5s));
  const bool limited = error.code == base::Code::kExhausted;
  return waiting(seen, pause, limited ? Reason::kRateLimited : Reason::kCaUnavailable,
                 fmt::format("{}: {}",
                             limited ? "the CA's rate limit is used up, and it goes on by itself"
                                     : "the CA did not answer, and is asked again",
                             error.message));
}

Maybe look_is_needed(const OrderObserved& seen) {
  if (seen.look) return std::nullopt;
  return decided(OrderAskLook{}, progress_of(seen.entry), "looking for the order at the CA");
}

Maybe ours_is_issued(const OrderObserved& seen) {
  if (!seen.look->ours) return std::nullopt;
  const OrderFacts& ours = *seen.look->ours;
  const OrderState state = order_state(ours.status);
  if (state != OrderState::kIssued && state != OrderState::kReissuing) return std::nullopt;
  return decided(
      OrderRecord{
          .state = State::kIssued, .order_id = ours.id, .valid_till = ours.order_valid_till},
      Reason::kIssued, fmt::format("order {} is issued", ours.id));
}

Maybe ours_was_rejected(const OrderObserved& seen) {
  if (!seen.look->ours || order_state(seen.look->ours->status) != OrderState::kEnded) {
    return std::nullopt;
  }
  OrderDecision made =
      close(seen, State::kRejected, Reason::kApprovalRejected,
            fmt::format("order {} was placed, and is {} now; ask whoever approves requests in "
                        "CertCentral",
                        seen.look->ours->id, seen.look->ours->status));
  std::get<OrderRecord>(made.action).order_id = seen.look->ours->id;
  return made;
}

Maybe ours_is_placed(const OrderObserved& seen) {
  if (!seen.look->ours) return std::nullopt;
  const OrderFacts& ours = *seen.look->ours;
  const bool approval = ours.status == "needs_approval";
  const Reason reason = approval ? Reason::kAwaitingApproval : progress_of(seen.entry);
  std::string message =
      approval ? fmt::format("order {} waits for an approver: approve it in CertCentral", ours.id)
               : fmt::format(
                     "order {} is placed (status {}) and not issued yet. If it stays so, look at "
                     "it in CertCentral: a validation may be due",
                     ours.id, ours.status);
  if (seen.entry.state != State::kPlaced) {
    return decided(OrderRecord{.state = State::kPlaced, .order_id = ours.id}, reason,
                   std::move(message));
  }
  const auto age = seen.now - seen.entry.submitted_at.value_or(seen.now);
  return waiting(seen, poll_interval(std::max(0s, std::chrono::floor<std::chrono::seconds>(age))),
                 reason, std::move(message));
}

// The CA said so, but does not show it yet.
Maybe accepted_is_recorded(const OrderObserved& seen) {
  if (!seen.post || seen.post->outcome != Outcome::kAccepted || !was_sent(seen)) {
    return std::nullopt;
  }
  return decided(OrderRecord{.state = State::kPlaced, .order_id = seen.post->order_id},
                 progress_of(seen.entry),
                 fmt::format("order {} is placed and not issued yet", seen.post->order_id));
}

Maybe placed_order_is_hidden(const OrderObserved& seen) {
  if (seen.entry.state != State::kPlaced) return std::nullopt;
  return waiting(
      seen, 1min, progress_of(seen.entry),
      fmt::format("order {} is placed, but the CA does not show it now; it is looked for every "
                  "minute",
                  seen.entry.order_id));
}

// Somebody else was faster. What may have been sent by us has its time to show first.
Maybe another_order_won(const OrderObserved& seen) {
  const bool won = seen.look->successor.has_value() || seen.look->being_reissued;
  if (!won || (was_sent(seen) && !is_settled(seen))) return std::nullopt;
  const std::string what = seen.look->successor
                               ? fmt::format("order {} (status {}) is there for the same names",
                                             seen.look->successor->id, seen.look->successor->status)
                               : fmt::format("order {} is being reissued", seen.entry.renewal_of);
  OrderDecision made =
      close(seen, State::kSuperseded, progress_of(seen.entry), what + "; nothing more is bought");
  if (seen.look->successor) {
    std::get<OrderRecord>(made.action).order_id = seen.look->successor->id;
  }
  return made;
}

Maybe submission_may_still_show(const OrderObserved& seen) {
  if (!was_sent(seen) || is_settled(seen)) return std::nullopt;
  return waiting(seen, look_pause(seen), progress_of(seen.entry),
                 fmt::format("it was sent, and whether the CA accepted it is not known yet; the CA "
                             "is asked again and again for {} before anything else is done",
                             base::format_duration(seen.settle_window)));
}

Maybe submissions_are_used_up(const OrderObserved& seen) {
  if (!was_sent(seen) || seen.entry.submissions < kOrderSendsMax) return std::nullopt;
  return waiting(
      seen, kLookForAPerson, Reason::kOrderOutcomeUnknown,
      fmt::format("it was sent {} times, and the CA shows no such order (alternative order id {}). "
                  "It is not sent again. Look in CertCentral; if there is none, delete "
                  "CertificateOrder {} to let it be bought anew, or place it there by hand",
                  seen.entry.submissions, seen.entry.name, seen.entry.name));
}

Maybe nobody_sponsors(const OrderObserved& seen) {
  if (seen.sponsored) return std::nullopt;
  const bool over = was_sent(seen) || seen.unsponsored_for >= seen.settle_window;
  if (over) {
    return close(seen, State::kAbandoned, progress_of(seen.entry),
                 "nobody needs the order any more, or nobody who may buy; nothing is sent");
  }
  return waiting(seen, look_pause(seen), progress_of(seen.entry),
                 "no request that may buy needs the order now; nothing is sent until one does");
}

Maybe order_budget_is_used_up(const OrderObserved& seen) {
  if (seen.orders_today < seen.orders_per_day) return std::nullopt;
  return waiting(
      seen, kLookForAPerson, Reason::kOrderBudgetExceeded,
      fmt::format("{} orders were placed through AutomationProfile {} within 24 hours and its "
                  "spec.limits.ordersPerDay is {}. Raise it, or wait: it goes on by itself once "
                  "fewer lie within 24 hours",
                  seen.orders_today, seen.profile, seen.orders_per_day));
}

Maybe clocks_differ(const OrderObserved& seen) {
  if (std::chrono::abs(seen.look->clock_skew) <= kClockSkewMax) return std::nullopt;
  return waiting(seen, kLookAgain, Reason::kClockSkew,
                 fmt::format("the clock of this node differs from the CA's by {} s; nothing is "
                             "bought until they agree to 5 minutes. Repair the node's time service",
                             seen.look->clock_skew.count()));
}

Maybe lease_is_in_doubt(const OrderObserved& seen) {
  if (seen.lease_is_certain) return std::nullopt;
  return waiting(seen, 2s, progress_of(seen.entry),
                 "this replica may not lead any more; the one that leads goes on");
}

Maybe order_is_sent(const OrderObserved& seen) {
  const int submissions = was_sent(seen) ? seen.entry.submissions + 1 : 1;
  return decided(OrderSend{submissions}, progress_of(seen.entry), "it is being sent to the CA");
}

using OrderRule = Maybe (*)(const OrderObserved&);
struct NamedRule {
  std::string_view name;
  OrderRule rule;
};

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): the name of a rule is its function's name.
#define RULE(function)  \
  NamedRule {           \
    #function, function \
  }

// The first rule that fires decides. What is over, what is known, what the CA shows, who was
// faster, what may still show; and only then whether to send.
constexpr std::array kRules{
    RULE(entry_is_being_deleted),
    RULE(entry_is_old),
    RULE(surplus_is_watched_for),
    RULE(entry_is_closed),
    RULE(post_was_refused),
    RULE(post_was_not_sent),
    RULE(no_profile_serves),
    RULE(next_attempt_is_later),
    RULE(ca_did_not_answer),
    RULE(look_is_needed),
    RULE(ours_is_issued),
    RULE(ours_was_rejected),
    RULE(ours_is_placed),
    RULE(accepted_is_recorded),
    RULE(placed_order_is_hidden),
    RULE(another_order_won),
    RULE(submission_may_still_show),
    RULE(submissions_are_used_up),
    RULE(nobody_sponsors),
    RULE(order_budget_is_used_up),
    RULE(clocks_differ),
    RULE(lease_is_in_doubt),
    RULE(order_is_sent),
};

#undef RULE

}  // namespace

OrderDecision decide_order(const OrderObserved& seen) {
  for (const NamedRule& named : kRules) {
    if (Maybe made = named.rule(seen)) {
      made->rule = named.name;
      return *std::move(made);
    }
  }
  BASE_CHECK(false);  // order_is_sent always fires
}

std::vector<std::string_view> order_rule_names() {
  std::vector<std::string_view> names;
  for (const NamedRule& named : kRules) names.push_back(named.name);
  return names;
}

std::string_view name_of(const OrderAction& action) {
  constexpr std::array<std::string_view, std::variant_size_v<OrderAction>> kNames{
      "wait", "ask_look", "send_order", "record", "forget"};
  return kNames[action.index()];
}

}  // namespace rules
