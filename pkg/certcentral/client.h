// Client: CertCentral's Services API v2 over an http::Transport.
// Entry point: Client. The only implementation of CaApi that talks to a CA; it never retries.
// Source: dev.digicert.com, /en/certcentral-apis/services-api/.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "certcentral/ca_api.h"
#include "certcentral/types.h"
#include "http/transport.h"

namespace certcentral {

// The two hosts of DigiCert's own CertCentral: United States and European Union.
inline constexpr std::string_view kUsBaseUrl = "https://www.digicert.com/services/v2";
inline constexpr std::string_view kEuBaseUrl = "https://certcentral.digicert.eu/services/v2";

struct ClientOptions {
  std::string base_url{kUsBaseUrl};  // absolute, with or without a final slash
  base::SecretString api_key{};      // sent as X-DC-DEVKEY, seen nowhere else
  std::string user_agent = "duplicert";
  std::chrono::milliseconds timeout{std::chrono::seconds{30}};  // for each HTTP exchange
  std::size_t page_size = 1000;  // CertCentral's own default and maximum
};

// Allows a URL to be called with an API key: https, no user info, query or fragment, and a host
// (compared without case; a port must be given in the entry too, unless it is 443) out of
// `allowed_hosts`. kInvalid, naming the host, otherwise. An API key goes to no other host.
base::Result<void> check_allowed_host(std::string_view url,
                                      std::span<const std::string> allowed_hosts);

// "host" or "host:port" of such a URL, lower case, without ":443": the account's part in names that
// are shared between installations. kInvalid as above.
base::Result<std::string> host_of(std::string_view url);

// Thread-safe if the transport is. `transport` and `clock` must outlive the client.
class Client final : public CaApi {
 public:
  Client(http::Transport& transport, const base::Clock& clock, ClientOptions options);

  base::Result<User> user_me(std::stop_token stop) override;
  base::Result<std::vector<Organization>> list_organizations(const OrganizationFilter& filter,
                                                             std::stop_token stop) override;
  base::Result<Organization> organization(OrganizationId id, std::stop_token stop) override;
  base::Result<Product> product(const std::string& name_id, std::stop_token stop) override;
  base::Result<std::vector<OrderSummary>> list_orders(const OrderFilter& filter,
                                                      std::stop_token stop) override;
  base::Result<Order> order(OrderId id, std::stop_token stop) override;
  base::Result<Order> order_by_serial(const std::string& serial_number,
                                      std::stop_token stop) override;
  base::Result<Submission> submit_duplicate(OrderId id, const DuplicateRequest& request,
                                            std::stop_token stop) override;
  base::Result<std::vector<Duplicate>> list_duplicates(OrderId id, std::stop_token stop) override;
  base::Result<std::string> download_certificate(CertificateId id, std::stop_token stop) override;
  base::Result<ApprovalRequest> request(RequestId id, std::stop_token stop) override;
  base::Result<Submission> submit_order(const OrderRequest& request, std::stop_token stop) override;
  base::Result<std::vector<OrderReference>> orders_by_alternative_id(
      const std::string& alternative_order_id, std::stop_token stop) override;
  base::Result<std::vector<StatusChange>> status_changes(std::chrono::minutes window,
                                                         std::stop_token stop) override;
  std::optional<std::chrono::seconds> clock_skew() const override;

 private:
  struct Call;

  template <class T>
  using Decoder = base::Result<T> (*)(std::string_view text);

  // One exchange; the answer if its status is a success, else error_of_answer.
  base::Result<http::Response> exchange(const Call& call, std::stop_token stop);
  // exchange, then `decode`; an answer that cannot be decoded keeps its HTTP status, so that a 201
  // counts as "the CA may have acted".
  template <class T>
  base::Result<T> ask(const Call& call, Decoder<T> decode, std::stop_token stop);
  http::Request build(const Call& call) const;
  void note_date(const http::Response& answer);

  // Constant after construction.
  http::Transport& transport_;
  const base::Clock& clock_;
  ClientOptions options_;
  // Own synchronisation.
  static constexpr std::int64_t kNoSkew = INT64_MIN;
  std::atomic<std::int64_t> clock_skew_seconds_{kNoSkew};
};

}  // namespace certcentral
