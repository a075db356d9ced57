// Issuer: the simulated certificate authority: a root, an intermediate, a cross-signed root, and
// the root of the TLS server. Entry point: Issuer::open.
// Immutable once open; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "simulator/sign.h"
#include "x509/certificate.h"
#include "x509/private_key.h"

namespace simulator {

// What the service reads in a CSR: its key. Names in it are not looked at.
struct CsrFacts {
  bool is_rsa = false;
  int key_bits = 0;
  std::string public_key{};  // SubjectPublicKeyInfo, DER
};
// kInvalid: not a CSR, a signature that does not verify, or a key that the service does not take
// (RSA under 2048 bits, other curves than P-256 and P-384).
base::Result<CsrFacts> read_csr(const std::string& pem);

// A CSR for a new ECDSA P-256 key that is forgotten at once: for certificates that nobody serves.
base::Result<std::string> throwaway_csr(std::string_view common_name);

struct LeafSpec {
  Subject subject{};
  std::vector<std::string> names{};  // DNS names
  base::TimePoint not_before{};
  base::TimePoint not_after{};
  bool client_auth = false;
  std::string hash = "sha256";
};

struct TlsMaterial {
  std::string certificate_pem{};  // leaf
  base::SecretString key_pem{};
};

// Who signs: a root or the intermediate.
struct Authority {
  x509::PrivateKey key;
  x509::Certificate certificate;
};

class Issuer {
 public:
  // Reads the keys and certificates in `dir`, or makes them: keys with mode 0600, and ca.pem,
  // root.pem, intermediate.pem, cross.pem for everybody. The authority is valid from five years
  // before `now` to thirty years after it.
  // kInternal: a file cannot be read, parsed or written (the message names it).
  static base::Result<Issuer> open(const std::string& dir, base::TimePoint now);

  // Signs with the intermediate. kInvalid: a name that cannot be used.
  base::Result<Signed> issue(const LeafSpec& spec, const CsrFacts& csr) const;
  // A fresh TLS certificate and key for `names`, from the TLS root. Clients check it by the real
  // time of day, so `system_now` is that and not the simulator's.
  base::Result<TlsMaterial> make_tls(const std::vector<std::string>& names,
                                     base::TimePoint system_now) const;

  const std::string& tls_root_pem() const { return tls_root_.certificate.to_pem(); }
  const std::string& root_pem() const { return root().to_pem(); }
  const std::string& intermediate_pem() const { return intermediate().to_pem(); }
  const std::string& cross_pem() const { return cross().to_pem(); }
  const x509::Certificate& root() const { return root_.certificate; }
  const x509::Certificate& intermediate() const { return intermediate_.certificate; }
  // The same root, key and name, signed by an older one: the fourth certificate of some chains.
  const x509::Certificate& cross() const { return cross_; }

 private:
  Issuer(Authority tls_root, Authority root, Authority intermediate, x509::Certificate cross)
      : tls_root_(std::move(tls_root)),
        root_(std::move(root)),
        intermediate_(std::move(intermediate)),
        cross_(std::move(cross)) {}

  Authority tls_root_;
  Authority root_;
  Authority intermediate_;
  x509::Certificate cross_;
};

// The id that stands for the intermediate in ca_cert_id and ca_cert.
inline constexpr std::string_view kCaCertId = "5E1A7E0001";
inline constexpr std::string_view kIntermediateName = "Duplicert Simulator TLS CA G1";
inline constexpr std::string_view kRootName = "Duplicert Simulator Root G1";

}  // namespace simulator
