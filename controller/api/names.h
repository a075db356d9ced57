// Names of the API: group, version, labels, annotations, condition types, Secrets.
// Pure. Users, manifests and dashboards rely on them: none may ever change.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Only for its place before kRenewing: the other order makes g++ see a shadowed name (-Wshadow).
#include "api/reason.h"

namespace api {

inline constexpr std::string_view kGroup = "duplicert.io";
inline constexpr std::string_view kVersion = "v1beta1";
inline constexpr std::string_view kApiVersion = "duplicert.io/v1beta1";

inline constexpr std::string_view kAutomationProfileKind = "AutomationProfile";
inline constexpr std::string_view kAutomationProfileResource = "automationprofiles";
inline constexpr std::string_view kDuplicateCertificateRequestKind = "DuplicateCertificateRequest";
inline constexpr std::string_view kDuplicateCertificateRequestResource =
    "duplicatecertificaterequests";
inline constexpr std::string_view kCertificateOrderKind = "CertificateOrder";
inline constexpr std::string_view kCertificateOrderResource = "certificateorders";

// Manager of the fields that we write, in metadata.managedFields.
inline constexpr std::string_view kFieldManager = "duplicert";

// Labels of the Secrets that we write.
inline constexpr std::string_view kManagedByLabel = "app.kubernetes.io/managed-by";
inline constexpr std::string_view kManagedByValue = "duplicert";
inline constexpr std::string_view kRequestLabel = "duplicert.io/request";  // name of the request
inline constexpr std::string_view kPendingLabel = "duplicert.io/pending";  // "true"
inline constexpr std::string_view kPendingLabelValue = "true";

// Annotations of the target Secret.
inline constexpr std::string_view kAccountAnnotation = "duplicert.io/account";  // <host>/<id>
inline constexpr std::string_view kOrderIdAnnotation = "duplicert.io/order-id";
inline constexpr std::string_view kCertificateIdAnnotation = "duplicert.io/certificate-id";
inline constexpr std::string_view kSerialNumberAnnotation = "duplicert.io/serial-number";
inline constexpr std::string_view kCommonNameAnnotation = "duplicert.io/common-name";
inline constexpr std::string_view kAltNamesAnnotation = "duplicert.io/alt-names";
inline constexpr std::size_t kAltNamesBytesMax = 4096;
inline constexpr std::string_view kNotAfterAnnotation = "duplicert.io/not-after";
inline constexpr std::string_view kProfileAnnotation = "duplicert.io/profile";
// On an adopted Secret: the name of the Secret that keeps the pair from before.
inline constexpr std::string_view kBackupAnnotation = "duplicert.io/backup";
// Set by users on a request; on a Secret: the last value that was acted on.
inline constexpr std::string_view kRenewRequestedAtAnnotation = "duplicert.io/renew-requested-at";
// Of which order, with which primary certificate, a duplicate was tried in vain: <order>/<id>.
inline constexpr std::string_view kNoGainAnnotation = "duplicert.io/no-gain";
// On a ledger entry: the state of the profile that it was made from.
inline constexpr std::string_view kInputsAnnotation = "duplicert.io/inputs";
// Set by users on a profile.
inline constexpr std::string_view kRecheckRequestedAtAnnotation =
    "duplicert.io/recheck-requested-at";
// kubectl's; dropped when an object is decoded.
inline constexpr std::string_view kLastAppliedAnnotation =
    "kubectl.kubernetes.io/last-applied-configuration";

// Types and keys of Secrets.
inline constexpr std::string_view kTlsSecretType = "kubernetes.io/tls";
inline constexpr std::string_view kPendingSecretType = "duplicert.io/pending";
inline constexpr std::string_view kTlsCertKey = "tls.crt";
inline constexpr std::string_view kTlsKeyKey = "tls.key";
inline constexpr std::string_view kCaCertKey = "ca.crt";
inline constexpr std::string_view kKeystoreKey = "keystore.p12";

// Condition types of requests and ledger entries.
inline constexpr std::string_view kReady = "Ready";
inline constexpr std::string_view kRenewing = "Renewing";
inline constexpr std::string_view kReconciling = "Reconciling";
inline constexpr std::string_view kStalled = "Stalled";
// Further condition types of profiles.
inline constexpr std::string_view kAccountReachable = "AccountReachable";
inline constexpr std::string_view kDuplicatesEnabled = "DuplicatesEnabled";
inline constexpr std::string_view kApprovalStepSkipped = "ApprovalStepSkipped";
inline constexpr std::string_view kOrganizationActive = "OrganizationActive";
inline constexpr std::string_view kProductAvailable = "ProductAvailable";

// "<request>-pending": the Secret that keeps a key until its certificate is installed.
std::string pending_secret_name(std::string_view request_name);

// "<secret>-before-<first 16 hex digits>": the copy of a pair that a request took over.
// `sha256_fingerprint` is lower-case hexadecimal without separators.
std::string backup_secret_name(std::string_view secret_name, std::string_view sha256_fingerprint);

}  // namespace api
