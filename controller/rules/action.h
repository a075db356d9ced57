// Action and Decision: what a pass does next. Pure values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "api/reason.h"
#include "base/clock.h"
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
// The orders that share a name with `names`, and beside them `order_id` with its renewals.
struct AskOrders {
  NamesWanted names{};
  std::optional<std::int64_t> order_id{};
};
struct AskDuplicates {
  std::int64_t order_id = 0;
};
struct AskCertificate {
  std::int64_t certificate_id = 0;
};
// Whether the certificate in the target Secret is of this account. Names only find candidates.
struct AskOwnership {};

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

using Action =
    std::variant<Nothing, Wait, AskOrders, AskDuplicates, AskCertificate, AskOwnership,
                 SubmitDuplicate, InstallCertificate, DropPending, BackUpForeignSecret, ApplyMarks>;

// The stable name of the kind of action, for logs and duplicert_decisions_total.
std::string_view name_of(const Action& action);

struct Decision {
  Action action{};
  api::Reason reason = api::Reason::kPending;
  std::string message{};                // what, why, what next, when: for a person
  std::string_view rule{};              // the rule that fired
  std::vector<Candidate> candidates{};  // while looking for an order: at most ten, latest first
  std::string trouble{};                // why the API server did not carry it out, for the status
};

}  // namespace rules
