#include "rules/report.h"

#include <algorithm>

#include <fmt/format.h>

#include "api/names.h"
#include "rules/standing.h"

namespace rules {
namespace {

using namespace std::chrono_literals;

constexpr auto kGrace = 5min;
constexpr auto kPatience = 24h;
constexpr auto kPollsUpTo = 10min;
constexpr std::size_t kCandidatesMax = 10;
constexpr std::size_t kCandidateNamesMax = 10;

struct Message {
  api::Reason reason{};
  std::string text{};
};

api::Condition condition(const Observed& seen, std::string_view type, api::ConditionStatus status,
                         const Message& message) {
  return {.type = std::string(type),
          .status = status,
          .reason = std::string(api::name_of(message.reason)),
          .message = message.text,
          .observed_generation = seen.request.meta.generation,
          .last_transition_time = std::chrono::floor<std::chrono::seconds>(seen.now)};
}

// Since when Ready has not been True with this reason, as the status of the last pass tells.
base::TimePoint not_ready_since(const Observed& seen, api::Reason reason) {
  const auto* ready = api::find_condition(seen.request.status.conditions, api::kReady);
  const bool same = ready != nullptr && ready->status == api::ConditionStatus::kFalse &&
                    ready->reason == api::name_of(reason);
  return same ? ready->last_transition_time : seen.now;
}

// True: a person must act. False: it goes on by itself.
bool is_stalled(const Observed& seen, api::Reason reason) {
  const auto age = seen.now - not_ready_since(seen, reason);
  switch (api::class_of(reason)) {
    case api::ReasonClass::kPerson:
      return true;
    case api::ReasonClass::kGrace:
      return age >= kGrace;
    case api::ReasonClass::kPersonAfterADay:
      return age >= kPatience;
    case api::ReasonClass::kNone:
    case api::ReasonClass::kProgress:
    case api::ReasonClass::kEventOnly:
      return false;
  }
  return false;
}

// The renewal cannot go on by itself. RenewalDue waits for an order that a person renews.
bool needs_a_person(const Decision& made) {
  return made.reason == api::Reason::kRenewalDue ||
         api::class_of(made.reason) != api::ReasonClass::kProgress;
}

// Little is left, and nothing that goes on by itself is about to change that: time to wake
// somebody.
bool expires_soon(const Observed& seen, const Standing& standing, const Decision& made) {
  if (!standing.usable || seen.now < *standing.expires_soon_time) return false;
  return standing.need == Need::kNone || needs_a_person(made);
}

// The same once it is too late.
bool has_expired(const Standing& standing, const Decision& made) {
  return standing.reason == api::Reason::kExpired && needs_a_person(made);
}

// What was decided and could not be carried out, in the API server's words.
std::string trouble_text(const Decision& made) {
  return made.trouble.empty()
             ? ""
             : fmt::format("; the API server does not let it be done, it is tried again: {}",
                           made.trouble);
}

// Of a decision whose reason says that all is done although it is not.
Message message_of(const Decision& made) {
  const bool done = api::class_of(made.reason) == api::ReasonClass::kNone;
  return {done && !made.trouble.empty() ? api::Reason::kPending : made.reason,
          made.message + trouble_text(made)};
}

// The end of the certificate, and what is in the way of the next one: some decisions tell both.
std::string obstacle_text(const Standing& standing, const Decision& made) {
  std::string text = message_of(made).text;
  if (text.starts_with(standing.need_text)) return text;
  return fmt::format("{}; {}", standing.need_text, text);
}

Message expiry_message(const Observed& seen, const Standing& standing, const Decision& made) {
  if (standing.need != Need::kNone) {
    return {api::Reason::kExpiresSoon, obstacle_text(standing, made)};
  }
  return {
      api::Reason::kExpiresSoon,
      fmt::format("the certificate ends at {} and renewal.auto is false; set it to true, or ask "
                  "for a new certificate by the annotation {}",
                  base::format_time(seen.installed->leaf->not_after),
                  api::kRenewRequestedAtAnnotation)};
}

std::string good_text(const Observed& seen, const Standing& standing) {
  const std::int64_t order_id = seen.installed->order_id;
  const bool found = standing.ready_reason == api::Reason::kAlreadyDigiCert;
  const std::string what =
      order_id == 0
          ? "a certificate"
          : fmt::format("a {} of order {}", found ? "certificate" : "duplicate", order_id);
  return fmt::format("Secret {} {} {}, valid until {}{}", seen.request.spec.secret_name,
                     found ? "already held" : "holds", what,
                     base::format_time(seen.installed->leaf->not_after),
                     found ? "; it is kept and renewed when it is due" : "");
}

void report_ready(const Observed& seen, const Standing& standing, const Decision& made,
                  api::Conditions& conditions) {
  api::remove_condition(conditions, api::kReconciling);
  api::remove_condition(conditions, api::kStalled);
  const bool settled = standing.need == Need::kNone;
  const Message good{standing.ready_reason,
                     good_text(seen, standing) + (settled ? trouble_text(made) : "")};
  api::set_condition(conditions, condition(seen, api::kReady, api::ConditionStatus::kTrue, good));
  if (settled) {
    api::remove_condition(conditions, api::kRenewing);
    return;
  }
  api::set_condition(
      conditions, condition(seen, api::kRenewing, api::ConditionStatus::kTrue, message_of(made)));
}

void report_not_ready(const Observed& seen, const Message& message, api::Conditions& conditions) {
  const bool stalled = is_stalled(seen, message.reason);
  api::remove_condition(conditions, api::kRenewing);
  api::remove_condition(conditions, stalled ? api::kReconciling : api::kStalled);
  api::set_condition(conditions,
                     condition(seen, api::kReady, api::ConditionStatus::kFalse, message));
  api::set_condition(conditions, condition(seen, stalled ? api::kStalled : api::kReconciling,
                                           api::ConditionStatus::kTrue, message));
}

void report_certificate(const Observed& seen, const Standing& standing,
                        api::DuplicateCertificateRequestStatus& status) {
  const auto& installed = seen.installed;
  const bool ours = installed && installed->leaf && installed->owner == SecretOwner::kThisRequest;
  const bool found = standing.ready_reason == api::Reason::kAlreadyDigiCert;
  // Renew and SwitchToDigiCert go back to it when the Secret is gone, or was taken over.
  if (!ours && !found && adopts(seen)) return;
  status.certificate.reset();
  status.order.reset();
  status.renewal_time.reset();
  if (!ours && !found) return;
  const LeafFacts& leaf = *installed->leaf;
  status.certificate = api::InstalledCertificate{
      .id =
          installed->certificate_id == 0 ? std::nullopt : std::optional(installed->certificate_id),
      .serial_number = leaf.serial_number,
      .sha256_fingerprint = leaf.sha256_fingerprint,
      .not_before = leaf.not_before,
      .not_after = leaf.not_after,
      .common_name = leaf.common_name,
      .dns_names = {leaf.dns_names.begin(), leaf.dns_names.end()},
      // Of a certificate that was found, nothing was installed.
      .secret_uid = ours ? installed->uid : "",
      .secret_resource_version = ours ? installed->resource_version : ""};
  if (seen.renewal.automatic) status.renewal_time = standing.renewal_time;
}

void report_order(const Observed& seen, api::DuplicateCertificateRequestStatus& status) {
  if (!status.certificate || !seen.installed || seen.installed->order_id == 0) return;
  api::OrderInUse order{.id = seen.installed->order_id};
  // What only the CA knows stays as it was last told, while the order is the same.
  if (seen.request.status.order && seen.request.status.order->id == order.id) {
    order = *seen.request.status.order;
  }
  if (seen.ca.orders) {
    const auto at = std::ranges::find(*seen.ca.orders, order.id, &OrderFacts::id);
    if (at != seen.ca.orders->end()) {
      order.product_name_id = at->product;
      order.organization_id = at->organization_id;
      order.valid_till = at->order_valid_till;
      if (at->renewal_of_order_id != 0) order.renewal_of = at->renewal_of_order_id;
    }
  }
  status.order = order;
}

bool is_poll(const Decision& made) {
  return std::holds_alternative<Wait>(made.action) &&
         made.reason != api::Reason::kWaitingForSchedule;
}

// What the status says of when, if it says it for the same reason.
std::optional<base::TimePoint> announced(const Observed& seen, const Decision& made) {
  const auto& status = seen.request.status;
  const bool told = std::ranges::find(status.conditions, api::name_of(made.reason),
                                      &api::Condition::reason) != status.conditions.end();
  const bool same = told && status.failed_attempts == seen.failures;
  return same ? status.next_attempt_time : std::nullopt;
}

// Told only for long waits, and for an instant that stands: a poll every few seconds must not write
// a status each time.
std::optional<base::TimePoint> next_attempt(const Observed& seen, const Standing& standing,
                                            const Decision& made) {
  const auto* wait = std::get_if<Wait>(&made.action);
  if (wait == nullptr || !wait->until || standing.need == Need::kNone) return std::nullopt;
  if (is_poll(made) && *wait->until - seen.now <= kPollsUpTo) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(*wake_up(seen, made));
}

bool needs_csr(const Decision& made) {
  return made.reason == api::Reason::kAwaitingApproval ||
         made.reason == api::Reason::kApprovalStepEnabled;
}

}  // namespace

std::optional<base::TimePoint> wake_up(const Observed& seen, const Decision& made) {
  if (const auto* nothing = std::get_if<Nothing>(&made.action)) return nothing->until;
  const auto* wait = std::get_if<Wait>(&made.action);
  if (wait == nullptr || !wait->until) return std::nullopt;
  const auto before = announced(seen, made);
  const bool stands = is_poll(made) && before && *before > seen.now && *before < *wait->until;
  return stands ? before : wait->until;
}

std::vector<api::Candidate> candidates_of(const Decision& made) {
  std::vector<api::Candidate> shown;
  for (const Candidate& candidate : made.candidates) {
    if (shown.size() == kCandidatesMax) break;
    const OrderFacts& order = candidate.order;
    std::vector<std::string> names = order.dns_names;
    names.resize(std::min(names.size(), kCandidateNamesMax));
    const bool eligible = candidate.verdict == Verdict::kEligible;
    shown.push_back({.id = order.id,
                     .common_name = order.common_name,
                     .dns_names = std::move(names),
                     .dns_names_count = static_cast<std::int32_t>(order.dns_names.size()),
                     .valid_till = paid_until(order),
                     .date_created = order.date_created,
                     .eligible = eligible,
                     .reason = eligible ? "it can be duplicated" : candidate.reason});
  }
  return shown;
}

api::DuplicateCertificateRequestStatus report(const Observed& seen, const Decision& made) {
  const Standing standing = standing_of(seen);
  api::DuplicateCertificateRequestStatus status = seen.request.status;
  status.observed_generation = seen.request.meta.generation;
  status.failed_attempts = seen.failures;
  status.candidates = candidates_of(made);
  status.next_attempt_time = next_attempt(seen, standing, made);
  status.csr.reset();
  if (needs_csr(made) && seen.pending) status.csr = seen.pending->csr;
  if (seen.installed && !seen.installed->renew_requested_at.empty()) {
    status.last_renew_requested_at = seen.installed->renew_requested_at;
  }
  report_certificate(seen, standing, status);
  report_order(seen, status);

  if (standing.usable && lacks_keystore(seen)) {
    report_not_ready(seen, {made.reason, made.message}, status.conditions);
  } else if (standing.usable && !expires_soon(seen, standing, made)) {
    report_ready(seen, standing, made, status.conditions);
  } else if (standing.usable) {
    report_not_ready(seen, expiry_message(seen, standing, made), status.conditions);
  } else if (has_expired(standing, made)) {
    report_not_ready(seen, {api::Reason::kExpired, obstacle_text(standing, made)},
                     status.conditions);
  } else {
    report_not_ready(seen, message_of(made), status.conditions);
  }
  return status;
}

std::string issued_text(const Observed& seen, const InstallCertificate& made) {
  const LeafFacts& leaf = *seen.ca.issued->leaf;
  return fmt::format("Secret {} holds a duplicate of order {}, serial number {}, valid until {}",
                     seen.request.spec.secret_name, made.order_id, leaf.serial_number,
                     base::format_time(leaf.not_after));
}

}  // namespace rules
