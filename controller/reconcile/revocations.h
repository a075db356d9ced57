// Revocations: whether the CA lists installed certificates as revoked, asked seldom and once for
// all copies of an order. Thread-safe. When to look is revocation_looks.h's.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/thread_annotations.h"
#include "certcentral/ca_api.h"
#include "reconcile/inventory.h"
#include "reconcile/revocation_looks.h"

namespace reconcile {

// A certificate that the CA issued.
struct IssuedCertificate {
  std::int64_t order_id = 0;
  std::string serial_number{};  // lower-case hexadecimal
};

class Revocations {
 public:
  // Looks come every `interval`: those of an order at the same time, those of all orders spread
  // over it, and none right after the start. `clock` must outlive it.
  Revocations(const base::Clock& clock, std::chrono::seconds interval);

  // What is known of `certificate`, which is looked at from now on.
  RevocationLooks of(const IssuedCertificate& certificate);
  // Reads the order's list of duplicates and, if that does not show the certificate, the order.
  // Blocks for the CA's answer; an error passes through, and is noted.
  base::Result<void> look(const IssuedCertificate& certificate, certcentral::CaApi& ca,
                          Inventory& inventory, std::stop_token stop);

 private:
  RevocationLooks& known(const IssuedCertificate& certificate) REQUIRES(mutex_);
  base::Steady first_look(std::int64_t order_id) const;

  const base::Clock& clock_;
  const std::chrono::seconds interval_;
  const base::Steady began_;

  base::Mutex mutex_;
  std::map<std::string, RevocationLooks> looks_ GUARDED_BY(mutex_);  // by serial number
};

}  // namespace reconcile
