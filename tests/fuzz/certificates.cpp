// PEM from the CA and from Secrets of others.
#include <cstdint>
#include <string_view>

#include "x509/chain.h"
#include "x509/csr.h"
#include "x509/private_key.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), count);
  if (const auto all = x509::Certificate::parse_all(text); all && !all->empty()) {
    (void)x509::build_chain(*all, all->front().public_key_sha256());
  }
  (void)x509::Csr::parse(text);
  (void)x509::PrivateKey::parse(text);
  return 0;
}
