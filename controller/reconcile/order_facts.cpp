#include "reconcile/order_facts.h"

#include <algorithm>

#include <fmt/format.h>

namespace reconcile {

rules::OrderFacts facts_of(const certcentral::OrderSummary& row) {
  return {.id = row.id,
          .status = row.status_text,
          .common_name = row.certificate.common_name,
          .dns_names = row.certificate.dns_names,
          .product = row.product_name_id,
          .organization_id = row.organization_id.value_or(0),
          .allow_duplicates = true,
          .date_created = row.date_created.value_or(base::TimePoint{}),
          .certificate_valid_till = row.certificate.valid_till,
          .certificate_id = row.certificate.id.value_or(0)};
}

rules::OrderFacts facts_of(const certcentral::Order& order) {
  rules::OrderFacts facts = facts_of(row_of(order));
  facts.allow_duplicates = order.allow_duplicates.value_or(true);
  facts.order_valid_till = order.order_valid_till;
  facts.renewed_order_id = order.renewed_order_id.value_or(0);
  facts.renewal_of_order_id = order.renewal_of_order_id.value_or(0);
  return facts;
}

certcentral::OrderSummary row_of(const certcentral::Order& order) {
  return {.id = order.id,
          .status = order.status,
          .status_text = order.status_text,
          .certificate = {.id = order.certificate.id,
                          .common_name = order.certificate.common_name,
                          .dns_names = order.certificate.dns_names,
                          .valid_till = order.certificate.valid_till,
                          .signature_hash = order.certificate.signature_hash},
          .product_name_id = order.product_name_id,
          .organization_id = order.organization_id,
          .container_id = order.container_id,
          .date_created = order.date_created,
          .is_renewed = order.is_renewed};
}

std::string state_of(const certcentral::OrderSummary& row) {
  const auto& certificate = row.certificate;
  return fmt::format("{}/{}/{}/{}", row.status_text, certificate.id.value_or(0),
                     certificate.valid_till ? base::format_time(*certificate.valid_till) : "",
                     row.is_renewed);
}

bool is_over(const certcentral::OrderSummary& row) {
  return certcentral::is_closed(row.status) ||
         row.product_name_id.find("_dv_") != std::string::npos;
}

bool is_incomplete(const certcentral::OrderSummary& row) {
  return row.product_name_id.empty() || !row.organization_id ||
         (row.certificate.common_name.empty() && row.certificate.dns_names.empty());
}

bool shares_a_name(const std::string& common_name, const std::vector<std::string>& dns_names,
                   const rules::NameSet& asked) {
  return std::ranges::any_of(asked, [&](const std::string& name) {
    return name == common_name || rules::are_twins(name, common_name) ||
           std::ranges::find(dns_names, name) != dns_names.end() ||
           rules::is_below_wildcard(name, common_name);
  });
}

}  // namespace reconcile
