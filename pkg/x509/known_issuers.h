// KnownIssuers: CA certificates that were parsed before. Ten thousand leaves come with the same few
// issuers, and OpenSSL takes as long for each of them as for the leaf. Thread-safe.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/thread_annotations.h"
#include "x509/certificate.h"

namespace x509 {

class KnownIssuers {
 public:
  // By the bytes of the DER, so that a hit is the same certificate.
  std::optional<Certificate> find(std::string_view der) const;
  // Keeps it if it may issue certificates. When 64 are kept all are forgotten.
  void put(std::string_view der, const Certificate& certificate);

 private:
  mutable base::Mutex mutex_;
  std::map<std::string, Certificate, std::less<>> certificates_ GUARDED_BY(mutex_);
};

}  // namespace x509
