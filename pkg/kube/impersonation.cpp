#include "kube/impersonation.h"

#include <cctype>
#include <cstring>

#include <fmt/format.h>

namespace kube {
namespace {

// client-go writes the percent sign as %25 too, so that the server can read back any key.
std::string header_key(const std::string& key) {
  std::string made;
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    const bool legal = std::isalnum(byte) != 0 || std::strchr("!#$&'*+-.^_`|~", c) != nullptr;
    made += legal && c != '\0' ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return made;
}

}  // namespace

std::vector<http::Header> headers_of(const Impersonation& who) {
  std::vector<http::Header> headers;
  if (who.user.empty()) return headers;
  headers.push_back({"Impersonate-User", who.user});
  if (!who.uid.empty()) headers.push_back({"Impersonate-Uid", who.uid});
  for (const std::string& group : who.groups) headers.push_back({"Impersonate-Group", group});
  for (const auto& [key, values] : who.extra) {
    for (const std::string& value : values) {
      headers.push_back({"Impersonate-Extra-" + header_key(key), value});
    }
  }
  return headers;
}

}  // namespace kube
