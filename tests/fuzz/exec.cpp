// What an exec credential plugin prints: a credential that is whole, or an error that says nothing
// of what was printed. The first byte chooses the version that is configured.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "kube/exec_plugin.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  constexpr std::size_t kLongestWords = 160;
  if (count == 0) return 0;
  const char* version = bytes[0] % 2 == 0 ? "client.authentication.k8s.io/v1"
                                          : "client.authentication.k8s.io/v1beta1";
  const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, count - 1);
  const auto credential = kube::parse_exec_credential(text, version);
  if (!credential) {
    if (credential.error().code != base::Code::kUnauthenticated) std::abort();
    if (credential.error().message.size() > kLongestWords) std::abort();
    return 0;
  }
  const bool has_certificate = !credential->client_certificate_pem.empty();
  if (has_certificate == credential->client_key_pem.empty()) std::abort();
  if (credential->token.empty() && !has_certificate) std::abort();
  return 0;
}
