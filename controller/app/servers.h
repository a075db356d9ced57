// The HTTP servers of `duplicert run`: probes, and metrics.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "cli/options.h"
#include "http/server.h"
#include "metrics/registry.h"
#include "runtime/health.h"

namespace app {

// /healthz and /readyz with ?verbose and ?exclude=NAME, and /healthz/NAME. null if switched off.
// `alive` and `ready` must outlive the server.
base::Result<std::unique_ptr<http::Server>> serve_health(const cli::ListenAddress& address,
                                                         const runtime::HealthChecks& alive,
                                                         const runtime::HealthChecks& ready);

// Further pages of a server; nullopt: not found.
using Pages = std::function<std::optional<http::ServerResponse>(const http::ServerRequest&)>;

// /metrics in Prometheus' text format, and `more`. null if switched off. `registry` must outlive
// the server. With `certificate` both are served by HTTPS only.
base::Result<std::unique_ptr<http::Server>> serve_metrics(
    const cli::ListenAddress& address, const metrics::Registry& registry, Pages more = {},
    std::optional<http::CertificateFiles> certificate = {});

// The pair in a directory as a mounted Secret of type kubernetes.io/tls has it; nullopt for "".
std::optional<http::CertificateFiles> certificate_in(const std::string& directory,
                                                     std::function<void(bool usable)> on_read);

}  // namespace app
