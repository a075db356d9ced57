// Action and Decision: what a pass does next. Pure values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "api/reason.h"
#include "base/clock.h"
#include "rules/ledger.h"
#include "rules/match_orders.h"

namespace rules {

// The request is settled; look again at `until` (its renewal time), or when something changes.
struct Nothing {
  std::optional<base::TimePoint> until{};
};
// Nothing can be done before `until`, unless something changes; nullopt: only a change helps.
struct Wait {
  std::optional<base::TimePoint> until{};
};

// Questions to the CA. The answer goes into CaView, and decide() is called again.
// The orders that share a name with `names`, and beside them `order_id` with its renewals, and
// `also`: those that the ledger knows, whether or not the CA lists them yet.
struct AskOrders {
  NamesWanted names{};
  std::optional<std::int64_t> order_id{};
  std::vector<std::int64_t> also{};
};
struct AskDuplicates {
  std::int64_t order_id = 0;
};
struct AskCertificate {
  std::int64_t certificate_id = 0;
};
// Whether the certificate in the target Secret is of this account. Names only find candidates.
struct AskOwnership {};
// Whether the CA lists the certificate in the target Secret as revoked. No answer is no failure:
// the pair is good until it is known to be revoked.
struct AskRevocation {};
// What an approver has said about the CA's request of that id.
struct AskApproval {
  std::int64_t request_id = 0;
};

// Effects: one per pass, then everything is observed afresh.
struct SubmitDuplicate {
  std::int64_t order_id = 0;
  FinalNames names{};
  int sends = 1;  // how often the CSR will have been sent then: the mark says so before the POST
};
struct InstallCertificate {
  std::int64_t order_id = 0;
  std::int64_t certificate_id = 0;
};
struct DropPending {};
// Copies the pair that is about to be replaced into a Secret of its own.
struct BackUpForeignSecret {};
// Writes labels, annotations and owner of the target Secret; key and chain stay.
struct ApplyMarks {};

// Makes the entry of the ledger that buys an order, with the key of the pending Secret, which is
// made first if there is none. Sending it is the order reconciler's work.
struct OpenLedger {
  OrderGroup group{};
  int generation = 1;
  api::OrderKind kind = api::OrderKind::kRenewal;
  std::int64_t renewal_of = 0;
};
// Notes in the target Secret that a duplicate of this order, with this primary certificate, ends no
// later than what is installed.
struct RememberNoGain {
  std::int64_t order_id = 0;
  std::int64_t certificate_id = 0;  // of the order's primary certificate
};

// Writes keystore.p12 anew for the installed pair, or takes it away if the spec wants none.
struct UpdateKeystore {};

// Makes a key and its CSR that are not sent: a person may submit the CSR by hand.
struct PrepareKey {
  std::int64_t order_id = 0;
  FinalNames names{};
};
// Notes in the pending Secret that an approver said no.
struct RecordRejection {
  std::string message{};
  std::string inputs{};  // rejection_inputs() now
};

using Action = std::variant<Nothing, Wait, AskOrders, AskDuplicates, AskCertificate, AskOwnership,
                            SubmitDuplicate, InstallCertificate, DropPending, BackUpForeignSecret,
                            ApplyMarks, OpenLedger, RememberNoGain, UpdateKeystore, AskApproval,
                            PrepareKey, RecordRejection, AskRevocation>;

// The stable name of the kind of action, for logs and duplicert_decisions_total.
std::string_view name_of(const Action& action);

struct Decision {
  Action action{};
  api::Reason reason = api::Reason::kPending;
  std::string message{};                // what, why, what next, when: for a person
  std::string_view rule{};              // the rule that fired
  std::vector<Candidate> candidates{};  // while looking for an order: at most ten, latest first
  std::string trouble{};                // why the API server did not carry it out, for the status
  // The entry of the ledger that the request waits for; empty: none.
  std::string entry{};
  bool sponsors = false;  // the request needs that entry's order, and its profile lets it buy
};

}  // namespace rules
