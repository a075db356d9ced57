#include "api/conditions.h"

#include <algorithm>
#include <utility>

namespace api {

const Condition* find_condition(const Conditions& conditions, std::string_view type) {
  const auto found = std::ranges::find(conditions, type, &Condition::type);
  return found == conditions.end() ? nullptr : &*found;
}

bool is_true(const Conditions& conditions, std::string_view type) {
  const Condition* condition = find_condition(conditions, type);
  return condition != nullptr && condition->status == ConditionStatus::kTrue;
}

void set_condition(Conditions& conditions, Condition next) {
  const auto found = std::ranges::find(conditions, next.type, &Condition::type);
  if (found == conditions.end()) {
    conditions.push_back(std::move(next));
    return;
  }
  if (found->status == next.status) next.last_transition_time = found->last_transition_time;
  *found = std::move(next);
}

void remove_condition(Conditions& conditions, std::string_view type) {
  std::erase_if(conditions, [&](const Condition& condition) { return condition.type == type; });
}

}  // namespace api
