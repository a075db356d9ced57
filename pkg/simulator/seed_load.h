// Puts a seed into an empty state. Entry point: load_seed.
#pragma once

#include <string>

#include "base/result.h"
#include "simulator/issue.h"
#include "simulator/seed.h"

namespace simulator {

// Writes every row within the caller's transaction, issues the certificates as of their dates, and
// writes the keys that `api_key: generate` asks for to files in `dir` with mode 0600. Orders keep
// the order of the seed, so that a renewal finds what it renews.
// kInternal: a file cannot be written; kInvalid: a name that no certificate can carry.
base::Result<void> load_seed(const IssueWorld& world, const Seed& seed, const std::string& dir);

}  // namespace simulator
