// TokenSource: the bearer token of requests, if there is one, and the client certificate that an
// exec plugin may give with it or instead. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/thread_annotations.h"
#include "kube/exec_plugin.h"

namespace kube {

class TokenSource {
 public:
  // A file's token is read again after this long: client-go keeps it 60 s less 10 s of leeway,
  // and the kubelet rotates bound tokens long before they expire.
  static constexpr std::chrono::seconds kFileLifetime{50};

  // The token of `file` if that is not empty (as in client-go the file wins over the text), else
  // `text`; both empty: no token. `clock` must outlive the source.
  TokenSource(base::SecretString text, std::string file, const base::Clock& clock);

  // What `fetch` gives, kept until it expires or is refused. One fetch at a time.
  using Fetch = std::function<base::Result<ExecCredential>()>;
  TokenSource(Fetch fetch, const base::Clock& clock);

  // Empty if requests go without a token. kUnauthenticated if the file cannot be read or is empty
  // and nothing was read before; a later failure to read keeps the old token.
  base::Result<base::SecretString> token();

  // The client certificate that token() has fetched last; both empty: none.
  struct ClientCertificate {
    std::string pem{};
    base::SecretString key_pem{};
  };
  ClientCertificate certificate();
  // Changes whenever certificate() does; 0: there never was one. Never blocks.
  std::uint64_t certificate_version() const { return certificate_version_; }

  // The server refused `refused`, sent with the certificate of that version: if they are the cached
  // ones, the next token() reads the file again, or fetches. Returns false if a new look cannot
  // help, because the token is a fixed text.
  bool drop(const base::SecretString& refused, std::uint64_t certificate_version = 0);

 private:
  base::Result<base::SecretString> fetched() REQUIRES(mutex_);

  const base::SecretString text_;
  const std::string file_;
  const Fetch fetch_{};
  const base::Clock& clock_;
  base::Mutex mutex_{};
  base::SecretString cached_ GUARDED_BY(mutex_){};
  ClientCertificate certificate_ GUARDED_BY(mutex_){};
  std::atomic<std::uint64_t> certificate_version_{0};  // written under the lock
  std::optional<base::TimePoint> expires_ GUARDED_BY(mutex_){};
  std::optional<base::Steady> read_at_ GUARDED_BY(mutex_){};  // nullopt: read before the next use
};

}  // namespace kube
