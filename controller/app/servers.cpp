#include "app/servers.h"

#include "base/log.h"

namespace app {
namespace {

// Each open connection holds one thread, a silent one for kKeepAlive: the kubelet's probes must
// find a free one beside a few clients that dawdle.
constexpr std::size_t kThreads = 8;
constexpr std::chrono::seconds kKeepAlive{2};

http::ServerResponse text(int status, std::string_view content_type, std::string body) {
  return {.status = status,
          .content_type = std::string(content_type),
          .headers = {{"X-Content-Type-Options", "nosniff"}},
          .body = std::move(body)};
}

http::ServerResponse answer(const runtime::HealthReport& report) {
  return text(report.status, runtime::HealthReport::kContentType, report.body);
}

http::ServerResponse not_found() {
  return text(404, "text/plain; charset=utf-8", "not found\n");
}

// The checks behind `path`, or nullopt if it is not one of theirs.
std::optional<runtime::HealthReport> report_of(const http::ServerRequest& request,
                                               const std::string& prefix,
                                               const runtime::HealthChecks& checks) {
  if (request.path.starts_with(prefix + "/")) {
    return checks.report_one(request.path.substr(prefix.size() + 1));
  }
  if (request.path != prefix) return std::nullopt;
  std::vector<std::string> exclude;
  const auto [first, last] = request.query.equal_range("exclude");
  for (auto at = first; at != last; ++at) exclude.push_back(at->second);
  const bool verbose = request.query.contains("verbose");
  return checks.report(verbose ? runtime::HealthDetail::kVerbose : runtime::HealthDetail::kBrief,
                       exclude);
}

base::Result<std::unique_ptr<http::Server>> serve(
    const std::string& what, const cli::ListenAddress& address, http::Handler handler,
    std::optional<http::CertificateFiles> certificate = {}) {
  if (!address.enabled) return nullptr;
  const std::string flags = what + (certificate ? " with --metrics-cert-dir" : "");
  auto server = http::Server::start({.host = address.host,
                                     .port = address.port,
                                     .certificate_files = std::move(certificate),
                                     .threads = kThreads,
                                     .body_bytes_max = 4096,
                                     .keep_alive = kKeepAlive},
                                    std::move(handler));
  if (!server) return std::unexpected(base::wrap(flags, server.error()));
  base::log_info("listening", {{"server", what}, {"url", (*server)->url()}});
  return server;
}

}  // namespace

base::Result<std::unique_ptr<http::Server>> serve_health(const cli::ListenAddress& address,
                                                         const runtime::HealthChecks& alive,
                                                         const runtime::HealthChecks& ready) {
  return serve("--health-address", address, [&alive, &ready](const http::ServerRequest& request) {
    if (const auto report = report_of(request, "/healthz", alive)) return answer(*report);
    if (const auto report = report_of(request, "/readyz", ready)) return answer(*report);
    return not_found();
  });
}

base::Result<std::unique_ptr<http::Server>> serve_metrics(
    const cli::ListenAddress& address, const metrics::Registry& registry, Pages more,
    std::optional<http::CertificateFiles> certificate) {
  return serve(
      "--metrics-address", address,
      [&registry, more = std::move(more)](const http::ServerRequest& request) {
        if (request.path == "/metrics") {
          return text(200, metrics::Registry::kContentType, registry.expose());
        }
        return more ? more(request).value_or(not_found()) : not_found();
      },
      std::move(certificate));
}

std::optional<http::CertificateFiles> certificate_in(const std::string& directory,
                                                     std::function<void(bool usable)> on_read) {
  if (directory.empty()) return std::nullopt;
  return http::CertificateFiles{.certificate = directory + "/tls.crt",
                                .key = directory + "/tls.key",
                                .on_read = std::move(on_read)};
}

}  // namespace app
