#include "certcentral/errors.h"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "certcentral/json_reader.h"
#include "http/retry_after.h"

namespace certcentral {
namespace {

using base::Code;
using base::Error;

constexpr std::size_t kReasonMax = 128;

// What the CA itself says in {"errors":[{"code":...,"message":...}]}.
struct CaError {
  std::string code{};
  std::string message{};
};

std::optional<CaError> ca_error_of(const std::string& body) {
  const Json json = Json::parse(body, nullptr, false);
  for (const Json* item : list_of(json, "errors")) {
    CaError error{.code = printable(text_of(*item, "code"), kReasonMax),
                  .message = printable(text_of(*item, "message"))};
    if (!error.code.empty()) return error;
  }
  return std::nullopt;
}

// "not_found" fits "not_found", "not_found|order" and "not_found:x", but not "not_found_at_all".
bool fits(std::string_view code, std::string_view name) {
  if (!code.starts_with(name)) return false;
  return code.size() == name.size() || code[name.size()] == '|' || code[name.size()] == ':';
}

std::optional<Code> code_of_reason(std::string_view reason) {
  if (fits(reason, "access_denied|access_denied_invalid_key")) return Code::kUnauthenticated;
  if (fits(reason, "access_denied")) return Code::kPermissionDenied;
  if (fits(reason, "not_found|route")) return Code::kInvalid;  // a wrong base URL
  if (fits(reason, "not_found")) return Code::kNotFound;
  if (fits(reason, "request_limit_exceeded")) return Code::kExhausted;
  if (fits(reason, "cert_unavailable_processing")) return Code::kUnavailable;
  return std::nullopt;
}

Code code_of(int status, const std::optional<CaError>& ca_error) {
  if (status == 429) return Code::kExhausted;
  if (status == 408 || status >= 500) return Code::kUnavailable;
  if (status < 400) return Code::kCorrupt;
  if (ca_error) {
    if (const auto code = code_of_reason(ca_error->code)) return *code;
  }
  if (status == 401) return Code::kUnauthenticated;
  if (status == 403) return Code::kPermissionDenied;
  if (!ca_error) return Code::kCorrupt;
  if (status == 404) return Code::kNotFound;
  if (status == 409) return Code::kConflict;
  return Code::kInvalid;
}

std::string words_of(const http::Response& answer, const std::optional<CaError>& ca_error) {
  if (ca_error) {
    const bool has_message = !ca_error->message.empty();
    return printable(ca_error->code + (has_message ? ": " + ca_error->message : ""));
  }
  const std::string type = printable(answer.header("content-type").value_or("no content type"), 64);
  return "HTTP " + std::to_string(answer.status) + " without an error of CertCentral (" + type +
         ")";
}

ErrorClass class_of_code(const Error& error) {
  switch (error.code) {
    case Code::kExhausted:
      return ErrorClass::kRateLimited;
    case Code::kUnauthenticated:
    case Code::kPermissionDenied:
      return ErrorClass::kConfiguration;
    case Code::kInvalid:
      return has_reason(error, "not_found|route") ? ErrorClass::kConfiguration
                                                  : ErrorClass::kTerminal;
    case Code::kNotFound:
      return ErrorClass::kTerminal;
    case Code::kConflict:
    case Code::kAlreadyExists:
    case Code::kExpired:
    case Code::kUnavailable:
    case Code::kCorrupt:
    case Code::kCancelled:
    case Code::kInternal:
      return ErrorClass::kTransient;
  }
  return ErrorClass::kTransient;
}

bool is_clear_refusal(const Error& error) {
  if (error.http_status == 429) return true;
  const bool is_4xx = error.http_status >= 400 && error.http_status < 500;
  return is_4xx && error.http_status != 408 && !error.reason.empty();
}

}  // namespace

std::string_view name_of(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::kTerminal:
      return "terminal";
    case ErrorClass::kTransient:
      return "transient";
    case ErrorClass::kAmbiguous:
      return "ambiguous";
    case ErrorClass::kConfiguration:
      return "configuration";
    case ErrorClass::kRateLimited:
      return "rate_limited";
  }
  return "terminal";
}

ErrorClass class_of(const Error& error, CallKind kind) {
  switch (kind) {
    case CallKind::kRead:
      return class_of_code(error);
    case CallKind::kPost:
      break;
  }
  if (error.not_sent || is_clear_refusal(error)) return class_of_code(error);
  return ErrorClass::kAmbiguous;
}

Error error_of_answer(std::string_view what, const http::Response& answer, base::TimePoint now) {
  const auto ca_error = ca_error_of(answer.body);
  Error error;
  error.code = code_of(answer.status, ca_error);
  error.message = std::string(what) + ": " + words_of(answer, ca_error);
  error.http_status = answer.status;
  if (ca_error) error.reason = ca_error->code;
  if (const auto value = answer.header("retry-after")) {
    error.retry_after = http::parse_retry_after(*value, now);
  }
  return error;
}

std::string printable(std::string_view text, std::size_t length_max) {
  std::string line;
  for (const char c : text) {
    if (line.size() > length_max) break;
    const bool is_blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (is_blank && (line.empty() || line.back() == ' ')) continue;
    const bool is_printable = c > ' ' && c < '\x7f';
    line += is_blank ? ' ' : (is_printable ? c : '?');
  }
  while (line.ends_with(' ')) line.pop_back();
  if (line.size() <= length_max) return line;
  constexpr std::string_view kCut = "...";
  line.resize(length_max - std::min(length_max, kCut.size()));
  return line.append(kCut.substr(0, length_max));
}

bool has_reason(const Error& error, std::string_view name) {
  return fits(error.reason, name);
}

bool tells_of_validation(const Error& error) {
  const std::string words = base::lower_case(error.reason + ' ' + error.message);
  const auto has = [&](std::string_view word) { return words.find(word) != std::string::npos; };
  return has("not_validated") || has("dcv") ||
         (has("validat") && (has("domain") || has("organization")));
}

}  // namespace certcentral
