#include "kube/rotating_transport.h"

#include <utility>

#include "base/log.h"

namespace kube {

using base::Result;

RotatingTransport::RotatingTransport(std::unique_ptr<http::Transport> first, TlsMaterial material,
                                     Source source, const base::Clock& clock)
    : source_(std::move(source)),
      clock_(clock),
      current_(std::move(first)),
      material_(std::move(material)),
      looked_at_(clock.steady_now()) {}

Result<http::Response> RotatingTransport::send(const http::Request& request, std::stop_token stop) {
  return note(current()->send(request, std::move(stop)));
}

Result<http::Response> RotatingTransport::stream(const http::Request& request,
                                                 const http::BodySink& sink, std::stop_token stop) {
  return note(current()->stream(request, sink, std::move(stop)));
}

std::shared_ptr<http::Transport> RotatingTransport::current() {
  const base::MutexLock lock(mutex_);
  const auto age = clock_.steady_now() - looked_at_;
  const std::uint64_t version = source_.version ? source_.version() : 0;
  const bool is_new = std::exchange(version_, version) != version;
  if (is_new || age >= kInterval || (failed_ && age >= kIntervalAfterFailure)) look();
  return current_;
}

// Under the lock, although it reads files: one caller looks, the others need what it finds.
void RotatingTransport::look() {
  looked_at_ = clock_.steady_now();
  failed_ = false;
  auto material = source_.load();
  if (!material) {
    base::log_warn("credentials cannot be read again; the old ones stay in use",
                   {{"error", material.error().message}});
    return;
  }
  if (*material == material_) return;
  auto made = source_.make(*material);
  if (!made) {
    base::log_warn("new credentials cannot be used; the old ones stay in use",
                   {{"error", made.error().message}});
    return;
  }
  base::log_info("the CA or the client certificate for the API server has changed");
  current_ = *std::move(made);
  material_ = *std::move(material);
}

Result<http::Response> RotatingTransport::note(Result<http::Response> result) {
  if (!result && result.error().code == base::Code::kUnavailable && result.error().not_sent) {
    const base::MutexLock lock(mutex_);
    failed_ = true;
  }
  return result;
}

}  // namespace kube
