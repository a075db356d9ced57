// Plan: what would be done, as plain values, and what a caller makes of it: exit code, table, JSON.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "api/duplicate_certificate_request.h"
#include "api/reason.h"
#include "plan/catalog.h"

namespace plan {

enum class Outcome {
  kCurrent,  // nothing to do
  kWait,     // nothing now: a window, a person's renewal, an order under way, spec.suspend
  kIssue,    // a first certificate for the Secret
  kRenew,    // another certificate in place of the one that is there
  kBuy,      // an order is placed, and then as above
  kRefuse,   // a person must change something
  kUnknown,  // the CA or the cluster gave no answer
};
std::string_view name_of(Outcome outcome);

// What would become of one request.
struct Item {
  std::string namespace_{};
  std::string name{};
  std::string place{};  // the manifest, or "cluster"
  Outcome outcome = Outcome::kUnknown;
  api::Reason reason = api::Reason::kPending;
  std::string rule{};     // the rule that fired
  std::string message{};  // why, for a person
  std::vector<std::string>
      first{};  // what is done before: a key that is dropped, a copy that is made
  std::string secret_name{};
  std::optional<std::int64_t> order_id{};  // that is duplicated, or renewed
  std::string purchase{};                  // the entry of the ledger whose order it uses; "": none
  std::vector<std::string> dns_names{};    // that the certificate is asked for with
  std::optional<base::TimePoint> next{};   // when something is done next
  std::vector<api::Candidate> candidates{};

  bool operator==(const Item&) const = default;
};

// One order that would be placed, for all requests that need it.
struct Purchase {
  std::string entry{};  // name of the CertificateOrder
  bool renewal = false;
  std::int64_t renewal_of = 0;
  std::string account{};
  std::string product{};
  std::string profile{};
  std::vector<std::string> dns_names{};
  int validity_years = 1;
  std::vector<std::string> requests{};  // "namespace/name", the first one buys

  bool operator==(const Purchase&) const = default;
};

// A profile that requests would use, and what is wrong with it.
struct ProfileItem {
  std::string name{};  // "namespace/name"
  std::string place{};
  bool usable = false;
  std::string problem{};

  bool operator==(const ProfileItem&) const = default;
};

struct Plan {
  std::vector<Item> items{};
  std::vector<Purchase> purchases{};
  std::vector<ProfileItem> profiles{};
  std::vector<Fault> faults{};       // of manifests: their objects have no item
  std::vector<std::string> notes{};  // what the plan could not know
};

// The contract with bots. When several hold: money first, then errors.
inline constexpr int kExitNothing = 0;
inline constexpr int kExitError = 1;  // a manifest is wrong, something is refused or not known
inline constexpr int kExitChanges = 2;
inline constexpr int kExitOrders = 3;  // something would be bought, and that is not allowed
int exit_code(const Plan& plan, bool no_orders);

nlohmann::json to_json(const Plan& plan, bool no_orders);

struct Style {
  bool color = false;
  bool no_orders = false;
};
std::string to_text(const Plan& plan, const Style& style);

// "2 to issue, 1 to buy, 3 current"
std::string summary_of(const Plan& plan);

}  // namespace plan
