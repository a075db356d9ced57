// Routes: the table of the service's operations. Entry point: find_route. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/handlers.h"
#include "simulator/rules.h"

namespace simulator {

// Forbidden calls are recorded as violations.
enum class Conduct { kFine, kForbidden };

struct Route {
  std::string_view operation;
  std::string_view method;
  std::string_view pattern;  // "order/certificate/{}/duplicate"; {} is one part of the path
  Area area;
  CallHandler handler;
  Conduct conduct = Conduct::kFine;
};

struct Match {
  const Route* route = nullptr;
  std::vector<std::string> parameters{};
};

std::span<const Route> routes();
// `path` without the base URL and without slashes at its ends. The first fitting route counts.
std::optional<Match> find_route(std::string_view method, std::string_view path);

}  // namespace simulator
