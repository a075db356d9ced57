// The abstract states of rules::OrderObserved: each fact's meaningful values, by name.
// Entry points: order_observed(), all_order_facts(), and for_each_order_state(). Pure.
#pragma once

#include <array>
#include <span>
#include <string>

#include "rules/order_decide.h"
#include "support/observed_builder.h"

namespace support {

inline constexpr std::chrono::seconds kOrderWindow{3600};

// An open entry that renews order(), never sent, with a sponsor and a profile; nothing asked yet.
inline rules::OrderObserved order_observed(rules::LedgerEntry made = entry()) {
  return {.entry = std::move(made),
          .sponsored = true,
          .has_profile = true,
          .profile = "web/corp",
          .settle_window = kOrderWindow,
          .now = kNow};
}

// The entry after its POST, so many times.
inline rules::LedgerEntry sent_entry(int submissions = 1) {
  rules::LedgerEntry made = entry(api::OrderState::kSubmitted);
  made.submitted_at = kNow - std::chrono::minutes{2};
  made.submissions = submissions;
  return made;
}

inline rules::LedgerEntry placed_entry() {
  rules::LedgerEntry made = sent_entry();
  made.state = api::OrderState::kPlaced;
  made.order_id = 67890;
  return made;
}

inline rules::LedgerEntry refused_entry() {
  rules::LedgerEntry made = sent_entry();
  made.state = api::OrderState::kRefused;
  made.closed_at = kNow - std::chrono::hours{1};
  made.next_attempt = kNow + std::chrono::hours{5};
  made.reason = api::Reason::kCaRejected;
  made.message = "payment_declined: no funds";
  return made;
}

inline rules::LedgerEntry superseded_entry() {
  rules::LedgerEntry made = sent_entry();
  made.state = api::OrderState::kSuperseded;
  made.closed_at = kNow - std::chrono::hours{1};
  made.order_id = 55555;
  return made;
}

inline rules::OrderFacts our_order(const std::string& status) {
  rules::OrderFacts facts = renewed_order();
  facts.status = status;
  return facts;
}

inline rules::OrderPost post_that(rules::OrderPost::Outcome outcome) {
  return {.outcome = outcome, .message = "place the order: it did not work out"};
}

struct OrderFactValue {
  const char* name;
  void (*apply)(rules::OrderObserved&);
};

inline void as_it_is(rules::OrderObserved& /*seen*/) {}

inline constexpr std::array kEntries{
    OrderFactValue{"open", as_it_is},
    OrderFactValue{
        "open_until_later",
        [](rules::OrderObserved& o) { o.entry.next_attempt = kNow + std::chrono::minutes{5}; }},
    OrderFactValue{"sent", [](rules::OrderObserved& o) { o.entry = sent_entry(); }},
    OrderFactValue{"sent_twice", [](rules::OrderObserved& o) { o.entry = sent_entry(2); }},
    OrderFactValue{"placed", [](rules::OrderObserved& o) { o.entry = placed_entry(); }},
    OrderFactValue{"issued",
                   [](rules::OrderObserved& o) { o.entry = entry(api::OrderState::kIssued); }},
    OrderFactValue{"refused", [](rules::OrderObserved& o) { o.entry = refused_entry(); }},
    OrderFactValue{"superseded",
                   [](rules::OrderObserved& o) { o.entry = entry(api::OrderState::kSuperseded); }},
    OrderFactValue{"superseded_after_sending",
                   [](rules::OrderObserved& o) { o.entry = superseded_entry(); }},
    OrderFactValue{"surplus",
                   [](rules::OrderObserved& o) {
                     o.entry = superseded_entry();
                     o.entry.reason = api::Reason::kSurplusOrder;
                   }},
    OrderFactValue{"a_month_old",
                   [](rules::OrderObserved& o) {
                     o.entry = refused_entry();
                     o.entry.closed_at = kNow - rules::kLedgerKept;
                   }},
    OrderFactValue{"a_month_old_and_the_latest",
                   [](rules::OrderObserved& o) {
                     o.entry = refused_entry();
                     o.entry.closed_at = kNow - rules::kLedgerKept;
                     o.is_latest = true;
                   }},
    OrderFactValue{"being_deleted", [](rules::OrderObserved& o) { o.entry.being_deleted = true; }},
};

inline constexpr std::array kOrderProfiles{
    OrderFactValue{"fine", as_it_is},
    OrderFactValue{"none",
                   [](rules::OrderObserved& o) {
                     o.has_profile = false;
                     o.sponsored = false;
                     o.profile_problem = "AutomationProfile web/corp does not exist";
                   }},
    OrderFactValue{"budget_used", [](rules::OrderObserved& o) { o.orders_today = 10; }},
};

inline constexpr std::array kSponsored{
    OrderFactValue{"yes", as_it_is},
    OrderFactValue{"no", [](rules::OrderObserved& o) { o.sponsored = false; }},
    OrderFactValue{"not_for_the_window",
                   [](rules::OrderObserved& o) {
                     o.sponsored = false;
                     o.unsponsored_for = kOrderWindow;
                   }},
};

inline void look_shows(rules::OrderObserved& seen, const std::string& our_status) {
  seen.look = rules::OrderLook{.ours = our_order(our_status)};
}

inline constexpr std::array kLooks{
    OrderFactValue{"unasked", as_it_is},
    OrderFactValue{"nothing", [](rules::OrderObserved& o) { o.look.emplace(); }},
    OrderFactValue{"ours_issued", [](rules::OrderObserved& o) { look_shows(o, "issued"); }},
    OrderFactValue{"ours_pending", [](rules::OrderObserved& o) { look_shows(o, "pending"); }},
    OrderFactValue{"ours_to_approve",
                   [](rules::OrderObserved& o) { look_shows(o, "needs_approval"); }},
    OrderFactValue{"ours_rejected", [](rules::OrderObserved& o) { look_shows(o, "rejected"); }},
    OrderFactValue{"another",
                   [](rules::OrderObserved& o) {
                     o.look.emplace().successor = our_order("pending");
                     o.look->successor->id = 55555;
                   }},
    OrderFactValue{"ours_and_another",
                   [](rules::OrderObserved& o) {
                     look_shows(o, "pending");
                     o.look->successor = our_order("issued");
                     o.look->successor->id = 55555;
                   }},
    OrderFactValue{"reissue",
                   [](rules::OrderObserved& o) { o.look.emplace().being_reissued = true; }},
    OrderFactValue{
        "clock_ahead",
        [](rules::OrderObserved& o) { o.look.emplace().clock_skew = -std::chrono::seconds{301}; }},
    OrderFactValue{
        "clock_behind",
        [](rules::OrderObserved& o) { o.look.emplace().clock_skew = std::chrono::seconds{301}; }},
};

inline constexpr std::array kOrderPosts{
    OrderFactValue{"none", as_it_is},
    OrderFactValue{
        "unknown",
        [](rules::OrderObserved& o) { o.post = post_that(rules::OrderPost::Outcome::kUnknown); }},
    OrderFactValue{"accepted",
                   [](rules::OrderObserved& o) {
                     o.post = post_that(rules::OrderPost::Outcome::kAccepted);
                     o.post->order_id = 67890;
                   }},
    OrderFactValue{
        "refused",
        [](rules::OrderObserved& o) { o.post = post_that(rules::OrderPost::Outcome::kRefused); }},
    OrderFactValue{"not_sent",
                   [](rules::OrderObserved& o) {
                     o.post = post_that(rules::OrderPost::Outcome::kNotSent);
                     o.post->reason = api::Reason::kRateLimited;
                     o.post->retry_after = std::chrono::seconds{0};
                   }},
};

inline constexpr std::array kSettling{
    OrderFactValue{"young", as_it_is},
    OrderFactValue{"settled", [](rules::OrderObserved& o) { o.settling = {kOrderWindow, 3}; }},
    OrderFactValue{"too_few_looks",
                   [](rules::OrderObserved& o) { o.settling = {kOrderWindow * 2, 2}; }},
    OrderFactValue{
        "too_early",
        [](rules::OrderObserved& o) { o.settling = {kOrderWindow - std::chrono::seconds{1}, 9}; }},
};

inline constexpr std::array kOrderErrors{
    OrderFactValue{"none", as_it_is},
    OrderFactValue{"unavailable",
                   [](rules::OrderObserved& o) {
                     o.ca_error = ca_error(base::Code::kUnavailable);
                     o.failures = 1;
                   }},
    OrderFactValue{"rate_limited",
                   [](rules::OrderObserved& o) {
                     o.ca_error = ca_error(base::Code::kExhausted);
                     o.ca_error->retry_after = std::chrono::seconds{0};
                   }},
};

inline constexpr std::array kLeases{
    OrderFactValue{"certain", as_it_is},
    OrderFactValue{"in_doubt", [](rules::OrderObserved& o) { o.lease_is_certain = false; }},
};

inline constexpr std::size_t kOrderFactCount = 8;
inline constexpr std::array<const char*, kOrderFactCount> kOrderFactNames{
    "entry", "profile", "sponsor", "look", "post", "settling", "error", "lease"};

using OrderFactSets = std::array<std::span<const OrderFactValue>, kOrderFactCount>;
using OrderStateNames = std::array<const char*, kOrderFactCount>;

inline OrderFactSets all_order_facts() {
  return {kEntries,    kOrderProfiles, kSponsored,   kLooks,
          kOrderPosts, kSettling,      kOrderErrors, kLeases};
}

// "entry=sent look=nothing ...": what differs from order_observed().
inline std::string text_of(const OrderStateNames& state) {
  std::string text;
  for (std::size_t i = 0; i < kOrderFactCount; ++i) {
    if (all_order_facts()[i].front().name == std::string_view(state[i])) continue;
    text += (text.empty() ? "" : " ") + std::string(kOrderFactNames[i]) + '=' + state[i];
  }
  return text.empty() ? "nothing special" : text;
}

// Calls visit(state, seen) for each combination of the values.
template <class Visit>
void for_each_order_state(const OrderFactSets& facts, const Visit& visit) {
  OrderStateNames state{};
  const auto walk = [&](const auto& self, std::size_t index,
                        const rules::OrderObserved& base) -> void {
    if (index == kOrderFactCount) return visit(state, base);
    for (const OrderFactValue& value : facts[index]) {
      rules::OrderObserved seen = base;
      value.apply(seen);
      state[index] = value.name;
      self(self, index + 1, seen);
    }
  };
  walk(walk, 0, order_observed());
}

}  // namespace support
