#include "x509/certificate.h"

#include <array>
#include <chrono>
#include <ctime>

#include <openssl/err.h>

#include "base/bytes.h"
#include "base/text.h"
#include "base/thread_annotations.h"
#include "x509/known_issuers.h"
#include "x509/openssl_ptr.h"
#include "x509/pem.h"
#include "x509/whole_certificate.h"

namespace x509 {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr std::string_view kLabel = "CERTIFICATE";

std::string upper_hex(std::string_view bytes) {
  return base::upper_case(base::to_hex(bytes));
}

// The content bytes, so that a leading zero digit ("0A…") stays; the sign byte of DER does not.
std::string serial_of(const X509* handle) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(handle);
  const auto* bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial));
  return upper_hex({bytes, static_cast<std::size_t>(ASN1_STRING_length(serial))});
}

Result<base::TimePoint> time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) {
    return std::unexpected(openssl::last_error("parse certificate: date", Code::kInvalid));
  }
  return base::TimePoint(std::chrono::seconds(timegm(&parts)));
}

std::string line_of(const X509_NAME* name) {
  const openssl::BioPtr writer(BIO_new(BIO_s_mem()));
  if (X509_NAME_print_ex(writer.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(writer.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::vector<std::string> dns_names_of(const X509* handle) {
  const openssl::NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(handle, NID_subject_alt_name, nullptr, nullptr)));
  return openssl::dns_names(names.get());
}

std::string public_key_sha256_of(const X509* handle) {
  const std::string der =
      openssl::der_of<X509_PUBKEY>(i2d_X509_PUBKEY, X509_get_X509_PUBKEY(handle));
  return base::to_hex(openssl::sha256(der));
}

// 1: basicConstraints CA, keyUsage allows it; 3: a version 1 root. X509_check_ca has more answers,
// all of them guesses about certificates from before RFC 5280.
bool may_issue(X509* handle) {
  const int answer = X509_check_ca(handle);
  return answer == 1 || answer == 3;
}

// With its key only if that may verify something: another certificate, or itself.
openssl::CertificatePtr read(std::string_view der) {
  openssl::CertificatePtr handle = read_without_key(der);
  if (handle == nullptr) return handle;
  const X509_NAME* const issuer = X509_get_issuer_name(handle.get());
  const bool may_verify =
      may_issue(handle.get()) || X509_NAME_cmp(X509_get_subject_name(handle.get()), issuer) == 0;
  return may_verify ? read_with_key(der) : std::move(handle);
}

}  // namespace

// Which certificate's key has verified a signature. Thread-safe. It does not keep that certificate
// alive, and is not fooled by another one at its address.
class SignedBy {
 public:
  bool is(const std::shared_ptr<const void>& issuer) const {
    const base::MutexLock lock(mutex_);
    return issuer_.lock() == issuer;
  }
  void note(const std::shared_ptr<const void>& issuer) {
    const base::MutexLock lock(mutex_);
    issuer_ = issuer;
  }

 private:
  mutable base::Mutex mutex_;
  std::weak_ptr<const void> issuer_ GUARDED_BY(mutex_);
};

Result<Certificate> Certificate::from_der(std::string_view der, KnownIssuers* known) {
  if (known != nullptr) {
    if (auto found = known->find(der)) return *std::move(found);
  }
  openssl::CertificatePtr handle = read(der);
  if (handle == nullptr) {
    return std::unexpected(openssl::last_error("parse certificate", Code::kInvalid));
  }
  X509* raw = handle.get();
  auto fields = std::make_shared<Fields>();
  fields->common_name = openssl::common_name(X509_get_subject_name(raw));
  fields->dns_names = dns_names_of(raw);
  fields->serial_number = serial_of(raw);
  fields->sha256_fingerprint = base::to_hex(openssl::sha256(der));
  fields->sha1_thumbprint = upper_hex(openssl::sha1(der));
  fields->not_before = TRY(time_of(X509_get0_notBefore(raw)));
  fields->not_after = TRY(time_of(X509_get0_notAfter(raw)));
  fields->public_key_sha256 = public_key_sha256_of(raw);
  fields->is_ca = may_issue(raw);
  fields->is_self_signed = X509_self_signed(raw, 1) == 1;
  fields->subject = line_of(X509_get_subject_name(raw));
  fields->issuer = line_of(X509_get_issuer_name(raw));
  fields->pem = x509::to_pem(kLabel, der);
  fields->signed_by = std::make_shared<SignedBy>();
  fields->handle = std::move(handle);
  ERR_clear_error();
  Certificate certificate(std::move(fields));
  if (known != nullptr) known->put(der, certificate);
  return certificate;
}

Result<Certificate> Certificate::parse(std::string_view pem) {
  auto all = TRY(parse_all(pem));
  return std::move(all.front());
}

Result<std::vector<Certificate>> Certificate::parse_all(std::string_view pem, KnownIssuers* known) {
  if (pem.size() > kBundleBytesMax) {
    return fail(Code::kInvalid, "parse certificates: more than 256 KiB");
  }
  const auto blocks = TRY(pem_blocks(pem, {kLabel, "X509 CERTIFICATE"}));
  if (blocks.empty()) return fail(Code::kInvalid, "parse certificates: no CERTIFICATE in PEM");
  if (blocks.size() > kCertificatesMax) {
    return fail(Code::kInvalid, "parse certificates: more than 20 in one bundle");
  }
  std::vector<Certificate> certificates;
  for (const PemBlock& block : blocks) certificates.push_back(TRY(from_der(block.der, known)));
  return certificates;
}

bool Certificate::names_as_issuer(const Certificate& issuer) const {
  if (X509_NAME_cmp(X509_get_issuer_name(handle()), X509_get_subject_name(issuer.handle())) != 0) {
    return false;
  }
  const int answer = X509_check_issued(issuer.handle(), handle());
  ERR_clear_error();
  return answer != X509_V_ERR_AKID_SKID_MISMATCH &&
         answer != X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH;
}

bool Certificate::is_signed_by(const Certificate& issuer) const {
  if (fields().signed_by->is(issuer.fields_)) return true;
  const auto signer = with_key(issuer);
  EVP_PKEY* key = signer == nullptr ? nullptr : X509_get0_pubkey(signer.get());
  const bool verifies = key != nullptr && X509_verify(handle(), key) == 1;
  ERR_clear_error();
  if (verifies) fields().signed_by->note(issuer.fields_);
  return verifies;
}

}  // namespace x509
