// ReadOnlyTransport: lets nothing but GET through. A plan changes nothing, whatever code it runs.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "http/transport.h"

namespace plan {

class ReadOnlyTransport final : public http::Transport {
 public:
  // `answers`: bodies of 200 answers by URL, given without a call: what is only in manifests.
  // Without `inner` every other URL is a 404, as of an empty cluster.
  explicit ReadOnlyTransport(std::unique_ptr<http::Transport> inner,
                             std::map<std::string, std::string> answers = {})
      : inner_(std::move(inner)), answers_(std::move(answers)) {}

  // kPermissionDenied, and nothing sent, for any other method.
  base::Result<http::Response> send(const http::Request& request, std::stop_token stop) override;
  base::Result<http::Response> stream(const http::Request& request, const http::BodySink& sink,
                                      std::stop_token stop) override;

 private:
  const std::unique_ptr<http::Transport> inner_;
  const std::map<std::string, std::string> answers_;
};

}  // namespace plan
