// Parts of URLs: percent-encoding, splitting, joining. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace http {

// Encodes every byte outside RFC 3986's unreserved set (letters, digits, "-._~"), so that the
// result can stand as one path segment, a query name or a query value: "a/b c" -> "a%2Fb%20c".
std::string percent_encode(std::string_view text);

// The reverse. kInvalid if a '%' is not followed by two hexadecimal digits.
base::Result<std::string> percent_decode(std::string_view text);

using QueryParameters = std::vector<std::pair<std::string, std::string>>;

// "?name=value&..." with names and values encoded, in the given order; "" if there are none.
// Brackets in names are encoded: {"filters[name]", "x"} gives "?filters%5Bname%5D=x".
std::string query_string(const QueryParameters& parameters);

// The parts of an absolute http or https URL.
struct Url {
  std::string scheme{};  // "http" or "https"
  std::string host{};    // lower case; an IPv6 address without its brackets
  int port = 0;          // never 0 after split_url: 80 or 443 when the text has none
  std::string path{};    // "/..." with the query, as written; "/" when the text has none

  // "https://host:port", IPv6 in brackets, the port only if it is not the scheme's own.
  std::string origin() const;
  bool operator==(const Url&) const = default;
};

// kInvalid if the scheme is another one, the host is missing or has characters that no host name
// or address has, the port is not 1..65535, or there is a user ("https://user@host"), a fragment,
// a blank or a control character. The message never quotes the query.
base::Result<Url> split_url(std::string_view text);

// Puts `path` ("/..." or "...") after `base_url` with exactly one slash between them.
// `base_url` must not have a query.
std::string join_url(std::string_view base_url, std::string_view path);

// True for "localhost", names below it, 127.0.0.0/8 and ::1.
bool is_loopback(std::string_view host);

// True for an IPv4 or IPv6 address without brackets.
bool is_ip_address(std::string_view host);

}  // namespace http
