// decide() about the approval step, what approvers say, and validations that have lapsed.
#include "support/observed_builder.h"
#include "unit/rules/rule_case.h"

namespace rules {
namespace {

using namespace std::chrono_literals;
using support::kNow;
using support::observed;
using support::order;
using support::pending;
using support::submitted;

// A pending key whose request the CA has numbered, because an approver was asked.
PendingFacts numbered() {
  PendingFacts facts = submitted(1h);
  facts.request_id = 5;
  return facts;
}

class EachApprovalRule : public testing::TestWithParam<RuleCase> {};

TEST_P(EachApprovalRule, SaysWhatItDoesAndWhy) {
  expect_decision(GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    OfAnApprover, EachApprovalRule,
    testing::Values(
        RuleCase{"approval_was_rejected",
                 "as_the_list_shows",
                 observed().with_pending(submitted(1h)).ca_lists({{77, "rejected", false, kNow}}),
                 "record_rejection",
                 api::Reason::kApprovalRejected,
                 {"approver rejected", "order 12345"}},
        RuleCase{"approval_is_in_doubt",
                 "",
                 observed().with_pending(numbered()).ca_lists({}),
                 "ask_approval",
                 api::Reason::kAwaitingApproval,
                 {"request 5"}},
        RuleCase{"approval_was_rejected",
                 "as_the_request_tells",
                 observed().with_pending(numbered()).ca_lists({}).approver_said_no("not this one"),
                 "record_rejection",
                 api::Reason::kApprovalRejected,
                 {"approver rejected", "order 12345", "(not this one)"}},
        RuleCase{"rejection_stands",
                 "",
                 observed().with_pending(numbered()).rejected(),
                 "wait",
                 api::Reason::kApprovalRejected,
                 {"rejected it", "new key", "duplicert.io/renew-requested-at"}},
        RuleCase{"rejection_stands",
                 "until_the_evidence_changes",
                 observed().with_pending(numbered()).rejected().with([](Observed& o) {
                   o.profile->approval_skipped = true;
                 }),
                 "drop_pending",
                 api::Reason::kPending,
                 {"rejected key"}},
        RuleCase{"rejection_stands",
                 "until_another_certificate_is_asked_for",
                 observed().with_pending(numbered()).rejected().renew_requested("now"),
                 "drop_pending",
                 api::Reason::kPending,
                 {"rejected key"}}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    OfTheStep, EachApprovalRule,
    testing::Values(
        RuleCase{"approval_step_is_enabled",
                 "without_a_key",
                 observed().approval_step_enabled().with_order(order()),
                 "prepare_key",
                 api::Reason::kApprovalStepEnabled,
                 {"order 12345", "by hand"}},
        RuleCase{"approval_step_is_enabled",
                 "with_a_key",
                 observed().approval_step_enabled().with_pending(pending()).ca_lists({}).with_order(
                     order()),
                 "wait",
                 api::Reason::kApprovalStepEnabled,
                 {"order 12345", "Skip approval step", "recheck-requested-at", "WaitForApproval",
                  "submit the CSR in status.csr"}},
        RuleCase{"listing_is_needed",
                 "for_a_csr_that_a_person_may_have_submitted",
                 observed().approval_step_enabled().with_pending(pending()),
                 "ask_duplicates",
                 api::Reason::kAwaitingIssuance,
                 {"order 12345"}},
        RuleCase{"refusal_is_recent",
                 "of_a_lapsed_validation",
                 observed()
                     .with_pending(submitted(1h))
                     .refused(1h)
                     .with_order(order())
                     .with([](Observed& o) {
                       o.pending->refusal->reason = api::Reason::kValidationExpired;
                     }),
                 "wait",
                 api::Reason::kValidationExpired,
                 {"validated again in CertCentral", "renew-requested-at"}}),
    name_of_case);

}  // namespace
}  // namespace rules
