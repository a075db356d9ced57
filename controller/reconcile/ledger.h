// The ledger in the API server: what a pass reads of it, and the object that opens an entry.
// Thread-safe where it says so, else pure. Rules: docs/rules.md, "Buying once".
#pragma once

#include <string>
#include <vector>

#include "api/certificate_order.h"
#include "rules/action.h"
#include "rules/observed.h"
#include "runtime/store.h"

namespace reconcile {

// Index of entries: the account, as "<host>/<account id>".
inline constexpr const char* kByAccount = "account";

// "order-<20 hex digits of SHA-256 of the group>-<generation>": the lock, and the attempt id.
std::string entry_name(const rules::OrderGroup& group, int generation);

// The entries of the account that share a name with the request or its certificate, and the one
// that uses its pending key. Reads `entries`, which must have the index kByAccount.
std::vector<rules::LedgerEntry> ledger_of(const runtime::Store<api::CertificateOrder>& entries,
                                          const rules::Observed& facts);

// Entries of the profile that count as placed within 24 h before `now`, `except` left out. With
// `unsent`, those that are still to be sent count too.
int orders_today(const runtime::Store<api::CertificateOrder>& entries, const std::string& account,
                 const std::string& profile, base::TimePoint now, const std::string& except,
                 bool unsent);

// What an entry is made for.
struct Opening {
  rules::OpenLedger action{};
  std::string ledger_namespace{};
  std::string csr{};
  std::string public_key_sha256{};
  std::string profile{};
  std::string inputs{};        // the profile's fingerprint
  std::string requested_by{};  // "<namespace>/<name>"
};
api::CertificateOrder entry_object(const Opening& opening);

}  // namespace reconcile
