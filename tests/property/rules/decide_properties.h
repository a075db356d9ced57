// The properties that every decision must have, whatever was observed. Each returns what is wrong,
// or "". Pure; written without the helpers of controller/rules where that is possible, so that a
// mistake there does not hide itself.
#pragma once

#include <algorithm>
#include <string>

#include "rules/backoff.h"
#include "rules/decide.h"
#include "rules/report.h"
#include "rules/schedule.h"
#include "rules/standing.h"

namespace rules_properties {

using rules::Decision;
using rules::Observed;

inline constexpr std::chrono::hours kWaitMax{24};

template <class A>
bool is(const Decision& made) {
  return std::holds_alternative<A>(made.action);
}

inline bool is_question(const Decision& made) {
  return is<rules::AskOrders>(made) || is<rules::AskDuplicates>(made) ||
         is<rules::AskCertificate>(made) || is<rules::AskOwnership>(made) ||
         is<rules::AskApproval>(made) || is<rules::AskRevocation>(made);
}

inline bool is_effect(const Decision& made) {
  return is<rules::SubmitDuplicate>(made) || is<rules::InstallCertificate>(made) ||
         is<rules::DropPending>(made) || is<rules::UpdateKeystore>(made) ||
         is<rules::PrepareKey>(made) || is<rules::RecordRejection>(made) ||
         is<rules::OpenLedger>(made) || is<rules::RememberNoGain>(made) ||
         is<rules::BackUpForeignSecret>(made) || is<rules::ApplyMarks>(made);
}

inline bool is_allowed_name(const Observed& seen, const std::string& name) {
  return !seen.profile->allowed_names || std::ranges::find(*seen.profile->allowed_names, name) !=
                                             seen.profile->allowed_names->end();
}

// Whether a POST may go out now, by the facts about what was sent before.
inline std::string check_resend(const Observed& seen) {
  const auto& pending = *seen.pending;
  const bool sent = pending.submitted_at.has_value();
  const bool never_left =
      seen.ca.post == rules::CaView::Post::kNotSent && pending.sends <= 1 && pending.refusals == 0;
  if (sent && !never_left && !seen.ca.listed) return "sends again without a look at the list";
  if (seen.ca.listed && !seen.ca.listed->empty()) return "sends again while our key is listed";
  if (pending.refusal) {
    const bool rejected = pending.refusal->reason == api::Reason::kApprovalRejected;
    return rejected ? "sends again what an approver rejected" : "";
  }
  if (seen.ca.post == rules::CaView::Post::kAccepted) return "sends again what was accepted";
  if (pending.request_id != 0) return "sends again what the CA has numbered";
  if (pending.sends >= 3 && !never_left && seen.ca.post != rules::CaView::Post::kNotSent) {
    return "sends more than three times";
  }
  const bool young =
      sent && seen.ca.post == rules::CaView::Post::kUnknown &&
      seen.now < *pending.submitted_at + rules::settle_window(seen.settle_window, pending.sends);
  if (young) return "sends again within the settle window";
  const bool lost = sent && seen.ca.post == rules::CaView::Post::kUnknown;
  return lost && seen.ca.fruitless_looks < 3 ? "sends again after too few looks" : "";
}

inline std::string check_submit(const Observed& seen, const Decision& made) {
  const auto* submit = std::get_if<rules::SubmitDuplicate>(&made.action);
  if (submit == nullptr) return "";
  if (seen.ca_error) return "submits although the CA did not answer";
  if (!seen.ca.orders) return "submits without having seen the order";
  const auto at = std::ranges::find(*seen.ca.orders, submit->order_id, &rules::OrderFacts::id);
  if (at == seen.ca.orders->end() || at->status != "issued" || !at->allow_duplicates) {
    return "submits on an order that is not eligible";
  }
  for (const std::string& name : submit->names.dns_names) {
    if (!is_allowed_name(seen, name)) return "submits a name that the profile refuses";
  }
  return seen.pending ? check_resend(seen) : "";
}

inline std::string check_install(const Observed& seen, const Decision& made) {
  if (!is<rules::InstallCertificate>(made)) return "";
  if (!seen.pending || !seen.pending->usable) return "installs without our key";
  if (!seen.ca.issued || !seen.ca.issued->leaf) return "installs without a certificate";
  const auto& issued = *seen.ca.issued->leaf;
  if (issued.public_key_sha256 != seen.pending->public_key_sha256) return "installs another key";
  if (issued.not_after <= seen.now) return "installs an expired certificate";
  if (seen.request.spec.common_name && issued.common_name != seen.request.spec.common_name) {
    return "installs other names";
  }
  if (seen.request.spec.dns_names.empty()) return "";
  for (const std::string& name : issued.dns_names) {
    const auto names = [&](const rules::OrderFacts& order) {
      return order.id == seen.pending->order_id &&
             std::ranges::find(order.dns_names, name) != order.dns_names.end();
    };
    const bool known = name == "shop.example.com" || name == "www.shop.example.com" ||
                       (seen.ca.orders && std::ranges::any_of(*seen.ca.orders, names));
    if (!known) return "installs the further name " + name;
  }
  return "";
}

inline bool is_over(api::OrderState state) {
  return state != api::OrderState::kOpen && state != api::OrderState::kSubmitted &&
         state != api::OrderState::kPlaced;
}

// Whether the ledger lets the next generation be opened.
inline std::string check_generation(const Observed& seen, const rules::OpenLedger& open) {
  int latest = 0;
  for (const auto& entry : seen.ledger) {
    if (entry.group != open.group) continue;
    latest = std::max(latest, entry.generation);
    if (!is_over(entry.state)) return "opens an entry beside an open one";
    const bool changed = entry.inputs != seen.profile->fingerprint;
    if (entry.next_attempt && *entry.next_attempt > seen.now && !changed) {
      return "tries again what was refused";
    }
  }
  return open.generation == latest + 1 ? "" : "opens another generation";
}

inline bool is_coming(const rules::OrderFacts& order) {
  return order.status == "pending" || order.status.starts_with("reissue_");
}

// Two needs that never mix: a renewal for what expires, a new order for what has no pair at all.
inline std::string check_purchase(const Observed& seen, const Decision& made) {
  const auto* open = std::get_if<rules::OpenLedger>(&made.action);
  if (open == nullptr) return "";
  if (!seen.ca.orders || seen.ca_error) return "buys without having looked";
  if (seen.profile->orders_today >= seen.profile->orders_per_day) return "buys beyond the fuse";
  if (seen.profile->approval_step_in_the_way) return "buys into a queue of approvals";
  if (std::ranges::any_of(*seen.ca.orders, is_coming)) return "buys beside what is coming";
  for (const std::string& name : open->group.names.dns_names) {
    if (!is_allowed_name(seen, name)) return "buys a name that the profile refuses";
  }
  if (seen.pending && !seen.pending->entry.ends_with("-" + std::to_string(open->generation))) {
    return "buys with the key of something else";
  }
  const bool ended =
      seen.installed && seen.installed->leaf && seen.installed->leaf->not_after <= seen.now;
  if (seen.revocation && seen.revocation->revoked && !ended) return "buys what was revoked";
  const bool asked = !rules::renew_requested(seen).empty();
  const bool usable = seen.installed && seen.installed->leaf && seen.installed->key_matches &&
                      seen.installed->leaf->not_after > seen.now;
  if (open->kind == api::OrderKind::kNew) {
    if (!seen.profile->places_orders) return "places an order that nobody allows";
    return usable ? "places an order beside a usable pair" : check_generation(seen, *open);
  }
  if (!seen.renewal.automatic || asked || !seen.installed) return "renews for a Replace";
  if (seen.renewal.on_no_renewed_order != api::OnNoRenewedOrder::kRenewOrder) {
    return "renews though the policy is to wait";
  }
  const auto old = std::ranges::find(*seen.ca.orders, open->renewal_of, &rules::OrderFacts::id);
  if (old == seen.ca.orders->end()) return "renews an order that it has not seen";
  const base::TimePoint end = old->order_valid_till.value_or(base::TimePoint{});
  if (seen.now < end - std::chrono::days{90} || seen.now > end + std::chrono::days{7}) {
    return "renews outside the window";
  }
  return check_generation(seen, *open);
}

// The key of an order that may be under way stays.
inline std::string check_keys(const Observed& seen, const Decision& made) {
  if (!is<rules::DropPending>(made) && !is<rules::SubmitDuplicate>(made)) return "";
  if (!seen.pending) return is<rules::DropPending>(made) ? "drops nothing" : "";
  for (const auto& entry : seen.ledger) {
    const bool used = entry.name == seen.pending->entry && !is_over(entry.state) &&
                      entry.public_key_sha256 == seen.pending->public_key_sha256;
    if (used) return "drops or sends the key of an open entry";
  }
  return "";
}

inline std::string check_no_gain(const Observed& seen, const Decision& made) {
  if (is<rules::InstallCertificate>(made)) {
    const bool expiring =
        seen.renewal.automatic && seen.installed && seen.installed->leaf &&
        seen.request.spec.action == api::Action::kRequestCertificate &&
        seen.installed->key_matches && seen.installed->leaf->not_after > seen.now &&
        seen.installed->leaf->common_name == seen.request.spec.common_name &&
        seen.installed->leaf->dns_names.size() == 2 && rules::renew_requested(seen).empty() &&
        rules::standing_of(seen).reason != api::Reason::kRevoked;
    const bool gain =
        seen.installed && seen.installed->leaf &&
        seen.ca.issued->leaf->not_after - seen.installed->leaf->not_after >= std::chrono::hours{24};
    return expiring && !gain ? "installs what ends no later" : "";
  }
  const auto* tried = std::get_if<rules::RememberNoGain>(&made.action);
  if (tried == nullptr) return "";
  if (!seen.ca.issued || !seen.installed || !seen.pending) return "remembers what was not tried";
  return tried->order_id == seen.pending->order_id ? "" : "remembers another order";
}

// What is to be adopted: nothing without the CA's word, and nothing lost.
inline std::string check_adoption(const Observed& seen, const Decision& made) {
  const bool writes = is<rules::InstallCertificate>(made) || is<rules::ApplyMarks>(made);
  const bool begins = writes || is<rules::SubmitDuplicate>(made);
  if (!seen.installed || seen.installed->owner != rules::SecretOwner::kUnclaimed || !begins) {
    return "";
  }
  if (seen.request.spec.action == api::Action::kRequestCertificate) return "adopts unasked";
  if (is<rules::ApplyMarks>(made)) return "claims what it did not install";
  const auto& last = seen.request.status.certificate;
  if (last && !last->secret_uid.empty()) return "replaces twice what somebody put back";
  if (is<rules::InstallCertificate>(made) && seen.backup != rules::Backup::kDone) {
    return "replaces a pair that was not kept";
  }
  if (!seen.ca.ownership) return "replaces a certificate of whose owner it knows nothing";
  const bool own = seen.ca.ownership->order_id != 0;
  const bool renews = seen.request.spec.action == api::Action::kRenew;
  if (renews && !own) return "renews a certificate from elsewhere";
  const bool expired = seen.installed->leaf->not_after <= seen.now;
  return !renews && own && !expired ? "switches a certificate of the account" : "";
}

inline std::string check_hands_off(const Observed& seen, const Decision& made) {
  const bool foreign =
      seen.older_claim ||
      (seen.installed && (seen.installed->owner == rules::SecretOwner::kForeign ||
                          seen.installed->owner == rules::SecretOwner::kOtherRequest));
  const auto& asked = seen.request.spec.common_name;
  const bool not_allowed = !seen.profile || !seen.profile->namespace_allowed ||
                           (asked && !is_allowed_name(seen, *asked));
  const bool no_question = foreign || not_allowed || seen.request.meta.deletion_time ||
                           seen.profile->unusable || !seen.profile->product_allows_duplicates;
  if (no_question && is_question(made)) return "asks the CA although it may not act";
  const bool no_effect = foreign || not_allowed || seen.request.meta.deletion_time ||
                         seen.request.spec.suspend || !seen.spec_problems.empty();
  if (no_effect && is_effect(made)) return "acts although it may not";
  return "";
}

// Nothing begins outside the windows or before notBefore, unless the certificate ends first; what
// may have been sent goes on.
inline std::string check_schedule(const Observed& seen, const Decision& made) {
  const auto not_before = seen.request.spec.schedule.not_before.value_or(seen.now);
  const auto opens = rules::next_open(seen.windows, seen.now);
  const bool begins = is<rules::SubmitDuplicate>(made) &&
                      (!seen.pending || !seen.pending->submitted_at || seen.pending->refusal ||
                       (seen.ca.post == rules::CaView::Post::kNotSent && seen.pending->sends == 1));
  if (begins && seen.now < not_before) return "begins before notBefore";
  const bool ends_first =
      seen.installed && seen.installed->leaf && opens && seen.installed->leaf->not_after <= opens;
  if (begins && opens != seen.now && !ends_first) return "begins outside its windows";
  const bool waits = made.reason == api::Reason::kWaitingForSchedule;
  if (waits && seen.now >= not_before && opens == seen.now) return "waits although it is open";
  if (waits && seen.now >= not_before && ends_first) return "waits until the certificate has ended";
  return "";
}

// Nothing is installed without the keystore that the spec asks for; one is written only beside a
// pair that stays, and what others wrote is never removed.
inline std::string check_keystore(const Observed& seen, const Decision& made) {
  const bool impossible = seen.keystore && seen.keystore->unusable;
  if (impossible && is<rules::InstallCertificate>(made)) return "installs without the keystore";
  if (impossible && is<rules::SubmitDuplicate>(made)) return "requests what cannot be installed";
  const bool settled = is<rules::Nothing>(made) && !seen.request.meta.deletion_time;
  const bool there = seen.installed && seen.installed->has_keystore;
  if (settled && seen.keystore && !seen.keystore->is_current && !(impossible && there)) {
    return "is settled without the keystore";
  }
  if (!is<rules::UpdateKeystore>(made)) return "";
  if (impossible) return "writes a keystore without a password";
  if (!seen.installed->key_matches) return "writes a keystore for no pair";
  if (seen.keystore) return seen.keystore->is_current ? "writes a keystore that is right" : "";
  return seen.installed->has_own_keystore ? "" : "removes what somebody else wrote";
}

inline std::string check_time(const Observed& seen, const Decision& made) {
  if (const auto* wait = std::get_if<rules::Wait>(&made.action)) {
    if (!wait->until) return "";
    if (*wait->until <= seen.now) return "waits for an instant that is over";
    const bool scheduled = made.reason == api::Reason::kWaitingForSchedule;
    if (!scheduled && *wait->until > seen.now + kWaitMax) return "waits for longer than a day";
  }
  if (const auto* nothing = std::get_if<rules::Nothing>(&made.action)) {
    if (nothing->until && *nothing->until <= seen.now) return "sleeps until an instant in the past";
  }
  return "";
}

inline std::string check_words(const Observed& seen, const Decision& made) {
  if (made.rule.empty()) return "names no rule";
  if (made.message.empty()) return "has no message";
  if (made.message.find('{') != std::string::npos) return "has an unfilled message";
  if (made.message.find("  ") != std::string::npos) return "has a hole in its message";
  if (seen.pending && made.message.find(seen.pending->csr) != std::string::npos &&
      !seen.pending->csr.empty()) {
    return "shows the CSR";
  }
  return "";
}

// No question whose answer is there, and none after a failure: so at most three, then an end.
inline std::string check_question(const Observed& seen, const Decision& made) {
  if (!is_question(made)) return "";
  if (seen.ca_error) return "asks on after a failed question";
  if (is<rules::AskOrders>(made) && seen.ca.orders) return "asks for orders twice";
  if (is<rules::AskDuplicates>(made) && seen.ca.listed) return "asks for duplicates twice";
  if (is<rules::AskCertificate>(made) && seen.ca.issued) return "asks for a certificate twice";
  if (is<rules::AskOwnership>(made) && seen.ca.ownership) return "asks for the owner twice";
  if (is<rules::AskApproval>(made) && seen.ca.approval) return "asks for an approval twice";
  if (is<rules::AskRevocation>(made) && seen.revocation->next_look > seen.now) {
    return "asks for a revocation too early";
  }
  return "";
}

inline std::string check(const Observed& seen, const Decision& made) {
  for (const auto& property :
       {check_words, check_question, check_time, check_schedule, check_keystore, check_hands_off,
        check_adoption, check_submit, check_install, check_purchase, check_keys, check_no_gain}) {
    if (std::string wrong = property(seen, made); !wrong.empty()) return wrong;
  }
  return "";
}

// Everything that comes as a list, the other way round.
inline Observed reversed(Observed seen) {
  std::ranges::reverse(seen.request.spec.dns_names);
  if (seen.profile && seen.profile->allowed_names) {
    std::ranges::reverse(*seen.profile->allowed_names);
  }
  if (seen.pending) std::ranges::reverse(seen.pending->names.dns_names);
  if (seen.ca.listed) std::ranges::reverse(*seen.ca.listed);
  std::ranges::reverse(seen.ledger);
  if (seen.ca.orders) {
    std::ranges::reverse(*seen.ca.orders);
    for (auto& order : *seen.ca.orders) std::ranges::reverse(order.dns_names);
  }
  return seen;
}

inline bool is_same(const Decision& a, const Decision& b) {
  return a.action.index() == b.action.index() && a.reason == b.reason && a.rule == b.rule &&
         a.message == b.message;
}

}  // namespace rules_properties
