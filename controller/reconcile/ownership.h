// Ownership: whether a certificate that was found in a Secret is of an account, asked of the CA as
// rarely as possible. Thread-safe.
// A certificate is the account's when its serial number and its fingerprint are those of the
// primary or of a listed duplicate of one of its orders, in any state. Names only find candidates.
#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/thread_annotations.h"
#include "certcentral/ca_api.h"
#include "reconcile/inventory.h"
#include "rules/observed.h"

namespace reconcile {

// How long "no order has it" holds: the CA's lists may lag, and a person may issue one.
inline constexpr std::chrono::minutes kAbsenceAgeMax{10};
// The most lists of duplicates that one question reads, the orders placed last first.
inline constexpr std::size_t kCandidatesMax = 10;

// The form in which serial numbers are compared: small hexadecimal digits, no leading zeros.
std::string serial_key(std::string_view text);

class Ownership {
 public:
  // `clock` must outlive it.
  explicit Ownership(const base::Clock& clock) : clock_(clock) {}

  // Whose `leaf` is: from memory, by its serial number, or by the lists of duplicates of orders
  // that share a name with it. Errors of the CA pass through. Blocks for the CA's answers.
  base::Result<rules::OwnershipFacts> of(const rules::LeafFacts& leaf, certcentral::CaApi& ca,
                                         Inventory& inventory, base::TimePoint now,
                                         std::stop_token stop);

 private:
  struct Listed {
    std::string thumbprint{};  // upper-case hexadecimal; empty: the CA did not say
    rules::OwnershipFacts facts{};
  };

  base::Result<std::optional<rules::OwnershipFacts>> by_serial(const rules::LeafFacts& leaf,
                                                               certcentral::CaApi& ca,
                                                               std::stop_token stop);
  base::Result<std::optional<rules::OwnershipFacts>> by_names(const rules::LeafFacts& leaf,
                                                              certcentral::CaApi& ca,
                                                              Inventory& inventory,
                                                              base::TimePoint now,
                                                              std::stop_token stop);
  // The listed certificate of that serial number, if its fingerprint is the leaf's too.
  base::Result<std::optional<rules::OwnershipFacts>> confirm(const rules::LeafFacts& leaf,
                                                             certcentral::CaApi& ca,
                                                             std::stop_token stop);
  void note(const std::string& serial_number, Listed listed);

  const base::Clock& clock_;

  base::Mutex mutex_;
  std::map<std::string, Listed> listed_ GUARDED_BY(mutex_);        // by serial number
  std::map<std::string, base::Steady> absent_ GUARDED_BY(mutex_);  // by SHA-256 fingerprint
};

}  // namespace reconcile
