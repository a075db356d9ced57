// Standing: how a request stands before anything is asked of the CA: is its pair usable, and is
// there a need for a new one? Pure. Rules: docs/rules.md, "When a certificate is due".
#pragma once

#include <optional>
#include <string>

#include "rules/adoption.h"
#include "rules/observed.h"

namespace rules {

// Two needs that never mix: a Replace is free and never leads to a purchase.
enum class Need {
  kNone,
  kReplace,   // no usable pair, or the user asked for a new one
  kExpiring,  // a usable pair whose renewal time has come
};

struct Standing {
  bool usable = false;  // the Secret holds a valid pair for this spec: what Ready means
  // Why it is not usable: kIssued if it is.
  api::Reason reason = api::Reason::kIssued;
  std::string problem{};
  Need need = Need::kNone;
  std::string need_text{};  // why there is a need, for a person
  std::optional<base::TimePoint> renewal_time{};
  // When a quarter of `before` is left: a renewal that goes on by itself is over by then.
  std::optional<base::TimePoint> expires_soon_time{};
  // The leaf has names beyond those asked for, and only its order's names can tell whether they
  // belong there. Until then it counts as usable: an outage of the CA must not fail a good pair.
  bool needs_order_names = false;
  // Only the orders can tell whether the installed one is spec.orderID's renewal, or the profile's.
  bool needs_order_chain = false;
  // Nobody knows yet whether the certificate to be replaced is of this account.
  bool needs_ownership = false;
  // Why Ready is True: kIssued, or kAlreadyDigiCert for a certificate that was found and kept.
  api::Reason ready_reason = api::Reason::kIssued;
};

Standing standing_of(const Observed& seen);

// A usable pair without the keystore that the spec asks for. If there is one, and no password to
// open it with, it is taken for right.
bool lacks_keystore(const Observed& seen);

// Changes with everything that may turn a refusal of the CA into a yes: the spec, the profile, the
// credentials, and renew-requested-at.
std::string inputs_fingerprint(const Observed& seen);
// The same with what the CA shows of the pending order: what the CA refused may work there by now.
std::string refusal_inputs(const Observed& seen);
// The same for what an approver rejected: what is known of the approval step counts as well.
std::string rejection_inputs(const Observed& seen);

// The value of renew-requested-at that has not been acted on, or "".
std::string renew_requested(const Observed& seen);

// The names of order `id` as the CA told them in this pass, or nothing.
NameSet order_names(const Observed& seen, std::int64_t id);

}  // namespace rules
