// Turns answers of the API server into values and base::Errors. Pure.
// Source: the Status type of k8s.io/apimachinery (pkg/apis/meta/v1/types.go).
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/clock.h"
#include "base/result.h"
#include "http/transport.h"
#include "kube/json.h"

namespace kube {

// Longest text of the API server that an Error keeps, in bytes (as in client-go).
inline constexpr std::size_t kMessageBytesMax = 2048;

// The object in a 2xx answer (kCorrupt if it is not a JSON object), else error_of.
base::Result<nlohmann::json> decode_response(const http::Response& response,
                                             std::string_view method, base::TimePoint now,
                                             ManagedFields managed_fields = ManagedFields::kKeep);

// The error in an answer that is not 2xx. `reason` is the Kubernetes reason, http_status the code,
// retry_after from the header or details.retryAfterSeconds; the message keeps the Status message.
// The reason decides the code, the HTTP status only if the reason is unknown or the body is no
// Status (a proxy, a server that shuts down): 409 is kAlreadyExists after a POST, else kConflict.
//   Unauthorized kUnauthenticated    Forbidden kPermissionDenied     NotFound kNotFound
//   AlreadyExists kAlreadyExists     Conflict kConflict              Gone, Expired kExpired
//   TooManyRequests kExhausted       ServerTimeout, ServiceUnavailable, Timeout, InternalError
//   kUnavailable                     Invalid, BadRequest, RequestEntityTooLarge, MethodNotAllowed,
//                                    NotAcceptable, UnsupportedMediaType kInvalid
base::Error error_of(const http::Response& response, std::string_view method, base::TimePoint now);

// The error in a Status object, for example the object of a watch's ERROR event.
base::Error error_of_status(const nlohmann::json& status);

// Text of metadata.resourceVersion, metadata.continue, ...; "" if absent or not text.
std::string metadata_text(const nlohmann::json& object, std::string_view field);

// Whether the object of a bookmark says that all initial events have been sent.
bool is_end_of_initial_events(const nlohmann::json& object);

}  // namespace kube
