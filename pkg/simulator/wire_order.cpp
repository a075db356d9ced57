#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "simulator/body.h"
#include "simulator/issuer.h"
#include "simulator/wire.h"

namespace simulator::wire {
namespace {

using nlohmann::json;
using std::chrono::days;

std::int64_t days_remaining(base::TimePoint valid_till, base::TimePoint now) {
  return std::chrono::floor<days>(valid_till - now).count();
}

std::int64_t days_of(base::TimePoint from, base::TimePoint till) {
  return std::chrono::round<days>(till - from).count();
}

json all_names(const Certificate& certificate) {
  return certificate.dns_names;
}

std::size_t wildcards_of(const Order& order) {
  return static_cast<std::size_t>(std::ranges::count_if(
      order.dns_names, [](const std::string& name) { return name.starts_with("*."); }));
}

json platform(int id) {
  std::string name = "OTHER";
  if (id == 45) name = "nginx";
  if (id == 2) name = "Apache";
  return {{"id", id},
          {"name", name},
          {"install_url", "https://www.digicert.com/ssl-certificate-installation.htm"},
          {"csr_url", "https://www.digicert.com/csr-creation.htm"}};
}

bool is_out(const Copy& copy, base::TimePoint now) {
  return is_out(stage_of(copy.certificate, copy.request_status, now));
}

// DV orders have no organization: the documents show an empty list there.
json organization_of(const OrderFacts& facts, json whole) {
  return facts.organization ? std::move(whole) : json::array();
}

// Years of the order, at least one.
std::int64_t validity_years(const Order& order) {
  return std::max<std::int64_t>(1, (days_of(order.valid_from, order.valid_till) + 180) / 365);
}

json short_certificate(const Copy& copy, base::TimePoint now) {
  const Certificate& certificate = copy.certificate;
  json row = {{"common_name", certificate.common_name},
              {"dns_names", all_names(certificate)},
              {"signature_hash", certificate.signature_hash}};
  if (!is_out(copy, now)) return row;
  row["id"] = certificate.id;
  row["valid_till"] = base::format_date(certificate.valid_till);
  row["days_remaining"] = days_remaining(certificate.valid_till, now);
  return row;
}

// What only an issued certificate has.
void add_issued(json& row, const Certificate& certificate, base::TimePoint now) {
  row["thumbprint"] = certificate.thumbprint;
  row["serial_number"] = certificate.serial;
  row["valid_from"] = base::format_date(certificate.valid_from);
  row["valid_till"] = base::format_date(certificate.valid_till);
  row["days_remaining"] = days_remaining(certificate.valid_till, now);
}

json full_certificate(const OrderFacts& facts, const Copy& copy, base::TimePoint now) {
  const Certificate& certificate = copy.certificate;
  const Order& order = facts.view.order;
  json row = {
      {"id", certificate.id},
      {"common_name", certificate.common_name},
      {"dns_names", all_names(certificate)},
      {"cert_validity", {{"days", days_of(certificate.valid_from, certificate.valid_till)}}},
      {"date_created", timestamp(certificate.created_at)},
      {"csr", certificate.csr},
      {"organization", organization_of(facts, {{"id", order.organization_id}})},
      {"organization_units", json::array()},
      {"server_platform", platform(certificate.server_platform)},
      {"signature_hash", certificate.signature_hash},
      {"key_size", certificate.key_bits},
      {"ca_cert", {{"id", kCaCertId}, {"name", kIntermediateName}}},
      {"user_id", certificate.user_id},
      {"purchased_dns_names", order.dns_names.size()},
      {"purchased_wildcard_names", wildcards_of(order)},
      {"receipt_id", order.id % 1'000'000}};
  if (!is_out(copy, now)) return row;
  row["date_issued"] = timestamp(certificate.issued_at);
  add_issued(row, certificate, now);
  return row;
}

json requests_of(const OrderFacts& facts) {
  json rows = json::array();
  for (const CertRequest& request : facts.requests) {
    rows.push_back({{"id", request.id},
                    {"date", timestamp(request.created_at)},
                    {"type", request.type},
                    {"status", request.status},
                    {"comments", request.comments}});
  }
  return rows;
}

json notes_of(const OrderFacts& facts) {
  json rows = json::array();
  for (const Note& row : facts.notes) rows.push_back(note(row, facts.user));
  return rows;
}

json custom_fields_of(const Order& order) {
  json rows = json::array();
  const json fields = json::parse(order.custom_fields, nullptr, false);
  if (!fields.is_array()) return rows;
  for (const json& field : fields) {
    const Id id = id_of(field, "metadata_id").value_or(0);
    rows.push_back({{"metadata_id", id},
                    {"label", fmt::format("field {}", id)},
                    {"value", text_of(field, "value")}});
  }
  return rows;
}

json person(const User& user) {
  return {{"id", user.id},
          {"first_name", user.first_name},
          {"last_name", user.last_name},
          {"email", user.email}};
}

json contact(const User& user) {
  return {{"first_name", user.first_name},
          {"last_name", user.last_name},
          {"email", user.email},
          {"job_title", "Administrator"},
          {"telephone", "555-0100"}};
}

json product_of(const Product& product) {
  return {{"name_id", product.name_id},
          {"name", product.name},
          {"type", product.type},
          {"validation_type", product.validation_type},
          {"validation_name", base::upper_case(product.validation_type)},
          {"csr_required", true}};
}

void add_links(json& info, const OrderFacts& facts) {
  const Order& order = facts.view.order;
  const bool shown = facts.show_links && order.link_shown;
  info["is_renewal"] = shown && order.renewal_of != 0;
  info["is_renewed"] = facts.show_links && order.renewed_by != 0;
  info["renewed_order_id"] = facts.show_links ? order.renewed_by : 0;
  if (shown && order.renewal_of != 0) info["renewal_of_order_id"] = order.renewal_of;
}

void add_order_fields(json& info, const OrderFacts& facts) {
  const Order& order = facts.view.order;
  info["additional_emails"] = order.additional_emails;
  info["alternative_order_id"] = order.alternative_order_id;
  info["payment_method"] = order.payment_method;
  info["product_name_id"] = order.product;
  info["dcv_method"] = order.dcv_method;
  info["disable_ct"] = order.disable_ct;
  info["disable_renewal_notifications"] = order.disable_renewal_notifications;
  info["is_multi_year_plan"] = validity_years(order) > 1 ? "1" : "0";
  info["auto_renew"] = order.auto_renew ? 1 : 0;
  info["auto_reissue"] = order.auto_reissue ? 1 : 0;
  info["custom_fields"] = custom_fields_of(order);
  info["user_assignments"] = json::array();
  if (!order.key_name.empty()) {
    info["api_key"] = {{"name", order.key_name}, {"key_type", "permanent_key"}};
  }
}

json organization_info(const Organization& organization) {
  return {{"id", organization.id},
          {"name", organization.name},
          {"display_name", organization.name},
          {"is_active", organization.status == "active"},
          {"city", organization.city},
          {"state", organization.state},
          {"country", organization.country}};
}

}  // namespace

std::string timestamp(base::TimePoint time) {
  std::string text = base::format_time(time);
  if (text.ends_with('Z')) text.pop_back();
  return text + "+00:00";
}

std::string crlf(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n') result += '\r';
    result += c;
  }
  return result;
}

json order_row(const OrderFacts& facts, base::TimePoint now) {
  const Order& order = facts.view.order;
  const Copy* primary = facts.view.primary(now);
  return {{"id", order.id},
          {"certificate", primary == nullptr ? json::object() : short_certificate(*primary, now)},
          {"status", order_status(facts.view, now)},
          {"is_renewed", facts.show_links && order.renewed_by != 0},
          {"date_created", timestamp(order.created_at)},
          {"organization",
           organization_of(facts, {{"id", order.organization_id},
                                   {"name", facts.organization.value_or(Organization{}).name}})},
          {"validity_years", validity_years(order)},
          {"disable_renewal_notifications", order.disable_renewal_notifications},
          {"container", {{"id", facts.container.id}, {"name", facts.container.name}}},
          {"product",
           {{"name_id", facts.product.name_id},
            {"name", facts.product.name},
            {"type", facts.product.type}}},
          {"product_name_id", order.product},
          {"has_duplicates", facts.view.duplicates_count > 0},
          {"duplicates_count", facts.view.duplicates_count},
          {"reissues_count", facts.view.reissues_count()},
          {"price", 0}};
}

json order_info(const OrderFacts& facts, base::TimePoint now) {
  const Order& order = facts.view.order;
  const Copy* primary = facts.view.primary(now);
  json info = {
      {"id", order.id},
      {"certificate", primary == nullptr ? json::object() : full_certificate(facts, *primary, now)},
      {"status", order_status(facts.view, now)},
      {"date_created", timestamp(order.created_at)},
      {"organization", facts.organization ? organization_info(*facts.organization) : json::array()},
      {"validity_years", validity_years(order)},
      {"order_valid_from", base::format_date(order.valid_from)},
      {"order_valid_till", base::format_date(order.valid_till)},
      {"container",
       {{"id", facts.container.id}, {"name", facts.container.name}, {"is_active", true}}},
      {"product", product_of(facts.product)},
      {"technical_contact", contact(facts.user)},
      {"organization_contact", contact(facts.user)},
      {"user", person(facts.user)},
      {"requests", requests_of(facts)},
      {"has_pending_request", facts.view.has_pending_request(now)},
      {"allow_duplicates", order.allow_duplicates && facts.product.duplicates_allowed},
      {"duplicates_count", facts.view.duplicates_count},
      {"reissues_count", facts.view.reissues_count()},
      {"notes", notes_of(facts)}};
  add_links(info, facts);
  add_order_fields(info, facts);
  return info;
}

json duplicate_row(const Copy& copy, const User& owner, base::TimePoint now) {
  const Certificate& certificate = copy.certificate;
  const Stage stage = stage_of(certificate, copy.request_status, now);
  json row = {{"id", certificate.id},
              {"common_name", certificate.common_name},
              {"dns_names", all_names(certificate)},
              {"status", duplicate_status(stage)},
              {"date_created", timestamp(certificate.created_at)},
              {"csr", certificate.csr},
              {"server_platform", platform(certificate.server_platform)},
              {"signature_hash", certificate.signature_hash},
              {"key_size", certificate.key_bits},
              {"ca_cert_id", kCaCertId},
              {"sub_id", fmt::format("{:03}", certificate.sub_id)},
              {"public_id", fmt::format("SIM{:012}", certificate.id)},
              {"archived", certificate.archived ? "1" : "0"},
              {"user_id", certificate.user_id},
              {"firstname", owner.first_name},
              {"lastname", owner.last_name}};
  if (is_out(copy, now)) add_issued(row, certificate, now);
  return row;
}

}  // namespace simulator::wire
