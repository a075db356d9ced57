// Answers of the CA, documented or not: decoded or refused, and no raw body in an error.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "certcentral/codec.h"
#include "certcentral/errors.h"
#include "certcentral/http_date.h"

namespace {

template <class T>
void check(const base::Result<T>& result) {
  if (!result && result.error().message.size() > 1024) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), count);
  check(certcentral::decode_user(text));
  check(certcentral::decode_organizations(text));
  check(certcentral::decode_organization(text));
  check(certcentral::decode_product(text));
  check(certcentral::decode_orders(text));
  check(certcentral::decode_order(text));
  check(certcentral::decode_order_references(text));
  check(certcentral::decode_duplicates(text));
  check(certcentral::decode_certificates(text));
  check(certcentral::decode_request(text));
  check(certcentral::decode_submission(text));
  (void)certcentral::parse_http_date(text);
  for (const int status : {400, 403, 429, 500}) {
    const auto error =
        certcentral::error_of_answer("x", {.status = status, .body = std::string(text)}, {});
    if (error.message.size() > certcentral::kMessageMax + 16) std::abort();
  }
  return 0;
}
