// The command `plan`, for the binary and for the kubectl plugin. Entry point: run_plan.
#pragma once

#include <iosfwd>
#include <stop_token>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "cli/options.h"
#include "plan/plan.h"

namespace plan {

// The API key in the file, else in $DUPLICERT_API_KEY, else none (empty). kInvalid: the file cannot
// be read, or is empty. It is never given on a command line.
base::Result<base::SecretString> given_api_key(const std::string& file);

// Reads the manifests and makes the plan. Blocks. kInvalid: a file that cannot be read.
base::Result<Plan> run_plan(const cli::PlanOptions& options, std::istream& input,
                            std::stop_token stop);

// Whether standard output takes colours: a terminal, no NO_COLOR (no-color.org), TERM not dumb.
bool wants_color();

// Runs it, prints it, and returns the exit code of plan.h.
int execute_plan(const cli::PlanOptions& options, const std::string& program);

}  // namespace plan
