#include "certcentral/codec.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "unit/certcentral/wire.h"

namespace certcentral {
namespace {

using nlohmann::json;
using test::data;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

base::TimePoint at(const char* text) {
  return *base::parse_time(text);
}

template <class T>
base::Code code_of(const base::Result<T>& result) {
  EXPECT_FALSE(result);
  return result ? base::Code::kInternal : result.error().code;
}

// ---- account ----

TEST(DecodeUser, ReadsWhoTheKeyBelongsTo) {
  const auto user = decode_user(data("user_me.json"));

  ASSERT_TRUE(user) << user.error().message;
  EXPECT_EQ(user->id, 9001);
  EXPECT_EQ(user->account_id, 77001);  // a number inside a string
  EXPECT_EQ(user->status, "active");
  EXPECT_EQ(user->container_id, 4410);
  EXPECT_TRUE(user->can_approve());
}

struct RoleCase {
  const char* name;
  int role;
  bool can_approve;
};
class Role : public testing::TestWithParam<RoleCase> {};

TEST_P(Role, DecidesWhoCanApprove) {
  const json user{{"id", 1}, {"access_roles", {{{"id", GetParam().role}}}}};

  EXPECT_EQ(decode_user(user.dump())->can_approve(), GetParam().can_approve);
}

INSTANTIATE_TEST_SUITE_P(DecodeUser, Role,
                         testing::Values(RoleCase{"Administrator", 1, true},
                                         RoleCase{"Limited", 2, false},
                                         RoleCase{"Finance", 3, false},
                                         RoleCase{"Manager", 4, true},
                                         RoleCase{"Standard", 5, false}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(DecodeOrganizations, ReadsRowsAndValidations) {
  const auto page = decode_organizations(data("organizations.json"));

  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->rows.size(), 2U);
  EXPECT_EQ(page->total, 2);
  EXPECT_EQ(page->rows[0].name, "Acme Ltd");
  EXPECT_TRUE(page->rows[0].is_active);
  ASSERT_EQ(page->rows[0].validations.size(), 2U);
  EXPECT_EQ(page->rows[0].validations[0].validated_until, at("2027-02-01T00:00:00Z"));
  EXPECT_FALSE(page->rows[0].validations[1].validated_until);
}

TEST(DecodeOrganizations, BearsStringsForNumbersAndBooleans) {
  const auto page = decode_organizations(data("organizations.json"));

  ASSERT_TRUE(page);
  EXPECT_EQ(page->rows[1].id, 550012);
  EXPECT_FALSE(page->rows[1].is_active);
  EXPECT_THAT(page->rows[1].validations, IsEmpty());
}

TEST(DecodeProduct, ReadsWhatDecidesAboutDuplicates) {
  const auto product = decode_product(data("product.json"));

  ASSERT_TRUE(product) << product.error().message;
  EXPECT_EQ(product->name_id, "ssl_basic");
  EXPECT_EQ(product->duplicates_allowed, true);
  EXPECT_FALSE(product->is_dv());
  EXPECT_THAT(product->allowed_hashes, ElementsAre("sha256", "sha384"));
  EXPECT_EQ(product->default_hash, "sha256");
  EXPECT_THAT(product->allowed_order_validity_years, ElementsAre(1, 2, 3));
  EXPECT_THAT(product->allowed_ca_cert_ids, ElementsAre("A1B2C3"));
}

TEST(DecodeProduct, DoesNotGuessWhetherDuplicatesAreAllowed) {
  EXPECT_EQ(decode_product(R"({"name_id":"x"})")->duplicates_allowed, std::nullopt);
  EXPECT_EQ(decode_product(R"({"name_id":"x","duplicates_allowed":"0"})")->duplicates_allowed,
            false);
}

TEST(DecodeProduct, KnowsDvByEitherField) {
  EXPECT_TRUE(decode_product(R"({"name_id":"x","validation_type":"DV"})")->is_dv());
  EXPECT_TRUE(decode_product(R"({"name_id":"x","type":"dv_ssl_certificate"})")->is_dv());
}

// ---- orders ----

TEST(DecodeOrders, ReadsARow) {
  const auto page = decode_orders(data("orders.json"));

  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->rows.size(), 1U);
  const OrderSummary& order = page->rows.front();
  EXPECT_EQ(order.id, 910000123);
  EXPECT_EQ(order.status, OrderStatus::kIssued);
  EXPECT_EQ(order.certificate.id, 77120045);
  EXPECT_THAT(order.certificate.dns_names, ElementsAre("shop.acme.test", "www.shop.acme.test"));
  EXPECT_EQ(order.organization_id, 550011);
  EXPECT_EQ(order.product_name_id, "ssl_basic");
  EXPECT_EQ(order.date_created, at("2026-04-30T09:15:00Z"));
}

TEST(DecodeOrders, ValidTillIsTheEndOfThatDay) {
  const auto page = decode_orders(data("orders.json"));

  ASSERT_TRUE(page);
  EXPECT_EQ(page->rows.front().certificate.valid_till, at("2026-11-14T23:59:59Z"));
}

TEST(DecodeOrders, BearsRowsOfOrdersThatAreNotIssued) {
  const auto page = decode_orders(data("orders_odd.json"));

  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(page->total, 2);
  const OrderSummary& waiting = page->rows.at(0);
  EXPECT_EQ(waiting.id, 910000200);
  EXPECT_EQ(waiting.status, OrderStatus::kNeedsApproval);
  EXPECT_FALSE(waiting.organization_id);  // an empty list
  EXPECT_FALSE(waiting.certificate.id);
  EXPECT_FALSE(waiting.certificate.valid_till);
  EXPECT_EQ(waiting.certificate.common_name, "shop.acme.test");
  EXPECT_THAT(waiting.certificate.dns_names, IsEmpty());  // [" "]
  EXPECT_FALSE(waiting.is_renewed);
}

TEST(DecodeOrders, KeepsAStatusThatItDoesNotKnow) {
  const auto page = decode_orders(data("orders_odd.json"));

  ASSERT_TRUE(page);
  EXPECT_EQ(page->rows.at(1).status, OrderStatus::kUnknown);
  EXPECT_EQ(page->rows.at(1).status_text, "brand_new_word");
  EXPECT_FALSE(page->rows.at(1).date_created);  // "yesterday"
  EXPECT_TRUE(page->rows.at(1).is_renewed);
}

struct EmptyCase {
  const char* name;
  const char* text;
};
class EmptyList : public testing::TestWithParam<EmptyCase> {};

TEST_P(EmptyList, IsNoError) {
  const auto page = decode_orders(GetParam().text);

  ASSERT_TRUE(page) << page.error().message;
  EXPECT_THAT(page->rows, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(DecodeOrders, EmptyList,
                         testing::Values(EmptyCase{"Object", "{}"}, EmptyCase{"List", "[]"},
                                         EmptyCase{"NoRows", R"({"orders":[]})"},
                                         EmptyCase{"RowsAsObject", R"({"orders":{}})"},
                                         EmptyCase{"Null", R"({"orders":null})"},
                                         EmptyCase{"PageOnly", R"({"page":{"total":0}})"}),
                         [](const auto& row) { return std::string(row.param.name); });

class NotAList : public testing::TestWithParam<EmptyCase> {};

TEST_P(NotAList, NeverPassesForAnEmptyOne) {
  EXPECT_EQ(code_of(decode_orders(GetParam().text)), base::Code::kCorrupt);
}

INSTANTIATE_TEST_SUITE_P(
    DecodeOrders, NotAList,
    testing::Values(EmptyCase{"Nothing", ""}, EmptyCase{"Html", "<html></html>"},
                    EmptyCase{"Null", "null"}, EmptyCase{"Text", R"("orders")"},
                    EmptyCase{"Cut", R"({"orders":[{"id":1})"},
                    EmptyCase{"Error", R"({"errors":[{"code":"x","message":"y"}]})"},
                    EmptyCase{"RowIsText", R"({"orders":["1"]})"},
                    EmptyCase{"RowHasNoId", R"({"orders":[{"status":"issued"}]})"},
                    EmptyCase{"IdIsZero", R"({"orders":[{"id":0}]})"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(DecodeOrders, BearsAListWrittenAsNumberedObject) {
  const auto page = decode_orders(R"({"orders":{"0":{"id":1},"1":{"id":2}}})");

  ASSERT_TRUE(page);
  EXPECT_EQ(page->rows.size(), 2U);
}

TEST(DecodeOrder, ReadsEverythingThatDecisionsNeed) {
  const auto order = decode_order(data("order.json"));

  ASSERT_TRUE(order) << order.error().message;
  EXPECT_EQ(order->id, 910000123);
  EXPECT_EQ(order->status, OrderStatus::kIssued);
  EXPECT_EQ(order->product_name_id, "ssl_basic");
  EXPECT_EQ(order->validation_type, "ov");
  EXPECT_EQ(order->organization_id, 550011);
  EXPECT_EQ(order->allow_duplicates, true);
  EXPECT_EQ(order->order_valid_from, at("2026-04-30T00:00:00Z"));
  EXPECT_EQ(order->order_valid_till, at("2027-04-29T23:59:59Z"));
  EXPECT_EQ(order->alternative_order_id, "order-0123456789abcdef0123-1");
  EXPECT_EQ(order->server_platform_id, 45);
  EXPECT_TRUE(order->auto_reissue);
}

TEST(DecodeOrder, ReadsThePrimaryCertificate) {
  const auto order = decode_order(data("order.json"));

  ASSERT_TRUE(order);
  const OrderCertificate& certificate = order->certificate;
  EXPECT_EQ(certificate.id, 77120045);
  EXPECT_EQ(certificate.serial_number, "0A1B2C3D4E5F60718293A4B5C6D7E8F9");
  EXPECT_EQ(certificate.thumbprint, "9C00112233445566778899AABBCCDDEEFF001122");
  EXPECT_EQ(certificate.valid_from, at("2026-04-30T00:00:00Z"));
  EXPECT_EQ(certificate.valid_till, at("2026-11-14T23:59:59Z"));
  EXPECT_THAT(certificate.csr, Not(HasSubstr("\r")));
  EXPECT_THAT(certificate.csr, HasSubstr("BEGIN CERTIFICATE REQUEST"));
}

TEST(DecodeOrder, ARenewalLinkOfZeroIsNoLink) {
  const auto order = decode_order(data("order.json"));

  ASSERT_TRUE(order);
  EXPECT_FALSE(order->renewed_order_id);
  EXPECT_EQ(order->renewal_of_order_id, 905550001);
}

TEST(DecodeOrder, ReadsItsRequests) {
  const auto order = decode_order(data("order.json"));

  ASSERT_TRUE(order);
  EXPECT_TRUE(order->has_pending_request);
  ASSERT_EQ(order->requests.size(), 2U);
  EXPECT_EQ(order->requests[1].type, "duplicate");
  EXPECT_EQ(order->requests[1].status, RequestStatus::kPending);
  EXPECT_EQ(order->requests[1].date, at("2026-06-01T10:00:00Z"));
}

TEST(DecodeOrder, BearsOlderShapes) {
  const auto order = decode_order(data("order_odd.json"));

  ASSERT_TRUE(order) << order.error().message;
  EXPECT_EQ(order->id, 910000124);
  EXPECT_EQ(order->status, OrderStatus::kUnknown);  // "approved" is no order status
  EXPECT_EQ(order->allow_duplicates, false);
  EXPECT_EQ(order->renewed_order_id, 911111222);
  EXPECT_FALSE(order->renewal_of_order_id);
  EXPECT_EQ(order->organization_id, 550011);  // only inside the certificate
  EXPECT_THAT(order->certificate.dns_names, ElementsAre("shop.acme.test"));
  EXPECT_FALSE(order->certificate.valid_till);
  EXPECT_EQ(order->requests.at(0).type, "new_request");
  EXPECT_EQ(order->duplicates_count, 2);
}

TEST(DecodeOrder, WithoutAnIdIsCorrupt) {
  EXPECT_EQ(code_of(decode_order("{}")), base::Code::kCorrupt);
  EXPECT_EQ(code_of(decode_order("[]")), base::Code::kCorrupt);
  EXPECT_EQ(code_of(decode_order(R"({"id":"many"})")), base::Code::kCorrupt);
}

TEST(DecodeOrder, HugeNumbersAreAbsentNotWrong) {
  const auto order =
      decode_order(R"({"id":1,"renewed_order_id":99999999999999999999,"duplicates_count":-5})");

  ASSERT_TRUE(order);
  EXPECT_FALSE(order->renewed_order_id);
  EXPECT_EQ(order->duplicates_count, 0);
}

TEST(DecodeOrderReferences, ReadsTheLookupByAlternativeId) {
  const auto orders = decode_order_references(data("alternate.json"));

  ASSERT_TRUE(orders) << orders.error().message;
  ASSERT_EQ(orders->size(), 2U);
  EXPECT_EQ(orders->at(0).certificate_id, 77200100);
  EXPECT_EQ(orders->at(1).order_id, 911111223);
  EXPECT_FALSE(orders->at(1).certificate_id);
  EXPECT_EQ(orders->at(1).status, OrderStatus::kNeedsApproval);
}

TEST(DecodeOrderReferences, ReadsStatusChanges) {
  EXPECT_EQ(decode_order_references(data("status_changes.json"))->size(), 1U);
  EXPECT_THAT(*decode_order_references("{}"), IsEmpty());
}

// ---- duplicates ----

TEST(DecodeDuplicates, KeepsThePrimaryAndItsCopiesForTheCallerToTellApart) {
  const auto duplicates = decode_duplicates(data("duplicates.json"));

  ASSERT_TRUE(duplicates) << duplicates.error().message;
  ASSERT_EQ(duplicates->size(), 5U);
  EXPECT_EQ(duplicates->at(0).id, duplicates->at(1).id);
  EXPECT_EQ(duplicates->at(2).csr,
            "-----BEGIN CERTIFICATE REQUEST-----\nTk9UQUNTUg==\n-----END CERTIFICATE REQUEST-----");
  EXPECT_EQ(duplicates->at(2).valid_till, at("2026-11-14T23:59:59Z"));
}

TEST(DecodeDuplicates, IssuedIsWhatHasASerialNotWhatTheStatusSays) {
  const auto duplicates = decode_duplicates(data("duplicates.json"));

  ASSERT_TRUE(duplicates);
  EXPECT_TRUE(duplicates->at(2).looks_issued());
  EXPECT_FALSE(duplicates->at(3).looks_issued());
  EXPECT_EQ(duplicates->at(2).status, duplicates->at(3).status);
  EXPECT_TRUE(duplicates->at(4).is_revoked());
}

TEST(DecodeDuplicates, AnEmptyObjectIsAnEmptyList) {
  EXPECT_THAT(*decode_duplicates("{}"), IsEmpty());
  EXPECT_THAT(*decode_duplicates(R"({"certificates":[]})"), IsEmpty());
}

TEST(DecodeDuplicates, KeepsAnEntryWithoutAnId) {
  const auto duplicates = decode_duplicates(R"({"certificates":[{"csr":"ours"}]})");

  ASSERT_TRUE(duplicates);
  EXPECT_EQ(duplicates->at(0).csr, "ours");
  EXPECT_EQ(duplicates->at(0).id, 0);
}

TEST(DecodeDuplicates, AnErrorIsNotAnEmptyList) {
  EXPECT_EQ(code_of(decode_duplicates(data("error_list.json"))), base::Code::kCorrupt);
}

TEST(DecodeDuplicates, ARowThatIsNoObjectIsCorrupt) {
  EXPECT_EQ(code_of(decode_duplicates(R"({"certificates":["7712"]})")), base::Code::kCorrupt);
}

TEST(DecodeCertificates, GivesLfLineEnds) {
  const auto pem = decode_certificates(
      "-----BEGIN CERTIFICATE-----\r\nTEVBRg==\r\n-----END CERTIFICATE-----\r\n");

  ASSERT_TRUE(pem);
  EXPECT_EQ(*pem, "-----BEGIN CERTIFICATE-----\nTEVBRg==\n-----END CERTIFICATE-----\n");
}

TEST(DecodeCertificates, ABodyWithoutOneIsCorrupt) {
  EXPECT_EQ(code_of(decode_certificates("<html></html>")), base::Code::kCorrupt);
}

// ---- submissions and requests ----

TEST(DecodeSubmission, NeedsOnlyTheOrdersId) {
  const auto submission = decode_submission(data("submission.json"));

  ASSERT_TRUE(submission) << submission.error().message;
  EXPECT_EQ(submission->order_id, 910000123);
  EXPECT_EQ(submission->request_id, 61000777);
  EXPECT_FALSE(submission->request_status);
  EXPECT_FALSE(submission->certificate_id);
  EXPECT_FALSE(submission->chain_pem);
}

TEST(DecodeSubmission, TakesTheChainOfImmediateIssuance) {
  const auto submission = decode_submission(data("submission_immediate.json"));

  ASSERT_TRUE(submission) << submission.error().message;
  EXPECT_EQ(submission->request_status, RequestStatus::kApproved);
  EXPECT_EQ(submission->certificate_id, 77200100);
  ASSERT_TRUE(submission->chain_pem);
  EXPECT_EQ(*submission->chain_pem,
            "-----BEGIN CERTIFICATE-----\nTEVBRg==\n-----END CERTIFICATE-----\n"
            "-----BEGIN CERTIFICATE-----\nSVNTVUVS\n-----END CERTIFICATE-----\n"
            "-----BEGIN CERTIFICATE-----\nUk9PVA==\n-----END CERTIFICATE-----\n");
}

TEST(DecodeSubmission, BearsACertificateIdWithoutChain) {
  const auto submission = decode_submission(R"({"id":1,"certificate_id":5,"requests":[]})");

  ASSERT_TRUE(submission);
  EXPECT_EQ(submission->certificate_id, 5);
  EXPECT_FALSE(submission->chain_pem);
  EXPECT_FALSE(submission->request_id);
}

TEST(DecodeSubmission, WithoutAnIdIsCorrupt) {
  EXPECT_EQ(code_of(decode_submission("{}")), base::Code::kCorrupt);
}

TEST(DecodeRequest, ReadsWhyItWasRejected) {
  const auto request = decode_request(data("request.json"));

  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->status, RequestStatus::kRejected);
  EXPECT_EQ(request->processor_comment, "not this quarter");
}

// ---- what we send ----

TEST(EncodeDuplicate, SendsWhatTheReferenceAsksFor) {
  const json body = json::parse(encode(DuplicateRequest{.common_name = "shop.acme.test",
                                                        .dns_names = {"shop.acme.test"},
                                                        .csr = "CSR",
                                                        .server_platform_id = 45,
                                                        .ca_cert_id = "A1B2C3"}));

  EXPECT_EQ(body, json::parse(R"({"certificate":{"common_name":"shop.acme.test",
      "dns_names":["shop.acme.test"],"csr":"CSR","signature_hash":"sha256",
      "server_platform":{"id":45},"ca_cert_id":"A1B2C3"},"skip_approval":true})"));
}

TEST(EncodeDuplicate, LeavesOutWhatIsEmpty) {
  const json body = json::parse(
      encode(DuplicateRequest{.common_name = "a.test", .csr = "CSR", .skip_approval = false}));

  EXPECT_EQ(body, json::parse(R"({"certificate":{"common_name":"a.test","csr":"CSR",
      "signature_hash":"sha256"},"skip_approval":false})"));
}

TEST(EncodeOrder, SendsARenewal) {
  const json body = json::parse(encode(OrderRequest{.product_name_id = "ssl_basic",
                                                    .common_name = "a.test",
                                                    .csr = "CSR",
                                                    .organization_id = 550011,
                                                    .container_id = 4410,
                                                    .renewal_of_order_id = 910000123,
                                                    .alternative_order_id = "order-1",
                                                    .comments = "hello",
                                                    .auto_reissue = true}));

  EXPECT_EQ(body, json::parse(R"({"certificate":{"common_name":"a.test","csr":"CSR",
      "signature_hash":"sha256"},"organization":{"id":550011},"container":{"id":4410},
      "order_validity":{"years":1},"payment_method":"balance","skip_approval":true,"auto_renew":0,
      "auto_reissue":1,"renewal_of_order_id":910000123,"alternative_order_id":"order-1",
      "comments":"hello"})"));
}

TEST(EncodeOrder, OfANewOrderNamesNoPredecessor) {
  const json body = json::parse(encode(OrderRequest{.product_name_id = "ssl_basic"}));

  EXPECT_FALSE(body.contains("renewal_of_order_id"));
  EXPECT_FALSE(body.contains("container"));
  EXPECT_FALSE(body.contains("alternative_order_id"));
}

TEST(Encode, BearsInvalidUtf8) {
  EXPECT_TRUE(json::accept(encode(DuplicateRequest{.common_name = "\xff\xfe"})));
}

// ---- all decoders ----

TEST(Decoders, SurviveEveryTruncationOfEveryAnswer) {
  for (const char* name : {"orders.json", "order.json", "duplicates.json", "organizations.json"}) {
    const std::string text = data(name);
    const std::size_t last = text.find_last_of('}');
    for (std::size_t size = 0; size <= last; ++size) {
      const std::string cut = text.substr(0, size);
      ASSERT_FALSE(decode_orders(cut)) << name << size;
      ASSERT_FALSE(decode_order(cut)) << name << size;
      ASSERT_FALSE(decode_duplicates(cut)) << name << size;
    }
  }
}

TEST(Decoders, NeverQuoteTheAnswer) {
  const auto page = decode_orders(R"({"secret-word":1})");

  ASSERT_FALSE(page);
  EXPECT_THAT(page.error().message, Not(HasSubstr("secret-word")));
}

}  // namespace
}  // namespace certcentral
