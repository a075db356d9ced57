// The rows of the simulated CertCentral: plain values, as the store keeps them.
// Words are CertCentral's own (dev.digicert.com, services-api). Instants are UTC; kNever stands
// for "not yet" and "no end".
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"

namespace simulator {

using Id = std::int64_t;

// Year 9999: later than everything that a test asks for.
inline constexpr base::TimePoint kNever{std::chrono::seconds{253'370'764'800}};

// What becomes of a request that asks to skip the approval step (CertCentral: Settings,
// Preferences, Approval Steps).
enum class Approval { kSkip, kRequired };

// Which end a duplicate gets. The vendor's texts disagree: the remaining validity of the original,
// or as long as the order and the maximum allow.
enum class DuplicateEnd { kOriginal, kOrder };

struct Account {
  Id id = 0;
  std::string name{};
  Approval approval = Approval::kSkip;
  bool duplicates = true;  // "an administrator enabled duplicates"; false: no order allows them
  DuplicateEnd duplicate_end = DuplicateEnd::kOriginal;
  int certificate_days_max = 199;     // public TLS since 2026-02-24; private products are not bound
  int requests_per_3_minutes = 1000;  // per API key, rolling (rate-limits page)
  int requests_per_5_seconds = 100;
  bool refuse_second_renewal = false;  // unknown how the service behaves; false is the nastier one
};

struct Container {
  Id id = 0;
  Id account_id = 0;
  std::string name{};
};

// Ids of access roles (api-keys/list-api-access-roles).
enum class Role { kAdministrator = 1, kLimited = 2, kFinance = 3, kManager = 4, kStandard = 5 };

struct User {
  Id id = 0;
  Id account_id = 0;
  Id container_id = 0;
  std::string username{};
  std::string first_name{};
  std::string last_name{};
  std::string email{};
  std::string type = "standard";  // or "service_user"
  Role role = Role::kAdministrator;
};

// Restriction of a key: 0 none, 100 orders, 101 orders, domains, organizations, 102 view only,
// 103 user management.
enum class Restriction {
  kNone = 0,
  kOrders = 100,
  kOrdersDomains = 101,
  kView = 102,
  kUsers = 103
};

struct ApiKey {
  Id id = 0;
  Id account_id = 0;
  Id user_id = 0;
  std::string name{};
  std::string sha256{};  // lower-case hex; the key itself is nowhere
  Restriction restriction = Restriction::kNone;
};

struct Organization {
  Id id = 0;
  Id account_id = 0;
  Id container_id = 0;
  std::string name{};
  std::string status = "active";  // or "inactive", "pending"
  std::string address{};
  std::string zip{};
  std::string city{};
  std::string state{};
  std::string country{};
  std::string telephone{};
  std::string validation_type = "ov";
  base::TimePoint validated_until = kNever;
};

// A domain whose control has been validated until dcv_expires. A name is covered by itself and by
// each domain above it. An account without any domain has all names validated.
struct Domain {
  Id id = 0;
  Id account_id = 0;
  Id organization_id = 0;
  std::string name{};
  base::TimePoint dcv_expires = kNever;
};

// How the names of a duplicate may differ from those of the order: not at all; another of them may
// be the common name (multi-domain); names may be left out (flex); names below the wildcard may be
// added (the two wildcard products).
enum class NameRule { kEqual, kSameNames, kSubset, kBelowWildcard };
// What the CA does with names that it adds free of charge when they are asked for.
enum class FreeNames { kNone, kTolerated, kRefused };

struct Product {
  std::string name_id{};
  Id account_id = 0;
  std::string name{};
  std::string group{};
  std::string type = "ssl_certificate";
  std::string validation_type = "ov";
  bool duplicates_allowed = true;
  NameRule names = NameRule::kEqual;
  FreeNames free_names = FreeNames::kTolerated;
  bool is_private = false;
};

struct Order {
  Id id = 0;
  Id account_id = 0;
  Id organization_id = 0;  // 0: none (DV)
  Id container_id = 0;
  Id user_id = 0;
  std::string product{};
  std::string common_name{};
  std::vector<std::string> dns_names{};   // asked for, the common name included
  std::vector<std::string> free_names{};  // added by the CA
  base::TimePoint created_at{};
  base::TimePoint valid_from{};
  base::TimePoint valid_till{};  // last second of the order
  base::TimePoint listed_at{};   // before it the listing does not show the order
  // "": as its certificates say; or "revoked", "canceled", "rejected", "waiting_pickup",
  // "needs_csr", "processing": what somebody decided.
  std::string forced_status{};
  Id renewal_of = 0;
  Id renewed_by = 0;
  bool link_shown = true;  // false: neither order shows the link
  bool allow_duplicates = true;
  std::string alternative_order_id{};
  std::string comments{};
  std::string custom_fields = "[]";  // JSON: [{"metadata_id":12,"value":"..."}]
  std::vector<std::string> additional_emails{};
  std::string payment_method = "balance";
  std::string dcv_method = "dns-txt-token";
  std::string key_name{};  // the API key that placed it; "" by a person
  bool auto_renew = false;
  bool auto_reissue = false;
  bool disable_renewal_notifications = false;
  bool disable_ct = false;
};

enum class CertificateKind { kPrimary, kDuplicate };

struct Certificate {
  Id id = 0;
  Id order_id = 0;
  Id request_id = 0;
  Id user_id = 0;
  CertificateKind kind = CertificateKind::kPrimary;
  bool is_reissue = false;
  std::string common_name{};
  std::vector<std::string> dns_names{};
  std::string csr{};  // PEM as it came
  std::string signature_hash = "sha256";
  int server_platform = -1;
  int key_bits = 0;
  bool client_auth = false;
  int sub_id = 1;
  base::TimePoint created_at{};
  base::TimePoint issued_at = kNever;  // kNever: waits for a person
  base::TimePoint listed_at = kNever;
  base::TimePoint valid_from{};
  base::TimePoint valid_till{};
  base::TimePoint revoked_at = kNever;
  bool archived = false;
  bool hidden_until_issued = false;  // the list of duplicates shows it only once issued
  std::string serial{};              // upper-case hex; empty until signed
  std::string thumbprint{};          // SHA-1, upper-case hex
  std::string pem{};                 // LF line ends
};

struct CertRequest {
  Id id = 0;
  Id account_id = 0;
  Id order_id = 0;
  Id certificate_id = 0;
  Id user_id = 0;        // requester
  Id processor_id = 0;   // 0: nobody yet
  std::string type{};    // new_request, duplicate, reissue, revoke
  std::string status{};  // submitted, pending, approved, rejected
  base::TimePoint created_at{};
  base::TimePoint processed_at = kNever;
  std::string comments{};
  std::string processor_comment{};
};

struct Note {
  Id id = 0;
  Id order_id = 0;
  Id user_id = 0;
  base::TimePoint created_at{};
  std::string text{};
};

}  // namespace simulator
