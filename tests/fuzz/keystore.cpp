// keystore.p12 out of a Secret that anybody may have written. The first byte chooses:
//   0  the rest is the keystore;
//   1  the rest changes bytes of a right one: groups of three, offset (2 bytes) and what to add;
//   2  the same, with a new MAC, as somebody could do it who knows the password.
// Keys are made at run time; no corpus holds one.
#include "x509/keystore.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <openssl/pkcs12.h>

#include "x509/openssl_ptr.h"
#include "x509/pem.h"

namespace {

constexpr const char* kPassword = "fuzz";
constexpr int kFewIterations = 2;  // as many as can be tried often

struct World {
  x509::PrivateKey key = x509::PrivateKey::generate({}).value();
  x509::Chain chain = make_chain(key);
  std::string keystore = make_keystore();

 private:
  static x509::Chain make_chain(const x509::PrivateKey& key) {
    const x509::openssl::CertificatePtr made(X509_new());
    X509_set_version(made.get(), 2);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 86'400);
    X509_set_pubkey(made.get(), key.handle());
    X509_sign(made.get(), key.handle(), EVP_sha256());
    const std::string der = x509::openssl::der_of<X509>(i2d_X509, made.get());
    const auto all = x509::Certificate::parse_all(x509::to_pem("CERTIFICATE", der));
    return x509::build_chain(*all, key.public_key_sha256()).value();
  }

  std::string make_keystore() const {
    const x509::openssl::Pkcs12Ptr made(PKCS12_create(kPassword, "fuzz", key.handle(),
                                                      chain.leaf.handle(), nullptr, NID_aes_256_cbc,
                                                      NID_aes_256_cbc, kFewIterations, -1, 0));
    PKCS12_set_mac(made.get(), kPassword, -1, nullptr, 0, kFewIterations, EVP_sha256());
    return x509::openssl::der_of<PKCS12>(i2d_PKCS12, made.get());
  }
};

const World& world() {
  static const World made;
  return made;
}

bool holds(const std::string& keystore) {
  return x509::pkcs12_holds(base::SecretString(keystore), base::SecretString(kPassword),
                            world().key, world().chain);
}

std::string changed(std::string keystore, std::string_view changes) {
  for (std::size_t at = 0; at + 2 < changes.size(); at += 3) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(changes[at + i]); };
    const std::size_t offset = (byte(0) * 256U + byte(1)) % keystore.size();
    keystore[offset] = static_cast<char>(keystore[offset] + changes[at + 2]);
  }
  return keystore;
}

std::string with_new_mac(const std::string& keystore) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(keystore.data());
  const x509::openssl::Pkcs12Ptr parsed(
      d2i_PKCS12(nullptr, &bytes, static_cast<long>(keystore.size())));
  if (parsed == nullptr) return keystore;
  const int done =
      PKCS12_set_mac(parsed.get(), kPassword, -1, nullptr, 0, kFewIterations, EVP_sha256());
  return done == 1 ? x509::openssl::der_of<PKCS12>(i2d_PKCS12, parsed.get()) : keystore;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  static const bool works = holds(world().keystore);
  if (!works) std::abort();
  if (count == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(bytes) + 1, count - 1);
  if (bytes[0] == 0) {
    holds(std::string(rest));
  } else {
    const std::string keystore = changed(world().keystore, rest);
    holds(bytes[0] == 1 ? keystore : with_new_mac(keystore));
  }
  return 0;
}
