// The commands of kubectl-duplicert. Entry point: execute.
#pragma once

namespace plugin {

// 0; 1 for an error, told in one sentence on standard error; 2: `status` of a request that is not
// Ready; `plan` has the codes of plan/plan.h.
int execute(int argc, const char* const* argv);

}  // namespace plugin
