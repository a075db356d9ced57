// Adoption: how Renew and SwitchToDigiCert take over a Secret that this request did not write, and
// the names that they leave out. Pure. Rules: docs/rules.md, "Renew and SwitchToDigiCert".
#pragma once

#include <optional>
#include <string>

#include "rules/observed.h"

namespace rules {

// Whether the action may take over a Secret that nobody has claimed.
bool adopts(const Observed& seen);

// This request has not replaced what the Secret holds yet: Renew and SwitchToDigiCert act once.
bool is_first_pass(const Observed& seen);

// The Secret holds what this request installed, as its status tells, but has lost its label.
bool has_lost_its_label(const Observed& seen);

// Nobody's mark is on the Secret, and it holds something else than what this request installed.
bool is_taken_over(const Observed& seen);

// What is to be replaced at the first pass is still valid: it serves until then, and nothing is
// bought in its place.
bool serves_meanwhile(const Observed& seen);

// The names asked for. What Renew and SwitchToDigiCert leave out comes from the certificate in the
// Secret or, if there is none, from what is left of it: the pending Secret, the copy of the old
// pair, the status.
NamesWanted names_wanted(const Observed& seen);

}  // namespace rules
