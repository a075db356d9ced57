#include "certcentral/order_query.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "base/text.h"

namespace certcentral {
namespace {

constexpr std::string_view kFirstInstant = "2000-01-01T00:00:00";
constexpr std::string_view kLastInstant = "2099-12-31T23:59:59";

// "2026-03-01T00:00:00", without a zone, as the CA's pages show it.
std::string instant(base::TimePoint time) {
  std::string text = base::format_time(time);
  text.pop_back();
  return text;
}

std::string creation_range(const OrderFilter& filter) {
  const auto margin = std::chrono::days(1);
  std::string range =
      filter.created_from ? instant(*filter.created_from - margin) : std::string(kFirstInstant);
  range += "...";
  range += filter.created_till ? instant(*filter.created_till + margin) : std::string(kLastInstant);
  return range;
}

// A row that shows no names cannot be ruled out by them.
bool has_names(const CertificateSummary& certificate) {
  return !certificate.common_name.empty() || !certificate.dns_names.empty();
}

bool matches_names(const CertificateSummary& certificate, const OrderFilter& filter) {
  if (!has_names(certificate)) return true;
  const std::string common_name = base::lower_case(filter.common_name);
  if (!common_name.empty() && certificate.common_name != common_name) return false;
  const std::string dns_name = base::lower_case(filter.dns_name);
  return dns_name.empty() || certificate.common_name == dns_name ||
         std::ranges::count(certificate.dns_names, dns_name) > 0;
}

bool matches_product(const OrderSummary& order, const OrderFilter& filter) {
  return filter.product_name_id.empty() || order.product_name_id.empty() ||
         order.product_name_id == filter.product_name_id;
}

bool is_in_range(const OrderSummary& order, const OrderFilter& filter) {
  if (!order.date_created) return true;
  if (filter.created_from && *order.date_created < *filter.created_from) return false;
  return !filter.created_till || *order.date_created <= *filter.created_till;
}

}  // namespace

http::QueryParameters query_of(const OrderFilter& filter, const PageRange& range) {
  http::QueryParameters query;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) query.emplace_back("filters[" + std::string(name) + "]", value);
  };
  add("common_name", filter.common_name);
  add("domain_name", filter.dns_name);
  add("product_name_id", filter.product_name_id);
  if (filter.organization_id) add("organization_id", std::to_string(*filter.organization_id));
  if (filter.status) add("status", std::string(name_of(*filter.status)));
  if (filter.created_from || filter.created_till) add("date_created", creation_range(filter));
  query.emplace_back("sort", "-date_created");
  query.emplace_back("limit", std::to_string(range.limit));
  query.emplace_back("offset", std::to_string(range.offset));
  return query;
}

bool matches(const OrderSummary& order, const OrderFilter& filter) {
  if (!matches_names(order.certificate, filter) || !matches_product(order, filter)) return false;
  if (filter.organization_id && order.organization_id != filter.organization_id) return false;
  if (filter.status && order.status != *filter.status) return false;
  return is_in_range(order, filter);
}

}  // namespace certcentral
