// Impersonation: acting as somebody else, where one's own account may. Pure.
// Source: kubernetes.io/docs/reference/access-authn-authz/user-impersonation, and client-go's
// transport/round_trippers.go.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "http/transport.h"

namespace kube {

// `as`, `as-uid`, `as-groups` and `as-user-extra` of a kubeconfig's user.
struct Impersonation {
  std::string user{};  // empty: nobody
  std::string uid{};
  std::vector<std::string> groups{};
  std::map<std::string, std::vector<std::string>> extra{};

  bool operator==(const Impersonation&) const = default;
};

// The headers that ask for it; none for nobody. What no header's name may hold is percent-encoded
// in the keys of `extra`.
std::vector<http::Header> headers_of(const Impersonation& who);

}  // namespace kube
