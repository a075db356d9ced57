// The commands of the binary. Entry point: execute.
#pragma once

#include "cli/options.h"

namespace app {

// Runs what `main` was asked for and returns its exit code: 0; 1 for a failure, told in one
// sentence on standard error; 2 for a wrong command line (plan has codes of its own: plan/plan.h).
// Blocks until SIGTERM or SIGINT where the command runs until told to stop; a second signal ends at
// once.
int execute(int argc, const char* const* argv);

}  // namespace app
