#include "plan/predict.h"

namespace plan {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

bool has_certificate(const rules::Observed& facts) {
  return facts.installed && facts.installed->leaf;
}

Outcome outcome_of_wait(const rules::Decision& made, const rules::Observed& facts) {
  using enum api::Reason;
  const bool no_answer = made.reason == kCaUnavailable || made.reason == kRateLimited ||
                         made.reason == kPending || facts.ca_error;
  if (no_answer) return Outcome::kUnknown;
  // A switch that the user has set himself is no trouble.
  if (made.reason == kSuspended) return Outcome::kWait;
  switch (api::class_of(made.reason)) {
    case api::ReasonClass::kNone:
      return Outcome::kCurrent;
    case api::ReasonClass::kProgress:
      return Outcome::kWait;
    case api::ReasonClass::kPerson:
    case api::ReasonClass::kGrace:
    case api::ReasonClass::kPersonAfterADay:
    case api::ReasonClass::kEventOnly:
      return Outcome::kRefuse;
  }
  return Outcome::kUnknown;
}

void drop_pending(rules::Observed& facts) {
  facts.pending.reset();
  facts.ca.listed.reset();
  facts.ca.issued.reset();
  facts.ca.approval.reset();
  facts.ca.awaits_approval = false;
  facts.ca.post = rules::CaView::Post::kUnknown;
}

void write_marks(rules::Observed& facts) {
  if (!facts.installed) return;
  facts.installed->marks_fit = true;
  if (facts.installed->owner == rules::SecretOwner::kNobody) {
    facts.installed->owner = rules::SecretOwner::kThisRequest;
  }
}

void update_keystore(rules::Observed& facts) {
  if (facts.keystore) facts.keystore->is_current = true;
  if (!facts.installed) return;
  facts.installed->has_keystore = facts.keystore.has_value();
  facts.installed->has_own_keystore = facts.keystore.has_value();
}

}  // namespace

bool predict(const rules::Action& action, rules::Observed& facts) {
  return std::visit(Overloaded{
                        [&](const rules::DropPending&) { return drop_pending(facts), true; },
                        [&](const rules::BackUpForeignSecret&) {
                          return facts.backup = rules::Backup::kDone, true;
                        },
                        [&](const rules::ApplyMarks&) { return write_marks(facts), true; },
                        [&](const rules::UpdateKeystore&) { return update_keystore(facts), true; },
                        [&](const rules::RememberNoGain& tried) {
                          if (facts.installed) facts.installed->no_gain_order = tried.order_id;
                          if (facts.installed)
                            facts.installed->no_gain_certificate = tried.certificate_id;
                          return drop_pending(facts), true;
                        },
                        [&](const rules::RecordRejection& rejection) {
                          if (!facts.pending) return false;
                          facts.pending->refusal =
                              rules::Refusal{.reason = api::Reason::kApprovalRejected,
                                             .message = rejection.message,
                                             .at = facts.now,
                                             .inputs = rejection.inputs};
                          return true;
                        },
                        [](const rules::Nothing&) { return false; },
                        [](const rules::Wait&) { return false; },
                        [](const rules::AskOrders&) { return false; },
                        [](const rules::AskDuplicates&) { return false; },
                        [](const rules::AskCertificate&) { return false; },
                        [](const rules::AskOwnership&) { return false; },
                        [](const rules::AskApproval&) { return false; },
                        [](const rules::AskRevocation&) { return false; },
                        [](const rules::SubmitDuplicate&) { return false; },
                        [](const rules::InstallCertificate&) { return false; },
                        [](const rules::OpenLedger&) { return false; },
                        [](const rules::PrepareKey&) { return false; },
                    },
                    action);
}

Outcome outcome_of(const rules::Decision& made, const rules::Observed& facts) {
  const bool gets_one = std::holds_alternative<rules::SubmitDuplicate>(made.action) ||
                        std::holds_alternative<rules::InstallCertificate>(made.action);
  if (gets_one) return has_certificate(facts) ? Outcome::kRenew : Outcome::kIssue;
  if (std::holds_alternative<rules::OpenLedger>(made.action)) return Outcome::kBuy;
  if (std::holds_alternative<rules::Nothing>(made.action)) return Outcome::kCurrent;
  return outcome_of_wait(made, facts);
}

}  // namespace plan
