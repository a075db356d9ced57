#include "x509/keystore.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <openssl/err.h>

#include "x509/openssl_ptr.h"
#include "x509/whole_certificate.h"

namespace x509 {
namespace {

using base::Code;
using base::fail;
using base::SecretString;

constexpr std::size_t kKeystoreBytesMax = std::size_t{1} << 20U;
// The count that current Java writes (jdk.security: keystore.pkcs12 iteration counts).
constexpr int kIterations = 10'000;
// More than any tool writes. Whoever may edit the Secret could otherwise keep us busy for hours.
constexpr std::int64_t kIterationsMax = 100'000;
constexpr const char* kAliasWithoutName = "certificate";

// OpenSSL's PKCS#12 functions take C strings. Wiped when it goes.
class CText {
 public:
  explicit CText(const SecretString& secret) : text_(secret.expose()) {}
  ~CText() { base::wipe(text_); }
  CText(const CText&) = delete;
  CText& operator=(const CText&) = delete;

  const char* c_str() const { return text_.c_str(); }
  bool is_usable() const { return !text_.empty() && text_.find('\0') == std::string::npos; }

 private:
  std::string text_;
};

openssl::CertificateStackPtr stack_of(const std::vector<Certificate>& certificates) {
  openssl::CertificateStackPtr stack(sk_X509_new_null());
  for (const Certificate& certificate : certificates) {
    sk_X509_push(stack.get(), certificate.handle());  // borrowed: the stack does not free them
  }
  return stack;
}

openssl::Pkcs12Ptr build(const PrivateKey& key, const Chain& chain, const CText& password) {
  const auto extra = stack_of(chain.intermediates);
  const std::string& name = chain.leaf.common_name();
  const char* alias = name.empty() ? kAliasWithoutName : name.c_str();
  constexpr int kNoMacYet = -1;  // PKCS12_create would use SHA-1 for older readers
  const auto leaf = with_key(chain.leaf);
  openssl::Pkcs12Ptr made(PKCS12_create(password.c_str(), alias, key.handle(), leaf.get(),
                                        extra.get(), NID_aes_256_cbc, NID_aes_256_cbc, kIterations,
                                        kNoMacYet, 0));
  if (made == nullptr || PKCS12_set_mac(made.get(), password.c_str(), -1, nullptr, 0, kIterations,
                                        EVP_sha256()) != 1) {
    return nullptr;
  }
  return made;
}

bool is_affordable(const ASN1_INTEGER* iterations) {
  std::int64_t count = 0;
  return iterations != nullptr && ASN1_INTEGER_get_int64(&count, iterations) == 1 && count >= 1 &&
         count <= kIterationsMax;
}

// PBES2 with PBKDF2, as we write it, and affordable.
bool is_affordable(const X509_ALGOR* encryption) {
  if (OBJ_obj2nid(encryption->algorithm) != NID_pbes2) return false;
  const openssl::Pbe2Ptr scheme(static_cast<PBE2PARAM*>(
      ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), encryption->parameter)));
  if (!scheme || OBJ_obj2nid(scheme->keyfunc->algorithm) != NID_id_pbkdf2) return false;
  const openssl::Pbkdf2Ptr derivation(static_cast<PBKDF2PARAM*>(
      ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), scheme->keyfunc->parameter)));
  return derivation && is_affordable(derivation->iter);
}

// A certificate, or a key whose encryption is affordable; nothing nested.
bool is_affordable(const PKCS12_SAFEBAG* bag) {
  const int kind = PKCS12_SAFEBAG_get_nid(bag);
  if (kind == NID_certBag) return true;
  if (kind != NID_pkcs8ShroudedKeyBag) return false;
  const X509_ALGOR* encryption = nullptr;
  X509_SIG_get0(PKCS12_SAFEBAG_get0_pkcs8(bag), &encryption, nullptr);
  return is_affordable(encryption);
}

bool is_affordable(PKCS7* part, const CText& password) {
  if (part->d.ptr == nullptr) return false;
  openssl::BagsPtr bags;
  if (PKCS7_type_is_data(part)) {
    bags.reset(PKCS12_unpack_p7data(part));
  } else if (PKCS7_type_is_encrypted(part) && part->d.encrypted->enc_data != nullptr &&
             is_affordable(part->d.encrypted->enc_data->algorithm)) {
    bags.reset(PKCS12_unpack_p7encdata(part, password.c_str(), -1));
  }
  if (!bags) return false;
  for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags.get()); ++i) {
    if (!is_affordable(sk_PKCS12_SAFEBAG_value(bags.get(), i))) return false;
  }
  return true;
}

// Whether opening it costs about what opening one of ours does, each step checked before it is
// taken. False for what a password of ours has not sealed.
bool is_affordable(PKCS12* keystore, const CText& password) {
  const ASN1_INTEGER* iterations = nullptr;
  PKCS12_get0_mac(nullptr, nullptr, nullptr, &iterations, keystore);
  if (!is_affordable(iterations)) return false;
  if (PKCS12_verify_mac(keystore, password.c_str(), -1) != 1) return false;
  const openssl::Pkcs7sPtr parts(PKCS12_unpack_authsafes(keystore));
  if (!parts) return false;
  for (int i = 0; i < sk_PKCS7_num(parts.get()); ++i) {
    if (!is_affordable(sk_PKCS7_value(parts.get(), i), password)) return false;
  }
  return true;
}

SecretString der_of(const PKCS12* keystore) {
  return SecretString(openssl::der_of<PKCS12>(i2d_PKCS12, keystore));
}

std::string fingerprint_of(const X509* certificate) {
  return base::to_hex(openssl::sha256(openssl::der_of<X509>(i2d_X509, certificate)));
}

struct Contents {
  openssl::PkeyPtr key{};
  openssl::CertificatePtr leaf{};
  std::set<std::string> extra{};  // SHA-256 fingerprints
};

bool read(const SecretString& keystore, const CText& password, Contents& contents) {
  const std::string_view der = keystore.expose();
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const openssl::Pkcs12Ptr parsed(d2i_PKCS12(nullptr, &bytes, static_cast<long>(der.size())));
  if (parsed == nullptr || !is_affordable(parsed.get(), password)) return false;
  EVP_PKEY* key = nullptr;
  X509* leaf = nullptr;
  STACK_OF(X509)* extra = nullptr;
  const bool opens = PKCS12_parse(parsed.get(), password.c_str(), &key, &leaf, &extra) == 1;
  contents.key.reset(key);
  contents.leaf.reset(leaf);
  for (int i = 0; extra != nullptr && i < sk_X509_num(extra); ++i) {
    contents.extra.insert(fingerprint_of(sk_X509_value(extra, i)));
  }
  sk_X509_pop_free(extra, X509_free);
  return opens && key != nullptr && leaf != nullptr;
}

}  // namespace

base::Result<SecretString> make_pkcs12(const PrivateKey& key, const Chain& chain,
                                       const SecretString& password) {
  const CText text(password);
  if (!text.is_usable()) {
    return fail(Code::kInvalid, "make keystore: the password is empty or has a NUL byte");
  }
  if (chain.leaf.public_key_sha256() != key.public_key_sha256()) {
    return fail(Code::kInvalid, "make keystore: the certificate is not for this key");
  }
  const openssl::Pkcs12Ptr made = build(key, chain, text);
  if (made == nullptr) return std::unexpected(openssl::last_error("make keystore"));
  return der_of(made.get());
}

bool pkcs12_holds(const SecretString& keystore, const SecretString& password, const PrivateKey& key,
                  const Chain& chain) {
  const CText text(password);
  if (keystore.expose().size() > kKeystoreBytesMax || !text.is_usable()) return false;
  Contents contents;
  const bool opens = read(keystore, text, contents);
  ERR_clear_error();
  if (!opens) return false;
  std::set<std::string> expected;
  for (const Certificate& certificate : chain.intermediates) {
    expected.insert(certificate.sha256_fingerprint());
  }
  return openssl::public_key_sha256(contents.key.get()) == key.public_key_sha256() &&
         fingerprint_of(contents.leaf.get()) == chain.leaf.sha256_fingerprint() &&
         contents.extra == expected;
}

}  // namespace x509
