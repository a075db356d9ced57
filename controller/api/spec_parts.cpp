#include "api/spec_parts.h"

#include <algorithm>

namespace api {
namespace {

using Labels = std::map<std::string, std::string>;

bool holds(const LabelRequirement& requirement, const Labels& labels) {
  const auto found = labels.find(requirement.key);
  const bool present = found != labels.end();
  const bool listed =
      present && std::ranges::find(requirement.values, found->second) != requirement.values.end();
  switch (requirement.operator_) {
    case LabelOperator::kIn:
      return listed;
    case LabelOperator::kNotIn:
      return !listed;
    case LabelOperator::kExists:
      return present;
    case LabelOperator::kDoesNotExist:
      return !present;
  }
  return false;
}

}  // namespace

bool matches(const LabelSelector& selector, const Labels& labels) {
  const bool labels_match = std::ranges::all_of(selector.match_labels, [&](const auto& wanted) {
    const auto found = labels.find(wanted.first);
    return found != labels.end() && found->second == wanted.second;
  });
  return labels_match && std::ranges::all_of(selector.match_expressions,
                                             [&](const auto& one) { return holds(one, labels); });
}

}  // namespace api
