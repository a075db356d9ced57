#include "simulator/sign.h"

#include <chrono>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"
#include "base/text.h"
#include "x509/openssl_ptr.h"
#include "x509/pem.h"
#include "x509/public_key.h"

namespace simulator {
namespace {

using namespace x509::openssl;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>>;
using NamePtr = std::unique_ptr<X509_NAME, Freer<X509_NAME_free>>;
using GeneralNamePtr = std::unique_ptr<GENERAL_NAME, Freer<GENERAL_NAME_free>>;

const EVP_MD* digest_of(const std::string& hash) {
  if (hash == "sha256") return EVP_sha256();
  if (hash == "sha384") return EVP_sha384();
  if (hash == "sha512") return EVP_sha512();
  return nullptr;
}

void set_time(ASN1_TIME* field, base::TimePoint time) {
  ASN1_TIME_set(field, std::chrono::system_clock::to_time_t(time));
}

// 16 random bytes whose first bit is clear and second set: positive, and always 32 hex digits, as
// CertCentral's serial numbers are.
bool set_serial(X509* certificate) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x3FU) | 0x40U);
  const std::unique_ptr<BIGNUM, Freer<BN_free>> number(BN_bin2bn(bytes, sizeof bytes, nullptr));
  return BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

// Its bytes as they came: X509_set_pubkey would write and read the key again.
bool set_public_key(X509* certificate, const std::string& der) {
  const PublicKeyPtr key = read_public_key(der);
  return key != nullptr && copy_public_key(X509_get_X509_PUBKEY(certificate), key.get());
}

bool add_entry(X509_NAME* name, int nid, const std::string& text) {
  if (text.empty()) return true;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  return X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8, bytes, static_cast<int>(text.size()),
                                    -1, 0) == 1;
}

bool set_subject(X509* certificate, const Subject& subject) {
  const NamePtr name(X509_NAME_new());
  return add_entry(name.get(), NID_countryName, subject.country) &&
         add_entry(name.get(), NID_stateOrProvinceName, subject.state) &&
         add_entry(name.get(), NID_localityName, subject.city) &&
         add_entry(name.get(), NID_organizationName, subject.organization) &&
         add_entry(name.get(), NID_commonName, subject.common_name) &&
         X509_set_subject_name(certificate, name.get()) == 1;
}

// Values are constants of ours: this syntax would read configuration out of foreign text.
bool add_constant(X509* certificate, X509V3_CTX* context, int nid, const char* value) {
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, context, nid, value));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

GeneralNamePtr general_name(const std::string& text) {
  GeneralNamePtr name(GENERAL_NAME_new());
  if (ASN1_OCTET_STRING* address = a2i_IPADDRESS(text.c_str())) {
    GENERAL_NAME_set0_value(name.get(), GEN_IPADD, address);
    return name;
  }
  ASN1_IA5STRING* dns = ASN1_IA5STRING_new();
  ASN1_STRING_set(dns, text.data(), static_cast<int>(text.size()));
  GENERAL_NAME_set0_value(name.get(), GEN_DNS, dns);
  return name;
}

bool add_names(X509* certificate, const std::vector<std::string>& texts) {
  if (texts.empty()) return true;
  const NamesPtr names(sk_GENERAL_NAME_new_null());
  for (const std::string& text : texts) {
    sk_GENERAL_NAME_push(names.get(), general_name(text).release());
  }
  return X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, 0) == 1;
}

bool add_extensions(X509* certificate, X509* issuer, CertificateUse use) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const auto add = [&](int nid, const char* value) {
    return add_constant(certificate, &context, nid, value);
  };
  const bool keys = add(NID_subject_key_identifier, "hash") &&
                    (issuer == certificate || add(NID_authority_key_identifier, "keyid:always"));
  if (!keys) return false;
  switch (use) {
    case CertificateUse::kRoot:
      return add(NID_basic_constraints, "critical,CA:TRUE") &&
             add(NID_key_usage, "critical,keyCertSign,cRLSign");
    case CertificateUse::kIntermediate:
      return add(NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
             add(NID_key_usage, "critical,digitalSignature,keyCertSign,cRLSign");
    case CertificateUse::kServer:
    case CertificateUse::kServerAndClient:
      break;
  }
  const bool client = use == CertificateUse::kServerAndClient;
  return add(NID_basic_constraints, "critical,CA:FALSE") &&
         add(NID_key_usage, "critical,digitalSignature,keyEncipherment") &&
         add(NID_ext_key_usage, client ? "serverAuth,clientAuth" : "serverAuth");
}

std::string upper_hex(std::string_view bytes) {
  return base::upper_case(base::to_hex(bytes));
}

Signed text_of(const X509* certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  const auto* bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial));
  const std::string der = der_of<X509>(i2d_X509, certificate);
  Signed text;
  text.pem = x509::to_pem("CERTIFICATE", der);
  text.serial = upper_hex({bytes, static_cast<std::size_t>(ASN1_STRING_length(serial))});
  text.thumbprint = upper_hex(sha1(der));
  return text;
}

}  // namespace

base::Result<Signed> sign(const SignSpec& spec, const std::string& public_key,
                          const IssuingKey& issuer) {
  const EVP_MD* digest = digest_of(spec.hash);
  if (digest == nullptr) {
    return base::fail(base::Code::kInvalid, fmt::format("sign: unknown hash \"{}\"", spec.hash));
  }
  const CertificatePtr certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  set_time(X509_getm_notBefore(certificate.get()), spec.not_before);
  set_time(X509_getm_notAfter(certificate.get()), spec.not_after);
  if (!set_serial(certificate.get()) || !set_subject(certificate.get(), spec.subject) ||
      !set_public_key(certificate.get(), public_key)) {
    return std::unexpected(last_error("fill a certificate", base::Code::kInvalid));
  }
  X509* signer = issuer.certificate == nullptr ? certificate.get() : issuer.certificate->handle();
  if (X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer)) != 1 ||
      !add_extensions(certificate.get(), signer, spec.use) ||
      !add_names(certificate.get(), spec.names) ||
      X509_sign(certificate.get(), issuer.key.handle(), digest) == 0) {
    return std::unexpected(last_error("sign a certificate"));
  }
  ERR_clear_error();  // TLS of this thread would take it for its own
  return text_of(certificate.get());
}

}  // namespace simulator
