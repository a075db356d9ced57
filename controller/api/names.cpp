#include "api/names.h"

#include <fmt/format.h>

namespace api {

std::string pending_secret_name(std::string_view request_name) {
  return fmt::format("{}-pending", request_name);
}

std::string backup_secret_name(std::string_view secret_name, std::string_view sha256_fingerprint) {
  return fmt::format("{}-before-{}", secret_name, sha256_fingerprint.substr(0, 16));
}

}  // namespace api
