#include "x509/private_key.h"

#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "x509/openssl_ptr.h"
#include "x509/pem.h"
#include "x509/rsa_generator.h"

namespace x509 {
namespace {

using base::Code;
using base::fail;

constexpr std::size_t kKeyBytesMax = std::size_t{64} << 10U;

// For encrypted keys: without it OpenSSL would ask for a password on the terminal.
int no_password(char*, int, int, void*) {
  return -1;
}

KeyParams params_of(const EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_EC:
      return {.algorithm = KeyAlgorithm::kEcdsa, .size = bits};
    case EVP_PKEY_RSA:
      return {.algorithm = KeyAlgorithm::kRsa, .size = bits};
    default:
      return {.algorithm = KeyAlgorithm::kOther, .size = bits};
  }
}

bool can_generate(const KeyParams& params) {
  switch (params.algorithm) {
    case KeyAlgorithm::kEcdsa:
      return params.size == 256 || params.size == 384;
    case KeyAlgorithm::kRsa:
      return params.size == 2048 || params.size == 3072 || params.size == 4096;
    case KeyAlgorithm::kOther:
      return false;
  }
  return false;
}

// Signs and verifies: the private half fits the public half. Cheaper than EVP_PKEY_check, which
// tests an RSA key's primes each time.
bool halves_fit(EVP_PKEY* key) {
  constexpr std::string_view kProbe = "duplicert";
  const auto* probe = reinterpret_cast<const unsigned char*>(kProbe.data());
  const bool has_own_digest = params_of(key).algorithm == KeyAlgorithm::kOther;
  const EVP_MD* method = has_own_digest ? nullptr : EVP_sha256();
  const std::unique_ptr<EVP_MD_CTX, openssl::Freer<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  if (EVP_DigestSignInit(context.get(), nullptr, method, nullptr, key) != 1) return false;
  std::size_t size = 0;
  if (EVP_DigestSign(context.get(), nullptr, &size, probe, kProbe.size()) != 1) return false;
  std::string signature(size, '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(signature.data());
  if (EVP_DigestSign(context.get(), bytes, &size, probe, kProbe.size()) != 1) return false;
  EVP_MD_CTX_reset(context.get());
  if (EVP_DigestVerifyInit(context.get(), nullptr, method, nullptr, key) != 1) return false;
  return EVP_DigestVerify(context.get(), bytes, size, probe, kProbe.size()) == 1;
}

bool is_encrypted(std::string_view pem) {
  return pem.find("-----BEGIN ENCRYPTED PRIVATE KEY-----") != std::string_view::npos ||
         pem.find("Proc-Type: 4,ENCRYPTED") != std::string_view::npos;
}

}  // namespace

std::string to_text(const KeyParams& params) {
  const std::string size = "-" + std::to_string(params.size);
  switch (params.algorithm) {
    case KeyAlgorithm::kEcdsa:
      return "ECDSA" + size;
    case KeyAlgorithm::kRsa:
      return "RSA" + size;
    case KeyAlgorithm::kOther:
      return "other" + size;
  }
  return "other" + size;
}

PrivateKey::PrivateKey(std::shared_ptr<evp_pkey_st> key)
    : key_(std::move(key)),
      public_key_sha256_(openssl::public_key_sha256(key_.get())),
      params_(params_of(key_.get())) {}

base::Result<PrivateKey> PrivateKey::generate(const KeyParams& params) {
  if (!can_generate(params)) {
    return fail(Code::kInvalid, "generate key: unsupported parameters " + to_text(params));
  }
  openssl::PkeyPtr key;
  if (params.algorithm == KeyAlgorithm::kRsa) {
    key = TRY(openssl::generate_rsa(static_cast<unsigned>(params.size)));
  } else {
    key.reset(EVP_EC_gen(params.size == 256 ? "P-256" : "P-384"));
  }
  if (key == nullptr) return std::unexpected(openssl::last_error("generate key"));
  return PrivateKey(std::move(key));
}

base::Result<PrivateKey> PrivateKey::parse(std::string_view pem) {
  if (pem.size() > kKeyBytesMax) return fail(Code::kInvalid, "parse private key: too long");
  if (is_encrypted(pem)) return fail(Code::kInvalid, "parse private key: it is encrypted");
  const openssl::BioPtr reader = openssl::reader_of(pem);
  openssl::PkeyPtr key(PEM_read_bio_PrivateKey(reader.get(), nullptr, no_password, nullptr));
  ERR_clear_error();  // its text could only repeat that this is no key
  if (key == nullptr) return fail(Code::kInvalid, "parse private key: no readable key in PEM");
  if (!halves_fit(key.get())) {
    ERR_clear_error();
    return fail(Code::kInvalid, "parse private key: its public and private halves do not fit");
  }
  return PrivateKey(std::move(key));
}

base::SecretString PrivateKey::to_pem() const {
  if (const auto der = openssl::p256_private_key(key_.get()); !der.empty()) {
    return base::SecretString(x509::to_pem("PRIVATE KEY", der.expose()));
  }
  // A secure-memory BIO clears its buffer when it is freed, also without a secure heap.
  const openssl::BioPtr writer(BIO_new(BIO_s_secmem()));
  if (PEM_write_bio_PKCS8PrivateKey(writer.get(), key_.get(), nullptr, nullptr, 0, nullptr,
                                    nullptr) != 1) {
    ERR_clear_error();
    return {};
  }
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(writer.get(), &bytes);
  return base::SecretString(std::string(bytes, static_cast<std::size_t>(size)));
}

}  // namespace x509
