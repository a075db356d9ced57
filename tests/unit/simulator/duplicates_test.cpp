// The calls around duplicates, as a client sees them.
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "unit/simulator/service_fixture.h"
#include "x509/certificate.h"

namespace simulator {
namespace {

using nlohmann::json;
using std::chrono::days;
using std::chrono::seconds;

class DuplicateCalls : public ServiceTest {};

TEST_F(DuplicateCalls, KeepTheOrdersIdAndAppearInItsList) {
  const Reply made = duplicate(12345, {"shop.example.com"});
  const Reply list = duplicates_of(12345);

  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(made.body["id"], 12345) << "a duplicate makes no order";
  EXPECT_EQ(made.body["requests"][0]["status"], "approved");
  ASSERT_EQ(list.body["certificates"].size(), 1U);
  EXPECT_EQ(list.body["certificates"][0]["status"], "approved");
  EXPECT_EQ(list.body["certificates"][0]["serial_number"].get<std::string>().size(), 32U);
}

TEST_F(DuplicateCalls, AreNumberedTogetherWithThePrimaries) {
  duplicate(12345, {"shop.example.com"});
  duplicate(12345, {"shop.example.com"});
  admin("POST", "/orders/12345/reissue");
  duplicate(12345, {"shop.example.com"});

  const json list = duplicates_of(12345).body;
  std::set<std::string> numbers;
  for (const json& row : list["certificates"]) numbers.insert(row["sub_id"]);

  EXPECT_EQ(numbers, (std::set<std::string>{"002", "003", "005"}));
}

TEST_F(DuplicateCalls, LiveAsLongAsTheOriginal) {
  duplicate(12345, {"shop.example.com"});

  const json order = call("GET", "order/certificate/12345").body;
  const json copy = duplicates_of(12345).body["certificates"][0];

  EXPECT_EQ(copy["valid_till"], order["certificate"]["valid_till"]);
  EXPECT_EQ(order["duplicates_count"], 1);
}

TEST_F(DuplicateCalls, LiveAsLongAsTheOrderWhenTheAccountIsSetSo) {
  admin("PUT", "/accounts/7", {{"duplicate_validity", "order"}});
  duplicate(12345, {"shop.example.com"});

  const json copy = duplicates_of(12345).body["certificates"][0];

  EXPECT_EQ(copy["valid_till"], call("GET", "order/certificate/12345").body["order_valid_till"]);
}

TEST_F(DuplicateCalls, GiveTheChainInTheAnswerWhenSwitchedOn) {
  start({"chain_in_answer=on"});

  const json body = duplicate(12345, {"shop.example.com"}).body;

  ASSERT_EQ(body["certificate_chain"].size(), 3U);
  EXPECT_EQ(body["certificate_chain"][0]["subject_common_name"], "shop.example.com");
  EXPECT_TRUE(body["certificate_chain"][0]["pem"].get<std::string>().contains("\r\n"));
  EXPECT_TRUE(body["certificate_id"].is_number());
}

TEST_F(DuplicateCalls, RefuseWhatTheRealServiceRefuses) {
  EXPECT_EQ(duplicate(12345, {"shop.example.com", "new.example.com"}).code(),
            "invalid_dns_name_on_duplicate");
  EXPECT_EQ(duplicate(12347, {"blog.example.com"}).code(), "duplicates_not_allowed|product");
  EXPECT_EQ(duplicate(12348, {"old.example.com"}).code(), "invalid_order_status");
  EXPECT_EQ(duplicate(12349, {"ev.example.com", "www.ev.example.com"}).code(),
            "invalid_dns_name_on_duplicate");
  EXPECT_EQ(duplicate(99999, {"shop.example.com"}).code(), "not_found|order");
  EXPECT_EQ(duplicate(88888, {"shop.example.com"}).code(), "not_found|order")
      << "of another account";
}

TEST_F(DuplicateCalls, RefuseABodyThatIsNotWhole) {
  json body = certificate_body({"shop.example.com"});
  body["certificate"]["csr"] = "garbage";
  EXPECT_EQ(call("POST", "order/certificate/12345/duplicate", body).code(),
            "csr_invalid_cannot_parse");
  body["certificate"].erase("csr");
  EXPECT_EQ(call("POST", "order/certificate/12345/duplicate", body).code(),
            "required_param:certificate.csr");
  body = certificate_body({"shop.example.com"});
  body["certificate"]["signature_hash"] = "md5";
  EXPECT_EQ(call("POST", "order/certificate/12345/duplicate", body).code(),
            "invalid_value:certificate.signature_hash");
}

TEST_F(DuplicateCalls, LeaveNothingBehindWhenRefused) {
  duplicate(12345, {"shop.example.com", "new.example.com"});

  EXPECT_TRUE(duplicates_of(12345).body["certificates"].empty());
  EXPECT_EQ(call("GET", "order/certificate/12345").body["duplicates_count"], 0);
}

TEST_F(DuplicateCalls, WaitForApprovalWhenTheStepIsOn) {
  admin("PUT", "/accounts/7", {{"approval_step", true}});

  const Reply made = duplicate(12345, {"shop.example.com"});
  const auto request = made.body["requests"][0];
  const json waiting = duplicates_of(12345).body["certificates"][0];

  EXPECT_EQ(request["status"], "pending");
  EXPECT_EQ(waiting["status"], "pending");
  EXPECT_FALSE(waiting.contains("serial_number"));
  EXPECT_TRUE(call("GET", "order/certificate/12345").body["has_pending_request"]);

  admin("PUT", "/requests/" + request["id"].dump(), {{"status", "approved"}});

  EXPECT_TRUE(duplicates_of(12345).body["certificates"][0].contains("serial_number"));
  EXPECT_EQ(call("GET", "request/" + request["id"].dump()).body["status"], "approved");
}

TEST_F(DuplicateCalls, OfAStandardUserWaitEvenWithoutTheStep) {
  const Reply made = duplicate(12345, {"shop.example.com"}, "standard");

  EXPECT_EQ(made.body["requests"][0]["status"], "pending");
}

TEST_F(DuplicateCalls, ThatWereRejectedStayRejected) {
  admin("PUT", "/accounts/7", {{"approval_step", true}});
  const auto id = duplicate(12345, {"shop.example.com"}).body["requests"][0]["id"].dump();

  admin("PUT", "/requests/" + id, {{"status", "rejected"}, {"comment", "not today"}});

  const json request = call("GET", "request/" + id).body;
  EXPECT_EQ(request["status"], "rejected");
  EXPECT_EQ(request["processor_comment"], "not today");
  EXPECT_EQ(duplicates_of(12345).body["certificates"][0]["status"], "rejected");
  EXPECT_EQ(admin("PUT", "/requests/" + id, {{"status", "approved"}}).status, 409);
}

TEST_F(DuplicateCalls, AreIssuedAndListedOnlyAfterTheirDelays) {
  start({"issue_delay=10s", "listing_lag=4s"});
  duplicate(12345, {"shop.example.com"});

  EXPECT_TRUE(duplicates_of(12345).body["certificates"].empty());
  clock.advance(seconds{4});
  const json listed = duplicates_of(12345).body["certificates"][0];
  EXPECT_FALSE(listed.contains("serial_number"));
  const std::string path = "certificate/" + listed["id"].dump() + "/download/format/pem_all";
  EXPECT_EQ(call("GET", path).code(), "cert_unavailable_processing");
  clock.advance(seconds{6});
  EXPECT_EQ(call("GET", path).status, 200);
}

TEST_F(DuplicateCalls, NeedDomainsWhoseValidationHasNotLapsed) {
  admin("PUT", "/domains",
        {{"account_id", 7},
         {"name", "example.com"},
         {"dcv_expires", base::format_time(clock.now() + days{1})}});
  EXPECT_EQ(duplicate(12345, {"shop.example.com"}).status, 201);

  clock.advance(days{2});

  EXPECT_EQ(duplicate(12345, {"shop.example.com"}).code(), "domain_not_validated|shop.example.com");
}

TEST_F(DuplicateCalls, ByHandAreFoundByTheirCsr) {
  const std::string csr = fresh_csr();

  const Reply made = admin("POST", "/orders/12345/duplicates", {{"csr", csr}});

  EXPECT_EQ(made.status, 200) << made.text;
  EXPECT_EQ(duplicates_of(12345).body["certificates"][0]["csr"], csr);
  EXPECT_EQ(admin("GET", "/counts").body["effects"].size(), 0U) << "persons leave no calls";
}

TEST_F(DuplicateCalls, CanBeRefusedForACsrThatWasUsed) {
  start({"refuse_used_csr=on"});
  const json body = certificate_body({"shop.example.com"});

  EXPECT_EQ(call("POST", "order/certificate/12345/duplicate", body).status, 201);
  EXPECT_EQ(call("POST", "order/certificate/12345/duplicate", body).code(), "csr_already_used");
}

class ListingDefects : public ServiceTest {};

TEST_F(ListingDefects, PutThePrimaryAmongTheDuplicates) {
  start({"primary_in_list=on"});
  duplicate(12345, {"shop.example.com"});

  const json rows = duplicates_of(12345).body["certificates"];
  const json primary = call("GET", "order/certificate/12345").body["certificate"];

  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0]["id"], primary["id"]);
}

TEST_F(ListingDefects, ShowThePrimaryInsteadOfTheDuplicates) {
  duplicate(12345, {"shop.example.com"});
  duplicate(12345, {"shop.example.com"});
  start({"primary_instead=on"});

  const json rows = duplicates_of(12345).body["certificates"];

  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0]["serial_number"], rows[1]["serial_number"]);
}

TEST_F(ListingDefects, GiveAnotherCertificateOnDownload) {
  duplicate(12345, {"shop.example.com"});
  const json row = duplicates_of(12345).body["certificates"][0];
  const std::string path = "certificate/" + row["id"].dump() + "/download/format/pem_all";
  const auto right = x509::Certificate::parse(call("GET", path).text);
  start({"wrong_certificate=on"});

  const auto wrong = x509::Certificate::parse(call("GET", path).text);

  EXPECT_EQ(right->serial_number(), row["serial_number"]);
  EXPECT_NE(wrong->serial_number(), row["serial_number"]);
}

TEST_F(ListingDefects, AnswerAnEmptyListWithAnEmptyObject) {
  start({"empty_body=on"});

  EXPECT_EQ(duplicates_of(12345).text, "{}");
}

}  // namespace
}  // namespace simulator
