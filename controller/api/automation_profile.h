// AutomationProfile: an account of CertCentral and the policy for duplicates of its orders.
// Plain values; written by users. Entry point: AutomationProfile at the end.
// The comments of the fields are their descriptions in crds/automationprofiles.yaml.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/conditions.h"
#include "api/metadata.h"
#include "api/spec_parts.h"

namespace api {

struct ApiKeySecretRef {
  // Name of a Secret in the profile's own namespace. Example: certcentral.
  std::string name{};
  // Key of the Secret under which the API key stands. Default: api-key.
  std::string key = "api-key";

  bool operator==(const ApiKeySecretRef&) const = default;
};

struct RateLimit {
  // Calls in any 3 minutes. Default: 1000.
  std::int32_t requests_per_3_minutes = 1000;
  // Calls in any 5 seconds. Default: 100.
  std::int32_t requests_per_5_seconds = 100;

  bool operator==(const RateLimit&) const = default;
};

struct Account {
  // Base URL of the CertCentral Services API. Default: https://www.digicert.com/services/v2. For
  // accounts in the EU: https://certcentral.digicert.eu/services/v2. The host must be one of the
  // operator's --allowed-ca-hosts; redirects are never followed.
  std::string url = "https://www.digicert.com/services/v2";
  // The Secret that holds the API key of a CertCentral service user. It must be in the profile's
  // own namespace; a new key takes effect as soon as the Secret changes.
  ApiKeySecretRef api_key_secret_ref{};
  // Certificates in PEM, encoded as base64, that are trusted for url in addition to the public
  // ones. Needed only behind a TLS-inspecting proxy or with the simulator. TLS verification is
  // never switched off.
  std::optional<std::string> ca_bundle{};
  // Budget of calls to the CA. All profiles that use the same API key share one budget, and the
  // smallest counts. Default: 1000 in 3 minutes, 100 in 5 seconds.
  RateLimit rate_limit{};

  bool operator==(const Account&) const = default;
};

struct OrganizationRef {
  // Number of the organization in CertCentral. Example: 550011. Give either id or name.
  std::optional<OrganizationId> id{};
  // Name of the organization in CertCentral, exactly as written there. Example: Example Ltd. It
  // must match exactly one active organization. Give either id or name.
  std::optional<std::string> name{};

  bool operator==(const OrganizationRef&) const = default;
};

struct CertificateParameters {
  // Hash of the certificate's signature: sha256, sha384 or sha512. Default: sha256.
  SignatureHash signature_hash = SignatureHash::kSha256;
  // CertCentral's number of the server software, a label in its inventory. Examples: 45 is nginx,
  // 2 is Apache, -1 is other. Default: 45.
  std::int32_t server_platform = 45;
  // Id of the issuing CA certificate. Needed for private products (private_ssl_...) only.
  std::optional<std::string> ca_cert_id{};

  bool operator==(const CertificateParameters&) const = default;
};

struct Renewal {
  // Whether certificates are renewed by themselves before they expire. Default: true. With false
  // they are replaced only when something asks for it, and expiry is still reported.
  bool auto_ = true;
  // A certificate is due when less than this time is left. Example and default: 30d. From 1h to
  // 1096d; more than two thirds of a certificate's lifetime counts as two thirds.
  std::optional<std::chrono::seconds> before{};
  // Instead of before: a certificate is due when less than this percentage of its lifetime is left,
  // from 1 to 99. Example: 33.
  std::optional<std::int32_t> before_percentage{};
  // What to do when a certificate is due and nobody has renewed the order yet. RenewOrder
  // (default): renew the order once for all its copies, which buys a new order. Wait: buy nothing,
  // wait until somebody else renews it.
  OnNoRenewedOrder on_no_renewed_order = OnNoRenewedOrder::kRenewOrder;

  bool operator==(const Renewal&) const = default;
};

struct OrderParameters {
  // Years for which an order is bought, from 1 to 3. Default: 1.
  std::int32_t validity_years = 1;
  // How orders are paid: balance (default), card, profile or wire_transfer.
  PaymentMethod payment_method = PaymentMethod::kBalance;
  // Number of the CertCentral container (division) that orders are placed in. Default: the
  // container of the API key's user.
  std::optional<ContainerId> container_id{};
  // Whether CertCentral reissues the order by itself while the order outlives its certificate.
  // Default: true.
  bool auto_reissue = true;

  bool operator==(const OrderParameters&) const = default;
};

struct Limits {
  // A fuse: at most this many orders and renewals are placed through this profile in 24 hours. 0
  // places none. Default: 10.
  std::int32_t orders_per_day = 10;

  bool operator==(const Limits&) const = default;
};

struct ProfileSchedule {
  // Maintenance windows. Scheduled work starts only inside one of them, unless the certificate
  // would end before the next one opens. Default: any time. A request that gives windows of its own
  // replaces these.
  std::vector<Window> windows{};

  bool operator==(const ProfileSchedule&) const = default;
};

struct AllowedNamespaces {
  // Which namespaces may refer to this profile: Same (default, the profile's own), All, or Selector
  // (those that selector matches, and the profile's own).
  NamespacesFrom from = NamespacesFrom::kSame;
  // Labels of the namespaces that may refer to this profile. Needed with from: Selector, and only
  // then. A namespace's name is its label kubernetes.io/metadata.name.
  std::optional<LabelSelector> selector{};

  bool operator==(const AllowedNamespaces&) const = default;
};

struct NameConstraint {
  // Labels of the namespaces that this entry is for. Default: every namespace that may use the
  // profile.
  std::optional<LabelSelector> namespace_selector{};
  // Names that requests there may have. Either exact, for example shop.example.com, or *.suffix,
  // for example *.example.com, which allows every name below example.com at any depth and the
  // wildcard itself, but not example.com.
  std::vector<std::string> dns_names{};

  bool operator==(const NameConstraint&) const = default;
};

struct AutomationProfileSpec {
  // The CertCentral account: where it is, and with which API key it is used.
  Account account{};
  // Product name_id of the orders that this profile works with. Examples: ssl_basic, ssl_wildcard,
  // private_ssl_wildcard. Orders of other products are never used.
  std::string product{};
  // The organization that an order must belong to. Orders of other organizations are never used.
  // Give exactly one of id and name.
  OrganizationRef organization{};
  // Details of the certificates that are requested.
  CertificateParameters certificate{};
  // The kind of private key that each certificate gets. Every issuance makes a new key. Default:
  // ECDSA with 256 bits.
  PrivateKeySpec private_key{};
  // When certificates are renewed, and whether renewals may be bought.
  Renewal renewal{};
  // What to do for a request that has no usable certificate when no order matches it. Wait
  // (default): buy nothing, look again later. PlaceOrder: buy a new order.
  OnNoMatchingOrder on_no_matching_order = OnNoMatchingOrder::kWait;
  // Parameters of the orders and renewals that Duplicert places.
  OrderParameters order{};
  // Upper limits on what is bought through this profile.
  Limits limits{};
  // What to do while the account still has its approval step. RequireSkipped (default): request
  // nothing until an administrator has removed the step. WaitForApproval: send requests, and wait
  // until a person approves each of them.
  ApprovalPolicy approval = ApprovalPolicy::kRequireSkipped;
  // When scheduled work may start. Default: any time.
  ProfileSchedule schedule{};
  // Which namespaces may refer to this profile. Default: its own only.
  AllowedNamespaces allowed_namespaces{};
  // The names that requests may have, by namespace. A name is allowed if any entry for the
  // request's namespace allows it. Required when the profile is shared with other namespaces; for a
  // profile of its own namespace, none means any name.
  std::vector<NameConstraint> name_constraints{};

  bool operator==(const AutomationProfileSpec&) const = default;
};

struct AutomationProfileStatus {
  // The metadata.generation that this status was computed from.
  std::int64_t observed_generation = 0;
  // Number of the CertCentral account that the API key belongs to.
  std::optional<AccountId> account_id{};
  // Number of the organization that spec.organization stands for.
  std::optional<OrganizationId> organization_id{};
  // What is known about the account: Ready, AccountReachable, DuplicatesEnabled,
  // ApprovalStepSkipped (Unknown until a request has shown it), OrganizationActive and
  // ProductAvailable.
  Conditions conditions{};

  bool operator==(const AutomationProfileStatus&) const = default;
};

// An account of DigiCert CertCentral, and the policy by which duplicates of its orders are issued,
// renewed and, if it says so, bought. DuplicateCertificateRequests refer to it.
struct AutomationProfile {
  ObjectMeta meta{};
  // The account and the policy.
  AutomationProfileSpec spec{};
  // What Duplicert found out about the account.
  AutomationProfileStatus status{};

  bool operator==(const AutomationProfile&) const = default;
};

}  // namespace api
