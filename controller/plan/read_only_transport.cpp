#include "plan/read_only_transport.h"

#include <fmt/format.h>

namespace plan {
namespace {

constexpr const char* kNotFound =
    R"({"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404,)"
    R"("message":"there is no such object in the manifests"})";

base::Result<void> check(const http::Request& request) {
  if (request.method == "GET") return {};
  return base::fail(base::Code::kPermissionDenied,
                    fmt::format("{}: a plan changes nothing", request.method));
}

}  // namespace

base::Result<http::Response> ReadOnlyTransport::send(const http::Request& request,
                                                     std::stop_token stop) {
  TRY_VOID(check(request));
  const auto known = answers_.find(request.url);
  if (known != answers_.end()) return http::Response{.status = 200, .body = known->second};
  if (inner_) return inner_->send(request, stop);
  return http::Response{.status = 404, .body = kNotFound};
}

base::Result<http::Response> ReadOnlyTransport::stream(const http::Request& request,
                                                       const http::BodySink& sink,
                                                       std::stop_token stop) {
  TRY_VOID(check(request));
  if (inner_) return inner_->stream(request, sink, stop);
  return http::Response{.status = 404, .body = kNotFound};
}

}  // namespace plan
