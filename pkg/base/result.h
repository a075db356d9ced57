// Result<T>, Error and TRY: how every fallible function of Duplicert reports failure.
// Entry point: Result<T>. Pure values. We never throw; exceptions of libraries are caught in the
// .cpp that calls them.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace base {

// The closed set of failures; retry_of() gives each exactly one retry policy.
enum class Code {
  kNotFound,          // the thing is absent: often an observation, not an error
  kConflict,          // a precondition failed: observe again
  kAlreadyExists,     // a create lost a race: look at what is there
  kExpired,           // a watch or continue token is too old: list again
  kExhausted,         // a rate limit or budget: wait for retry_after
  kUnavailable,       // timeout, refused, reset, 5xx: back off
  kUnauthenticated,   // credentials were refused
  kPermissionDenied,  // credentials are known but not allowed
  kInvalid,           // the input is wrong and stays wrong until someone changes it
  kCorrupt,           // an answer that cannot be understood or does not verify
  kCancelled,         // a stop was requested
  kInternal,          // our own bug, caught at a boundary
};

// Stable snake_case name, used as a metric label and log value, for example "not_found".
std::string_view name_of(Code code);

// An error. `message` reads "what we tried: what went wrong" and never holds a secret.
struct Error {
  Code code = Code::kInternal;
  std::string message{};
  std::optional<std::chrono::milliseconds> retry_after{};  // what the other side asked for
  int http_status = 0;                                     // 0: no answer
  std::string reason{};   // the other side's own code: a Kubernetes reason, a CertCentral code
  bool not_sent = false;  // true only if no byte of the request left this process
};

template <class T>
using Result = std::expected<T, Error>;

// Shorthand for returning a failure: `return fail(Code::kInvalid, "parse port: ...")`.
std::unexpected<Error> fail(Code code, std::string message);

// Returns `error` with "`what`: " put before its message; the other fields stay.
Error wrap(std::string_view what, Error error);

// What a caller does after an error.
enum class Retry {
  kObserveAgain,  // at once, without counting a failure
  kBackOff,       // exponential back-off with jitter, or after retry_after
  kSlow,          // credentials: a long pause, a change of the Secret wakes it earlier
  kNever,         // only a change of the input helps
  kSilent,        // we are stopping
};
Retry retry_of(const Error& error);

}  // namespace base

// Evaluates `expression` (a Result); on failure returns its Error from the enclosing function,
// else yields the value: `const auto key = TRY(PrivateKey::parse(pem));`
// Never within the braces of an aggregate: g++ 12 does not destroy the members before it when it
// returns (hack/tidy.py looks for that).
#define TRY(expression)                                                       \
  __extension__({                                                             \
    auto try_result_ = (expression);                                          \
    if (!try_result_) return std::unexpected(std::move(try_result_).error()); \
    *std::move(try_result_);                                                  \
  })

// Like TRY for Result<void>, or for a value that is not needed.
#define TRY_VOID(expression)                                                  \
  do {                                                                        \
    auto try_result_ = (expression);                                          \
    if (!try_result_) return std::unexpected(std::move(try_result_).error()); \
  } while (false)
