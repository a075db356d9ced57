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
#include "x509/private_key.h"

namespace simulator {

// What the service reads in a CSR: its key. Names in it are not looked at.
struct CsrFacts {
  bool is_rsa = false;
  int key_bits = 0;
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

struct Leaf {
  std::string pem{};
  std::string serial{};      // upper-case hex
  std::string thumbprint{};  // SHA-1, upper-case hex
};

struct TlsMaterial {
  std::string certificate_pem{};  // leaf
  base::SecretString key_pem{};
};

class Issuer {
 public:
  // Reads the keys and certificates in `dir`, or makes them: keys with mode 0600, and ca.pem,
  // root.pem, intermediate.pem, cross.pem for everybody. The authority is valid from five years
  // before `now` to thirty years after it.
  // kInternal: a file cannot be read, parsed or written (the message names it).
  static base::Result<Issuer> open(const std::string& dir, base::TimePoint now);

  // Signs with the intermediate. kInvalid as read_csr, and for a name that cannot be used.
  base::Result<Leaf> issue(const LeafSpec& spec, const std::string& csr_pem) const;
  // A fresh TLS certificate and key for `names`, from the TLS root. Clients check it by the real
  // time of day, so `system_now` is that and not the simulator's.
  base::Result<TlsMaterial> make_tls(const std::vector<std::string>& names,
                                     base::TimePoint system_now) const;

  const std::string& tls_root_pem() const { return tls_root_.pem; }
  const std::string& root_pem() const { return root_.pem; }
  const std::string& intermediate_pem() const { return intermediate_.pem; }
  // The same root, key and name, signed by an older one: the fourth certificate of some chains.
  const std::string& cross_pem() const { return cross_pem_; }

 private:
  struct Authority {
    x509::PrivateKey key;
    std::string pem;
  };
  Issuer(Authority tls_root, Authority root, Authority intermediate, std::string cross_pem)
      : tls_root_(std::move(tls_root)),
        root_(std::move(root)),
        intermediate_(std::move(intermediate)),
        cross_pem_(std::move(cross_pem)) {}

  Authority tls_root_;
  Authority root_;
  Authority intermediate_;
  std::string cross_pem_;
};

// The id that stands for the intermediate in ca_cert_id and ca_cert.
inline constexpr std::string_view kCaCertId = "5E1A7E0001";
inline constexpr std::string_view kIntermediateName = "Duplicert Simulator TLS CA G1";
inline constexpr std::string_view kRootName = "Duplicert Simulator Root G1";

}  // namespace simulator
