#include "runtime/identity.h"

#include <algorithm>

namespace runtime {
namespace {

bool is_version_number(std::string_view text) {
  return !text.empty() && text.front() != '0' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<std::strong_ordering> compare_resource_versions(std::string_view a,
                                                              std::string_view b) {
  if (a == b) return std::strong_ordering::equal;
  if (!is_version_number(a) || !is_version_number(b)) return std::nullopt;
  // Up to 128 bits: compared as text, because no integer type holds them.
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a.compare(b) <=> 0;
}

}  // namespace runtime
