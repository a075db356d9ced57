#include "x509/parse_memo.h"

#include "x509/csr.h"
#include "x509/openssl_ptr.h"

namespace x509 {
namespace {

// What is remembered under `name`, or what `parse` makes.
template <class T, class Parse>
base::Result<T> remembered(std::map<std::string, T>& memo, std::string name, Parse parse) {
  if (const auto at = memo.find(name); at != memo.end()) return at->second;
  T value = TRY(parse());
  memo.insert_or_assign(std::move(name), value);
  return value;
}

}  // namespace

base::Result<PrivateKey> ParseMemo::private_key(std::string_view pem) {
  return remembered(keys_, openssl::sha256(pem), [&] { return PrivateKey::parse(pem); });
}

base::Result<std::string> ParseMemo::csr_key(std::string_view pem) {
  return remembered(csr_keys_, openssl::sha256(pem), [&]() -> base::Result<std::string> {
    return TRY(Csr::parse(pem)).public_key_sha256();
  });
}

base::Result<std::vector<Certificate>> ParseMemo::certificates(std::string_view pem) {
  return remembered(certificates_, openssl::sha256(pem),
                    [&] { return Certificate::parse_all(pem, issuers_.get()); });
}

base::Result<Chain> ParseMemo::chain(std::string_view pem, const std::string& public_key_sha256) {
  return remembered(chains_, public_key_sha256 + openssl::sha256(pem),
                    [&]() -> base::Result<Chain> {
                      return build_chain(TRY(certificates(pem)), public_key_sha256);
                    });
}

void ParseMemo::made(const PrivateKey& key, std::string_view pem, std::string_view csr) {
  keys_.insert_or_assign(openssl::sha256(pem), key);
  csr_keys_.insert_or_assign(openssl::sha256(csr), key.public_key_sha256());
}

void ParseMemo::made(const Chain& chain) {
  std::vector<Certificate> certificates{chain.leaf};
  certificates.insert(certificates.end(), chain.intermediates.begin(), chain.intermediates.end());
  certificates_.insert_or_assign(openssl::sha256(chain.tls_crt()), std::move(certificates));
}

}  // namespace x509
