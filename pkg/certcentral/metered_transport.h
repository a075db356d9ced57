// MeteredTransport: tells somebody of each exchange with the CA, for metrics. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/transport.h"

namespace certcentral {

// Called from the calling thread after each exchange. `operation` is "GET order/certificate/{id}";
// `code` the HTTP status, or the name of the base::Code if there was no answer.
using CallObserver =
    std::function<void(std::string_view operation, std::string_view code, double seconds)>;

// The operation of a request, with ids, serial numbers and other values out of it, so that it is
// one of a few: what a metric's label needs. Pure.
std::string operation_of(const http::Request& request, std::string_view base_url);

// The operations of Client, but for purchases, which name their product: for series that exist
// before the first call.
std::span<const std::string_view> known_operations();

class MeteredTransport final : public http::Transport {
 public:
  // `clock` must outlive the transport.
  MeteredTransport(std::unique_ptr<http::Transport> inner, std::string base_url,
                   CallObserver observer, const base::Clock& clock);

  base::Result<http::Response> send(const http::Request& request, std::stop_token stop) override;
  base::Result<http::Response> stream(const http::Request& request, const http::BodySink& sink,
                                      std::stop_token stop) override;

 private:
  void tell(const http::Request& request, const base::Result<http::Response>& answer,
            base::Steady began) const;

  const std::unique_ptr<http::Transport> inner_;
  const std::string base_url_;
  const CallObserver observer_;
  const base::Clock& clock_;
};

}  // namespace certcentral
