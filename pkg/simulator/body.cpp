#include "simulator/body.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "simulator/rules.h"

namespace simulator {
namespace {

using nlohmann::json;

const json* find(const json& body, std::string_view name) {
  if (!body.is_object()) return nullptr;
  const auto found = body.find(name);
  return found == body.end() ? nullptr : &*found;
}

Refusal required(std::string_view field) {
  return {400, fmt::format("required_param:{}", field), fmt::format("{} is required.", field)};
}

Refusal invalid(std::string_view field) {
  return {400, fmt::format("invalid_value:{}", field), fmt::format("{} is not valid.", field)};
}

bool is_hash(std::string_view hash) {
  constexpr std::array<std::string_view, 3> kHashes{"sha256", "sha384", "sha512"};
  return std::ranges::find(kHashes, hash) != kHashes.end();
}

}  // namespace

std::string text_of(const json& body, std::string_view name) {
  const json* value = find(body, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

bool flag_of(const json& body, std::string_view name) {
  const json* value = find(body, name);
  if (value == nullptr) return false;
  return *value == true || *value == 1 || *value == "1" || *value == "true";
}

std::optional<Id> id_of(const json& body, std::string_view name) {
  const json* value = find(body, name);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_integer()) return value->get<Id>();
  if (value->is_string()) return parse_id(value->get<std::string>());
  return std::nullopt;
}

std::vector<std::string> texts_of(const json& body, std::string_view name) {
  std::vector<std::string> texts;
  const json* value = find(body, name);
  if (value == nullptr || !value->is_array()) return texts;
  for (const json& item : *value) {
    if (item.is_string()) texts.push_back(item.get<std::string>());
  }
  return texts;
}

const json& object_of(const json& body, std::string_view name) {
  static const json kEmpty = json::object();
  const json* value = find(body, name);
  return value != nullptr && value->is_object() ? *value : kEmpty;
}

std::expected<CertificateBody, Refusal> read_certificate_body(const json& body) {
  const json& fields = object_of(body, "certificate");
  CertificateBody result;
  for (const char* field : {"common_name", "csr", "signature_hash"}) {
    if (text_of(fields, field).empty()) {
      return std::unexpected(required(fmt::format("certificate.{}", field)));
    }
  }
  result.names = join_names(text_of(fields, "common_name"), texts_of(fields, "dns_names"));
  for (const std::string& name : result.names) {
    if (!is_dns_name(name)) return std::unexpected(invalid("certificate.dns_names"));
  }
  result.csr = text_of(fields, "csr");
  const auto facts = read_csr(result.csr);
  if (!facts) {
    return std::unexpected(Refusal{400, "csr_invalid_cannot_parse",
                                   "The CSR could not be parsed or is not accepted."});
  }
  result.csr_facts = *facts;
  result.signature_hash = text_of(fields, "signature_hash");
  if (!is_hash(result.signature_hash)) {
    return std::unexpected(invalid("certificate.signature_hash"));
  }
  result.server_platform =
      static_cast<int>(id_of(object_of(fields, "server_platform"), "id").value_or(-1));
  result.ca_cert_id = text_of(fields, "ca_cert_id");
  if (!result.ca_cert_id.empty() && result.ca_cert_id != kCaCertId) {
    return std::unexpected(invalid("certificate.ca_cert_id"));
  }
  result.client_auth = text_of(fields, "profile_option") == "server_client_auth_eku";
  return result;
}

std::expected<Span, Refusal> read_span(const json& body, Id years_max) {
  Span span;
  span.years = id_of(body, "years");
  span.days = id_of(body, "days");
  const std::string date = text_of(body, "custom_expiration_date");
  if (span.years && (*span.years < 1 || *span.years > years_max)) {
    return std::unexpected(invalid("years"));
  }
  if (span.days && (*span.days < 1 || *span.days > years_max * 366)) {
    return std::unexpected(invalid("days"));
  }
  if (date.empty()) return span;
  const auto day = base::parse_date(date);
  if (!day) return std::unexpected(invalid("custom_expiration_date"));
  span.date = *day;
  return span;
}

base::TimePoint end_of_span(const Span& span, base::TimePoint now) {
  if (span.date) return end_after_days(*span.date, 1);
  if (span.days) return end_after_days(now, static_cast<int>(*span.days));
  return end_after_days(now, static_cast<int>(span.years.value_or(1) * 365));
}

}  // namespace simulator
