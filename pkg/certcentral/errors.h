// What went wrong at the CA, and what that means for the caller.
// Pure. Entry points: error_of_answer (an HTTP answer -> base::Error) and class_of (what to do).
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "http/transport.h"

namespace certcentral {

// Longest message of the CA that we pass on, in printable ASCII characters.
inline constexpr std::size_t kMessageMax = 256;

enum class CallKind {
  kRead,  // may be repeated freely
  kPost,  // submits a duplicate or an order: must not be repeated blindly
};

enum class ErrorClass {
  kTerminal,   // refused; the same request will be refused again until someone changes something
  kTransient,  // nothing happened; try again later
  kAmbiguous,  // POST only: the CA may have acted; look before anything is sent again
  kConfiguration,  // the API key or its permissions; a person must act
  kRateLimited,    // nothing happened; wait for retry_after, or as the rate budget says
};

// Snake-case name for logs and metrics: "rate_limited".
std::string_view name_of(ErrorClass error_class);

// The one place where an outcome of a call gets its meaning. Total. A POST is kAmbiguous unless it
// is certain that nothing happened: no byte was sent, a 429, or a 4xx other than 408 whose body was
// CertCentral's own (a 403 page of the network in between is no refusal by the CA).
ErrorClass class_of(const base::Error& error, CallKind kind);

// The error of an answer whose status is not a success. Understands {"errors":[{code,message}]},
// `errors` as a single object, and bodies that are HTML or anything else.
// code: by HTTP status, refined by the CA's code; reason: the CA's code ("invalid_value:years"),
// empty if the body is not CertCentral's; message: "<what>: <code>: <message>", printable ASCII,
// at most kMessageMax after <what>, never a raw body; retry_after from the header, a date in it
// held against `now`. A 404 that is not CertCentral's own is kCorrupt, not kNotFound: a proxy or a
// wrong base URL must not look like "this order does not exist".
base::Error error_of_answer(std::string_view what, const http::Response& answer,
                            base::TimePoint now);

// `text` in printable ASCII on one line, at most `length_max` characters; cut texts end in "...".
std::string printable(std::string_view text, std::size_t length_max = kMessageMax);

// True if the CA's code is `name` or begins with it and "|" or ":" ("not_found" fits
// "not_found|order").
bool has_reason(const base::Error& error, std::string_view name);

// True if a refusal says that the validation of a domain or of an organization has lapsed. No
// public text gives the code, so the words decide: only how the refusal is told depends on it.
bool tells_of_validation(const base::Error& error);

}  // namespace certcentral
