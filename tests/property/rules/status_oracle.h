// What tools that read our status rely on: Flux's condition checks (fluxcd/pkg,
// runtime/conditions/check) and kstatus (sigs.k8s.io/cli-utils, pkg/kstatus/status), as an oracle
// for rules::report(). Returns what is wrong, or "".
#pragma once

#include <set>
#include <string>

#include "api/names.h"
#include "rules/report.h"
#include "rules/standing.h"

namespace rules_properties {

using Status = api::DuplicateCertificateRequestStatus;

inline std::string check_flux(const rules::Observed& seen, const Status& status) {
  const auto& conditions = status.conditions;
  const auto* ready = api::find_condition(conditions, api::kReady);
  const bool reconciling = api::is_true(conditions, api::kReconciling);
  const bool stalled = api::is_true(conditions, api::kStalled);
  if (ready == nullptr) return "F2: Ready is absent";
  const bool is_ready = ready->status == api::ConditionStatus::kTrue;
  if (is_ready && (reconciling || stalled)) return "F1: Ready beside a negative condition";
  if (reconciling && is_ready) return "F3: Reconciling while Ready";
  if (stalled && ready->status != api::ConditionStatus::kFalse) return "F4: Stalled, not False";
  if (reconciling && stalled) return "F5: Reconciling and Stalled";
  if (status.observed_generation > seen.request.meta.generation) return "F6: from the future";
  if (status.observed_generation != seen.request.meta.generation) return "F7: behind";
  for (const auto& condition : conditions) {
    if (condition.observed_generation != status.observed_generation) {
      return "F9: a condition of another generation";
    }
    if (condition.status == api::ConditionStatus::kUnknown) return "F11: Unknown at the end";
  }
  return "";
}

inline std::string check_kstatus(const Status& status) {
  const auto& conditions = status.conditions;
  const bool is_ready = api::is_true(conditions, api::kReady);
  std::set<std::string> types;
  for (const auto& condition : conditions) {
    if (!types.insert(condition.type).second) return "two conditions of one type";
    if (condition.reason.empty() || condition.message.empty()) return "a condition without words";
    const bool abnormal = condition.type != api::kReady;
    if (abnormal && condition.status != api::ConditionStatus::kTrue) {
      return "an abnormal condition that is there without being True";
    }
  }
  const bool explained =
      types.contains(std::string(api::kReconciling)) || types.contains(std::string(api::kStalled));
  if (!is_ready && !explained) return "not Ready, and neither in progress nor failed";
  if (!is_ready && types.contains(std::string(api::kRenewing))) return "Renewing while not Ready";
  return "";
}

// The contract of Ready: a usable pair, and not blocked shortly before its end.
inline std::string check_contract(const rules::Observed& seen, const rules::Decision& made,
                                  const Status& status) {
  const auto* ready = api::find_condition(status.conditions, api::kReady);
  const bool is_ready = ready->status == api::ConditionStatus::kTrue;
  const rules::Standing standing = rules::standing_of(seen);
  if (is_ready && !standing.usable) return "Ready without a usable pair";
  const bool lacks_keystore = rules::lacks_keystore(seen);
  if (is_ready && lacks_keystore) return "Ready without the keystore";
  if (standing.usable && !is_ready && ready->reason != "ExpiresSoon" && !lacks_keystore) {
    return "a usable pair that is not Ready: " + ready->reason;
  }
  if (ready->reason == "ExpiresSoon" && seen.now < *standing.expires_soon_time) {
    return "ExpiresSoon too early";
  }
  const bool renewing = api::is_true(status.conditions, api::kRenewing);
  if (is_ready && renewing != (standing.need != rules::Need::kNone)) return "Renewing is wrong";
  const auto* wait = std::get_if<rules::Wait>(&made.action);
  if (status.next_attempt_time && (wait == nullptr || !wait->until)) return "no such next attempt";
  const bool polls = made.reason != api::Reason::kWaitingForSchedule;
  if (polls && status.next_attempt_time &&
      *status.next_attempt_time - seen.now <= std::chrono::minutes{10}) {
    return "a short wait is told";
  }
  return "";
}

// What each class of reasons shows as, from the first pass on.
inline std::string check_class(const Status& status) {
  const auto* stalled = api::find_condition(status.conditions, api::kStalled);
  const auto* reconciling = api::find_condition(status.conditions, api::kReconciling);
  const auto* shown = stalled != nullptr ? stalled : reconciling;
  if (shown == nullptr) return "";
  const auto reason = api::parse_reason(shown->reason);
  if (!reason) return "a reason that is not in the enum";
  const bool person = api::class_of(*reason) == api::ReasonClass::kPerson;
  if (person != (stalled != nullptr)) return "the class of " + shown->reason + " shows wrongly";
  return "";
}

inline std::string check_status(const rules::Observed& seen, const rules::Decision& made) {
  const Status status = rules::report(seen, made);
  if (auto wrong = check_flux(seen, status); !wrong.empty()) return wrong;
  if (auto wrong = check_kstatus(status); !wrong.empty()) return wrong;
  if (auto wrong = check_contract(seen, made, status); !wrong.empty()) return wrong;
  if (auto wrong = check_class(status); !wrong.empty()) return wrong;
  rules::Observed again = seen;
  again.request.status = status;
  if (rules::report(again, made) != status) return "a second report of the same facts differs";
  // Whatever the status said before.
  again.request.status.conditions.clear();
  for (const auto type : {api::kReady, api::kRenewing, api::kReconciling, api::kStalled}) {
    again.request.status.conditions.push_back({.type = std::string(type),
                                               .status = api::ConditionStatus::kTrue,
                                               .reason = "Pending",
                                               .message = "from before"});
  }
  const Status after = rules::report(again, made);
  if (auto wrong = check_flux(seen, after); !wrong.empty()) return wrong + ", from before";
  if (auto wrong = check_kstatus(after); !wrong.empty()) return wrong + ", from before";
  return check_class(after);
}

}  // namespace rules_properties
