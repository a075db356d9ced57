// explain: what decide() looked at, and what would change its decision, for a person. Pure: it
// states the facts, and asks decide() again with one of them changed; it knows no rule of its own.
#pragma once

#include <string>
#include <vector>

#include "rules/action.h"
#include "rules/observed.h"

namespace rules {

struct FactLine {
  std::string name{};
  std::string text{};

  bool operator==(const FactLine&) const = default;
};

// Facts that are absent are told as such.
std::vector<FactLine> describe(const Observed& seen);

// What would be decided if one thing were different.
struct WhatIf {
  std::string change{};  // "at 2027-04-01T11:04:12Z"
  Decision decision{};   // of decide() then; a question to the CA if the CA would be asked
};

// Only changes that lead to another rule: time passes, a new certificate is asked for, spec.suspend
// and renewal.auto are the other way round. `made` is decide(seen).
std::vector<WhatIf> what_would_change(const Observed& seen, const Decision& made);

// "the CA is asked for its orders", "a duplicate of order 12345 is requested", "nothing before
// ...".
std::string describe(const Action& action);

}  // namespace rules
