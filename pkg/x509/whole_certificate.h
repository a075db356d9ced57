// A certificate with its key. OpenSSL 3.0 searches all of its decoders for the key of each
// certificate, which takes longer than to read all else in it, and the key of a leaf is compared by
// its bytes alone: so Certificate reads the keys of issuers only. For the .cpp files of x509.
#pragma once

#include <memory>
#include <string_view>

#include "x509/certificate.h"
#include "x509/openssl_ptr.h"

namespace x509 {

// Null: `der` is no certificate, or more than one.
openssl::CertificatePtr read_with_key(std::string_view der);
// The same, and no key is looked for: X509_get0_pubkey is null.
openssl::CertificatePtr read_without_key(std::string_view der);

// The handle of `certificate` if that has its key, else the same certificate read again.
std::shared_ptr<X509> with_key(const Certificate& certificate);

}  // namespace x509
