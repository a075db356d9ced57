// The CRDs, compiled into the binary: crds/*.yaml word for word.
#pragma once

#include <array>
#include <string_view>

namespace plan {

struct Crd {
  std::string_view kind{};
  std::string_view yaml{};
};
extern const std::array<Crd, 3> kCrds;

}  // namespace plan
