// PEM text -> what an SSL_CTX needs, parsed once and shared by all connections.
// Internal to pkg/http. Immutable after parse, and then thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

// OpenSSL's own tags; its headers stay in the .cpp files.
struct evp_pkey_st;
struct ssl_ctx_st;
struct ssl_st;
struct x509_st;
struct x509_store_st;

namespace http {

// A certificate with its chain and private key.
class TlsIdentity {
 public:
  // kInvalid if either does not parse or the key does not belong to the first certificate.
  static base::Result<TlsIdentity> parse(std::string_view chain_pem, const base::SecretString& key);
  // Gives them to `context`; false if OpenSSL refuses.
  bool install(ssl_ctx_st* context) const;
  // Gives them to one handshake, in the place of what it has; false if OpenSSL refuses.
  bool install(ssl_st* handshake) const;

 private:
  std::vector<std::shared_ptr<x509_st>> chain_{};  // leaf first
  std::shared_ptr<evp_pkey_st> key_{};
};

// The roots that a client trusts.
class TrustStore {
 public:
  static base::Result<TrustStore> create();
  // Trusts every certificate in `pem`, self-signed or not, as Go and libcurl do. kInvalid if there
  // is none or one does not parse. `what` names the text in the error.
  base::Result<void> add_pem(std::string_view pem, std::string_view what);
  // kUnavailable if the file cannot be read, kInvalid as above.
  base::Result<void> add_file(const std::string& path);
  void install(ssl_ctx_st* context) const;

 private:
  std::shared_ptr<x509_store_st> store_{};
};

// $SSL_CERT_FILE, else the bundle that libcurl was built with ("" if none).
std::string system_roots_path();

}  // namespace http
