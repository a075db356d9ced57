#include <nlohmann/json.hpp>

#include "certcentral/codec.h"
#include "certcentral/codec_parts.h"
#include "certcentral/json_reader.h"

namespace certcentral {
namespace {

using base::Code;
using base::fail;
using base::Result;

std::vector<OrganizationValidation> validations_of(const Json& object) {
  std::vector<OrganizationValidation> validations;
  for (const Json* item : list_of(object, "validations")) {
    validations.push_back({.type = text_of(*item, "type"),
                           .status = text_of(*item, "status"),
                           .validated_until = end_of(*item, "validated_until")});
  }
  return validations;
}

Result<Organization> read_organization(const Json& object) {
  const auto id = id_of(object, "id");
  if (!id) return fail(Code::kCorrupt, "read organization: it has no id");
  Organization organization;
  organization.id = *id;
  organization.name = text_of(object, "name");
  organization.display_name = text_of(object, "display_name");
  organization.status = text_of(object, "status");
  organization.is_active = bool_of(object, "is_active").value_or(organization.status == "active");
  organization.container_id = container_of(object);
  organization.validations = validations_of(object);
  return organization;
}

// "sha256" out of {"id":"sha256","name":"SHA-256"}, or the plain word.
std::vector<std::string> hashes_of(const Json& types) {
  std::vector<std::string> hashes;
  for (const Json* item : list_of(types, "allowed_hash_types")) {
    std::string hash = item->is_string() ? item->get<std::string>() : text_of(*item, "id");
    if (!hash.empty()) hashes.push_back(std::move(hash));
  }
  return hashes;
}

std::vector<int> years_of(const Json& object) {
  std::vector<int> years;
  for (const std::string& text : names_of(object, "allowed_order_validity_years")) {
    const Json holder{{"years", text}};
    if (const int count = small_int_of(holder, "years"); count > 0) years.push_back(count);
  }
  return years;
}

std::vector<std::string> ca_cert_ids_of(const Json& object) {
  std::vector<std::string> ids;
  for (const Json* item : list_of(object, "allowed_ca_certs")) {
    std::string id = text_of(*item, "id");
    if (!id.empty()) ids.push_back(std::move(id));
  }
  return ids;
}

}  // namespace

Result<User> decode_user(std::string_view text) {
  const Json json = TRY(parse_object("read user", text));
  const auto id = id_of(json, "id");
  if (!id) return fail(Code::kCorrupt, "read user: it has no id");
  User user;
  user.id = *id;
  user.account_id = id_of(json, "account_id").value_or(0);
  user.username = text_of(json, "username");
  user.status = text_of(json, "status");
  user.type = text_of(json, "type");
  user.container_id = container_of(json);
  for (const Json* role : list_of(json, "access_roles")) {
    user.access_roles.push_back(
        {.id = int_of(*role, "id").value_or(0), .name = text_of(*role, "name")});
  }
  return user;
}

Result<Page<Organization>> decode_organizations(std::string_view text) {
  constexpr std::string_view kWhat = "read list of organizations";
  const Json json = TRY(parse_json(kWhat, text));
  const auto rows = TRY(rows_of(kWhat, json, "organizations"));
  Page<Organization> page{.total = total_of(json)};
  for (const Json* row : rows) page.rows.push_back(TRY(read_organization(*row)));
  return page;
}

Result<Organization> decode_organization(std::string_view text) {
  return read_organization(TRY(parse_object("read organization", text)));
}

Result<Product> decode_product(std::string_view text) {
  const Json json = TRY(parse_object("read product", text));
  Product product;
  product.name_id = text_of(json, "name_id");
  if (product.name_id.empty()) return fail(Code::kCorrupt, "read product: it has no name_id");
  product.name = text_of(json, "name");
  product.type = text_of(json, "type");
  product.validation_type = name_text_of(json, "validation_type");
  product.duplicates_allowed = bool_of(json, "duplicates_allowed");
  if (const Json* types = find_object(json, "signature_hash_types")) {
    product.allowed_hashes = hashes_of(*types);
    product.default_hash = text_of(*types, "default_hash_type_id");
  }
  product.allowed_order_validity_years = years_of(json);
  product.allowed_ca_cert_ids = ca_cert_ids_of(json);
  product.csr_required = bool_of(json, "csr_required").value_or(true);
  return product;
}

}  // namespace certcentral
