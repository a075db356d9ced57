// Answers of the API server, a Status or anything else: an object or an error of bounded length.
// The first byte chooses the HTTP status.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "kube/response.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  constexpr std::array kStatuses{200, 201, 400, 401, 403, 404, 409, 410, 422, 429, 500, 503};
  if (count == 0) return 0;
  const int status = kStatuses.at(bytes[0] % kStatuses.size());
  const std::string body(reinterpret_cast<const char*>(bytes) + 1, count - 1);
  const http::Response answer{
      .status = status, .headers = {{"Retry-After", body.substr(0, 40)}}, .body = body};
  const auto object = kube::decode_response(answer, "POST", {});
  if (object) {
    if (status / 100 != 2 || !object->is_object()) std::abort();
    (void)kube::metadata_text(*object, "resourceVersion");
    (void)kube::error_of_status(*object);
    return 0;
  }
  if (object.error().message.size() > kube::kMessageBytesMax + 128) std::abort();
  if (object.error().retry_after && object.error().retry_after->count() < 0) std::abort();
  return 0;
}
