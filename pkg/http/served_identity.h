// ServedIdentity: the certificate that a server shows to new connections; from files, it is read
// again when they change, without a restart. Internal to pkg/http. Thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "base/thread_annotations.h"
#include "http/server.h"
#include "http/tls_material.h"

// OpenSSL's own tag; its headers stay in the .cpp files.
struct ssl_st;

namespace http {

class ServedIdentity {
 public:
  // One that stays. kInvalid if either does not parse or they do not match.
  static base::Result<std::unique_ptr<ServedIdentity>> of(std::string_view certificate_pem,
                                                          const base::SecretString& key_pem);
  // One from files. Errors as above, naming the file; kUnavailable if one cannot be read or is
  // larger than 1 MiB.
  static base::Result<std::unique_ptr<ServedIdentity>> load(const CertificateFiles& files);

  // What a handshake that begins now shows. Looks at the files if the last look is long enough ago;
  // what cannot be used is logged, once for each reason, and the old pair stays.
  std::shared_ptr<const TlsIdentity> current();
  // Gives it to a handshake that is under way; false if OpenSSL refuses.
  bool install(ssl_st* handshake);

 private:
  ServedIdentity() = default;
  base::Result<void> look() REQUIRES(mutex_);

  std::optional<CertificateFiles> files_{};
  base::Mutex mutex_{};
  std::shared_ptr<const TlsIdentity> current_ GUARDED_BY(mutex_){};
  std::string certificate_pem_ GUARDED_BY(mutex_){};
  base::SecretString key_pem_ GUARDED_BY(mutex_){};
  std::chrono::steady_clock::time_point looked_at_ GUARDED_BY(mutex_){};
  std::string told_ GUARDED_BY(mutex_){};  // the trouble that was logged last
};

}  // namespace http
