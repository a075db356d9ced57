#include "simulator/issuer.h"

#include <sys/stat.h>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "support/fake_clock.h"
#include "support/temp_dir.h"
#include "x509/chain.h"
#include "x509/csr.h"
#include "x509/openssl_ptr.h"

namespace simulator {
namespace {

const base::TimePoint kNow = support::FakeClock::kStart;

class IssuerTest : public ::testing::Test {
 protected:
  Issuer open() {
    auto issuer = Issuer::open(dir.path(), kNow);
    EXPECT_TRUE(issuer) << issuer.error().message;
    return *std::move(issuer);
  }

  static LeafSpec leaf() {
    LeafSpec spec;
    spec.subject.common_name = "shop.example.com";
    spec.subject.organization = "Example Ltd";
    spec.names = {"shop.example.com", "www.shop.example.com"};
    spec.not_before = kNow;
    spec.not_after = kNow + std::chrono::days{20} - std::chrono::seconds{1};
    return spec;
  }

  support::TempDir dir;
};

mode_t mode_of(const std::filesystem::path& path) {
  struct stat facts{};
  EXPECT_EQ(::stat(path.c_str(), &facts), 0) << path;
  return facts.st_mode & 0777U;
}

TEST_F(IssuerTest, IssuesALeafWhoseChainVerifies) {
  const Issuer issuer = open();
  const auto key = x509::PrivateKey::generate({}).value();
  const auto csr = x509::make_csr(key, {.common_name = "other.example.com", .dns_names = {}});

  const auto issued = issuer.issue(leaf(), read_csr(*csr).value());

  ASSERT_TRUE(issued) << issued.error().message;
  const auto sent = x509::Certificate::parse_all(issued->pem + issuer.intermediate_pem() +
                                                 issuer.cross_pem() + issuer.root_pem());
  const auto chain = x509::build_chain(*sent, key.public_key_sha256(), kNow);
  ASSERT_TRUE(chain) << chain.error().message;
  EXPECT_EQ(chain->leaf.common_name(), "shop.example.com") << "names of the CSR do not count";
  EXPECT_EQ(chain->leaf.dns_names(), leaf().names);
  EXPECT_EQ(chain->leaf.not_after(), leaf().not_after);
  EXPECT_EQ(chain->leaf.serial_number(), issued->serial);
  EXPECT_EQ(chain->leaf.sha1_thumbprint(), issued->thumbprint);
  EXPECT_EQ(issued->serial.size(), 32U);
}

TEST_F(IssuerTest, KeepsItsAuthorityAcrossRestarts) {
  const std::string first = open().root_pem() + open().intermediate_pem() + open().tls_root_pem();

  EXPECT_EQ(open().root_pem() + open().intermediate_pem() + open().tls_root_pem(), first);
}

TEST_F(IssuerTest, KeepsPrivateKeysToItself) {
  open();

  for (const char* name : {"ca-key.pem", "root-key.pem", "intermediate-key.pem"}) {
    EXPECT_EQ(mode_of(dir.file(name)), 0600U) << name;
  }
  EXPECT_EQ(mode_of(dir.file("ca.pem")), 0644U);
}

TEST_F(IssuerTest, RefusesAKeyFileThatDoesNotParse) {
  open();
  dir.write("root-key.pem", "nonsense");

  const auto again = Issuer::open(dir.path(), kNow);

  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("root-key.pem"), std::string::npos) << again.error().message;
}

TEST_F(IssuerTest, RefusesACertificateFileThatDoesNotParse) {
  open();
  dir.write("intermediate.pem", "nonsense");

  const auto again = Issuer::open(dir.path(), kNow);

  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("intermediate.pem"), std::string::npos)
      << again.error().message;
}

struct KeyCase {
  const char* name;
  x509::KeyParams params;
};
class EachKey : public IssuerTest, public ::testing::WithParamInterface<KeyCase> {};

TEST_P(EachKey, OfACsrIsInItsCertificate) {
  const auto key = x509::PrivateKey::generate(GetParam().params).value();
  const auto csr = x509::make_csr(key, {.common_name = "a.com", .dns_names = {}}).value();

  const auto facts = read_csr(csr);

  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->key_bits, GetParam().params.size);
  EXPECT_EQ(facts->is_rsa, GetParam().params.algorithm == x509::KeyAlgorithm::kRsa);
  const auto issued = x509::Certificate::parse(open().issue(leaf(), *facts).value().pem);
  ASSERT_TRUE(issued) << issued.error().message;
  EXPECT_EQ(issued->public_key_sha256(), key.public_key_sha256());
}

// What OpenSSL 3.0 leaves behind depends on its version; so the test leaves something itself.
TEST_F(IssuerTest, LeavesNoErrorsForTheTlsOfItsThread) {
  const auto key = x509::PrivateKey::generate({}).value();
  const auto csr = x509::make_csr(key, {.common_name = "a.com", .dns_names = {}}).value();
  const Issuer issuer = open();

  ERR_raise(ERR_LIB_USER, 1);
  const auto facts = read_csr(csr);
  EXPECT_EQ(ERR_peek_error(), 0U);

  ERR_raise(ERR_LIB_USER, 1);
  EXPECT_TRUE(issuer.issue(leaf(), facts.value()));
  EXPECT_EQ(ERR_peek_error(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Issuer, EachKey,
                         ::testing::Values(KeyCase{"P256", {}},
                                           KeyCase{"P384", {x509::KeyAlgorithm::kEcdsa, 384}},
                                           KeyCase{"Rsa", {x509::KeyAlgorithm::kRsa, 2048}}),
                         [](const auto& row) { return std::string(row.param.name); });

std::string csr_of(EVP_PKEY* made) {
  const x509::openssl::PkeyPtr owner(made);
  const x509::openssl::BioPtr writer(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(writer.get(), made, nullptr, nullptr, 0, nullptr, nullptr);
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(writer.get(), &bytes);
  const auto key = x509::PrivateKey::parse({bytes, static_cast<std::size_t>(size)}).value();
  return x509::make_csr(key, {.common_name = "a.com", .dns_names = {}}).value();
}

TEST(ReadCsr, RefusesKeysThatTheServiceDoesNotTake) {
  EXPECT_FALSE(read_csr(csr_of(EVP_RSA_gen(1024))));
  EXPECT_FALSE(read_csr(csr_of(EVP_EC_gen("P-521"))));
  EXPECT_FALSE(read_csr(csr_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"))));
}

TEST(ReadCsr, TellsTheKeyAndRefusesGarbageAndForgedSignatures) {
  const auto key = x509::PrivateKey::generate({}).value();
  const std::string csr = x509::make_csr(key, {.common_name = "a.com", .dns_names = {}}).value();
  std::string forged = csr;
  forged[csr.size() / 2] = forged[csr.size() / 2] == 'A' ? 'B' : 'A';

  const auto facts = read_csr(csr);

  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->key_bits, 256);
  EXPECT_FALSE(facts->is_rsa);
  EXPECT_FALSE(read_csr(forged));
  EXPECT_FALSE(read_csr("not a CSR"));
}

}  // namespace
}  // namespace simulator
