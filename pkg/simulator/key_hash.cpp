#include "simulator/key_hash.h"

#include "base/bytes.h"
#include "x509/openssl_ptr.h"

namespace simulator {

std::string key_hash(std::string_view key) {
  return base::to_hex(x509::openssl::sha256(key));
}

std::string short_hash(std::string_view hash) {
  return std::string(hash.substr(0, 8));
}

}  // namespace simulator
