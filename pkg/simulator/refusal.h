// Refusal: an answer of the service that says no, as it goes over the wire.
#pragma once

#include <string>

namespace simulator {

// `code` is CertCentral's word, for example "not_found|order" (services-api/errors). Codes that no
// public text gives are our own choice; docs/simulator.md lists them.
struct Refusal {
  int http_status = 400;
  std::string code{};
  std::string message{};
};

}  // namespace simulator
