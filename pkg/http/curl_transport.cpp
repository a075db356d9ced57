#include "http/curl_transport.h"

#include <csignal>
#include <mutex>
#include <utility>
#include <vector>

#include <curl/curl.h>

#include "base/thread_annotations.h"
#include "http/curl_exchange.h"

namespace http {
namespace {

using base::Code;
using base::Result;

// Connections that are kept for later; each costs memory here and on the server.
constexpr std::size_t kIdleHandlesMax = 16;

void ready_the_process() {
  static std::once_flag done;
  std::call_once(done, [] {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    std::signal(SIGPIPE, SIG_IGN);
  });
}

Result<void> check(const CurlTransportOptions& options) {
  if (options.insecure && (!options.ca_pem.empty() || !options.extra_ca_pem.empty())) {
    return base::fail(Code::kInvalid, "http transport: 'insecure' and a CA exclude each other");
  }
  if (options.client_certificate_pem.empty() != options.client_key_pem.empty()) {
    return base::fail(Code::kInvalid,
                      "http transport: a client certificate and its key belong together");
  }
  const std::string scheme = options.proxy.substr(0, options.proxy.find("://"));
  if (!options.proxy.empty() && scheme != "http" && scheme != "socks5" && scheme != "socks5h") {
    return base::fail(Code::kInvalid,
                      "http transport: the proxy must begin with http://, socks5:// or socks5h://");
  }
  return {};
}

Result<TrustStore> trust_of(const CurlTransportOptions& options) {
  TrustStore trust = TRY(TrustStore::create());
  if (options.ca_pem.empty()) {
    TRY_VOID(trust.add_file(system_roots_path()));
  } else {
    TRY_VOID(trust.add_pem(options.ca_pem, "CA certificates"));
  }
  if (!options.extra_ca_pem.empty()) {
    TRY_VOID(trust.add_pem(options.extra_ca_pem, "extra CA certificates"));
  }
  return trust;
}

}  // namespace

struct CurlTransport::Impl {
  CurlSettings settings{};
  base::Mutex mutex{};
  std::vector<CURL*> idle GUARDED_BY(mutex){};

  ~Impl() {
    for (CURL* handle : idle) curl_easy_cleanup(handle);
  }

  // The handle that was used last, because its connection is the least likely to be closed.
  CURL* take() {
    const base::MutexLock lock(mutex);
    if (idle.empty()) return curl_easy_init();
    CURL* handle = idle.back();
    idle.pop_back();
    return handle;
  }

  void give_back(CURL* handle) {
    {
      const base::MutexLock lock(mutex);
      if (idle.size() < kIdleHandlesMax) {
        idle.push_back(handle);
        return;
      }
    }
    curl_easy_cleanup(handle);
  }

  Result<Response> exchange(const Request& request, const BodySink* sink, std::stop_token stop) {
    CURL* const handle = take();
    if (handle == nullptr) return base::fail(Code::kInternal, "http transport: out of memory");
    auto result = CurlExchange(handle, settings, request, sink, std::move(stop)).run();
    give_back(handle);
    return result;
  }
};

CurlTransport::CurlTransport(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CurlTransport::~CurlTransport() = default;

Result<std::unique_ptr<CurlTransport>> CurlTransport::create(Options options) {
  ready_the_process();
  TRY_VOID(check(options));
  auto impl = std::make_unique<Impl>();
  if (!options.insecure) impl->settings.trust = TRY(trust_of(options));
  if (!options.client_certificate_pem.empty()) {
    impl->settings.identity =
        TRY(TlsIdentity::parse(options.client_certificate_pem, options.client_key_pem));
  }
  impl->settings.options = std::move(options);
  return std::unique_ptr<CurlTransport>(new CurlTransport(std::move(impl)));
}

Result<Response> CurlTransport::send(const Request& request, std::stop_token stop) {
  return impl_->exchange(request, nullptr, std::move(stop));
}

Result<Response> CurlTransport::stream(const Request& request, const BodySink& sink,
                                       std::stop_token stop) {
  return impl_->exchange(request, &sink, std::move(stop));
}

}  // namespace http
