// decide: what a pass does next, from everything that was observed. Pure: same input, same output,
// and every input has an output. The list of rules in decide.cpp is the documentation: the first
// that fires wins. docs/decision-table.md is generated from it.
#pragma once

#include <span>

#include "rules/action.h"
#include "rules/observed.h"

namespace rules {

Decision decide(const Observed& seen);

// True for a question to the CA: nothing is done, and the answer leads to another decision.
bool is_question(const Action& action);

// The names of the rules in their order, for the decision table and for metrics.
std::vector<std::string_view> rule_names();

}  // namespace rules
