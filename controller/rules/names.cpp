#include "rules/names.h"

#include <algorithm>

namespace rules {
namespace {

bool is_prefixed(std::string_view name, std::string_view prefix, std::string_view rest) {
  return name.size() == prefix.size() + rest.size() && name.starts_with(prefix) &&
         name.ends_with(rest);
}

bool is_free_beside_any(std::string_view name, const NameSet& names) {
  return std::ranges::any_of(names, [&](const auto& other) { return is_free_beside(name, other); });
}

bool pattern_allows(std::string_view pattern, std::string_view name) {
  if (pattern == name) return true;
  return pattern.starts_with("*.") && name.size() > pattern.size() - 1 &&
         name.ends_with(pattern.substr(1));
}

}  // namespace

bool is_free_beside(std::string_view name, std::string_view other) {
  return is_prefixed(name, "www.", other) || is_prefixed(other, "www.", name) ||
         is_prefixed(other, "*.", name);
}

bool are_twins(std::string_view name, std::string_view other) {
  return is_free_beside(name, other) || is_free_beside(other, name);
}

std::vector<std::string> without_twins(const std::string& common_name,
                                       const std::vector<std::string>& names) {
  const NameSet all(names.begin(), names.end());
  std::vector<std::string> kept{common_name};
  for (const std::string& name : names) {
    if (name == common_name || is_free_beside(name, common_name)) continue;
    // Of a pair, the "www." or wildcard-less half that the CA added goes, the other stays.
    const bool added =
        (name.starts_with("www.") && all.contains(std::string_view(name).substr(4))) ||
        all.contains("*." + name);
    if (!added && std::ranges::find(kept, name) == kept.end()) kept.push_back(name);
  }
  return kept;
}

NameSet all_of(const NamesWanted& wanted) {
  NameSet names(wanted.dns_names.begin(), wanted.dns_names.end());
  if (wanted.common_name) names.insert(*wanted.common_name);
  return names;
}

bool is_below_wildcard(std::string_view name, std::string_view wildcard) {
  if (!wildcard.starts_with("*.") || name.find('*') != std::string_view::npos) return false;
  return name == wildcard.substr(2) ||
         (name.size() > wildcard.size() - 1 && name.ends_with(wildcard.substr(1)));
}

bool leaf_satisfies(const NamesWanted& wanted, const NameSet& leaf_names,
                    std::string_view leaf_common_name, const NameSet& order_names) {
  if (wanted.common_name && *wanted.common_name != leaf_common_name) return false;
  const NameSet asked = all_of(wanted);
  if (!std::ranges::includes(leaf_names, asked)) return false;
  if (!wanted.common_name && wanted.dns_names.empty()) return true;
  NameSet known = order_names;
  known.insert(asked.begin(), asked.end());
  known.emplace(leaf_common_name);
  return std::ranges::all_of(leaf_names, [&](const std::string& name) {
    return known.contains(name) || is_free_beside_any(name, known);
  });
}

std::optional<std::string> first_not_allowed(const std::vector<std::string>& names,
                                             const std::vector<std::string>& patterns) {
  for (const std::string& name : names) {
    const bool allowed = std::ranges::any_of(
        patterns, [&](const std::string& pattern) { return pattern_allows(pattern, name); });
    if (!allowed) return name;
  }
  return std::nullopt;
}

}  // namespace rules
