// Whether a test that lacks a tool (a control plane, Java) fails instead of skipping itself.
#pragma once

#include <cstdlib>
#include <string_view>

namespace support {

// REQUIRE_ENVTEST=1 (hack/test.sh sets it): coverage cannot vanish silently.
inline bool coverage_is_required() {
  const char* value = std::getenv("REQUIRE_ENVTEST");
  return value != nullptr && (std::string_view(value) == "1" || std::string_view(value) == "true");
}

}  // namespace support
