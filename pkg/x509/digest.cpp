#include "x509/digest.h"

#include "base/bytes.h"
#include "x509/openssl_ptr.h"

namespace x509 {

std::string sha256_hex(std::string_view bytes) {
  return base::to_hex(openssl::sha256(bytes));
}

}  // namespace x509
