// Effects: servers that a test answers for, and the list of what they were asked, in order.
// Entry points: Answering, client_of(), account_of().
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "http/transport.h"
#include "kube/client.h"
#include "reconcile/accounts.h"

namespace effects {

using Answer = std::function<http::Response(const http::Request&)>;

class Answering final : public http::Transport {
 public:
  explicit Answering(Answer answer) : answer_(std::move(answer)) {}

  base::Result<http::Response> send(const http::Request& request, std::stop_token) override {
    return answer_(request);
  }
  base::Result<http::Response> stream(const http::Request& request, const http::BodySink&,
                                      std::stop_token) override {
    return answer_(request);
  }

 private:
  const Answer answer_;
};

inline std::unique_ptr<kube::Client> client_of(Answer answer, const base::Clock& clock) {
  return std::make_unique<kube::Client>(
      kube::ClientOptions{.server = "https://api.test", .field_manager = "us"},
      std::make_unique<Answering>(std::move(answer)),
      std::make_unique<kube::TokenSource>(base::SecretString(), "", clock), clock);
}

inline std::shared_ptr<reconcile::Account> account_of(Answer answer, const base::Clock& clock) {
  return std::make_shared<reconcile::Account>(
      std::make_unique<Answering>(std::move(answer)),
      certcentral::ClientOptions{.base_url = "https://ca.test/v2",
                                 .api_key = base::SecretString("key")},
      reconcile::InventoryOptions{}, clock);
}

inline http::Response conflict(const std::string& reason = "Conflict") {
  return {.status = 409, .body = R"({"kind":"Status","reason":")" + reason + "\"}"};
}

}  // namespace effects
