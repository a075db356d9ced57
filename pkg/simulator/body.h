// Body: reads the JSON bodies of the service's POSTs. Pure.
// Fields: dev.digicert.com, services-api/orders/duplicate-certificate and orders/order-basic-ov.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "simulator/issuer.h"
#include "simulator/names.h"
#include "simulator/refusal.h"
#include "simulator/world.h"

namespace simulator {

// Values of other types than wanted count as absent.
std::string text_of(const nlohmann::json& body, std::string_view name);
bool flag_of(const nlohmann::json& body, std::string_view name);  // true, 1 and "1"
std::optional<Id> id_of(const nlohmann::json& body, std::string_view name);
std::vector<std::string> texts_of(const nlohmann::json& body, std::string_view name);
// The object `name`, or an empty one.
const nlohmann::json& object_of(const nlohmann::json& body, std::string_view name);

// The `certificate` of an order, a duplicate or a reissue.
struct CertificateBody {
  Names names{};  // common name first
  std::string csr{};
  CsrFacts csr_facts{};
  std::string signature_hash{};
  int server_platform = -1;
  std::string ca_cert_id{};
  bool client_auth = false;
};
// Refuses with required_param:<field>, csr_invalid_cannot_parse or invalid_value:<field>.
std::expected<CertificateBody, Refusal> read_certificate_body(const nlohmann::json& body);

// How long something is asked to live: exactly one of years, days and a date.
struct Span {
  std::optional<Id> years{};
  std::optional<Id> days{};
  std::optional<base::TimePoint> date{};
  bool empty() const { return !years && !days && !date; }
};
// Reads {"years","days","custom_expiration_date"}; refuses with invalid_value:<field>, also more
// than `years_max` years.
std::expected<Span, Refusal> read_span(const nlohmann::json& body, Id years_max);
// The last second of the span that begins at `now`.
base::TimePoint end_of_span(const Span& span, base::TimePoint now);

}  // namespace simulator
