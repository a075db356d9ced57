#include "api/reason.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/check.h"

namespace api {
namespace {

struct Entry {
  Reason reason;
  std::string_view name;
  ReasonClass reason_class;
};

using enum ReasonClass;

// In the order of the enum: entry_of() indexes by it, guarded by Reasons.TableFollowsTheEnum.
constexpr std::array kTable{
    Entry{Reason::kIssued, "Issued", kNone},
    Entry{Reason::kPending, "Pending", kProgress},
    Entry{Reason::kAwaitingIssuance, "AwaitingIssuance", kProgress},
    Entry{Reason::kAwaitingRenewedOrder, "AwaitingRenewedOrder", kProgress},
    Entry{Reason::kRenewalDue, "RenewalDue", kProgress},
    Entry{Reason::kRenewing, "Renewing", kProgress},
    Entry{Reason::kWaitingForSchedule, "WaitingForSchedule", kProgress},
    Entry{Reason::kCaUnavailable, "CAUnavailable", kProgress},
    Entry{Reason::kRateLimited, "RateLimited", kProgress},
    Entry{Reason::kClockSkew, "ClockSkew", kProgress},
    Entry{Reason::kAwaitingApproval, "AwaitingApproval", kProgress},
    Entry{Reason::kProfileNotFound, "ProfileNotFound", kGrace},
    Entry{Reason::kProfileNotReady, "ProfileNotReady", kGrace},
    Entry{Reason::kNamespaceNotAllowed, "NamespaceNotAllowed", kGrace},
    Entry{Reason::kCredentialsRejected, "CredentialsRejected", kGrace},
    Entry{Reason::kNoMatchingOrder, "NoMatchingOrder", kGrace},
    Entry{Reason::kApprovalStepEnabled, "ApprovalStepEnabled", kPerson},
    Entry{Reason::kApprovalRejected, "ApprovalRejected", kPerson},
    Entry{Reason::kOrderNotEligible, "OrderNotEligible", kPerson},
    Entry{Reason::kOrderNeedsReissue, "OrderNeedsReissue", kPerson},
    Entry{Reason::kOrderOutcomeUnknown, "OrderOutcomeUnknown", kPerson},
    Entry{Reason::kOrderBudgetExceeded, "OrderBudgetExceeded", kPerson},
    Entry{Reason::kExtraSansNotAllowed, "ExtraSANsNotAllowed", kPerson},
    Entry{Reason::kDuplicatesNotAllowed, "DuplicatesNotAllowed", kPerson},
    Entry{Reason::kNameNotAllowed, "NameNotAllowed", kPerson},
    Entry{Reason::kCaRejected, "CARejected", kPerson},
    Entry{Reason::kValidationExpired, "ValidationExpired", kPerson},
    Entry{Reason::kNotADigiCertCertificate, "NotADigiCertCertificate", kPerson},
    Entry{Reason::kAlreadyDigiCert, "AlreadyDigiCert", kPerson},
    Entry{Reason::kSecretConflict, "SecretConflict", kPerson},
    Entry{Reason::kSecretInvalid, "SecretInvalid", kPerson},
    Entry{Reason::kSecretNotFound, "SecretNotFound", kPerson},
    Entry{Reason::kCertificateMismatch, "CertificateMismatch", kPersonAfterADay},
    Entry{Reason::kInvalidSpec, "InvalidSpec", kPerson},
    Entry{Reason::kSuspended, "Suspended", kPerson},
    Entry{Reason::kExpired, "Expired", kPerson},
    Entry{Reason::kExpiresSoon, "ExpiresSoon", kPerson},
    Entry{Reason::kRevoked, "Revoked", kPerson},
    Entry{Reason::kSurplusOrder, "SurplusOrder", kEventOnly},
    Entry{Reason::kWindowIgnored, "WindowIgnored", kEventOnly},
};

constexpr auto kReasons = [] {
  std::array<Reason, kTable.size()> reasons{};
  std::ranges::transform(kTable, reasons.begin(), &Entry::reason);
  return reasons;
}();

const Entry& entry_of(Reason reason) {
  const auto index = static_cast<std::size_t>(reason);
  BASE_CHECK(index < kTable.size() && kTable[index].reason == reason);
  return kTable[index];
}

}  // namespace

std::string_view name_of(Reason reason) {
  return entry_of(reason).name;
}

ReasonClass class_of(Reason reason) {
  return entry_of(reason).reason_class;
}

std::optional<Reason> parse_reason(std::string_view name) {
  const auto found = std::ranges::find(kTable, name, &Entry::name);
  if (found == kTable.end()) return std::nullopt;
  return found->reason;
}

std::span<const Reason> all_reasons() {
  return kReasons;
}

}  // namespace api
