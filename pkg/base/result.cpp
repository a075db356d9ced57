#include "base/result.h"

#include <utility>

namespace base {

std::string_view name_of(Code code) {
  switch (code) {
    case Code::kNotFound:
      return "not_found";
    case Code::kConflict:
      return "conflict";
    case Code::kAlreadyExists:
      return "already_exists";
    case Code::kExpired:
      return "expired";
    case Code::kExhausted:
      return "exhausted";
    case Code::kUnavailable:
      return "unavailable";
    case Code::kUnauthenticated:
      return "unauthenticated";
    case Code::kPermissionDenied:
      return "permission_denied";
    case Code::kInvalid:
      return "invalid";
    case Code::kCorrupt:
      return "corrupt";
    case Code::kCancelled:
      return "cancelled";
    case Code::kInternal:
      return "internal";
  }
  return "internal";
}

std::unexpected<Error> fail(Code code, std::string message) {
  return std::unexpected(Error{.code = code, .message = std::move(message)});
}

Error wrap(std::string_view what, Error error) {
  error.message = std::string(what) + ": " + error.message;
  return error;
}

Retry retry_of(const Error& error) {
  switch (error.code) {
    case Code::kNotFound:
    case Code::kConflict:
    case Code::kAlreadyExists:
    case Code::kExpired:
      return Retry::kObserveAgain;
    case Code::kExhausted:
    case Code::kUnavailable:
    case Code::kCorrupt:
    case Code::kInternal:
      return Retry::kBackOff;
    case Code::kUnauthenticated:
    case Code::kPermissionDenied:
      return Retry::kSlow;
    case Code::kInvalid:
      return Retry::kNever;
    case Code::kCancelled:
      return Retry::kSilent;
  }
  return Retry::kBackOff;
}

}  // namespace base
