// Observed: every fact that a decision may use, as plain values. Pure.
// Complete by construction: a fact that is absent is an empty optional, never a missing branch.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/defaults.h"
#include "api/duplicate_certificate_request.h"
#include "api/reason.h"
#include "base/clock.h"
#include "base/result.h"
#include "rules/ledger.h"
#include "rules/match_orders.h"
#include "rules/names.h"

namespace rules {

// What the request may use of its profile, after consent and preflight.
struct ProfileFacts {
  bool namespace_allowed = false;
  // Set when the profile cannot be used now; `problem` says what an administrator changes.
  std::optional<api::Reason> unusable{};
  std::string problem{};
  // The validation of its organization has lapsed, as the CA told; "" if not.
  std::string validation_problem{};
  std::string account{};  // "<host>/<account id>", the duplicert.io/account annotation
  std::string product{};
  std::int64_t organization_id = 0;
  bool product_allows_duplicates = true;
  // The account is known to have its approval step, and the profile's approval is RequireSkipped.
  bool approval_step_in_the_way = false;
  // What requests of this API key have shown about the approval step; nullopt: nothing yet.
  std::optional<bool> approval_skipped{};
  // Patterns that bound the names in this namespace; nullopt: no constraint applies.
  std::optional<std::vector<std::string>> allowed_names{};
  std::string name{};          // "<namespace>/<name>"
  std::string fingerprint{};   // changes with the spec and the credentials of the profile
  bool places_orders = false;  // onNoMatchingOrder: PlaceOrder
  int orders_per_day = 10;     // limits.ordersPerDay
  int orders_today = 0;        // entries of the ledger that it may have sent within 24 h
};

// An X.509 leaf as the rules see it.
struct LeafFacts {
  std::string common_name{};
  NameSet dns_names{};
  base::TimePoint not_before{};
  base::TimePoint not_after{};
  std::string public_key_sha256{};
  std::string serial_number{};              // lower-case hexadecimal
  std::string sha256_fingerprint{};         // lower-case hexadecimal
  std::string sha1_thumbprint{};            // upper-case hexadecimal, as the CA prints it
  std::optional<api::KeyParameters> key{};  // nullopt: a kind of key that we do not make
};

enum class SecretOwner {
  kThisRequest,
  kNobody,        // a request's label that names one which no longer wants this Secret
  kOtherRequest,  // the label names another living request for this Secret
  kUnclaimed,     // nobody's mark is on it: Renew and SwitchToDigiCert may adopt it
  kForeign,       // somebody else's, or it cannot be written
};

// The Secret called spec.secretName, parsed.
struct InstalledFacts {
  SecretOwner owner = SecretOwner::kForeign;
  std::string owner_text{};         // for SecretConflict: who seems to own it
  std::optional<LeafFacts> leaf{};  // nullopt: no certificate that parses
  bool key_matches = false;         // tls.key is the key of the leaf
  std::string problem{};            // why there is no usable pair
  std::string uid{};
  std::string resource_version{};
  std::int64_t order_id = 0;  // annotations of the last installation; 0: unknown
  std::int64_t certificate_id = 0;
  std::string account{};
  std::string profile{};             // "<namespace>/<name>" at the last installation
  std::string renew_requested_at{};  // the last value acted on
  std::string backup_name{};         // of an adopted Secret: where its pair from before is kept
  // Labels, annotations and owner are what the request asks for now.
  bool marks_fit = true;
  // Of which order, with which primary certificate, a duplicate was tried without gain; 0: none.
  std::int64_t no_gain_order = 0;
  std::int64_t no_gain_certificate = 0;
  bool has_keystore = false;      // keystore.p12 is there
  bool has_own_keystore = false;  // and we wrote it
};

// Whose certificate the target Secret holds, as the CA's lists tell.
struct OwnershipFacts {
  std::int64_t order_id = 0;  // 0: no order of the account has it
  std::int64_t certificate_id = 0;
};

// The copy of a pair that is to be replaced: Secret <secretName>-before-<fingerprint>.
enum class Backup {
  kNone,
  kDone,       // it has the content that the target has now
  kNameTaken,  // another Secret has its name
};

// What the CA's lists have shown this process of the installed certificate.
struct RevocationFacts {
  bool revoked = false;  // in two looks that are far enough apart (revocation_looks.h)
  base::TimePoint next_look{};
};

// The keystore that the spec asks for.
struct KeystoreFacts {
  std::optional<api::Reason> unusable{};  // why none can be made: its password, or the pair
  std::string problem{};                  // which field, what is wrong, and the fix
  bool is_current = false;  // the installed one opens with the password and holds the pair
};

// The CA said no to the pending CSR.
struct Refusal {
  api::Reason reason = api::Reason::kCaRejected;
  std::string message{};  // the CA's "code: message"
  base::TimePoint at{};
  int count = 1;         // refusals of this key, this one included
  std::string inputs{};  // inputs_fingerprint() at that time: a change tries again at once
};

// The Secret <request>-pending: intent, made durable before the effect.
struct PendingFacts {
  bool usable = false;  // its owner is this request and its key fits its CSR
  std::string public_key_sha256{};
  std::string csr{};
  std::int64_t order_id = 0;  // to duplicate; of an entry's key: what link_pending() found
  std::string account{};
  FinalNames names{};
  std::string entry{};  // the entry of the ledger that the key was made for; empty: a duplicate
  api::KeyParameters key{};
  std::optional<std::int64_t> asked_order_id{};   // spec.orderID when the key was made
  std::optional<base::TimePoint> submitted_at{};  // nullopt: never sent
  int sends = 0;                                  // since the last refusal
  int refusals = 0;                               // of this key, ever
  std::int64_t request_id = 0;                    // of the CA; 0: not known
  std::optional<Refusal> refusal{};
  std::string uid{};
  std::string resource_version{};
};

// One entry of the order's list of duplicates that carries our key.
struct ListedDuplicate {
  std::int64_t certificate_id = 0;
  std::string status{};
  bool issued = false;  // it has a serial number or thumbprint
  base::TimePoint valid_till{};
};

// What came back for our key, from the answer of the POST or a download.
struct IssuedFacts {
  std::int64_t certificate_id = 0;  // 0: not told
  std::optional<LeafFacts> leaf{};  // nullopt: no certificate for our key, or a broken chain
  std::string problem{};            // what is wrong with it
};

// What an approver has said so far.
struct ApprovalFacts {
  bool rejected = false;
  std::string comment{};  // the approver's words
};

// What the CA told in this pass. Each part is nullopt until it was asked for and answered.
struct CaView {
  std::optional<std::vector<OrderFacts>> orders{};       // those that share a name, or the chain
  std::optional<std::vector<ListedDuplicate>> listed{};  // of the pending order, with our key
  std::optional<IssuedFacts> issued{};
  std::optional<OwnershipFacts> ownership{};  // of the certificate in the target Secret
  std::optional<ApprovalFacts> approval{};    // of the pending request_id
  // Looks at the list by this process since the last POST that did not show our key, and when the
  // last of them began.
  int fruitless_looks = 0;
  base::TimePoint last_look{};
  // How the last POST of the pending CSR ended, as far as this process knows.
  enum class Post { kUnknown, kAccepted, kNotSent } post = Post::kUnknown;
  bool rate_limited = false;     // kNotSent because of the CA's rate limit
  bool awaits_approval = false;  // accepted, and an approver must act
};

struct Observed {
  api::DuplicateCertificateRequest request{};
  std::vector<std::string> spec_problems{};   // what the schema could not check
  std::optional<ProfileFacts> profile{};      // nullopt: no such profile
  std::optional<std::string> older_claim{};   // an older request for the same Secret
  std::optional<InstalledFacts> installed{};  // nullopt: no such Secret
  Backup backup = Backup::kNone;              // of what the target Secret holds
  std::optional<NamesWanted> backup_names{};  // of the last pair that was kept, once it is gone
  std::optional<KeystoreFacts> keystore{};    // nullopt: none asked for
  // nullopt: the pair is not this request's, or nobody knows of which order it is.
  std::optional<RevocationFacts> revocation{};
  std::optional<PendingFacts> pending{};
  std::string pending_name_taken_by{};  // somebody else's Secret has the pending Secret's name
  std::vector<LedgerEntry> ledger{};    // entries of the account that share a name, or use our key
  CaView ca{};
  std::optional<base::Error> ca_error{};    // the question to the CA that failed in this pass
  int failures = 0;                         // transient ones in a row, this process's memory
  double jitter = 0;                        // in [0, 1), for back-off
  api::KeyParameters key{};                 // what a new key is made for
  api::EffectiveRenewal renewal{};          // the request's and the profile's policy together
  std::vector<api::Window> windows{};       // the request's, else the profile's; none: any time
  std::chrono::seconds settle_window{180};  // --duplicate-settle-window
  base::TimePoint now{};
};

// Links between orders that the CA does not tell, but the ledger knows: what was bought as the
// renewal of which order. Pure; call it when the orders are there.
void link_renewals(Observed& seen);

// The key of an entry that was issued belongs to that entry's order. Pure; call it when the facts
// are complete.
void link_pending(Observed& seen);

}  // namespace rules
