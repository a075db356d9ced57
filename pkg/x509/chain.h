// Chain: puts the certificates that a CA sent into the order that a server must present.
// Pure. Entry point: build_chain. CertCentral sends the root along, sometimes a cross-signed extra,
// sometimes the wrong certificate altogether: nothing about the order of what came is trusted.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "x509/certificate.h"

namespace x509 {

struct Chain {
  Certificate leaf;
  std::vector<Certificate> intermediates{};  // from the leaf's issuer upwards, without the root
  // What ca.crt holds: the self-signed root if it was sent, else the last intermediate; nullopt if
  // the leaf came alone.
  std::optional<Certificate> top{};

  // Leaf, then intermediates, PEM with LF line ends (RFC 8446 section 4.4.2: no root needed).
  std::string tls_crt() const;
};

// Builds the chain of the certificate that carries our key, given as PrivateKey::public_key_sha256.
// Of several leaves with our key it takes the one that is valid longest. The result does not depend
// on the order of `sent`; certificates outside the chain are left out. Where several ways lead up
// (cross-signs), the shortest one to a self-signed root wins; without any root, the shortest to a
// certificate whose issuer was not sent.
// With `now`, the leaf and the intermediates must be valid at that instant; without it, dates are
// not looked at.
// Errors, all kCorrupt: no certificate for our key (the message names what was sent), an issuer
// that was sent but whose key does not verify the signature or which is not a CA, dates.
base::Result<Chain> build_chain(const std::vector<Certificate>& sent,
                                const std::string& public_key_sha256,
                                std::optional<base::TimePoint> now = std::nullopt);

}  // namespace x509
