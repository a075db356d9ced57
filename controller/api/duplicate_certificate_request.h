// DuplicateCertificateRequest: one duplicate of one order, for one server, in one Secret.
// Plain values; written by users. Entry point: DuplicateCertificateRequest at the end.
// The comments of the fields are their descriptions in crds/duplicatecertificaterequests.yaml.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/conditions.h"
#include "api/metadata.h"
#include "api/spec_parts.h"
#include "base/packed.h"

namespace api {

struct ProfileRef {
  // Name of the AutomationProfile.
  std::string name{};
  // Namespace of the AutomationProfile. Default: the request's own. Another namespace must be let
  // in by that profile's allowedNamespaces.
  std::optional<std::string> namespace_{};

  bool operator==(const ProfileRef&) const = default;
};

struct SecretTemplate {
  // Labels for the Secret. Not app.kubernetes.io/instance or another label by which a GitOps tool
  // tracks what it owns: such a tool would delete the Secret.
  std::map<std::string, std::string> labels{};
  // Annotations for the Secret. Not argocd.argoproj.io/tracking-id, for the same reason.
  std::map<std::string, std::string> annotations{};

  bool operator==(const SecretTemplate&) const = default;
};

struct RequestRenewal {
  // Set to false to switch automatic renewal off for this request. True cannot switch it on when
  // the profile has switched it off. Default: as in the profile.
  std::optional<bool> auto_{};
  // The certificate is due when less than this time is left. Example: 30d. From 1h to 1096d.
  // Default: as in the profile.
  std::optional<std::chrono::seconds> before{};
  // Instead of before: the certificate is due when less than this percentage of its lifetime is
  // left, from 1 to 99. Default: as in the profile.
  std::optional<std::int32_t> before_percentage{};
  // Only Wait: this request never causes a renewal to be bought. Default: as in the profile.
  std::optional<OnNoRenewedOrder> on_no_renewed_order{};

  bool operator==(const RequestRenewal&) const = default;
};

struct RequestSchedule {
  // Nothing is requested before this instant, whatever expires. Example: "2026-05-01T20:00:00Z".
  // Default: at once.
  std::optional<base::TimePoint> not_before{};
  // Maintenance windows of this request; they replace those of the profile. Default: as in the
  // profile.
  std::vector<Window> windows{};

  bool operator==(const RequestSchedule&) const = default;
};

struct PasswordSecretRef {
  // Name of a Secret in the request's own namespace.
  std::string name{};
  // Key of the Secret under which the password stands: printable ASCII, since Java opens no
  // keystore with other characters. A line break at its end is cut. Default: password.
  std::string key = "password";

  bool operator==(const PasswordSecretRef&) const = default;
};

struct Pkcs12Keystore {
  // The Secret that holds the password of the keystore. A new password takes effect within 10
  // minutes, without a new certificate.
  PasswordSecretRef password_secret_ref{};

  bool operator==(const Pkcs12Keystore&) const = default;
};

struct Keystores {
  // Adds keystore.p12 to the Secret: PKCS#12 with AES-256 and SHA-256, which current Java reads.
  // Its one entry is called after the common name of the certificate. Default: none.
  std::optional<Pkcs12Keystore> pkcs12{};

  bool operator==(const Keystores&) const = default;
};

struct DuplicateCertificateRequestSpec {
  // The AutomationProfile: the account, and the policy.
  ProfileRef profile_ref{};
  // RequestCertificate (default): put a duplicate into a Secret that does not exist yet. Renew:
  // replace the certificate of this account that the Secret holds, and keep it renewed.
  // SwitchToDigiCert: replace a certificate from elsewhere that the Secret holds.
  Action action = Action::kRequestCertificate;
  // Common name of the order to duplicate, as an A-label in lower case. Examples: shop.example.com,
  // *.example.com. Default: taken from the order that dnsNames or orderID finds.
  std::optional<std::string> common_name{};
  // DNS names of the order to duplicate, as A-labels in lower case. On the wildcard products
  // further names below the wildcard may be added. Default: taken from the order that commonName or
  // orderID finds.
  std::vector<std::string> dns_names{};
  // Choose this order instead of the latest one that matches. Once it has been renewed, the newest
  // order of its renewals is used. Default: the latest order that matches.
  std::optional<OrderId> order_id{};
  // Name of the one Secret, of type kubernetes.io/tls, for the one server that this request is for.
  // It cannot be changed. Example: shop-tls.
  std::string secret_name{};
  // Labels and annotations that the Secret gets in addition to Duplicert's own.
  SecretTemplate secret_template{};
  // What happens to the Secret when the request is deleted. Retain (default): it stays. Delete: it
  // goes too, unless it existed before the request. The certificate is never revoked.
  DeletionPolicy deletion_policy = DeletionPolicy::kRetain;
  // The kind of private key; it replaces the profile's as a whole. Default: as in the profile.
  std::optional<PrivateKeySpec> private_key{};
  // When the certificate is renewed. A request may be stricter than its profile; what may be bought
  // is the profile's decision alone.
  RequestRenewal renewal{};
  // When work on this request may start. Default: as in the profile.
  RequestSchedule schedule{};
  // Keystores that are written beside tls.crt and tls.key.
  Keystores keystores{};
  // Issue nothing, and show in status.candidates which orders would be used. Default: false.
  bool suspend = false;

  bool operator==(const DuplicateCertificateRequestSpec&) const = default;
};

struct OrderInUse {
  // Number of the order in CertCentral.
  OrderId id = 0;
  // Product name_id of the order.
  std::string product_name_id{};
  // Number of the order's organization.
  std::optional<OrganizationId> organization_id{};
  // Until when the order is paid. Its certificates may end earlier.
  std::optional<base::TimePoint> valid_till{};
  // Number of the order that this one renewed.
  std::optional<OrderId> renewal_of{};

  bool operator==(const OrderInUse&) const = default;
};

struct InstalledCertificate {
  // Number of the certificate in CertCentral.
  std::optional<CertificateId> id{};
  // Serial number in lower-case hexadecimal.
  std::string serial_number{};
  // SHA-256 of the certificate (DER) in lower-case hexadecimal.
  std::string sha256_fingerprint{};
  // Start of the validity.
  std::optional<base::TimePoint> not_before{};
  // End of the validity.
  std::optional<base::TimePoint> not_after{};
  // Common name in the certificate.
  std::string common_name{};
  // DNS names in the certificate.
  std::vector<std::string> dns_names{};
  // metadata.uid of the Secret when it was last verified.
  std::string secret_uid{};
  // metadata.resourceVersion of the Secret when it was last verified.
  std::string secret_resource_version{};

  bool operator==(const InstalledCertificate&) const = default;
};

struct Candidate {
  // Number of the order in CertCentral.
  OrderId id = 0;
  // Common name of the order.
  std::string common_name{};
  // The first 10 DNS names of the order.
  std::vector<std::string> dns_names{};
  // How many DNS names the order has.
  std::int32_t dns_names_count = 0;
  // Until when the order is paid.
  std::optional<base::TimePoint> valid_till{};
  // When the order was placed.
  std::optional<base::TimePoint> date_created{};
  // Whether the order can be duplicated for this request.
  bool eligible = false;
  // Why the order is or is not eligible.
  std::string reason{};

  bool operator==(const Candidate&) const = default;
};

struct DuplicateCertificateRequestStatus {
  // The metadata.generation that this status was computed from.
  std::int64_t observed_generation = 0;
  // Ready: the Secret holds a valid certificate for this spec. Renewing: a renewal is due while
  // Ready is True. Reconciling: not Ready, and work goes on by itself. Stalled: not Ready, and a
  // person must act.
  Conditions conditions{};
  // The order that the certificate is a duplicate of.
  std::optional<OrderInUse> order{};
  // The certificate that the Secret holds.
  std::optional<InstalledCertificate> certificate{};
  // When the certificate becomes due for renewal.
  std::optional<base::TimePoint> renewal_time{};
  // When Duplicert looks at this request again while something is in the way.
  std::optional<base::TimePoint> next_attempt_time{};
  // How many attempts have failed since the last success.
  std::int32_t failed_attempts = 0;
  // The value of the annotation duplicert.io/renew-requested-at that was last acted on.
  std::optional<std::string> last_renew_requested_at{};
  // While an order is looked for: the latest orders whose names match, at most 10, each with the
  // reason why it can or cannot be used.
  std::vector<Candidate> candidates{};
  // The certificate signing request in PEM, while a person must submit or approve it in CertCentral
  // by hand.
  std::optional<std::string> csr{};

  bool operator==(const DuplicateCertificateRequestStatus&) const = default;
};

// A request for one duplicate of a DigiCert CertCentral order, with a private key of its own, in
// one Secret for one server. For N servers, create N requests.
struct DuplicateCertificateRequest {
  ObjectMeta meta{};
  // Which order to duplicate, and the Secret that the certificate goes into.
  DuplicateCertificateRequestSpec spec{};
  // What the Secret holds, and what is being done about it.
  DuplicateCertificateRequestStatus status{};

  bool operator==(const DuplicateCertificateRequest&) const = default;
};

// The object as caches keep it: a few hundred bytes in one allocation instead of some thousands in
// fifty. unpack() makes a new, empty `object` equal to the one that was packed. Pure.
base::Packed pack(const DuplicateCertificateRequest& object);
void unpack(const base::Packed& packed, DuplicateCertificateRequest& object);

}  // namespace api
