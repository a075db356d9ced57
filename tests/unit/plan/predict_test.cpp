#include "plan/predict.h"

#include <gtest/gtest.h>

#include "rules/decide.h"
#include "support/observed_builder.h"

namespace plan {
namespace {

rules::Decision made(rules::Action action, api::Reason reason = api::Reason::kPending) {
  return {.action = std::move(action), .reason = reason};
}

TEST(Predict, ADroppedKeyLeadsToTheNextDecision) {
  rules::Observed facts;
  facts.pending.emplace();
  facts.ca.listed.emplace();

  EXPECT_TRUE(predict(rules::DropPending{}, facts));

  EXPECT_FALSE(facts.pending);
  EXPECT_FALSE(facts.ca.listed);
}

TEST(Predict, MarksMakeASecretThatNobodyWantsOurs) {
  rules::Observed facts;
  facts.installed = rules::InstalledFacts{.owner = rules::SecretOwner::kNobody, .marks_fit = false};

  EXPECT_TRUE(predict(rules::ApplyMarks{}, facts));

  EXPECT_TRUE(facts.installed->marks_fit);
  EXPECT_EQ(facts.installed->owner, rules::SecretOwner::kThisRequest);
}

TEST(Predict, WhatIssuesBuysOrWaitsEndsThePlan) {
  rules::Observed facts;
  for (const rules::Action& action :
       {rules::Action{rules::Nothing{}}, rules::Action{rules::Wait{}},
        rules::Action{rules::SubmitDuplicate{}}, rules::Action{rules::OpenLedger{}},
        rules::Action{rules::InstallCertificate{}}, rules::Action{rules::PrepareKey{}}}) {
    EXPECT_FALSE(predict(action, facts)) << rules::name_of(action);
  }
}

TEST(OutcomeOf, TellsAFirstCertificateFromALaterOne) {
  rules::Observed facts;
  EXPECT_EQ(outcome_of(made(rules::SubmitDuplicate{}), facts), Outcome::kIssue);
  facts.installed = rules::InstalledFacts{.leaf = rules::LeafFacts{}};
  EXPECT_EQ(outcome_of(made(rules::SubmitDuplicate{}), facts), Outcome::kRenew);
  EXPECT_EQ(outcome_of(made(rules::InstallCertificate{}), facts), Outcome::kRenew);
}

TEST(OutcomeOf, AWaitIsWhatItsReasonSays) {
  const rules::Observed facts;
  const auto of = [&](api::Reason reason) {
    return outcome_of(made(rules::Wait{}, reason), facts);
  };

  EXPECT_EQ(of(api::Reason::kWaitingForSchedule), Outcome::kWait);
  EXPECT_EQ(of(api::Reason::kAwaitingRenewedOrder), Outcome::kWait);
  EXPECT_EQ(of(api::Reason::kSuspended), Outcome::kWait);
  EXPECT_EQ(of(api::Reason::kNameNotAllowed), Outcome::kRefuse);
  EXPECT_EQ(of(api::Reason::kNoMatchingOrder), Outcome::kRefuse);
  EXPECT_EQ(of(api::Reason::kCaUnavailable), Outcome::kUnknown);
  EXPECT_EQ(of(api::Reason::kRateLimited), Outcome::kUnknown);
}

TEST(OutcomeOf, IsNotKnownWhenAQuestionFailed) {
  rules::Observed facts;
  facts.ca_error = base::Error{.code = base::Code::kUnavailable};

  EXPECT_EQ(outcome_of(made(rules::Wait{}, api::Reason::kCaRejected), facts), Outcome::kUnknown);
}

}  // namespace
}  // namespace plan
