// Condition: one observed fact in a status, and the few operations on a list of them.
// Pure. Source: Kubernetes API conventions, "Typical status properties"; metav1.Condition.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/enums.h"
#include "base/clock.h"

namespace api {

// The comments of the fields are their descriptions in crds/.
struct Condition {
  // What this condition is about, for example Ready. There is one condition of each type.
  std::string type{};
  // True, False or Unknown.
  ConditionStatus status = ConditionStatus::kUnknown;
  // One word for why the condition is as it is, for example Issued or NoMatchingOrder.
  std::string reason{};
  // A sentence for people: what was found, and what to change where. May be empty.
  std::string message{};
  // The metadata.generation that this condition was computed from.
  std::int64_t observed_generation = 0;
  // When the status last changed from one value to another; not when reason or message changed.
  base::TimePoint last_transition_time{};

  bool operator==(const Condition&) const = default;
};

using Conditions = std::vector<Condition>;

// The condition of that type, or nullptr. Points into `conditions`.
const Condition* find_condition(const Conditions& conditions, std::string_view type);

// True only if the condition exists and its status is True.
bool is_true(const Conditions& conditions, std::string_view type);

// Puts `next` in place of the condition of its type, or at the end. `next.last_transition_time` is
// the present: it is taken only if the status differs from the one before, else the old one stays.
void set_condition(Conditions& conditions, Condition next);

// Takes the condition of that type out, if it is there.
void remove_condition(Conditions& conditions, std::string_view type);

}  // namespace api
