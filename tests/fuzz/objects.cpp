// Objects of the API server: what decodes must encode, decode again, and mean the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <nlohmann/json.hpp>

#include "api/codec.h"

namespace {

template <class Decode>
void round_trip(const nlohmann::json& object, const Decode& decode) {
  const auto first = decode(object);
  if (!first) return;
  const auto second = decode(nlohmann::json{{"metadata", {{"name", "x"}, {"namespace", "y"}}},
                                            {"spec", api::encode_spec(first->spec)},
                                            {"status", api::encode_status(first->status)}});
  if (!second || !(second->spec == first->spec)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  const auto object = nlohmann::json::parse(bytes, bytes + count, nullptr, false);
  if (object.is_discarded()) return 0;
  round_trip(object, api::decode_automation_profile);
  round_trip(object, api::decode_duplicate_certificate_request);
  round_trip(object, api::decode_certificate_order);
  return 0;
}
