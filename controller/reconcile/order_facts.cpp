#include "reconcile/order_facts.h"

namespace reconcile {
namespace {

// What a row and an order have in common.
template <class Order>
rules::OrderFacts common_facts(const Order& order) {
  return {.id = order.id,
          .status = order.status_text,
          .common_name = order.certificate.common_name,
          .dns_names = order.certificate.dns_names,
          .product = order.product_name_id,
          .organization_id = order.organization_id.value_or(0),
          .allow_duplicates = true,
          .date_created = order.date_created.value_or(base::TimePoint{}),
          .certificate_valid_till = order.certificate.valid_till,
          .certificate_id = order.certificate.id.value_or(0)};
}

}  // namespace

rules::OrderFacts order_facts(const certcentral::OrderSummary& order) {
  return common_facts(order);
}

rules::OrderFacts order_facts(const certcentral::Order& order) {
  rules::OrderFacts facts = common_facts(order);
  facts.allow_duplicates = order.allow_duplicates.value_or(true);
  facts.order_valid_till = order.order_valid_till;
  facts.renewed_order_id = order.renewed_order_id.value_or(0);
  facts.renewal_of_order_id = order.renewal_of_order_id.value_or(0);
  return facts;
}

}  // namespace reconcile
