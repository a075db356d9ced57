#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "simulator/issuer.h"
#include "simulator/rules.h"
#include "simulator/wire.h"

namespace simulator::wire {
namespace {

using nlohmann::json;

std::string_view role_name(Role role) {
  switch (role) {
    case Role::kAdministrator:
      return "Administrator";
    case Role::kLimited:
      return "Limited User";
    case Role::kFinance:
      return "Finance Manager";
    case Role::kManager:
      return "Manager";
    case Role::kStandard:
      break;
  }
  return "Standard User";
}

json short_user(const User& row) {
  return {{"id", row.id},
          {"first_name", row.first_name},
          {"last_name", row.last_name},
          {"email", row.email}};
}

json hash_types() {
  return {{"allowed_hash_types",
           {{{"id", "sha256"}, {"name", "SHA-256"}},
            {{"id", "sha384"}, {"name", "SHA-384"}},
            {{"id", "sha512"}, {"name", "SHA-512"}}}},
          {"default_hash_type_id", "sha256"}};
}

}  // namespace

json user(const User& row, const Container& container) {
  return {{"id", row.id},
          {"username", row.username},
          {"account_id", row.account_id},
          {"first_name", row.first_name},
          {"last_name", row.last_name},
          {"email", row.email},
          {"status", "active"},
          {"container", {{"id", container.id}, {"name", container.name}}},
          {"access_roles", {{{"id", static_cast<int>(row.role)}, {"name", role_name(row.role)}}}},
          {"type", row.type},
          {"has_container_assignments", row.container_id != 0}};
}

json account(const Account& row, const std::optional<Organization>& primary, Id root_container) {
  const Organization organization = primary.value_or(Organization{});
  return {{"id", row.id},
          {"primary_organization_id", organization.id},
          {"primary_organization_name", organization.name},
          {"primary_organization_country", organization.country},
          {"make_renewal_calls", true},
          {"express_install_enabled", true},
          {"display_rep", false},
          {"rep_photo_id", 0},
          {"balance_negative_limit", 0},
          {"root_container_id", root_container},
          {"cert_transparency", "on"},
          {"cert_central_type", "enterprise"},
          {"billing_account_id", row.id},
          {"billing_account_name", row.name},
          {"language_id", 1},
          {"migrated", true},
          {"has_auth_key", false},
          {"client_mgr_photo_id", 0},
          {"ent_support_plan", "standard"},
          {"default_country", organization.country}};
}

json organization(const Organization& row, const Container& container, Validations validations,
                  base::TimePoint now) {
  json result = {{"id", row.id},
                 {"status", row.status},
                 {"name", row.name},
                 {"assumed_name", ""},
                 {"display_name", row.name},
                 {"is_active", row.status == "active"},
                 {"address", row.address},
                 {"zip", row.zip},
                 {"city", row.city},
                 {"state", row.state},
                 {"country", row.country},
                 {"telephone", row.telephone},
                 {"container", {{"id", container.id}, {"name", container.name}}},
                 {"ev_approvers", json::array()}};
  if (validations == Validations::kInclude) {
    const bool valid = row.status == "active" && row.validated_until > now;
    std::string name = row.validation_type == "ev" ? "EV" : "OV";
    result["validations"] = {{{"type", row.validation_type},
                              {"name", std::move(name)},
                              {"status", valid ? "active" : "expired"},
                              {"validated_until", timestamp(row.validated_until)}}};
  }
  return result;
}

json product_row(const Product& row) {
  return {{"group_name", row.group},
          {"name_id", row.name_id},
          {"name", row.name},
          {"type", row.type},
          {"allowed_container_ids", json::array()},
          {"allowed_validity_years", {"1"}},
          {"allowed_order_validity_years", {1, 2, 3}},
          {"signature_hash_types", hash_types()},
          {"allowed_ca_certs", {{{"id", kCaCertId}, {"name", kIntermediateName}}}},
          {"csr_required", true},
          {"replacement_product_name_id", ""}};
}

json product_info(const Product& row) {
  json info = product_row(row);
  info["validation_type"] = row.validation_type;
  info["duplicates_allowed"] = row.duplicates_allowed && row.validation_type != "dv";
  info["max_multi_year_order_validity_years"] = 3;
  info["additional_dns_names_allowed"] = row.names != NameRule::kEqual;
  info["custom_expiration_date_allowed"] = true;
  info["allow_auto_renew"] = true;
  info["server_platforms"] = {{{"id", 45}, {"name", "nginx"}},
                              {{"id", 2}, {"name", "Apache"}},
                              {{"id", -1}, {"name", "OTHER"}}};
  info["license_agreement"] = "Certificates of a simulator: for tests only.";
  info["remaining_certs_in_contract"] = 1000;
  return info;
}

json domain(const Domain& row, base::TimePoint now) {
  const bool valid = row.dcv_expires > now;
  return {
      {"id", row.id},
      {"name", row.name},
      {"is_active", true},
      {"status", valid ? "active" : "expired"},
      {"organization", {{"id", row.organization_id}}},
      {"dcv_method", "dns-txt-token"},
      {"dcv_expiration",
       {{"ov", base::format_date(row.dcv_expires)}, {"ev", base::format_date(row.dcv_expires)}}},
      {"validations",
       {{{"type", "ov"},
         {"name", "OV"},
         {"status", valid ? "active" : "expired"},
         {"validated_until", timestamp(row.dcv_expires)}}}}};
}

json note(const Note& row, const User& author) {
  return {{"id", row.id},
          {"date_created", timestamp(row.created_at)},
          {"text", row.text},
          {"user", short_user(author)}};
}

json request_row(const CertRequest& row, const User& requester,
                 const std::optional<User>& processor) {
  json result = {{"id", row.id},
                 {"date", timestamp(row.created_at)},
                 {"type", row.type},
                 {"status", row.status},
                 {"requester", short_user(requester)},
                 {"order", {{"id", row.order_id}}},
                 {"comments", row.comments}};
  if (!processor) return result;
  result["date_processed"] = timestamp(row.processed_at);
  result["reviewer"] = short_user(*processor);
  result["processor"] = short_user(*processor);
  result["processor_comment"] = row.processor_comment;
  return result;
}

json request_info(const CertRequest& row, const User& requester,
                  const std::optional<User>& processor, const OrderFacts& facts,
                  base::TimePoint now) {
  json result = request_row(row, requester, processor);
  result["order"] = order_row(facts, now);
  return result;
}

json page(std::size_t total, std::size_t limit, std::size_t offset) {
  return {{"total", total}, {"limit", limit}, {"offset", offset}};
}

}  // namespace simulator::wire
