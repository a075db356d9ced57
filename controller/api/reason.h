// Reason: the one closed set of reasons in conditions and Events of requests.
// Pure.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace api {

enum class Reason {
  kIssued,                   // the Secret is current
  kPending,                  // nothing was looked at yet, or the key is being made
  kAwaitingIssuance,         // the CA has the request
  kAwaitingRenewedOrder,     // a successor of the order is on its way at the CA
  kRenewalDue,               // the renewal time has come
  kRenewing,                 // a renewal is being carried out
  kWaitingForSchedule,       // due, but outside its window or before notBefore
  kCaUnavailable,            // no answer, or a 5xx
  kRateLimited,              // the budget of CA calls is used up for now
  kClockSkew,                // our clock differs too much from the CA's
  kAwaitingApproval,         // sent; an approver must act at the CA
  kProfileNotFound,          // profileRef names nothing
  kProfileNotReady,          // the profile's own conditions tell why
  kNamespaceNotAllowed,      // allowedNamespaces leaves this namespace out
  kCredentialsRejected,      // the API key is missing or was refused
  kNoMatchingOrder,          // status.candidates tells why each near miss was refused
  kApprovalStepEnabled,      // the account still has its approval step
  kApprovalRejected,         // an approver said no
  kOrderNotEligible,         // the chosen order, or the issued successor, does not fit
  kOrderNeedsReissue,        // the order is paid for longer than its certificate lives
  kOrderOutcomeUnknown,      // a paid request may or may not have been accepted
  kOrderBudgetExceeded,      // limits.ordersPerDay
  kExtraSansNotAllowed,      // more names than the order has, on a product without extra names
  kDuplicatesNotAllowed,     // duplicates are off for the product or the order
  kNameNotAllowed,           // outside the profile's nameConstraints
  kCaRejected,               // the CA's refusal, in its own words
  kValidationExpired,        // domain or organization validation has lapsed
  kNotADigiCertCertificate,  // Renew on a certificate from elsewhere
  kAlreadyDigiCert,          // SwitchToDigiCert on a certificate of the account
  kSecretConflict,           // somebody else's Secret, or two requests for one
  kSecretInvalid,            // bytes that do not parse
  kSecretNotFound,           // nothing to renew and no names to look for
  kCertificateMismatch,      // the CA returned a certificate that is not ours; not installed
  kInvalidSpec,              // what the schema cannot check
  kSuspended,                // spec.suspend
  kExpired,                  // the certificate has expired
  kExpiresSoon,              // little is left and the renewal cannot go on by itself
  kRevoked,                  // listed as revoked at the CA
  kSurplusOrder,             // an order of ours turned up after another had won
  kWindowIgnored,            // the next window would come after expiry
};

// How a reason shows while Ready is not True.
enum class ReasonClass {
  kNone,             // nothing is wrong
  kProgress,         // Reconciling: it goes on by itself
  kPerson,           // Stalled: a person must act
  kGrace,            // Reconciling for 5 minutes, then Stalled
  kPersonAfterADay,  // Reconciling for 24 hours, then Stalled
  kEventOnly,        // never in a condition
};

// The spelling in conditions and Events, for example "CAUnavailable".
std::string_view name_of(Reason reason);

// The reason of that spelling; nullopt if there is none (an object of a newer version).
std::optional<Reason> parse_reason(std::string_view name);

ReasonClass class_of(Reason reason);

// Every reason once, in the order of the enum.
std::span<const Reason> all_reasons();

}  // namespace api
