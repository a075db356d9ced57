#include "simulator/issuer.h"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "support/fake_clock.h"
#include "support/temp_dir.h"
#include "x509/chain.h"
#include "x509/csr.h"

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

  const auto issued = issuer.issue(leaf(), *csr);

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
