// The public keys of CSRs and certificates, read when something has to be verified and not before.
// OpenSSL 3.0 searches all of its decoders for each key, which takes longer than to verify with it.
// For the .cpp files of x509, and for a CA. Thread-safe.
#pragma once

#include <memory>
#include <string_view>

#include "x509/openssl_ptr.h"

namespace x509::openssl {

using PublicKeyPtr = std::unique_ptr<X509_PUBKEY, Freer<X509_PUBKEY_free>>;

// A context of OpenSSL that knows no algorithm: nobody looks for the key of what is read in it.
OSSL_LIB_CTX* without_algorithms();

// Without its key: X509_REQ_get0_pubkey is null. Null: `der` is no CSR. Bytes behind it are
// ignored.
RequestPtr read_request(std::string_view der);
// A SubjectPublicKeyInfo, also without its key. Null: `der` is none.
PublicKeyPtr read_public_key(std::string_view der);

// The key of such a field. Null: an algorithm that OpenSSL does not know, or no key of it.
PkeyPtr key_of(const X509_PUBKEY* field);
// Puts the bytes of one field into another. False: out of memory.
bool copy_public_key(X509_PUBKEY* to, const X509_PUBKEY* from);

}  // namespace x509::openssl
