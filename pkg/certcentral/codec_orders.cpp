#include <nlohmann/json.hpp>

#include "certcentral/codec.h"
#include "certcentral/codec_parts.h"
#include "certcentral/json_reader.h"

namespace certcentral {
namespace {

using base::Code;
using base::fail;
using base::Result;

CertificateSummary read_certificate_summary(const Json& object) {
  CertificateSummary summary;
  const Json* certificate = find_object(object, "certificate");
  if (certificate == nullptr) return summary;
  summary.id = id_of(*certificate, "id");
  summary.common_name = name_text_of(*certificate, "common_name");
  summary.dns_names = names_of(*certificate, "dns_names");
  summary.valid_till = end_of(*certificate, "valid_till");
  summary.signature_hash = text_of(*certificate, "signature_hash");
  return summary;
}

Result<OrderSummary> read_order_summary(const Json& object) {
  const auto id = id_of(object, "id");
  if (!id) return fail(Code::kCorrupt, "read list of orders: a row has no id");
  OrderSummary summary;
  summary.id = *id;
  summary.status_text = text_of(object, "status");
  summary.status = order_status_of(summary.status_text);
  summary.certificate = read_certificate_summary(object);
  summary.product_name_id = product_name_id_of(object);
  summary.organization_id = organization_of(object);
  summary.container_id = container_of(object);
  summary.date_created = start_of(object, "date_created");
  summary.is_renewed = bool_of(object, "is_renewed").value_or(false);
  return summary;
}

OrderCertificate read_order_certificate(const Json& certificate) {
  OrderCertificate result;
  result.id = id_of(certificate, "id");
  result.common_name = name_text_of(certificate, "common_name");
  result.dns_names = names_of(certificate, "dns_names");
  result.serial_number = upper_text_of(certificate, "serial_number");
  result.thumbprint = upper_text_of(certificate, "thumbprint");
  result.valid_from = start_of(certificate, "valid_from");
  result.valid_till = end_of(certificate, "valid_till");
  result.csr = with_lf(text_of(certificate, "csr"));
  result.signature_hash = text_of(certificate, "signature_hash");
  return result;
}

void read_product(const Json& object, Order& order) {
  order.product_name_id = product_name_id_of(object);
  const Json* product = find_object(object, "product");
  if (product == nullptr) return;
  order.product_type = text_of(*product, "type");
  order.validation_type = name_text_of(*product, "validation_type");
}

// Older answers show the organization only inside the certificate.
void read_organization(const Json& object, Order& order) {
  order.organization_id = organization_of(object);
  if (const Json* organization = find_object(object, "organization")) {
    order.organization_name = text_of(*organization, "name");
  }
  const Json* certificate = find_object(object, "certificate");
  if (!order.organization_id && certificate != nullptr) {
    order.organization_id = organization_of(*certificate);
  }
}

void read_certificate(const Json& object, Order& order) {
  const Json* certificate = find_object(object, "certificate");
  if (certificate == nullptr) return;
  order.certificate = read_order_certificate(*certificate);
  if (const Json* platform = find_object(*certificate, "server_platform")) {
    if (const auto id = int_of(*platform, "id")) order.server_platform_id = static_cast<int>(*id);
  }
}

void read_links_and_counts(const Json& object, Order& order) {
  order.is_renewed = bool_of(object, "is_renewed").value_or(false);
  order.renewed_order_id = id_of(object, "renewed_order_id");
  order.renewal_of_order_id = id_of(object, "renewal_of_order_id");
  order.has_pending_request = bool_of(object, "has_pending_request").value_or(false);
  for (const Json* item : list_of(object, "requests")) {
    order.requests.push_back(read_request(*item));
  }
  order.alternative_order_id = text_of(object, "alternative_order_id");
  order.duplicates_count = small_int_of(object, "duplicates_count");
  order.reissues_count = small_int_of(object, "reissues_count");
  order.auto_reissue = bool_of(object, "auto_reissue").value_or(false);
}

Result<OrderReference> read_order_reference(const Json& object) {
  auto id = id_of(object, "order_id");
  if (!id) id = id_of(object, "id");
  if (!id) return fail(Code::kCorrupt, "read references to orders: a row has no order id");
  OrderReference reference;
  reference.order_id = *id;
  reference.certificate_id = id_of(object, "certificate_id");
  reference.status_text = text_of(object, "status");
  reference.status = order_status_of(reference.status_text);
  reference.alternative_order_id = text_of(object, "alternative_order_id");
  return reference;
}

}  // namespace

Result<Page<OrderSummary>> decode_orders(std::string_view text) {
  constexpr std::string_view kWhat = "read list of orders";
  const Json json = TRY(parse_json(kWhat, text));
  const auto rows = TRY(rows_of(kWhat, json, "orders"));
  Page<OrderSummary> page{.total = total_of(json)};
  for (const Json* row : rows) page.rows.push_back(TRY(read_order_summary(*row)));
  return page;
}

Result<Order> decode_order(std::string_view text) {
  const Json json = TRY(parse_object("read order", text));
  const auto id = id_of(json, "id");
  if (!id) return fail(Code::kCorrupt, "read order: it has no id");
  Order order;
  order.id = *id;
  order.status_text = text_of(json, "status");
  order.status = order_status_of(order.status_text);
  order.container_id = container_of(json);
  order.date_created = start_of(json, "date_created");
  order.order_valid_from = start_of(json, "order_valid_from");
  order.order_valid_till = end_of(json, "order_valid_till");
  order.allow_duplicates = bool_of(json, "allow_duplicates");
  read_certificate(json, order);
  read_product(json, order);
  read_organization(json, order);
  read_links_and_counts(json, order);
  return order;
}

Result<std::vector<OrderReference>> decode_order_references(std::string_view text) {
  constexpr std::string_view kWhat = "read references to orders";
  const Json json = TRY(parse_json(kWhat, text));
  const auto rows = TRY(rows_of(kWhat, json, "orders"));
  std::vector<OrderReference> references;
  for (const Json* row : rows) references.push_back(TRY(read_order_reference(*row)));
  return references;
}

}  // namespace certcentral
