#include "simulator/issuer.h"

#include <optional>

#include <fmt/format.h>
#include <openssl/pem.h>

#include "simulator/files.h"
#include "x509/certificate.h"
#include "x509/csr.h"
#include "x509/openssl_ptr.h"

namespace simulator {
namespace {

using namespace x509::openssl;
using std::chrono::days;

constexpr days kBefore{5 * 365};
constexpr days kAfter{30 * 365};

base::Result<PkeyPtr> key_of_csr(const std::string& pem) {
  const RequestPtr csr(PEM_read_bio_X509_REQ(reader_of(pem).get(), nullptr, nullptr, nullptr));
  if (csr == nullptr) return std::unexpected(last_error("read the CSR", base::Code::kInvalid));
  PkeyPtr key(X509_REQ_get_pubkey(csr.get()));
  if (key == nullptr || X509_REQ_verify(csr.get(), key.get()) != 1) {
    return std::unexpected(last_error("check the CSR's signature", base::Code::kInvalid));
  }
  return key;
}

base::Result<x509::PrivateKey> new_key() {
  return x509::PrivateKey::generate({});
}

SignSpec authority_spec(std::string_view name, CertificateUse use, base::TimePoint now) {
  SignSpec spec;
  spec.subject.common_name = name;
  spec.subject.organization = "Duplicert Simulator";
  spec.not_before = now - kBefore;
  spec.not_after = now + kAfter;
  spec.use = use;
  return spec;
}

// The two files of an authority: "root.pem" and "root-key.pem".
struct Place {
  const std::string& dir;
  std::string_view name;

  std::string certificate() const { return fmt::format("{}/{}.pem", dir, name); }
  std::string key() const { return fmt::format("{}/{}-key.pem", dir, name); }
};

struct Loaded {
  x509::PrivateKey key;
  std::string pem;
};

base::Result<Loaded> load(const Place& place) {
  std::string key_text = TRY(read_file(place.key()));
  auto key = x509::PrivateKey::parse(key_text);
  base::wipe(key_text);
  if (!key) return std::unexpected(base::wrap(place.key(), key.error()));
  return Loaded{*std::move(key), TRY(read_file(place.certificate()))};
}

// The certificate is written last: it marks the pair as whole.
base::Result<void> save(const Place& place, const Loaded& pair) {
  TRY_VOID(write_file(place.key(), pair.key.to_pem().expose(), Mode::kPrivate));
  return write_file(place.certificate(), pair.pem, Mode::kPublic);
}

// Reads an authority, or makes one that `parent` signs (nullptr: itself).
base::Result<Loaded> open_authority(const Place& place, const SignSpec& spec,
                                    const Loaded* parent) {
  if (file_exists(place.certificate())) return load(place);
  const x509::PrivateKey key = TRY(new_key());
  const IssuingKey issuer{parent == nullptr ? key : parent->key,
                          parent == nullptr ? "" : parent->pem};
  Loaded made{key, TRY(sign(spec, key.handle(), issuer))};
  TRY_VOID(save(place, made));
  return made;
}

// The root signed by an older root, whose key nobody keeps.
base::Result<std::string> open_cross(const std::string& dir, const Loaded& root,
                                     base::TimePoint now) {
  const std::string path = dir + "/cross.pem";
  if (file_exists(path)) return read_file(path);
  const x509::PrivateKey old_key = TRY(new_key());
  const SignSpec old_spec =
      authority_spec("Duplicert Simulator Old Root", CertificateUse::kRoot, now);
  const std::string old_pem = TRY(sign(old_spec, old_key.handle(), {old_key, ""}));
  const SignSpec spec = authority_spec(kRootName, CertificateUse::kRoot, now);
  std::string pem = TRY(sign(spec, root.key.handle(), {old_key, old_pem}));
  TRY_VOID(write_file(path, pem, Mode::kPublic));
  return pem;
}

}  // namespace

base::Result<CsrFacts> read_csr(const std::string& pem) {
  const PkeyPtr key = TRY(key_of_csr(pem));
  CsrFacts facts;
  facts.key_bits = EVP_PKEY_get_bits(key.get());
  facts.is_rsa = EVP_PKEY_is_a(key.get(), "RSA") == 1;
  const bool is_ec = EVP_PKEY_is_a(key.get(), "EC") == 1;
  const bool good = (facts.is_rsa && facts.key_bits >= 2048) ||
                    (is_ec && (facts.key_bits == 256 || facts.key_bits == 384));
  if (!good) return base::fail(base::Code::kInvalid, "read the CSR: its key is not accepted");
  return facts;
}

base::Result<std::string> throwaway_csr(std::string_view common_name) {
  return x509::make_csr(TRY(new_key()), {.common_name = std::string(common_name), .dns_names = {}});
}

base::Result<Issuer> Issuer::open(const std::string& dir, base::TimePoint now) {
  const SignSpec tls = authority_spec("Duplicert Simulator Web Root", CertificateUse::kRoot,
                                      base::SystemClock{}.now());
  Loaded tls_root = TRY(open_authority({dir, "ca"}, tls, nullptr));
  Loaded root = TRY(open_authority({dir, "root"},
                                   authority_spec(kRootName, CertificateUse::kRoot, now), nullptr));
  Loaded intermediate = TRY(
      open_authority({dir, "intermediate"},
                     authority_spec(kIntermediateName, CertificateUse::kIntermediate, now), &root));
  std::string cross = TRY(open_cross(dir, root, now));
  return Issuer({std::move(tls_root.key), std::move(tls_root.pem)},
                {std::move(root.key), std::move(root.pem)},
                {std::move(intermediate.key), std::move(intermediate.pem)}, std::move(cross));
}

base::Result<Leaf> Issuer::issue(const LeafSpec& leaf, const std::string& csr_pem) const {
  const PkeyPtr key = TRY(key_of_csr(csr_pem));
  SignSpec spec;
  spec.subject = leaf.subject;
  spec.names = leaf.names;
  spec.not_before = leaf.not_before;
  spec.not_after = leaf.not_after;
  spec.use = leaf.client_auth ? CertificateUse::kServerAndClient : CertificateUse::kServer;
  spec.hash = leaf.hash;
  const IssuingKey issuer{intermediate_.key, intermediate_.pem};
  Leaf issued;
  issued.pem = TRY(sign(spec, key.get(), issuer));
  const x509::Certificate read = TRY(x509::Certificate::parse(issued.pem));
  issued.serial = read.serial_number();
  issued.thumbprint = read.sha1_thumbprint();
  return issued;
}

base::Result<TlsMaterial> Issuer::make_tls(const std::vector<std::string>& names,
                                           base::TimePoint system_now) const {
  const x509::PrivateKey key = TRY(new_key());
  SignSpec spec;
  spec.subject.common_name = names.empty() ? "localhost" : names.front();
  spec.names = names;
  spec.not_before = system_now - days{2};
  spec.not_after = system_now + days{365};
  TlsMaterial material;
  material.certificate_pem = TRY(sign(spec, key.handle(), {tls_root_.key, tls_root_.pem}));
  material.key_pem = key.to_pem();
  return material;
}

}  // namespace simulator
