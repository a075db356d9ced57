#include "reconcile/order_post.h"

#include <gtest/gtest.h>

namespace reconcile {
namespace {

using Outcome = rules::OrderPost::Outcome;

base::Error answered(int status, base::Code code, std::string reason = "") {
  return {.code = code,
          .message = "place the order: no",
          .http_status = status,
          .reason = std::move(reason)};
}

Outcome outcome(base::Error error) {
  return outcome_of(std::unexpected(std::move(error))).outcome;
}

TEST(OutcomeOf, AnAnswerIsAcceptedWithItsNumber) {
  const auto post = outcome_of(certcentral::Submission{.order_id = 67890});

  EXPECT_EQ(post.outcome, Outcome::kAccepted);
  EXPECT_EQ(post.order_id, 67890);
}

TEST(OutcomeOf, OnlyTheCasOwnWordsAreARefusal) {
  EXPECT_EQ(outcome(answered(400, base::Code::kInvalid, "invalid_csr")), Outcome::kRefused);
  EXPECT_EQ(outcome(answered(403, base::Code::kPermissionDenied, "access_denied")),
            Outcome::kRefused);
  EXPECT_EQ(outcome(answered(404, base::Code::kNotFound, "not_found|order")), Outcome::kRefused);
  EXPECT_EQ(outcome(answered(409, base::Code::kConflict, "conflict")), Outcome::kRefused);
  EXPECT_EQ(outcome(answered(403, base::Code::kCorrupt)), Outcome::kUnknown);
  EXPECT_EQ(outcome(answered(409, base::Code::kCorrupt)), Outcome::kUnknown);
}

TEST(OutcomeOf, WhatMayHaveBeenDoneIsUnknown) {
  EXPECT_EQ(outcome(answered(0, base::Code::kUnavailable)), Outcome::kUnknown);
  EXPECT_EQ(outcome(answered(408, base::Code::kUnavailable, "timeout")), Outcome::kUnknown);
  EXPECT_EQ(outcome(answered(500, base::Code::kUnavailable, "server_error")), Outcome::kUnknown);
  EXPECT_EQ(outcome(answered(201, base::Code::kCorrupt)), Outcome::kUnknown);
  EXPECT_EQ(outcome(answered(0, base::Code::kCancelled)), Outcome::kUnknown);
}

TEST(OutcomeOf, WhatDidNotLeaveIsNotSent) {
  base::Error error = answered(0, base::Code::kUnavailable);
  error.not_sent = true;
  EXPECT_EQ(outcome(error), Outcome::kNotSent);
}

TEST(OutcomeOf, ARateLimitSaysWhenToComeBack) {
  base::Error error = answered(429, base::Code::kExhausted, "request_limit_exceeded");
  error.retry_after = std::chrono::seconds{30};

  const auto post = outcome_of(std::unexpected(error));

  EXPECT_EQ(post.outcome, Outcome::kNotSent);
  EXPECT_EQ(post.reason, api::Reason::kRateLimited);
  EXPECT_EQ(post.retry_after, std::chrono::seconds{30});
}

TEST(OutcomeOf, ABadKeySaysNothingAboutTheOrder) {
  const auto post = outcome_of(std::unexpected(
      answered(401, base::Code::kUnauthenticated, "access_denied|access_denied_invalid_key")));

  EXPECT_EQ(post.outcome, Outcome::kNotSent);
  EXPECT_EQ(post.reason, api::Reason::kCredentialsRejected);
}

TEST(OutcomeOf, HasAWordForTheLogs) {
  EXPECT_EQ(name_of(Outcome::kUnknown), "unknown");
  EXPECT_EQ(name_of(Outcome::kAccepted), "accepted");
  EXPECT_EQ(name_of(Outcome::kRefused), "refused");
  EXPECT_EQ(name_of(Outcome::kNotSent), "not_sent");
}

TEST(OrderBody, IsWhatTheEntryRecordsByTheParametersOfTheProfile) {
  api::CertificateOrder entry;
  entry.spec = {.renewal_of = 12345,
                .product_name_id = "ssl_basic",
                .organization_id = 7,
                .common_name = "shop.example.com",
                .dns_names = {"shop.example.com", "a.example.com"},
                .csr = "the CSR",
                .attempt_id = "order-0123-1",
                .requested_by = "web/shop"};
  api::AutomationProfile profile;
  profile.spec.product = "another_product_by_now";
  profile.spec.order.validity_years = 2;
  profile.spec.order.auto_reissue = true;

  const auto body = order_body(entry, profile);

  EXPECT_EQ(body.product_name_id, "ssl_basic");
  EXPECT_EQ(body.organization_id, 7);
  EXPECT_EQ(body.common_name, "shop.example.com");
  EXPECT_EQ(body.dns_names, entry.spec.dns_names);
  EXPECT_EQ(body.csr, "the CSR");
  EXPECT_EQ(body.renewal_of_order_id, 12345);
  EXPECT_EQ(body.alternative_order_id, "order-0123-1");
  EXPECT_EQ(body.comments, "Duplicert order-0123-1, requested by web/shop");
  EXPECT_EQ(body.order_validity_years, 2);
  EXPECT_TRUE(body.auto_reissue);
  EXPECT_TRUE(body.skip_approval);
}

}  // namespace
}  // namespace reconcile
