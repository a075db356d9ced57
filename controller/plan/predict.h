// predict: what the facts of a request are once an effect has been carried out, so that decide()
// can go on without it. Pure: a model of effects; what follows from them is decide's alone.
#pragma once

#include "plan/plan.h"
#include "rules/action.h"
#include "rules/observed.h"

namespace plan {

// If `action` only prepares what follows (a key is dropped, a pair is copied, marks are written),
// changes `facts` accordingly and returns true. False: the plan ends here.
bool predict(const rules::Action& action, rules::Observed& facts);

// How a decision that ends a plan is called. `facts`: those that it was made from.
Outcome outcome_of(const rules::Decision& made, const rules::Observed& facts);

}  // namespace plan
