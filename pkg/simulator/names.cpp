#include "simulator/names.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/text.h"

namespace simulator {
namespace {

bool has(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

Refusal wrong_name(std::string_view name) {
  return {400, "invalid_dns_name_on_duplicate",
          fmt::format("The DNS names of a duplicate must match the original order: {}", name)};
}

// Whether the order covers `name` without adding anything to it.
bool is_of_order(const Product& product, const Order& order, std::string_view name) {
  if (has(order.dns_names, name)) return true;
  return product.free_names == FreeNames::kTolerated && has(order.free_names, name);
}

bool may_be_common_name(const Product& product, const Order& order, std::string_view name) {
  switch (product.names) {
    case NameRule::kEqual:
    case NameRule::kBelowWildcard:
      return name == order.common_name;
    case NameRule::kSameNames:
      return has(order.dns_names, name);
    case NameRule::kSubset:
      break;
  }
  return is_of_order(product, order, name);
}

bool may_be_asked(const Product& product, const Order& order, std::string_view name) {
  if (is_of_order(product, order, name)) return true;
  return product.names == NameRule::kBelowWildcard && is_below_wildcard(name, order.common_name);
}

bool may_leave_out(const Product& product) {
  return product.names == NameRule::kSubset || product.names == NameRule::kBelowWildcard;
}

bool is_covered(std::string_view name, std::string_view domain) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name == domain) return true;
  return name.size() > domain.size() && name.ends_with(domain) &&
         name[name.size() - domain.size() - 1] == '.';
}

}  // namespace

std::string normalise_name(std::string_view name) {
  std::string result = base::lower_case(name);
  if (result.ends_with('.')) result.pop_back();
  return result;
}

bool is_dns_name(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name.empty() || name.size() > 253 || name.front() == '.' || name.contains("..")) return false;
  return std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.';
  });
}

bool is_below_wildcard(std::string_view name, std::string_view wildcard) {
  if (!wildcard.starts_with("*.") || name.contains('*')) return false;
  const std::string_view dot_base = wildcard.substr(1);
  return name.size() > dot_base.size() && name.ends_with(dot_base);
}

std::string twin_of(std::string_view name) {
  if (name.starts_with("*.")) return std::string(name.substr(2));
  if (name.starts_with("www.")) return std::string(name.substr(4));
  return fmt::format("www.{}", name);
}

Names join_names(std::string_view common_name, const Names& others) {
  Names names{normalise_name(common_name)};
  for (const std::string& other : others) {
    std::string name = normalise_name(other);
    if (!has(names, name)) names.push_back(std::move(name));
  }
  return names;
}

Names free_names_of(const Product& product, const Names& names) {
  if (product.free_names == FreeNames::kNone || names.empty()) return {};
  std::string twin = twin_of(names.front());
  if (has(names, twin)) return {};
  return {std::move(twin)};
}

std::expected<Names, Refusal> duplicate_names(const Product& product, const Order& order,
                                              const Names& asked) {
  if (asked.empty()) return std::unexpected(wrong_name(""));
  if (!may_be_common_name(product, order, asked.front())) {
    return std::unexpected(wrong_name(asked.front()));
  }
  for (const std::string& name : asked) {
    if (!may_be_asked(product, order, name)) return std::unexpected(wrong_name(name));
  }
  for (const std::string& name : order.dns_names) {
    if (!may_leave_out(product) && !has(asked, name)) return std::unexpected(wrong_name(name));
  }
  Names names = asked;
  for (const std::string& free : order.free_names) {
    const bool twin_is_there = has(asked, twin_of(free)) || has(asked, "*." + free);
    if (twin_is_there && !has(names, free)) names.push_back(free);
  }
  return names;
}

std::string unvalidated_name(const Names& names, const std::vector<Domain>& domains,
                             base::TimePoint now) {
  if (domains.empty()) return {};
  for (const std::string& name : names) {
    const bool covered = std::ranges::any_of(domains, [&](const Domain& domain) {
      return domain.dcv_expires > now && is_covered(name, domain.name);
    });
    if (!covered) return name;
  }
  return {};
}

}  // namespace simulator
