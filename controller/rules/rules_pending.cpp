// Rules about a pending key: what was sent to the CA for it, and what came back.
// The order matters: look before sending again, and never send while something may be under way.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "api/names.h"
#include "rules/backoff.h"
#include "rules/rule.h"

namespace rules {
namespace {

using namespace std::chrono_literals;

constexpr int kSendsMax = 3;
// One look that does not show our key proves little: lists lag, and CertCentral is known to show
// copies of the primary instead of the duplicates at times.
constexpr int kLooksBeforeResend = 3;
constexpr auto kLookAgainSoon = 5s;
constexpr auto kLookForAPerson = 30min;  // after it was sent three times, or rejected
constexpr auto kMismatchPatience = 24h;
constexpr auto kLookAtRefusedOrder = 1h;
constexpr auto kWaitMax = 24h;

std::chrono::seconds age_of(const Observed& seen) {
  const auto age = seen.now - seen.pending->submitted_at.value_or(seen.now);
  return std::max(0s, std::chrono::floor<std::chrono::seconds>(age));
}

base::TimePoint next_poll(const Observed& seen) {
  // An approver takes hours, and each look costs a call about this request alone.
  if (seen.ca.awaits_approval && age_of(seen) >= 1h) return seen.now + kLookForAPerson;
  return seen.now + poll_interval(age_of(seen));
}

bool names_fit(const Observed& seen) {
  const NamesWanted wanted = names_wanted(seen);
  const FinalNames& names = seen.pending->names;
  if (wanted.common_name && *wanted.common_name != names.common_name) return false;
  if (wanted.dns_names.empty()) return true;
  NameSet asked(wanted.dns_names.begin(), wanted.dns_names.end());
  asked.insert(names.common_name);
  return asked == NameSet(names.dns_names.begin(), names.dns_names.end());
}

// Why the pending Secret cannot lead to the certificate that is wanted now, or "".
std::string misfit(const Observed& seen) {
  const PendingFacts& pending = *seen.pending;
  if (!pending.usable) return "it is not of this request, or its key does not fit its CSR";
  // The names of a purchase are the order's; rules_ledger.cpp tells when its key is of no use.
  if (!pending.entry.empty()) return {};
  if (!names_fit(seen)) return "the names have changed";
  if (pending.key != seen.key) return "the kind of key has changed";
  if (pending.account != seen.profile->account) return "the account has changed";
  if (pending.asked_order_id != seen.request.spec.order_id) return "spec.orderID has changed";
  if (seen.profile->allowed_names &&
      first_not_allowed(pending.names.dns_names, *seen.profile->allowed_names)) {
    return "spec.nameConstraints of the profile no longer allow its names";
  }
  return {};
}

// Why the returned certificate must not be installed, or "".
std::string wrong_with(const Observed& seen, const IssuedFacts& issued) {
  if (!issued.leaf) return issued.problem.empty() ? "it cannot be read" : issued.problem;
  if (issued.leaf->public_key_sha256 != seen.pending->public_key_sha256) {
    return "it carries another public key";
  }
  if (issued.leaf->not_after <= seen.now) return "it has expired already";
  if (!leaf_satisfies(names_wanted(seen), issued.leaf->dns_names, issued.leaf->common_name,
                      order_names(seen, seen.pending->order_id))) {
    return "its names are not those of the request";
  }
  return {};
}

// Only the order's own names can tell whether further names of the leaf belong there.
bool order_could_explain(const Observed& seen) {
  const auto& leaf = seen.ca.issued->leaf;
  return leaf && !seen.ca.orders && leaf->not_after > seen.now &&
         leaf->public_key_sha256 == seen.pending->public_key_sha256 &&
         leaf_satisfies(names_wanted(seen), leaf->dns_names, leaf->common_name, leaf->dns_names);
}

constexpr std::string_view kNeedsApproval =
    "it waits for an approver: approve it in CertCentral, and it is installed within half an hour; "
    "status.csr is the CSR of that request. To request without approvals, an administrator chooses "
    "Settings > Preferences > Advanced Settings > "
    "Certificate Requests > Approval Steps > Skip approval step";

Decision awaiting(const Observed& seen, base::TimePoint until, std::string_view what) {
  const bool approval = seen.ca.awaits_approval;
  return decision(Wait{until},
                  approval ? api::Reason::kAwaitingApproval : api::Reason::kAwaitingIssuance,
                  fmt::format("duplicate of order {}: {}", seen.pending->order_id,
                              approval ? kNeedsApproval : what));
}

// What a person does about a refusal, if we know it, behind the CA's words.
std::string fix_of(const Refusal& refusal, const ProfileFacts& profile) {
  if (refusal.reason != api::Reason::kValidationExpired) return {};
  if (!profile.validation_problem.empty()) return "; " + profile.validation_problem;
  return ". Have the domain or organization validated again in CertCentral (Certificates > "
         "Domains, "
         "Organizations); then annotate the request with duplicert.io/renew-requested-at";
}

std::pair<api::Reason, std::string> failure_of(const base::Error& error) {
  switch (error.code) {
    case base::Code::kExhausted:
      return {api::Reason::kRateLimited,
              "the CA's rate limit is used up, and it goes on by itself"};
    case base::Code::kUnauthenticated:
    case base::Code::kPermissionDenied:
      return {api::Reason::kCredentialsRejected,
              "the CA refused the API key; put a valid one into the Secret that "
              "spec.account.apiKeySecretRef of the profile names"};
    case base::Code::kInvalid:
    case base::Code::kNotFound:
      return {api::Reason::kCaRejected,
              "the CA refused a question, which is asked again; check spec.account.url of the "
              "profile and the rights of its API key"};
    case base::Code::kConflict:
    case base::Code::kAlreadyExists:
    case base::Code::kExpired:
    case base::Code::kUnavailable:
    case base::Code::kCorrupt:
    case base::Code::kCancelled:
    case base::Code::kInternal:
      break;
  }
  return {api::Reason::kCaUnavailable, "the CA did not answer, and is asked again"};
}

}  // namespace

MaybeDecision pending_name_is_taken(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  if (seen.pending_name_taken_by.empty()) return std::nullopt;
  return decision(
      Wait{seen.now + 5min}, api::Reason::kSecretConflict,
      fmt::format("{} has the name that the pending key needs; it is left alone. Delete "
                  "it, or give the request another name",
                  seen.pending_name_taken_by));
}

MaybeDecision pending_does_not_fit(const Pass& pass) {
  if (!pass.seen.pending) return std::nullopt;
  const std::string why = misfit(pass.seen);
  if (why.empty()) return std::nullopt;
  return decision(DropPending{}, api::Reason::kPending, "the pending key is dropped: " + why);
}

MaybeDecision certificate_came_back_wrong(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  if (!seen.pending || !seen.ca.issued) return std::nullopt;
  const std::string why = wrong_with(seen, *seen.ca.issued);
  if (why.empty()) return std::nullopt;
  if (order_could_explain(seen)) {
    if (seen.ca_error) return ca_did_not_answer(pass);
    return decision(AskOrders{names_wanted(seen), seen.pending->order_id},
                    api::Reason::kAwaitingIssuance, "looking up the names of the order");
  }
  if (age_of(seen) >= kMismatchPatience) {
    return decision(DropPending{}, api::Reason::kCertificateMismatch,
                    "the CA kept returning a wrong certificate for 24 hours; asking anew");
  }
  return decision(Wait{next_poll(seen)}, api::Reason::kCertificateMismatch,
                  fmt::format("the CA returned certificate {} of order {}, but {}; it is not "
                              "installed. It is fetched again, and after 24 hours another one is "
                              "asked for",
                              seen.ca.issued->certificate_id, seen.pending->order_id, why));
}

// A copy that expires is not replaced by one that ends as soon; what was tried is remembered, so
// that it is not tried again before the order has another certificate.
MaybeDecision certificate_brings_no_gain(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  const bool compare =
      seen.pending && seen.ca.issued && standing.usable && standing.need == Need::kExpiring;
  if (!compare || !is_no_gain(seen.ca.issued->leaf->not_after, *seen.installed->leaf)) {
    return std::nullopt;
  }
  if (!seen.ca.orders) return seen.ca_error ? ca_did_not_answer(pass) : orders_are_needed(pass);
  const auto order = std::ranges::find(*seen.ca.orders, seen.pending->order_id, &OrderFacts::id);
  if (order == seen.ca.orders->end() || was_in_vain(*order, *seen.installed)) {
    return decision(DropPending{}, api::Reason::kPending,
                    fmt::format("the duplicate of order {} ends no later than the installed "
                                "certificate; it is not installed",
                                seen.pending->order_id));
  }
  return decision(RememberNoGain{order->id, order->certificate_id}, api::Reason::kPending,
                  fmt::format("the duplicate of order {} ends no later than the installed "
                              "certificate; remembering it",
                              order->id));
}

MaybeDecision certificate_came_back(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  if (!seen.pending || !seen.ca.issued) return std::nullopt;
  return decision(InstallCertificate{seen.pending->order_id, seen.ca.issued->certificate_id},
                  api::Reason::kIssued,
                  fmt::format("installing a duplicate of order {}", seen.pending->order_id));
}

MaybeDecision ca_did_not_answer(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  if (!seen.ca_error) return std::nullopt;
  const base::Error& error = *seen.ca_error;
  if (error.reason == "cert_unavailable_processing" && seen.pending) {
    return awaiting(seen, next_poll(seen), "the certificate is being made");
  }
  const auto [reason, text] = failure_of(error);
  // Retry-After comes from outside: never no wait at all, never one without end.
  const auto pause = error.retry_after
                         ? std::clamp<std::chrono::milliseconds>(*error.retry_after, 1s, kWaitMax)
                         : transient_backoff(seen.failures, seen.jitter);
  return decision(Wait{seen.now + pause}, reason, fmt::format("{}: {}", text, error.message));
}

MaybeDecision refusal_is_recent(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  if (!seen.pending || !seen.pending->refusal) return std::nullopt;
  const Refusal& refusal = *seen.pending->refusal;
  const bool urgent = standing.expires_soon_time && seen.now >= *standing.expires_soon_time;
  const auto pause = refusal_backoff(refusal.count, urgent);
  const base::TimePoint again = std::min(refusal.at, seen.now) + pause;
  const bool same_inputs = refusal.inputs.starts_with(inputs_fingerprint(seen) + '/');
  if (!same_inputs || seen.now >= again) return std::nullopt;
  // Another order may say yes, or this one after a person has changed it.
  if (!seen.ca.orders) return orders_are_needed(pass);
  const bool other_order = match.latest && match.latest->id != seen.pending->order_id;
  if (other_order || refusal.inputs != refusal_inputs(seen)) return std::nullopt;
  return decision(
      Wait{std::min<base::TimePoint>(again, seen.now + kLookAtRefusedOrder)}, refusal.reason,
      fmt::format("the CA refused a duplicate of order {}: {}{}. It is tried again at {}, or at "
                  "once when the request, its profile, the API key or the order changes",
                  seen.pending->order_id, refusal.message, fix_of(refusal, *seen.profile),
                  base::format_time(again)));
}

MaybeDecision listed_and_issued(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  if (!seen.pending || !seen.ca.listed) return std::nullopt;
  const ListedDuplicate* best = nullptr;
  for (const ListedDuplicate& entry : *seen.ca.listed) {
    const bool better = best == nullptr || std::pair(entry.valid_till, entry.certificate_id) >
                                               std::pair(best->valid_till, best->certificate_id);
    if (entry.issued && better) best = &entry;
  }
  if (best == nullptr) return std::nullopt;
  return decision(AskCertificate{best->certificate_id}, api::Reason::kAwaitingIssuance,
                  fmt::format("fetching certificate {}", best->certificate_id));
}

// The list may never show what waits for an approver, or not that it was rejected.
MaybeDecision approval_is_in_doubt(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  const bool asked = seen.pending && seen.pending->request_id != 0 && !seen.pending->refusal;
  if (!asked || !seen.ca.listed || seen.ca.approval) return std::nullopt;
  return decision(AskApproval{seen.pending->request_id}, api::Reason::kAwaitingApproval,
                  fmt::format("looking at request {} of the CA", seen.pending->request_id));
}

// A word of the list that only an approver's no leads to; everything else may still be issued.
// CertCentral: dev.digicert.com, services-api/orders/list-duplicates (status of a duplicate).
MaybeDecision approval_was_rejected(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  if (!seen.pending || seen.pending->refusal || !seen.ca.listed) return std::nullopt;
  const auto& listed = *seen.ca.listed;
  const bool shown = !listed.empty() && std::ranges::all_of(listed, [](const ListedDuplicate& one) {
    return one.status == "rejected";
  });
  const bool told = seen.ca.approval && seen.ca.approval->rejected;
  if (!shown && !told) return std::nullopt;
  const std::string comment = told ? seen.ca.approval->comment : "";
  const std::string text =
      fmt::format("an approver rejected the duplicate of order {} in CertCentral{}",
                  seen.pending->order_id, comment.empty() ? "" : fmt::format(" ({})", comment));
  return decision(RecordRejection{text, rejection_inputs(seen)}, api::Reason::kApprovalRejected,
                  text);
}

// Asking again with nothing changed would only annoy the approver.
MaybeDecision rejection_stands(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  const bool rejected = seen.pending && seen.pending->refusal &&
                        seen.pending->refusal->reason == api::Reason::kApprovalRejected;
  if (!rejected) return std::nullopt;
  const Refusal& refusal = *seen.pending->refusal;
  if (refusal.inputs != rejection_inputs(seen)) {
    return decision(DropPending{}, api::Reason::kPending,
                    "the rejected key is dropped: something has changed since");
  }
  return decision(
      Wait{}, api::Reason::kApprovalRejected,
      fmt::format("{}. It is asked for with a new key when the request, its profile, or the "
                  "account's approval step changes, or at a new value of the annotation {}",
                  refusal.message, api::kRenewRequestedAtAnnotation));
}

MaybeDecision listed_but_not_issued(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  if (!seen.pending || !seen.ca.listed || seen.ca.listed->empty()) return std::nullopt;
  return awaiting(seen, next_poll(seen), "the CA lists it and has not issued it yet");
}

MaybeDecision listing_is_needed(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  // The key of a purchase is of no order yet.
  if (!seen.pending || seen.pending->order_id == 0 || seen.ca.listed) return std::nullopt;
  const bool never_left = seen.ca.post == CaView::Post::kNotSent && seen.pending->sends <= 1 &&
                          seen.pending->refusals == 0;
  // A CSR that was not sent has been shown to people, who may have submitted it by hand.
  if (never_left && seen.pending->submitted_at) return std::nullopt;
  return decision(
      AskDuplicates{seen.pending->order_id}, api::Reason::kAwaitingIssuance,
      fmt::format("looking for our key among the duplicates of order {}", seen.pending->order_id));
}

MaybeDecision accepted_but_not_listed(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  const bool accepted = seen.pending && !seen.pending->refusal &&
                        (seen.ca.post == CaView::Post::kAccepted || seen.pending->request_id != 0);
  if (!accepted) return std::nullopt;
  return awaiting(seen, next_poll(seen), "the CA has accepted it and does not list it yet");
}

// The POST did not leave this process, or was turned away by the rate limit: nothing to settle.
MaybeDecision nothing_was_sent(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  if (!seen.pending || seen.ca.post != CaView::Post::kNotSent) return std::nullopt;
  const base::TimePoint again = std::min(seen.pending->submitted_at.value_or(seen.now), seen.now) +
                                transient_backoff(seen.failures, seen.jitter);
  if (seen.now >= again) return std::nullopt;
  return decision(Wait{again},
                  seen.ca.rate_limited ? api::Reason::kRateLimited : api::Reason::kCaUnavailable,
                  fmt::format("the request for a duplicate of order {} could not be sent; it is "
                              "sent again by itself",
                              seen.pending->order_id));
}

MaybeDecision submission_may_still_show(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  const bool settling = seen.pending && seen.pending->submitted_at && !seen.pending->refusal &&
                        seen.ca.post == CaView::Post::kUnknown;
  if (!settling) return std::nullopt;
  const base::TimePoint settled =
      *seen.pending->submitted_at + settle_window(seen.settle_window, seen.pending->sends);
  if (seen.now < settled) {
    return awaiting(seen, std::min(settled, next_poll(seen)),
                    fmt::format("the CA's answer was lost and our key is not listed yet; it is "
                                "sent again if it is still not listed at {}",
                                base::format_time(settled)));
  }
  const bool looked = seen.ca.fruitless_looks >= kLooksBeforeResend && seen.ca.last_look >= settled;
  if (looked || seen.pending->sends >= kSendsMax) return std::nullopt;
  return awaiting(seen, seen.now + kLookAgainSoon,
                  "the CA's answer was lost and our key is not listed; it is looked for again "
                  "before it is sent again");
}

MaybeDecision submissions_are_used_up(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  const bool used_up = seen.pending && !seen.pending->refusal && seen.pending->sends >= kSendsMax &&
                       seen.ca.post != CaView::Post::kNotSent;
  if (!used_up) return std::nullopt;
  return awaiting(
      seen, seen.now + kLookForAPerson,
      fmt::format("it was sent {} times and our key is still not listed; it is not "
                  "sent again. Look at the order in CertCentral; delete Secret {} to "
                  "start anew with another key",
                  seen.pending->sends, api::pending_secret_name(seen.request.meta.name)));
}

}  // namespace rules
