#include "x509/whole_certificate.h"

#include <openssl/asn1t.h>
#include <openssl/err.h>

#include "x509/public_key.h"

namespace x509 {
namespace {

openssl::CertificatePtr read(std::string_view der, OSSL_LIB_CTX* context) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const auto* end = bytes + der.size();
  openssl::CertificatePtr handle(reinterpret_cast<X509*>(ASN1_item_d2i_ex(
      nullptr, &bytes, static_cast<long>(der.size()), ASN1_ITEM_rptr(X509), context, nullptr)));
  return bytes == end ? std::move(handle) : nullptr;
}

}  // namespace

openssl::CertificatePtr read_with_key(std::string_view der) {
  return read(der, nullptr);
}

openssl::CertificatePtr read_without_key(std::string_view der) {
  return read(der, openssl::without_algorithms());
}

std::shared_ptr<X509> with_key(const Certificate& certificate) {
  X509* const handle = certificate.handle();
  if (X509_get0_pubkey(handle) != nullptr) {
    X509_up_ref(handle);
    return openssl::CertificatePtr(handle);
  }
  ERR_clear_error();
  return read_with_key(openssl::der_of<X509>(i2d_X509, handle));
}

}  // namespace x509
