#include "http/url.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>
#include <charconv>
#include <optional>

#include "base/text.h"

namespace http {
namespace {

using base::Code;
using base::Result;

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool is_unreserved(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

int hex_value(char c) {
  const auto at = kHexDigits.find(static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

std::unexpected<base::Error> bad_url(std::string_view why) {
  return base::fail(Code::kInvalid, "parse URL: " + std::string(why));
}

bool is_plain_text(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return c <= 0x20 || c == 0x7F; });
}

bool is_ipv6(const std::string& text) {
  in6_addr address{};
  return inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

bool is_host_name(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
  });
}

std::optional<int> parse_port(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (port < 1 || port > 65535) return std::nullopt;
  return port;
}

// Fills host and port from "host", "host:port", "[v6]" or "[v6]:port".
Result<void> split_authority(std::string_view authority, Url& url) {
  std::string_view rest;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return bad_url("']' is missing after the address");
    url.host = authority.substr(1, end - 1);
    rest = authority.substr(end + 1);
    if (!is_ipv6(url.host)) return bad_url("not an IPv6 address between brackets");
  } else {
    const auto end = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, end);
    rest = authority.substr(end);
    if (!is_host_name(url.host)) return bad_url("the host is missing or not a host name");
  }
  url.host = base::lower_case(url.host);
  if (rest.empty()) return {};
  const auto port = rest.starts_with(':') ? parse_port(rest.substr(1)) : std::nullopt;
  if (!port) return bad_url("the port is not a number from 1 to 65535");
  url.port = *port;
  return {};
}

}  // namespace

std::string percent_encode(std::string_view text) {
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_unreserved(byte)) {
      encoded += c;
    } else {
      encoded += {'%', kHexDigits[byte >> 4U], kHexDigits[byte & 0xFU]};
    }
  }
  return encoded;
}

Result<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return base::fail(Code::kInvalid, "decode percent-encoding: '%' without two digits");
    }
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::string query_string(const QueryParameters& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) {
    text += text.empty() ? '?' : '&';
    text += percent_encode(name) + "=" + percent_encode(value);
  }
  return text;
}

std::string Url::origin() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  std::string text = scheme + "://" + (is_v6 ? "[" + host + "]" : host);
  if (port != (scheme == "https" ? 443 : 80)) text += ":" + std::to_string(port);
  return text;
}

Result<Url> split_url(std::string_view text) {
  if (!is_plain_text(text)) return bad_url("it has a blank or a control character");
  Url url;
  if (text.starts_with("https://")) {
    url = {.scheme = "https", .port = 443};
  } else if (text.starts_with("http://")) {
    url = {.scheme = "http", .port = 80};
  } else {
    return bad_url("it does not begin with https:// or http://");
  }
  text.remove_prefix(url.scheme.size() + 3);
  if (text.find('#') != std::string_view::npos) return bad_url("it has a fragment");
  const auto authority_end = std::min(text.find_first_of("/?"), text.size());
  const auto authority = text.substr(0, authority_end);
  if (authority.find('@') != std::string_view::npos) return bad_url("it has a user");
  TRY_VOID(split_authority(authority, url));
  url.path = text.substr(authority_end);
  if (!url.path.starts_with('/')) url.path.insert(0, "/");
  return url;
}

std::string join_url(std::string_view base_url, std::string_view path) {
  while (base_url.ends_with('/')) base_url.remove_suffix(1);
  while (path.starts_with('/')) path.remove_prefix(1);
  return std::string(base_url) + "/" + std::string(path);
}

bool is_loopback(std::string_view host) {
  in_addr v4{};
  if (inet_pton(AF_INET, std::string(host).c_str(), &v4) == 1) return host.starts_with("127.");
  return host == "localhost" || host.ends_with(".localhost") || host == "::1";
}

bool is_ip_address(std::string_view host) {
  in_addr v4{};
  return inet_pton(AF_INET, std::string(host).c_str(), &v4) == 1 || is_ipv6(std::string(host));
}

}  // namespace http
