#include "api/packing.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "api/duplicate_certificate_request.h"
#include "api/names.h"

namespace api {
namespace {

using namespace std::chrono_literals;

constexpr base::TimePoint kDay{1777593600s};

ObjectMeta full_meta() {
  return {.namespace_ = "team-a",
          .name = "shop",
          .uid = "0f6bd2a4-8d0e-4e0e-9a37-6f6a3c5f0e11",
          .resource_version = "12345",
          .generation = 3,
          .creation_time = kDay,
          .deletion_time = kDay + 1h,
          .labels = {{"app", "shop"}, {std::string(kManagedByLabel), "duplicert"}},
          .annotations = {{std::string(kOrderIdAnnotation), "12345"}, {"empty", ""}},
          .owner_references = {{.api_version = "apps/v1",
                                .kind = "Deployment",
                                .name = "shop",
                                .uid = "uid",
                                .controller = true}}};
}

DuplicateCertificateRequestSpec full_spec() {
  DuplicateCertificateRequestSpec spec{
      .profile_ref = {.name = "basic", .namespace_ = "pki"},
      .action = Action::kRenew,
      .common_name = "shop.example.com",
      .dns_names = {"shop.example.com", "www.shop.example.com"},
      .order_id = 12345,
      .secret_name = "shop-tls",
      .secret_template = {.labels = {{"a", "b"}}, .annotations = {{"c", "d"}, {"e", "f"}}},
      .deletion_policy = DeletionPolicy::kDelete,
      .private_key = PrivateKeySpec{.algorithm = KeyAlgorithm::kRsa, .size = 3072},
      .suspend = true};
  spec.renewal = {.auto_ = false,
                  .before = 720h,
                  .before_percentage = 30,
                  .on_no_renewed_order = OnNoRenewedOrder::kWait};
  spec.schedule = {.not_before = kDay,
                   .windows = {{.cron = "0 2 * * 6", .time_zone = "UTC", .duration = 4h}}};
  spec.keystores.pkcs12 = Pkcs12Keystore{{.name = "store", .key = "secret"}};
  return spec;
}

DuplicateCertificateRequestStatus full_status() {
  return {.observed_generation = 3,
          .conditions = {{.type = std::string(kReady),
                          .status = ConditionStatus::kTrue,
                          .reason = "Issued",
                          .message = "a message",
                          .observed_generation = 2,
                          .last_transition_time = kDay - 250ms}},
          .order = OrderInUse{.id = 12345,
                              .product_name_id = "ssl_basic",
                              .organization_id = 7,
                              .valid_till = kDay,
                              .renewal_of = 1},
          .certificate = InstalledCertificate{.id = 99,
                                              .serial_number = "0a1b",
                                              .sha256_fingerprint = std::string(64, 'e'),
                                              .not_before = kDay,
                                              .not_after = kDay + 24h,
                                              .common_name = "shop.example.com",
                                              .dns_names = {"shop.example.com"},
                                              .secret_uid = "uid-secret",
                                              .secret_resource_version = "20"},
          .renewal_time = kDay,
          .next_attempt_time = kDay + 1s,
          .failed_attempts = 2,
          .last_renew_requested_at = "now",
          .candidates = {{.id = 1,
                          .common_name = "x",
                          .dns_names = {"x", "y"},
                          .dns_names_count = 2,
                          .valid_till = kDay,
                          .date_created = kDay,
                          .eligible = true,
                          .reason = "fits"}},
          .csr = "-----BEGIN CERTIFICATE REQUEST-----\n"};
}

DuplicateCertificateRequest unpacked(const DuplicateCertificateRequest& object) {
  DuplicateCertificateRequest read;
  unpack(pack(object), read);
  return read;
}

TEST(Packing, GivesBackARequestWithEveryField) {
  const DuplicateCertificateRequest full{full_meta(), full_spec(), full_status()};

  const DuplicateCertificateRequest read = unpacked(full);

  EXPECT_EQ(read.meta, full.meta);
  EXPECT_EQ(read.spec, full.spec);
  EXPECT_EQ(read.status, full.status);
}

TEST(Packing, GivesBackAnEmptyRequest) {
  const DuplicateCertificateRequest empty;

  EXPECT_EQ(unpacked(empty), empty);
}

// What overwrites a default with nothing must stay nothing.
TEST(Packing, GivesBackEmptyTextsWhereTheDefaultIsNotEmpty) {
  DuplicateCertificateRequest request;
  request.spec.keystores.pkcs12 = Pkcs12Keystore{{.name = "store", .key = ""}};
  request.spec.schedule.windows = {{.cron = "", .time_zone = ""}};

  EXPECT_EQ(unpacked(request), request);
}

TEST(Packing, KnowsTheWordsOfOurOwnNames) {
  const auto words = pack_words();

  EXPECT_TRUE(std::ranges::binary_search(words, kOrderIdAnnotation));
  EXPECT_TRUE(std::ranges::binary_search(words, std::string_view("NoMatchingOrder")));
}

}  // namespace
}  // namespace api
