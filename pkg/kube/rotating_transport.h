// RotatingTransport: a Transport whose TLS material (the cluster's CA, the client certificate) may
// change while the process runs. Entry point: RotatingTransport. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/thread_annotations.h"
#include "http/transport.h"

namespace kube {

// What a transport is made from, as one comparable text; never logged.
struct TlsMaterial {
  std::string ca_pem{};
  std::string certificate_pem{};
  base::SecretString key_pem{};

  bool operator==(const TlsMaterial&) const = default;
};

class RotatingTransport final : public http::Transport {
 public:
  // client-go looks for a new client certificate, and a new CA, every five minutes.
  static constexpr std::chrono::minutes kInterval{5};
  // After a connection that failed, this much sooner: the CA may have changed under us.
  static constexpr std::chrono::seconds kIntervalAfterFailure{10};

  using Load = std::function<base::Result<TlsMaterial>()>;  // blocks for file reads
  using Make = std::function<base::Result<std::unique_ptr<http::Transport>>(const TlsMaterial&)>;
  struct Source {
    Load load{};
    Make make{};
    // Not set: always 0, as at the start. When it changes there is new material, and no waiting
    // for the next look.
    std::function<std::uint64_t()> version{};
  };

  // `first` was made from `material`. `clock` must outlive the transport.
  RotatingTransport(std::unique_ptr<http::Transport> first, TlsMaterial material, Source source,
                    const base::Clock& clock);

  // New calls use the new material; calls under way, watches too, end on the old connections. What
  // cannot be read, or does not fit together, is logged, and the old material stays in use.
  base::Result<http::Response> send(const http::Request& request, std::stop_token stop) override;
  base::Result<http::Response> stream(const http::Request& request, const http::BodySink& sink,
                                      std::stop_token stop) override;

 private:
  std::shared_ptr<http::Transport> current();
  void look() REQUIRES(mutex_);
  base::Result<http::Response> note(base::Result<http::Response> result);

  const Source source_;
  const base::Clock& clock_;
  base::Mutex mutex_{};
  std::shared_ptr<http::Transport> current_ GUARDED_BY(mutex_);
  TlsMaterial material_ GUARDED_BY(mutex_);
  base::Steady looked_at_ GUARDED_BY(mutex_);
  bool failed_ GUARDED_BY(mutex_) = false;
  std::uint64_t version_ GUARDED_BY(mutex_) = 0;
};

}  // namespace kube
