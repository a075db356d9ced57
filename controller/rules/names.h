// Names of certificates: what is free, what is extra, what a leaf must carry. Pure.
// Names are lower-case A-labels without a trailing dot, as the schema of our kinds ensures.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace rules {

using NameSet = std::set<std::string, std::less<>>;

// What a request asks for. An omitted part matches anything and is taken from the order.
struct NamesWanted {
  std::optional<std::string> common_name{};
  std::vector<std::string> dns_names{};  // empty: omitted

  bool operator==(const NamesWanted&) const = default;
};

// What is sent to the CA. `dns_names` holds the common name as well.
struct FinalNames {
  std::string common_name{};
  std::vector<std::string> dns_names{};

  bool operator==(const FinalNames&) const = default;
};

// True if the CA adds `name` free of charge beside `other`: each of a name and its "www." name
// beside the other one, and "example.com" beside "*.example.com", never the wildcard itself.
// CertCentral: dev.digicert.com, services-api/orders/duplicate-certificate (names of an order).
bool is_free_beside(std::string_view name, std::string_view other);

// True if one of the two is free beside the other one.
bool are_twins(std::string_view name, std::string_view other);

// `names` without those that are free beside another one; `common_name` always stays and comes
// first, the others keep their order. Of "example.com" and "www.example.com" the first stays.
std::vector<std::string> without_twins(const std::string& common_name,
                                       const std::vector<std::string>& names);

// The given names as a set, the common name included.
NameSet all_of(const NamesWanted& wanted);

// True if `name` lies below the base domain of `wildcard` ("*.example.com"): at least one more
// label, no wildcard itself, or the base domain itself, which is free.
bool is_below_wildcard(std::string_view name, std::string_view wildcard);

// True if the leaf has every name asked for, and each further name of it is a name of the order, or
// free beside one. `order_names` empty: the order is not known beyond the names asked for and the
// leaf's common name. The one test for what may be installed and what counts as Ready.
bool leaf_satisfies(const NamesWanted& wanted, const NameSet& leaf_names,
                    std::string_view leaf_common_name, const NameSet& order_names);

// Returns the first of `names` that no pattern allows, or nullopt if all are allowed. A pattern is
// an exact name, or "*.suffix" for every depth below the suffix and that wildcard itself.
std::optional<std::string> first_not_allowed(const std::vector<std::string>& names,
                                             const std::vector<std::string>& patterns);

}  // namespace rules
