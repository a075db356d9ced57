#include "http/tls_material.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

namespace http {
namespace {

using base::Code;
using base::Result;

// No password is known, so an encrypted key is refused instead of asked for on the terminal.
int no_password(char*, int, int, void*) {
  return -1;
}

std::shared_ptr<BIO> memory_of(std::string_view text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free_all};
}

// All certificates of `pem`; kInvalid if there is none or one of them is broken.
Result<std::vector<std::shared_ptr<X509>>> parse_certificates(std::string_view pem,
                                                              std::string_view what) {
  ERR_clear_error();
  const auto bio = memory_of(pem);
  std::vector<std::shared_ptr<X509>> found;
  while (X509* one = PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)) {
    found.emplace_back(one, X509_free);
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (found.empty() || !at_end) {
    return base::fail(Code::kInvalid, "parse " + std::string(what) + ": not PEM certificates");
  }
  return found;
}

}  // namespace

Result<TlsIdentity> TlsIdentity::parse(std::string_view chain_pem, const base::SecretString& key) {
  TlsIdentity identity;
  identity.chain_ = TRY(parse_certificates(chain_pem, "certificate"));
  const auto bio = memory_of(key.expose());
  identity.key_ = {PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr),
                   EVP_PKEY_free};
  ERR_clear_error();
  if (!identity.key_) {
    return base::fail(Code::kInvalid, "parse private key: not an unencrypted PEM key");
  }
  const bool fits = X509_check_private_key(identity.chain_[0].get(), identity.key_.get()) == 1;
  ERR_clear_error();
  if (!fits) {
    return base::fail(Code::kInvalid, "private key: does not belong to the certificate");
  }
  return identity;
}

bool TlsIdentity::install(SSL_CTX* context) const {
  bool done = SSL_CTX_use_certificate(context, chain_[0].get()) == 1;
  for (std::size_t i = 1; i < chain_.size() && done; ++i) {
    done = SSL_CTX_add1_chain_cert(context, chain_[i].get()) == 1;
  }
  return done && SSL_CTX_use_PrivateKey(context, key_.get()) == 1;
}

bool TlsIdentity::install(SSL* handshake) const {
  SSL_certs_clear(handshake);
  bool done = SSL_use_certificate(handshake, chain_[0].get()) == 1;
  for (std::size_t i = 1; i < chain_.size() && done; ++i) {
    done = SSL_add1_chain_cert(handshake, chain_[i].get()) == 1;
  }
  return done && SSL_use_PrivateKey(handshake, key_.get()) == 1;
}

Result<TrustStore> TrustStore::create() {
  TrustStore trust;
  trust.store_ = {X509_STORE_new(), X509_STORE_free};
  if (!trust.store_) return base::fail(Code::kInternal, "make a trust store: out of memory");
  X509_STORE_set_flags(trust.store_.get(), X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
  return trust;
}

Result<void> TrustStore::add_pem(std::string_view pem, std::string_view what) {
  const auto certificates = TRY(parse_certificates(pem, what));
  for (const auto& certificate : certificates) {
    if (X509_STORE_add_cert(store_.get(), certificate.get()) != 1) {
      ERR_clear_error();
      return base::fail(Code::kInvalid, "trust " + std::string(what) + ": refused by OpenSSL");
    }
  }
  return {};
}

Result<void> TrustStore::add_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || text.view().empty()) {
    return base::fail(Code::kUnavailable, "read the system's root certificates: cannot read '" +
                                              path + "' (set SSL_CERT_FILE)");
  }
  return add_pem(text.view(), path);
}

void TrustStore::install(SSL_CTX* context) const {
  SSL_CTX_set1_cert_store(context, store_.get());
}

std::string system_roots_path() {
  const char* path = std::getenv("SSL_CERT_FILE");
  if (path != nullptr && *path != '\0') return path;
  const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW);
  return info->cainfo == nullptr ? "" : info->cainfo;
}

}  // namespace http
