#include "kube/response.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "http/retry_after.h"

namespace kube {
namespace {

using base::Code;
using base::Error;
using base::Result;
using nlohmann::json;

constexpr std::size_t kCausesMax = 10;

struct ReasonRow {
  std::string_view reason;
  int http_status;  // that the API server sends with it, and that stands for it in its absence
  Code code;
};

// The first row of a status is the one that stands for it.
constexpr std::array<ReasonRow, 18> kReasons = {{
    {"BadRequest", 400, Code::kInvalid},
    {"Unauthorized", 401, Code::kUnauthenticated},
    {"Forbidden", 403, Code::kPermissionDenied},
    {"NotFound", 404, Code::kNotFound},
    {"MethodNotAllowed", 405, Code::kInvalid},
    {"NotAcceptable", 406, Code::kInvalid},
    {"Conflict", 409, Code::kConflict},
    {"AlreadyExists", 409, Code::kAlreadyExists},
    {"Expired", 410, Code::kExpired},
    {"Gone", 410, Code::kExpired},
    {"RequestEntityTooLarge", 413, Code::kInvalid},
    {"UnsupportedMediaType", 415, Code::kInvalid},
    {"Invalid", 422, Code::kInvalid},
    {"TooManyRequests", 429, Code::kExhausted},
    {"InternalError", 500, Code::kUnavailable},
    {"ServerTimeout", 500, Code::kUnavailable},
    {"ServiceUnavailable", 503, Code::kUnavailable},
    {"Timeout", 504, Code::kUnavailable},
}};

Code code_of_http_status(int status, std::string_view method) {
  if (status == 409 && method == "POST") return Code::kAlreadyExists;
  for (const ReasonRow& row : kReasons) {
    if (row.http_status == status) return row.code;
  }
  if (status >= 500) return Code::kUnavailable;
  return status >= 400 ? Code::kInvalid : Code::kCorrupt;  // a redirect or less is no API server
}

Code code_of(const std::string& reason, int status, std::string_view method) {
  for (const ReasonRow& row : kReasons) {
    if (row.reason == reason) return row.code;
  }
  return code_of_http_status(status, method);
}

// Cut at the limit, but not inside a UTF-8 sequence.
std::string limited(std::string text) {
  if (text.size() <= kMessageBytesMax) return text;
  std::size_t end = kMessageBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text + "...";
}

const json* member(const json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::string text_member(const json& object, std::string_view name) {
  const json* value = member(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

std::optional<std::int64_t> number_member(const json& object, std::string_view name) {
  const json* value = member(object, name);
  if (value == nullptr || !value->is_number_integer()) return std::nullopt;
  return value->get<std::int64_t>();
}

// " (reason field: message; ...)" of details.causes. A cause's type travels as "reason". Causes
// whose message already stands in the main text are left out, as those of kind Invalid do.
std::string causes_text(const json& details, const std::string& message) {
  const json* causes = member(details, "causes");
  if (causes == nullptr || !causes->is_array()) return "";
  std::string text;
  for (std::size_t i = 0; i < std::min(causes->size(), kCausesMax); ++i) {
    const json& cause = (*causes)[i];
    const std::string detail = text_member(cause, "message");
    const std::string field = text_member(cause, "field");
    const bool known = message.find(detail) != std::string::npos;
    text += text.empty() ? "" : "; ";
    text += text_member(cause, "reason");
    if (!field.empty()) text += " " + field;
    if (!detail.empty() && !known) text += ": " + detail;
  }
  return text.empty() ? "" : " (" + text + ")";
}

bool is_status(const json& object) {
  return text_member(object, "kind") == "Status";
}

Error error_of_status_for(const json& status, int http_status, std::string_view method) {
  Error error;
  error.reason = text_member(status, "reason");
  const auto own_code = number_member(status, "code");
  error.http_status = http_status != 0 ? http_status : static_cast<int>(own_code.value_or(0));
  error.code = code_of(error.reason, error.http_status, method);
  const std::string message = text_member(status, "message");
  const json* details = member(status, "details");
  const std::string causes = details == nullptr ? "" : causes_text(*details, message);
  error.message = limited((message.empty() ? error.reason : message) + causes);
  if (error.message.empty()) {
    error.message =
        "the API server gave no reason, HTTP status " + std::to_string(error.http_status);
  }
  const auto wait =
      details == nullptr ? std::nullopt : number_member(*details, "retryAfterSeconds");
  if (wait && *wait > 0) {
    error.retry_after = std::min(std::chrono::seconds{*wait}, http::kRetryAfterMax);
  }
  return error;
}

// Something between us and the API server, or a server that shuts down, answered in its own way.
Error error_of_other(const http::Response& response, std::string_view method) {
  std::string text = response.body.substr(0, kMessageBytesMax);
  std::replace_if(text.begin(), text.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  const std::string message = "unexpected answer with HTTP status " +
                              std::to_string(response.status) + (text.empty() ? "" : ": " + text);
  return {.code = code_of_http_status(response.status, method),
          .message = limited(message),
          .http_status = response.status};
}

}  // namespace

Result<json> decode_response(const http::Response& response, std::string_view method,
                             base::TimePoint now, ManagedFields managed_fields) {
  if (response.status < 200 || response.status > 299) {
    return std::unexpected(error_of(response, method, now));
  }
  auto object = parse_json(response.body, managed_fields);
  if (!object || !object->is_object()) {
    return base::fail(Code::kCorrupt, "read the API server's answer: not a JSON object");
  }
  return object;
}

Error error_of(const http::Response& response, std::string_view method, base::TimePoint now) {
  const auto status = parse_json(response.body);
  Error error = status && is_status(*status) ? error_of_status_for(*status, response.status, method)
                                             : error_of_other(response, method);
  if (const auto header = response.header("Retry-After")) {
    if (const auto wait = http::parse_retry_after(*header, now)) error.retry_after = wait;
  }
  return error;
}

Error error_of_status(const json& status) {
  return error_of_status_for(status, 0, "");
}

std::string metadata_text(const json& object, std::string_view field) {
  const json* metadata = member(object, "metadata");
  return metadata == nullptr ? "" : text_member(*metadata, field);
}

bool is_end_of_initial_events(const json& object) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) return false;
  const auto annotations = metadata->find("annotations");
  if (annotations == metadata->end() || !annotations->is_object()) return false;
  const auto mark = annotations->find("k8s.io/initial-events-end");
  return mark != annotations->end() && *mark == "true";
}

}  // namespace kube
