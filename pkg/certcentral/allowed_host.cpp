#include <algorithm>
#include <cctype>

#include "certcentral/client.h"
#include "http/url.h"

namespace certcentral {
namespace {

using base::Code;
using base::fail;

bool equal_without_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

base::Result<std::string> host_of(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  auto parts = http::split_url(url);
  if (!parts) return std::unexpected(base::wrap("account URL", std::move(parts).error()));
  if (parts->scheme != "https") return fail(Code::kInvalid, "account URL: only https is allowed");
  if (url.find('?') != std::string_view::npos) {
    return fail(Code::kInvalid, "account URL: it must not have a query");
  }
  return parts->origin().substr(kScheme.size());
}

base::Result<void> check_allowed_host(std::string_view url,
                                      std::span<const std::string> allowed_hosts) {
  const std::string host = TRY(host_of(url));
  const bool is_allowed = std::ranges::any_of(
      allowed_hosts, [&](const std::string& entry) { return equal_without_case(entry, host); });
  if (is_allowed) return {};
  return fail(Code::kInvalid, "account URL: host " + host + " is not among the allowed hosts");
}

}  // namespace certcentral
