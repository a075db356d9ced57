#include "simulator/issuer.h"

#include <optional>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "simulator/files.h"
#include "x509/csr.h"
#include "x509/openssl_ptr.h"
#include "x509/public_key.h"

namespace simulator {
namespace {

using namespace x509::openssl;
using std::chrono::days;

constexpr days kBefore{5 * 365};
constexpr days kAfter{30 * 365};

// As PEM_read_bio_X509_REQ reads, but without the key.
RequestPtr read_pem(const std::string& pem) {
  unsigned char* bytes = nullptr;
  long size = 0;
  if (PEM_bytes_read_bio(&bytes, &size, nullptr, PEM_STRING_X509_REQ, reader_of(pem).get(), nullptr,
                         nullptr) != 1) {
    return nullptr;
  }
  RequestPtr csr = read_request({reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)});
  OPENSSL_free(bytes);
  return csr;
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

base::Result<x509::Certificate> load_certificate(const std::string& path) {
  auto certificate = x509::Certificate::parse(TRY(read_file(path)));
  if (!certificate) return std::unexpected(base::wrap(path, certificate.error()));
  return certificate;
}

base::Result<Authority> load(const Place& place) {
  std::string key_text = TRY(read_file(place.key()));
  auto key = x509::PrivateKey::parse(key_text);
  base::wipe(key_text);
  if (!key) return std::unexpected(base::wrap(place.key(), key.error()));
  x509::Certificate certificate = TRY(load_certificate(place.certificate()));
  return Authority{*std::move(key), std::move(certificate)};
}

// The certificate is written last: it marks the pair as whole.
base::Result<void> save(const Place& place, const Authority& pair) {
  TRY_VOID(write_file(place.key(), pair.key.to_pem().expose(), Mode::kPrivate));
  return write_file(place.certificate(), pair.certificate.to_pem(), Mode::kPublic);
}

base::Result<x509::Certificate> certify(const SignSpec& spec, const x509::PrivateKey& key,
                                        const IssuingKey& issuer) {
  const std::string public_key = der_of<EVP_PKEY>(i2d_PUBKEY, key.handle());
  return x509::Certificate::parse(TRY(sign(spec, public_key, issuer)).pem);
}

// Reads an authority, or makes one that `parent` signs (nullptr: itself).
base::Result<Authority> open_authority(const Place& place, const SignSpec& spec,
                                       const Authority* parent) {
  if (file_exists(place.certificate())) return load(place);
  const x509::PrivateKey key = TRY(new_key());
  const IssuingKey issuer{parent == nullptr ? key : parent->key,
                          parent == nullptr ? nullptr : &parent->certificate};
  x509::Certificate certificate = TRY(certify(spec, key, issuer));
  Authority made{key, std::move(certificate)};
  TRY_VOID(save(place, made));
  return made;
}

// The root signed by an older root, whose key nobody keeps.
base::Result<x509::Certificate> open_cross(const std::string& dir, const Authority& root,
                                           base::TimePoint now) {
  const std::string path = dir + "/cross.pem";
  if (file_exists(path)) return load_certificate(path);
  const x509::PrivateKey old_key = TRY(new_key());
  const SignSpec old_spec =
      authority_spec("Duplicert Simulator Old Root", CertificateUse::kRoot, now);
  const x509::Certificate old_root = TRY(certify(old_spec, old_key, {.key = old_key}));
  const SignSpec spec = authority_spec(kRootName, CertificateUse::kRoot, now);
  x509::Certificate cross = TRY(certify(spec, root.key, {old_key, &old_root}));
  TRY_VOID(write_file(path, cross.to_pem(), Mode::kPublic));
  return cross;
}

}  // namespace

base::Result<CsrFacts> read_csr(const std::string& pem) {
  const RequestPtr csr = read_pem(pem);
  if (csr == nullptr) return std::unexpected(last_error("read the CSR", base::Code::kInvalid));
  const X509_PUBKEY* field = X509_REQ_get_X509_PUBKEY(csr.get());
  const PkeyPtr key = key_of(field);
  if (key == nullptr || X509_REQ_verify(csr.get(), key.get()) != 1) {
    return std::unexpected(last_error("check the CSR's signature", base::Code::kInvalid));
  }
  CsrFacts facts;
  facts.public_key = der_of<X509_PUBKEY>(i2d_X509_PUBKEY, field);
  facts.key_bits = EVP_PKEY_get_bits(key.get());
  facts.is_rsa = EVP_PKEY_is_a(key.get(), "RSA") == 1;
  const bool is_ec = EVP_PKEY_is_a(key.get(), "EC") == 1;
  const bool good = (facts.is_rsa && facts.key_bits >= 2048) ||
                    (is_ec && (facts.key_bits == 256 || facts.key_bits == 384));
  ERR_clear_error();  // TLS of this thread would take it for its own
  if (!good) return base::fail(base::Code::kInvalid, "read the CSR: its key is not accepted");
  return facts;
}

base::Result<std::string> throwaway_csr(std::string_view common_name) {
  return x509::make_csr(TRY(new_key()), {.common_name = std::string(common_name), .dns_names = {}});
}

base::Result<Issuer> Issuer::open(const std::string& dir, base::TimePoint now) {
  const SignSpec tls = authority_spec("Duplicert Simulator Web Root", CertificateUse::kRoot,
                                      base::SystemClock{}.now());
  Authority tls_root = TRY(open_authority({dir, "ca"}, tls, nullptr));
  Authority root = TRY(open_authority(
      {dir, "root"}, authority_spec(kRootName, CertificateUse::kRoot, now), nullptr));
  Authority intermediate = TRY(
      open_authority({dir, "intermediate"},
                     authority_spec(kIntermediateName, CertificateUse::kIntermediate, now), &root));
  x509::Certificate cross = TRY(open_cross(dir, root, now));
  return Issuer(std::move(tls_root), std::move(root), std::move(intermediate), std::move(cross));
}

base::Result<Signed> Issuer::issue(const LeafSpec& leaf, const CsrFacts& csr) const {
  SignSpec spec;
  spec.subject = leaf.subject;
  spec.names = leaf.names;
  spec.not_before = leaf.not_before;
  spec.not_after = leaf.not_after;
  spec.use = leaf.client_auth ? CertificateUse::kServerAndClient : CertificateUse::kServer;
  spec.hash = leaf.hash;
  return sign(spec, csr.public_key, {intermediate_.key, &intermediate_.certificate});
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
  const IssuingKey issuer{tls_root_.key, &tls_root_.certificate};
  material.certificate_pem = TRY(certify(spec, key, issuer)).to_pem();
  material.key_pem = key.to_pem();
  return material;
}

}  // namespace simulator
