// Builders for what decide() sees, so that tests read aloud:
//   observed().with_order(order()).with_pending(submitted(2min));
// Entry point: observed(). Plain values around FakeClock::kStart; every builder starts from the
// healthy case, and a test names only what differs.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "api/names.h"
#include "rules/action.h"
#include "rules/observed.h"
#include "rules/standing.h"
#include "support/fake_clock.h"

namespace support {

inline constexpr std::int64_t kOrderId = 12345;
inline const std::string kPendingKey = "key-of-the-pending-secret";
inline const std::string kInstalledKey = "key-of-the-installed-pair";
inline const std::string kAccount = "www.digicert.com/1234567";

// An issued order of ssl_basic with 300 days left, for shop.example.com and its free www. twin.
inline rules::OrderFacts order(std::int64_t id = kOrderId) {
  return {.id = id,
          .status = "issued",
          .common_name = "shop.example.com",
          .dns_names = {"shop.example.com", "www.shop.example.com"},
          .product = "ssl_basic",
          .organization_id = 7,
          .allow_duplicates = true,
          .date_created = kNow - std::chrono::days{65},
          .order_valid_till = kNow + std::chrono::days{300},
          .certificate_valid_till = kNow + std::chrono::days{300},
          .certificate_id = id * 10};
}

// A leaf for the names of order(), from 65 days ago until `left` from now.
inline rules::LeafFacts leaf(std::chrono::milliseconds left = std::chrono::days{300}) {
  return {.common_name = "shop.example.com",
          .dns_names = {"shop.example.com", "www.shop.example.com"},
          .not_before = kNow - std::chrono::days{65},
          .not_after = kNow + left,
          .public_key_sha256 = kInstalledKey,
          .serial_number = "0a1b",
          .sha256_fingerprint = "f1f2",
          .key = api::KeyParameters{}};
}

// The Secret of this request with that leaf and its key.
inline rules::InstalledFacts secret_with(rules::LeafFacts pair) {
  return {.owner = rules::SecretOwner::kThisRequest,
          .owner_text = "it is this request's",
          .leaf = std::move(pair),
          .key_matches = true,
          .uid = "uid-secret",
          .resource_version = "5",
          .order_id = kOrderId,
          .certificate_id = kOrderId * 10 + 1,
          .account = kAccount};
}

// A Secret that Duplicert does not know.
inline rules::InstalledFacts foreign_secret() {
  rules::InstalledFacts secret = secret_with(leaf());
  secret.owner = rules::SecretOwner::kForeign;
  secret.owner_text = "it is managed by Helm";
  secret.order_id = 0;
  secret.certificate_id = 0;
  return secret;
}

// A Secret with that leaf and its key that nobody's mark is on.
inline rules::InstalledFacts unclaimed_secret(rules::LeafFacts pair) {
  rules::InstalledFacts secret = secret_with(std::move(pair));
  secret.owner = rules::SecretOwner::kUnclaimed;
  secret.owner_text = "it has no label of Duplicert";
  secret.order_id = 0;
  secret.certificate_id = 0;
  secret.account.clear();
  secret.marks_fit = false;
  return secret;
}

// The Secret, and a status that tells of its order.
inline void hold(rules::Observed& seen, rules::InstalledFacts secret) {
  auto& told = seen.request.status.order;
  const bool is_new = secret.order_id != 0 && (!told || told->id != secret.order_id);
  if (is_new) told = api::OrderInUse{.id = secret.order_id};
  seen.installed = std::move(secret);
}

// A pending key for order(), never sent.
inline rules::PendingFacts pending() {
  return {.usable = true,
          .public_key_sha256 = kPendingKey,
          .csr = "-----BEGIN CERTIFICATE REQUEST-----",
          .order_id = kOrderId,
          .account = kAccount,
          .names = {"shop.example.com", {"shop.example.com"}},
          .uid = "uid-pending",
          .resource_version = "3"};
}

// The same, sent that long ago, as the mark tells.
inline rules::PendingFacts submitted(std::chrono::milliseconds ago, int sends = 1) {
  rules::PendingFacts facts = pending();
  facts.submitted_at = kNow - ago;
  facts.sends = sends;
  return facts;
}

// The renewal of order(), issued and paid for a year more.
inline rules::OrderFacts renewed_order(std::int64_t id = 67890) {
  rules::OrderFacts facts = order(id);
  facts.date_created = kNow - std::chrono::days{1};
  facts.order_valid_till = kNow + std::chrono::days{665};
  facts.certificate_valid_till = kNow + std::chrono::days{390};
  facts.renewal_of_order_id = kOrderId;
  return facts;
}

// order() shortly before its end: paid, like its certificate, for so long.
inline rules::OrderFacts ending_order(std::chrono::milliseconds left) {
  rules::OrderFacts facts = order();
  facts.order_valid_till = kNow + left;
  facts.certificate_valid_till = kNow + left;
  return facts;
}

// The group that order() is renewed in.
inline rules::OrderGroup group() {
  return rules::group_of(order(), kAccount);
}

// The entry of the ledger that renews order() with the key of pending(), never sent.
inline rules::LedgerEntry entry(api::OrderState state = api::OrderState::kOpen,
                                int generation = 1) {
  rules::LedgerEntry made{.name = "order-0123456789abcdef0123-" + std::to_string(generation),
                          .generation = generation,
                          .group = group(),
                          .renewal_of = kOrderId,
                          .public_key_sha256 = kPendingKey,
                          .profile = "web/corp",
                          .inputs = "profile-1",
                          .state = state};
  if (api::is_closed(state)) made.closed_at = kNow - std::chrono::hours{1};
  if (state == api::OrderState::kIssued) made.order_id = 67890;
  return made;
}

// The pending key of that entry.
inline rules::PendingFacts entry_key(int generation = 1) {
  rules::PendingFacts facts = pending();
  facts.order_id = 0;
  facts.names = group().names;
  facts.entry = entry(api::OrderState::kOpen, generation).name;
  return facts;
}

// What the CA returns for the pending key.
inline rules::IssuedFacts issued(rules::LeafFacts pair = leaf()) {
  pair.public_key_sha256 = kPendingKey;
  return {.certificate_id = kOrderId * 10 + 2, .leaf = std::move(pair)};
}

inline rules::ListedDuplicate listed_duplicate(bool is_issued) {
  return {.certificate_id = kOrderId * 10 + 2,
          .status = is_issued ? "issued" : "pending",
          .issued = is_issued,
          .valid_till = kNow + std::chrono::days{300}};
}

inline base::Error ca_error(base::Code code, std::string reason = "") {
  return {.code = code, .message = "list orders: it did not work out", .reason = std::move(reason)};
}

// What a refusal remembers: the order is order().
inline std::string inputs_of_a_refusal(rules::Observed seen) {
  seen.ca.orders = {order()};
  return rules::refusal_inputs(seen);
}

// A request for shop.example.com in namespace web, allowed and with a usable profile; no Secret,
// nothing pending, nothing asked of the CA.
class ObservedBuilder {
 public:
  ObservedBuilder() {
    auto& request = seen_.request;
    request.meta = {.namespace_ = "web",
                    .name = "shop",
                    .uid = "uid-request",
                    .resource_version = "7",
                    .generation = 1,
                    .creation_time = kNow - std::chrono::hours{24}};
    request.spec.profile_ref.name = "corp";
    request.spec.common_name = "shop.example.com";
    request.spec.secret_name = "shop-tls";
    seen_.profile = rules::ProfileFacts{.namespace_allowed = true,
                                        .account = kAccount,
                                        .product = "ssl_basic",
                                        .organization_id = 7,
                                        .name = "web/corp",
                                        .fingerprint = "profile-1"};
    seen_.now = kNow;
  }

  // Changes anything that has no word of its own here.
  template <class Change>
  ObservedBuilder& with(const Change& change) {
    change(seen_);
    return *this;
  }

  ObservedBuilder& asking_for(std::optional<std::string> common_name,
                              std::vector<std::string> dns_names = {}) {
    seen_.request.spec.common_name = std::move(common_name);
    seen_.request.spec.dns_names = std::move(dns_names);
    return *this;
  }
  ObservedBuilder& asking_for_order(std::int64_t id) {
    seen_.request.spec.order_id = id;
    return *this;
  }
  ObservedBuilder& acting(api::Action action) {
    seen_.request.spec.action = action;
    return *this;
  }
  // The CA was asked whose the installed certificate is; 0: nobody's that it knows.
  ObservedBuilder& owned_by_order(std::int64_t id) {
    seen_.ca.ownership = rules::OwnershipFacts{id, id * 10 + 1};
    seen_.installed->order_id = id;
    return *this;
  }
  ObservedBuilder& with_backup(rules::Backup backup) {
    seen_.backup = backup;
    return *this;
  }
  ObservedBuilder& suspended() {
    seen_.request.spec.suspend = true;
    return *this;
  }
  ObservedBuilder& deleted() {
    seen_.request.meta.deletion_time = kNow;
    return *this;
  }
  ObservedBuilder& renew_requested(const std::string& value) {
    seen_.request.meta.annotations[std::string(api::kRenewRequestedAtAnnotation)] = value;
    return *this;
  }
  ObservedBuilder& without_automatic_renewal() {
    seen_.renewal.automatic = false;
    return *this;
  }
  ObservedBuilder& without_profile() {
    seen_.profile.reset();
    return *this;
  }
  ObservedBuilder& with_product(const std::string& product) {
    seen_.profile->product = product;
    return *this;
  }
  ObservedBuilder& allowing_only(std::vector<std::string> patterns) {
    seen_.profile->allowed_names = std::move(patterns);
    return *this;
  }
  ObservedBuilder& approval_step_enabled() {
    seen_.profile->approval_step_in_the_way = true;
    return *this;
  }
  ObservedBuilder& pending_name_taken(const std::string& by) {
    seen_.pending_name_taken_by = by;
    return *this;
  }
  ObservedBuilder& with_secret(rules::InstalledFacts secret) {
    hold(seen_, std::move(secret));
    return *this;
  }
  ObservedBuilder& with_status_of_order(std::optional<api::OrderInUse> told) {
    seen_.request.status.order = std::move(told);
    return *this;
  }
  ObservedBuilder& with_secret(rules::LeafFacts pair) {
    return with_secret(secret_with(std::move(pair)));
  }
  ObservedBuilder& with_pending(rules::PendingFacts facts) {
    seen_.pending = std::move(facts);
    return *this;
  }
  // The CA refused the pending key that long ago.
  ObservedBuilder& refused(std::chrono::milliseconds ago, int count = 1) {
    seen_.pending->refusal = rules::Refusal{.message = "invalid_csr: the CSR is not accepted",
                                            .at = kNow - ago,
                                            .count = count,
                                            .inputs = inputs_of_a_refusal(seen_)};
    seen_.pending->refusals = count;
    return *this;
  }
  // The CA told that an approver said no.
  ObservedBuilder& approver_said_no(const std::string& comment) {
    seen_.ca.approval = rules::ApprovalFacts{.rejected = true, .comment = comment};
    return *this;
  }
  // That was noted in the pending Secret an hour ago.
  ObservedBuilder& rejected() {
    seen_.pending->refusal = rules::Refusal{.reason = api::Reason::kApprovalRejected,
                                            .message = "an approver rejected it",
                                            .at = seen_.now - std::chrono::hours{1},
                                            .inputs = rules::rejection_inputs(seen_)};
    return *this;
  }
  // The CA was asked for orders, and told this one among others.
  ObservedBuilder& with_order(rules::OrderFacts facts) {
    if (!seen_.ca.orders) seen_.ca.orders.emplace();
    seen_.ca.orders->push_back(std::move(facts));
    return *this;
  }
  ObservedBuilder& with_entry(rules::LedgerEntry made) {
    seen_.ledger.push_back(std::move(made));
    return *this;
  }
  ObservedBuilder& placing_orders() {
    seen_.profile->places_orders = true;
    return *this;
  }
  ObservedBuilder& waiting_for_renewals() {
    seen_.renewal.on_no_renewed_order = api::OnNoRenewedOrder::kWait;
    return *this;
  }
  ObservedBuilder& without_orders() {
    seen_.ca.orders.emplace();
    return *this;
  }
  ObservedBuilder& ca_lists(std::vector<rules::ListedDuplicate> entries) {
    seen_.ca.listed = std::move(entries);
    return *this;
  }
  // Three looks of this process have not shown our key, the last one now.
  ObservedBuilder& ca_never_lists() {
    seen_.ca.listed.emplace();
    seen_.ca.fruitless_looks = 3;
    seen_.ca.last_look = seen_.now;
    return *this;
  }
  ObservedBuilder& ca_returned(rules::IssuedFacts facts) {
    seen_.ca.issued = std::move(facts);
    return *this;
  }
  ObservedBuilder& post_was(rules::CaView::Post post) {
    seen_.ca.post = post;
    return *this;
  }
  ObservedBuilder& ca_failed(base::Error error, int failures = 1) {
    seen_.ca_error = std::move(error);
    seen_.failures = failures;
    return *this;
  }
  ObservedBuilder& at(base::TimePoint now) {
    seen_.now = now;
    return *this;
  }

  rules::Observed build() const { return seen_; }
  operator const rules::Observed&() const { return seen_; }  // NOLINT(google-explicit-constructor)

 private:
  rules::Observed seen_{};
};

inline ObservedBuilder observed() {
  return {};
}

}  // namespace support
