#include "x509/parse_memo.h"

#include "x509/csr.h"
#include "x509/openssl_ptr.h"

namespace x509 {
namespace {

// What is remembered for `text`, or what `parse` makes of it.
template <class T, class Parse>
base::Result<T> remembered(std::map<std::string, T>& memo, std::string_view text, Parse parse) {
  std::string digest = openssl::sha256(text);
  if (const auto at = memo.find(digest); at != memo.end()) return at->second;
  T value = TRY(parse());
  memo.insert_or_assign(std::move(digest), value);
  return value;
}

}  // namespace

base::Result<PrivateKey> ParseMemo::private_key(std::string_view pem) {
  return remembered(keys_, pem, [&] { return PrivateKey::parse(pem); });
}

base::Result<std::string> ParseMemo::csr_key(std::string_view pem) {
  return remembered(csr_keys_, pem, [&]() -> base::Result<std::string> {
    return TRY(Csr::parse(pem)).public_key_sha256();
  });
}

base::Result<std::vector<Certificate>> ParseMemo::certificates(std::string_view pem) {
  return remembered(certificates_, pem,
                    [&] { return Certificate::parse_all(pem, issuers_.get()); });
}

base::Result<Chain> ParseMemo::chain(std::string_view pem, const std::string& public_key_sha256) {
  const auto sent = TRY(certificates(pem));
  return remembered(chains_, public_key_sha256 + "\n" + std::string(pem),
                    [&] { return build_chain(sent, public_key_sha256); });
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
