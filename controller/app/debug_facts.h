// An observation and what was decided from it, as JSON for /debug/decision: what a person needs to
// understand a decision. Pure. Internal to DebugViews.
#pragma once

#include <string>

#include "rules/action.h"
#include "rules/observed.h"

namespace app {

// Neither has a private key or a password in it, so neither can this.
std::string describe_decision(const rules::Observed& seen, const rules::Decision& made);

}  // namespace app
