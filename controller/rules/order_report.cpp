#include "rules/order_report.h"

#include "api/names.h"

namespace rules {
namespace {

using State = api::OrderState;

// What a condition says; its type and status follow from it.
struct Text {
  api::Reason reason{};
  std::string message{};
};

api::Condition condition(const api::CertificateOrder& object, std::string_view type,
                         api::ConditionStatus status, const Text& text, base::TimePoint now) {
  return {.type = std::string(type),
          .status = status,
          .reason = std::string(api::name_of(text.reason)),
          .message = text.message,
          .observed_generation = object.meta.generation,
          .last_transition_time = std::chrono::floor<std::chrono::seconds>(now)};
}

void set_conditions(const api::CertificateOrder& object, const Text& text, base::TimePoint now,
                    api::CertificateOrderStatus& status) {
  using enum api::ConditionStatus;
  const bool issued = status.state == State::kIssued;
  const bool closed = api::is_closed(status.state);
  const bool person = !closed && api::class_of(text.reason) == api::ReasonClass::kPerson;
  auto& conditions = status.conditions;
  api::set_condition(conditions,
                     condition(object, api::kReady, issued ? kTrue : kFalse, text, now));
  api::remove_condition(conditions, person || closed ? api::kReconciling : api::kStalled);
  if (closed) {
    // A closed entry that came to nothing is over: nobody waits for it to become Ready.
    api::remove_condition(conditions, api::kStalled);
    return;
  }
  api::set_condition(
      conditions, condition(object, person ? api::kStalled : api::kReconciling, kTrue, text, now));
}

void record(const OrderRecord& action, base::TimePoint now, api::CertificateOrderStatus& status) {
  const bool was_open = !api::is_closed(status.state);
  status.state = action.state;
  if (action.order_id != 0) status.order_id = action.order_id;
  if (action.valid_till) status.valid_till = action.valid_till;
  const bool placed = action.state == State::kPlaced || action.state == State::kIssued;
  if (placed && !status.placed_at) status.placed_at = now;
  if (was_open && api::is_closed(action.state)) status.closed_at = now;
  // The last POST was not sent after all.
  const bool unsent = action.state == State::kOpen || action.state == State::kSubmitted;
  if (unsent) status.submissions = action.submissions;
  if (action.state == State::kOpen) status.submitted_at.reset();
}

}  // namespace

api::CertificateOrderStatus report_order(const api::CertificateOrder& before,
                                         const OrderDecision& made, base::TimePoint at) {
  const auto now = std::chrono::floor<std::chrono::seconds>(at);
  api::CertificateOrderStatus status = before.status;
  // What a closed entry tells those who wait, stays.
  const bool writes = std::holds_alternative<OrderRecord>(made.action);
  if (api::is_closed(status.state) && !writes) return status;
  if (const auto* action = std::get_if<OrderRecord>(&made.action)) record(*action, now, status);
  if (const auto* action = std::get_if<OrderSend>(&made.action)) {
    status.state = State::kSubmitted;
    status.submitted_at = now;
    status.submissions = action->submissions;
  }
  status.message = made.message;
  status.next_attempt_time = made.next_attempt;
  if (status.next_attempt_time) {
    status.next_attempt_time = std::chrono::ceil<std::chrono::seconds>(*status.next_attempt_time);
  }
  set_conditions(before, {made.reason, made.message}, now, status);
  return status;
}

}  // namespace rules
