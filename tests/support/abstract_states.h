// The abstract states of rules::Observed: each fact's meaningful values, by name.
// Entry points: the tables kRequests ... kLedgers, and for_each_state(). Pure.
// A state is one value of each fact; later facts may build on earlier ones (a refusal remembers the
// inputs of its time), so they are applied in the order of `Facts`.
#pragma once

#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "support/observed_builder.h"

namespace support {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct FactValue {
  const char* name;
  void (*apply)(rules::Observed&);
};

inline void unchanged(rules::Observed& /*seen*/) {}

inline constexpr std::array kRequests{
    FactValue{"plain", unchanged},
    FactValue{"dns_names",
              [](rules::Observed& o) { o.request.spec.dns_names = {"shop.example.com"}; }},
    FactValue{"suspended", [](rules::Observed& o) { o.request.spec.suspend = true; }},
    FactValue{"deleted", [](rules::Observed& o) { o.request.meta.deletion_time = kNow; }},
    FactValue{"invalid", [](rules::Observed& o) { o.spec_problems = {"spec.renewal.before: 5m"}; }},
    FactValue{"claimed", [](rules::Observed& o) { o.older_claim = "elder"; }},
    FactValue{"renew_requested",
              [](rules::Observed& o) {
                o.request.meta.annotations[std::string(api::kRenewRequestedAtAnnotation)] = "now";
              }},
    FactValue{"manual", [](rules::Observed& o) { o.renewal.automatic = false; }},
    FactValue{
        "waits_for_renewals",
        [](rules::Observed& o) { o.renewal.on_no_renewed_order = api::OnNoRenewedOrder::kWait; }},
    FactValue{"renew", [](rules::Observed& o) { o.request.spec.action = api::Action::kRenew; }},
    FactValue{"renew_nameless",
              [](rules::Observed& o) {
                o.request.spec.action = api::Action::kRenew;
                o.request.spec.common_name.reset();
              }},
    FactValue{"switch",
              [](rules::Observed& o) { o.request.spec.action = api::Action::kSwitchToDigiCert; }},
};

inline constexpr std::array kProfiles{
    FactValue{"fine", unchanged},
    FactValue{"missing", [](rules::Observed& o) { o.profile.reset(); }},
    FactValue{"not_allowed", [](rules::Observed& o) { o.profile->namespace_allowed = false; }},
    FactValue{"unusable",
              [](rules::Observed& o) {
                o.profile->unusable = api::Reason::kProfileNotReady;
                o.profile->problem = "organization 7 is not active";
              }},
    FactValue{"no_duplicates",
              [](rules::Observed& o) { o.profile->product_allows_duplicates = false; }},
    FactValue{"names_refused",
              [](rules::Observed& o) { o.profile->allowed_names = {{"*.other.org"}}; }},
    FactValue{"names_bounded",
              [](rules::Observed& o) { o.profile->allowed_names = {{"shop.example.com"}}; }},
    FactValue{"approvals_asked",
              [](rules::Observed& o) { o.profile->approval_step_in_the_way = true; }},
    FactValue{"places_orders", [](rules::Observed& o) { o.profile->places_orders = true; }},
    FactValue{"budget_used",
              [](rules::Observed& o) {
                o.profile->places_orders = true;
                o.profile->orders_today = o.profile->orders_per_day;
              }},
};

inline rules::InstalledFacts secret_owned_by(rules::SecretOwner owner) {
  rules::InstalledFacts secret = secret_with(leaf());
  secret.owner = owner;
  secret.owner_text = "it belongs to the request api";
  return secret;
}

inline rules::LeafFacts leaf_with_a_further_name() {
  rules::LeafFacts facts = leaf();
  facts.dns_names.insert("pay.example.com");
  return facts;
}

inline constexpr std::array kInstalled{
    FactValue{"none", unchanged},
    FactValue{"valid", [](rules::Observed& o) { hold(o, secret_with(leaf())); }},
    FactValue{"not_told_of",
              [](rules::Observed& o) {
                hold(o, secret_with(leaf()));
                o.request.status.order.reset();
              }},
    FactValue{"due", [](rules::Observed& o) { hold(o, secret_with(leaf(days{20}))); }},
    FactValue{"ends_soon", [](rules::Observed& o) { hold(o, secret_with(leaf(days{3}))); }},
    FactValue{"expired", [](rules::Observed& o) { hold(o, secret_with(leaf(-hours{1}))); }},
    FactValue{"foreign", [](rules::Observed& o) { hold(o, foreign_secret()); }},
    FactValue{
        "of_other_request",
        [](rules::Observed& o) { hold(o, secret_owned_by(rules::SecretOwner::kOtherRequest)); }},
    FactValue{"of_nobody",
              [](rules::Observed& o) { hold(o, secret_owned_by(rules::SecretOwner::kNobody)); }},
    FactValue{"unclaimed", [](rules::Observed& o) { hold(o, unclaimed_secret(leaf())); }},
    FactValue{"unclaimed_kept",
              [](rules::Observed& o) {
                hold(o, unclaimed_secret(leaf()));
                o.backup = rules::Backup::kDone;
              }},
    FactValue{"unclaimed_name_taken",
              [](rules::Observed& o) {
                hold(o, unclaimed_secret(leaf()));
                o.backup = rules::Backup::kNameTaken;
              }},
    FactValue{"unclaimed_expired",
              [](rules::Observed& o) { hold(o, unclaimed_secret(leaf(-hours{1}))); }},
    FactValue{"unclaimed_other_names",
              [](rules::Observed& o) {
                hold(o, unclaimed_secret(leaf()));
                o.installed->leaf->common_name = "old.example.com";
                o.installed->leaf->dns_names = {"old.example.com"};
              }},
    FactValue{"unclaimed_damaged",
              [](rules::Observed& o) {
                hold(o, unclaimed_secret(leaf()));
                o.installed->leaf.reset();
                o.installed->problem = "tls.crt: no PEM block";
              }},
    FactValue{"taken_over",
              [](rules::Observed& o) {
                hold(o, unclaimed_secret(leaf()));
                o.request.status.certificate = api::InstalledCertificate{
                    .sha256_fingerprint = "another", .secret_uid = "uid-secret"};
              }},
    FactValue{"outdated_marks",
              [](rules::Observed& o) {
                hold(o, secret_with(leaf()));
                o.installed->marks_fit = false;
              }},
    FactValue{"of_another_account",
              [](rules::Observed& o) {
                hold(o, secret_with(leaf(days{20})));
                o.installed->account = "www.digicert.com/9";
              }},
    FactValue{"damaged",
              [](rules::Observed& o) {
                hold(o, secret_with(leaf()));
                o.installed->leaf.reset();
                o.installed->problem = "tls.crt: no PEM block";
              }},
    FactValue{"wrong_key",
              [](rules::Observed& o) {
                hold(o, secret_with(leaf()));
                o.installed->key_matches = false;
              }},
    FactValue{"other_names",
              [](rules::Observed& o) {
                hold(o, secret_with(leaf()));
                o.installed->leaf->common_name = "old.example.com";
                o.installed->leaf->dns_names = {"old.example.com"};
              }},
    FactValue{"further_name",
              [](rules::Observed& o) { hold(o, secret_with(leaf_with_a_further_name())); }},
    FactValue{"pending_key",
              [](rules::Observed& o) {
                hold(o, secret_with(leaf()));
                o.installed->leaf->public_key_sha256 = kPendingKey;
              }},
    // A duplicate of the order as it is was tried, and gained nothing.
    FactValue{"due_in_vain",
              [](rules::Observed& o) {
                hold(o, secret_with(leaf(days{20})));
                o.installed->no_gain_order = kOrderId;
                o.installed->no_gain_certificate = kOrderId * 10;
              }},
};

inline void refuse(rules::Observed& seen, std::chrono::milliseconds ago) {
  seen.pending = submitted(ago + seconds{1});
  seen.pending->refusals = 1;
  seen.pending->refusal = rules::Refusal{.message = "invalid_csr: the CSR is not accepted",
                                         .at = kNow - ago,
                                         .inputs = inputs_of_a_refusal(seen)};
}

inline constexpr std::array kPending{
    FactValue{"none", unchanged},
    FactValue{
        "name_taken",
        [](rules::Observed& o) { o.pending_name_taken_by = "Secret shop-pending of type Opaque"; }},
    FactValue{"never_sent", [](rules::Observed& o) { o.pending = pending(); }},
    FactValue{"young", [](rules::Observed& o) { o.pending = submitted(minutes{1}); }},
    FactValue{"settled", [](rules::Observed& o) { o.pending = submitted(hours{1}); }},
    FactValue{"sent_twice", [](rules::Observed& o) { o.pending = submitted(minutes{5}, 2); }},
    FactValue{"used_up", [](rules::Observed& o) { o.pending = submitted(hours{2}, 3); }},
    FactValue{"a_day_old", [](rules::Observed& o) { o.pending = submitted(hours{25}); }},
    FactValue{"marked_in_the_future", [](rules::Observed& o) { o.pending = submitted(-hours{1}); }},
    FactValue{"known_to_the_ca",
              [](rules::Observed& o) {
                o.pending = submitted(hours{1});
                o.pending->request_id = 5;
              }},
    FactValue{"refused", [](rules::Observed& o) { refuse(o, hours{1}); }},
    FactValue{"refused_in_the_future", [](rules::Observed& o) { refuse(o, -hours{1}); }},
    FactValue{"refused_long_ago", [](rules::Observed& o) { refuse(o, hours{7}); }},
    FactValue{"refused_for_other_inputs",
              [](rules::Observed& o) {
                refuse(o, hours{1});
                o.pending->refusal->inputs = "other";
              }},
    FactValue{"rejected",
              [](rules::Observed& o) {
                refuse(o, hours{1});
                o.pending->refusal->reason = api::Reason::kApprovalRejected;
                o.pending->refusal->message = "an approver rejected it";
                o.pending->refusal->inputs = rules::rejection_inputs(o);
              }},
    FactValue{"rejected_before_a_change",
              [](rules::Observed& o) {
                refuse(o, hours{1});
                o.pending->refusal->reason = api::Reason::kApprovalRejected;
                o.pending->refusal->inputs = "other";
              }},
    FactValue{"sent_after_a_refusal",
              [](rules::Observed& o) {
                o.pending = submitted(hours{1});
                o.pending->refusals = 1;
              }},
    FactValue{"for_another_order",
              [](rules::Observed& o) {
                o.pending = submitted(hours{1});
                o.pending->order_id = 1;
              }},
    FactValue{"for_other_names",
              [](rules::Observed& o) {
                o.pending = submitted(minutes{1});
                o.pending->names = {"old.example.com", {"old.example.com"}};
              }},
    FactValue{"of_another_account",
              [](rules::Observed& o) {
                o.pending = submitted(minutes{1});
                o.pending->account = "www.digicert.com/9";
              }},
    FactValue{"unusable",
              [](rules::Observed& o) {
                o.pending = submitted(minutes{1});
                o.pending->usable = false;
              }},
    FactValue{"of_an_entry", [](rules::Observed& o) { o.pending = entry_key(); }},
};

inline void tell_order(rules::Observed& seen, rules::OrderFacts facts) {
  if (!seen.ca.orders) seen.ca.orders.emplace();
  seen.ca.orders->push_back(std::move(facts));
}

inline constexpr std::array kOrders{
    FactValue{"unasked", unchanged},
    FactValue{"match", [](rules::Observed& o) { tell_order(o, order()); }},
    FactValue{"with_further_name",
              [](rules::Observed& o) {
                tell_order(o, order());
                o.ca.orders->back().dns_names.emplace_back("pay.example.com");
              }},
    FactValue{"not_issued",
              [](rules::Observed& o) {
                tell_order(o, order());
                o.ca.orders->back().status = "pending";
              }},
    FactValue{"none", [](rules::Observed& o) { o.ca.orders.emplace(); }},
    FactValue{"short",
              [](rules::Observed& o) {
                tell_order(o, order());
                o.ca.orders->back().certificate_valid_till = kNow + days{3};
              }},
    FactValue{"renewed",
              [](rules::Observed& o) {
                tell_order(o, order());
                o.ca.orders->back().renewed_order_id = 67890;
                tell_order(o, order(67890));
                o.ca.orders->back().renewal_of_order_id = kOrderId;
                o.ca.orders->back().order_valid_till = kNow + days{700};
                o.ca.orders->back().certificate_valid_till = kNow + days{390};
              }},
    FactValue{"ending", [](rules::Observed& o) { tell_order(o, ending_order(days{20})); }},
    FactValue{"over", [](rules::Observed& o) { tell_order(o, ending_order(-days{2})); }},
    FactValue{"over_for_long", [](rules::Observed& o) { tell_order(o, ending_order(-days{8})); }},
    FactValue{"half_used",
              [](rules::Observed& o) {
                tell_order(o, ending_order(days{186}));
                o.ca.orders->back().certificate_valid_till = kNow + days{20};
              }},
    FactValue{"reissued",
              [](rules::Observed& o) {
                tell_order(o, ending_order(days{20}));
                o.ca.orders->back().status = "reissue_pending";
              }},
    FactValue{"renewed_and_pending",
              [](rules::Observed& o) {
                tell_order(o, ending_order(days{20}));
                tell_order(o, renewed_order());
                o.ca.orders->back().status = "pending";
              }},
    FactValue{"renewed_without_duplicates",
              [](rules::Observed& o) {
                tell_order(o, ending_order(days{20}));
                tell_order(o, renewed_order());
                o.ca.orders->back().allow_duplicates = false;
              }},
    FactValue{"ending_with_further_name",
              [](rules::Observed& o) {
                tell_order(o, ending_order(days{20}));
                o.ca.orders->back().dns_names.emplace_back("pay.example.com");
              }},
};

inline constexpr std::array kListed{
    FactValue{"unasked", unchanged},
    FactValue{"none", [](rules::Observed& o) { o.ca.listed.emplace(); }},
    FactValue{"never",
              [](rules::Observed& o) {
                o.ca.listed.emplace();
                o.ca.fruitless_looks = 3;
                o.ca.last_look = o.now;
              }},
    FactValue{"unissued", [](rules::Observed& o) { o.ca.listed = {listed_duplicate(false)}; }},
    FactValue{"issued", [](rules::Observed& o) { o.ca.listed = {listed_duplicate(true)}; }},
    FactValue{"rejected",
              [](rules::Observed& o) {
                o.ca.listed = {listed_duplicate(false)};
                o.ca.listed->back().status = "rejected";
              }},
    FactValue{"issued_twice",
              [](rules::Observed& o) {
                o.ca.listed = {listed_duplicate(true), listed_duplicate(true)};
                o.ca.listed->back().certificate_id += 1;
              }},
};

inline constexpr std::array kIssued{
    FactValue{"unasked", unchanged},
    FactValue{"ours", [](rules::Observed& o) { o.ca.issued = issued(); }},
    FactValue{"other_key",
              [](rules::Observed& o) {
                o.ca.issued = issued();
                o.ca.issued->leaf->public_key_sha256 = "key-of-somebody-else";
              }},
    FactValue{"expired", [](rules::Observed& o) { o.ca.issued = issued(leaf(-hours{1})); }},
    FactValue{"other_names",
              [](rules::Observed& o) {
                o.ca.issued = issued();
                o.ca.issued->leaf->common_name = "old.example.com";
                o.ca.issued->leaf->dns_names = {"old.example.com"};
              }},
    FactValue{"further_name",
              [](rules::Observed& o) { o.ca.issued = issued(leaf_with_a_further_name()); }},
    FactValue{"unreadable",
              [](rules::Observed& o) { o.ca.issued = rules::IssuedFacts{.certificate_id = 77}; }},
    FactValue{"ends_as_soon", [](rules::Observed& o) { o.ca.issued = issued(leaf(days{20})); }},
};

inline constexpr std::array kPosts{
    FactValue{"unknown", unchanged},
    FactValue{"accepted", [](rules::Observed& o) { o.ca.post = rules::CaView::Post::kAccepted; }},
    FactValue{"awaits_approval",
              [](rules::Observed& o) {
                o.ca.post = rules::CaView::Post::kAccepted;
                o.ca.awaits_approval = true;
              }},
    FactValue{"approver_said_no",
              [](rules::Observed& o) {
                o.ca.approval = rules::ApprovalFacts{.rejected = true, .comment = "not this one"};
              }},
    FactValue{"not_sent", [](rules::Observed& o) { o.ca.post = rules::CaView::Post::kNotSent; }},
};

inline constexpr std::array kErrors{
    FactValue{"none", unchanged},
    FactValue{"unavailable",
              [](rules::Observed& o) {
                o.ca_error = ca_error(base::Code::kUnavailable);
                o.failures = 1;
              }},
    FactValue{"rate_limited",
              [](rules::Observed& o) {
                o.ca_error = ca_error(base::Code::kExhausted);
                o.ca_error->retry_after = seconds{0};
              }},
    FactValue{"credentials",
              [](rules::Observed& o) { o.ca_error = ca_error(base::Code::kUnauthenticated); }},
    FactValue{"still_processing",
              [](rules::Observed& o) {
                o.ca_error = ca_error(base::Code::kInvalid, "cert_unavailable_processing");
              }},
};

inline constexpr std::array kOwners{
    FactValue{"unasked", unchanged},
    FactValue{"own",
              [](rules::Observed& o) {
                o.ca.ownership = rules::OwnershipFacts{kOrderId, kOrderId * 10 + 1};
                o.installed->order_id = kOrderId;
              }},
    FactValue{"foreign", [](rules::Observed& o) { o.ca.ownership.emplace(); }},
};

inline constexpr std::array kSchedules{
    FactValue{"any_time", unchanged},
    FactValue{"closed_for_a_week",
              [](rules::Observed& o) { o.windows = {{"0 0 8 * *", "UTC", hours{4}}}; }},
    FactValue{"open", [](rules::Observed& o) { o.windows = {{"0 0 1 * *", "UTC", hours{4}}}; }},
    FactValue{"not_before",
              [](rules::Observed& o) { o.request.spec.schedule.not_before = kNow + hours{1}; }},
};

// With a keystore.p12 in the Secret, if there is a Secret.
inline void place_keystore(rules::Observed& seen) {
  if (!seen.installed) return;
  seen.installed->has_keystore = true;
  seen.installed->has_own_keystore = true;
}

inline rules::KeystoreFacts keystore_without_password() {
  return {.unusable = api::Reason::kSecretNotFound,
          .problem = "spec.keystores.pkcs12.passwordSecretRef: there is no Secret shop-password"};
}

inline constexpr std::array kKeystores{
    FactValue{"none", unchanged},
    FactValue{"current",
              [](rules::Observed& o) {
                place_keystore(o);
                o.keystore = rules::KeystoreFacts{.is_current = o.installed.has_value()};
              }},
    FactValue{"outdated",
              [](rules::Observed& o) {
                place_keystore(o);
                o.keystore.emplace();
              }},
    FactValue{"missing", [](rules::Observed& o) { o.keystore.emplace(); }},
    FactValue{"no_password", [](rules::Observed& o) { o.keystore = keystore_without_password(); }},
    FactValue{"password_gone",
              [](rules::Observed& o) {
                place_keystore(o);
                o.keystore = keystore_without_password();
              }},
    FactValue{"surplus", place_keystore},
    FactValue{"of_others",
              [](rules::Observed& o) {
                place_keystore(o);
                if (o.installed) o.installed->has_own_keystore = false;
              }},
};

inline void tell_entry(rules::Observed& seen, rules::LedgerEntry made) {
  seen.ledger.push_back(std::move(made));
  rules::link_pending(seen);
}

inline rules::LedgerEntry entry_refused(api::OrderState state, std::chrono::seconds again_in) {
  rules::LedgerEntry made = entry(state);
  made.reason = state == api::OrderState::kRejected ? api::Reason::kApprovalRejected
                                                    : api::Reason::kCaRejected;
  made.message = "payment_declined: no funds";
  made.next_attempt = kNow + again_in;
  return made;
}

inline constexpr std::array kLedgers{
    FactValue{"empty", unchanged},
    FactValue{"open", [](rules::Observed& o) { tell_entry(o, entry()); }},
    FactValue{"of_another_key",
              [](rules::Observed& o) {
                tell_entry(o, entry());
                o.ledger.back().public_key_sha256 = "key-of-a-faster-one";
              }},
    FactValue{"sent",
              [](rules::Observed& o) { tell_entry(o, entry(api::OrderState::kSubmitted)); }},
    FactValue{"placed", [](rules::Observed& o) { tell_entry(o, entry(api::OrderState::kPlaced)); }},
    FactValue{"issued", [](rules::Observed& o) { tell_entry(o, entry(api::OrderState::kIssued)); }},
    FactValue{"refused",
              [](rules::Observed& o) {
                tell_entry(o, entry_refused(api::OrderState::kRefused, hours{6}));
              }},
    FactValue{"refused_for_other_inputs",
              [](rules::Observed& o) {
                tell_entry(o, entry_refused(api::OrderState::kRefused, hours{6}));
                o.ledger.back().inputs = "profile-0";
              }},
    FactValue{"refused_long_ago",
              [](rules::Observed& o) {
                tell_entry(o, entry_refused(api::OrderState::kRefused, seconds{0}));
              }},
    FactValue{"rejected",
              [](rules::Observed& o) {
                tell_entry(o, entry_refused(api::OrderState::kRejected, hours{6}));
              }},
    FactValue{"superseded",
              [](rules::Observed& o) {
                tell_entry(o, entry(api::OrderState::kSuperseded));
                o.ledger.back().order_id = 67890;
              }},
    FactValue{"abandoned",
              [](rules::Observed& o) { tell_entry(o, entry(api::OrderState::kAbandoned)); }},
    FactValue{"open_again",
              [](rules::Observed& o) {
                tell_entry(o, entry_refused(api::OrderState::kRefused, seconds{0}));
                tell_entry(o, entry(api::OrderState::kOpen, 2));
              }},
};

inline void look_at_revocation(rules::Observed& seen, bool revoked, std::chrono::seconds next) {
  seen.revocation = rules::RevocationFacts{.revoked = revoked, .next_look = kNow + next};
}

inline constexpr std::array kRevocations{
    FactValue{"unknown", unchanged},
    FactValue{"look_due",
              [](rules::Observed& o) { o.revocation = rules::RevocationFacts{.next_look = kNow}; }},
    FactValue{"no", [](rules::Observed& o) { look_at_revocation(o, false, hours{6}); }},
    FactValue{"yes", [](rules::Observed& o) { look_at_revocation(o, true, hours{6}); }},
    FactValue{"yes_look_due", [](rules::Observed& o) { look_at_revocation(o, true, seconds{0}); }},
};

inline constexpr std::size_t kFactCount = 14;
inline constexpr std::array<const char*, kFactCount> kFactNames{
    "request", "profile", "secret",   "pending",  "orders", "listed", "issued",
    "post",    "error",   "schedule", "keystore", "ledger", "owner",  "revoked"};

// The values of each fact that an enumeration takes, in the order of kFactNames.
using Facts = std::array<std::span<const FactValue>, kFactCount>;

inline Facts all_facts() {
  return {kRequests, kProfiles, kInstalled, kPending,   kOrders,  kListed, kIssued,
          kPosts,    kErrors,   kSchedules, kKeystores, kLedgers, kOwners, kRevocations};
}

// "request=plain profile=fine ...".
inline std::string text_of(const std::array<const char*, kFactCount>& state) {
  std::string text;
  for (std::size_t i = 0; i < kFactCount; ++i) {
    if (i != 0) text += ' ';
    text += std::string(kFactNames[i]) + '=' + state[i];
  }
  return text;
}

// Whether a question for the owner of the certificate makes sense.
inline bool may_be_adopted(const rules::Observed& seen) {
  return seen.request.spec.action != api::Action::kRequestCertificate && seen.installed &&
         seen.installed->leaf &&
         (seen.installed->owner == rules::SecretOwner::kUnclaimed ||
          seen.installed->owner == rules::SecretOwner::kNobody);
}

// Whether the CA's lists can tell of the certificate.
inline bool may_be_revoked(const rules::Observed& seen) {
  return seen.profile && seen.installed && seen.installed->leaf &&
         seen.installed->owner == rules::SecretOwner::kThisRequest;
}

// Calls visit(state, seen) for each state; nothing is listed, returned or sent without a pending
// key, nobody asks whose a certificate is that is not to be adopted, and only an installed one is
// revoked: those facts otherwise keep their first value.
template <class Visit>
void for_each_state(const Facts& facts, const Visit& visit) {
  constexpr std::size_t kPendingIndex = 3;
  constexpr std::size_t kOrdersIndex = 4;
  constexpr std::size_t kErrorIndex = 8;
  constexpr std::size_t kOwnerIndex = 12;
  constexpr std::size_t kRevokedIndex = 13;
  std::array<const char*, kFactCount> state{};
  // The last value of a fact takes the state over instead of copying it: most facts of a walk have
  // one value, and copies are what a walk costs.
  const auto walk = [&](const auto& self, std::size_t index, rules::Observed&& base) -> void {
    if (index == kFactCount) return visit(state, std::as_const(base));
    const bool needs_key = index > kOrdersIndex && index < kErrorIndex;
    const bool idle = needs_key && std::string_view(state[kPendingIndex]) == "none";
    const bool owned = index == kOwnerIndex && !may_be_adopted(base);
    const bool absent = index == kRevokedIndex && !may_be_revoked(base);
    const std::size_t count = idle || owned || absent ? 1 : facts[index].size();
    for (std::size_t i = 0; i < count; ++i) {
      rules::Observed seen = i + 1 < count ? rules::Observed(base) : std::move(base);
      facts[index][i].apply(seen);
      state[index] = facts[index][i].name;
      self(self, index + 1, std::move(seen));
    }
  };
  walk(walk, 0, observed().build());
}

}  // namespace support
