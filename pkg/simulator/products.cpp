#include "simulator/products.h"

#include <algorithm>

namespace simulator {
namespace {

struct Row {
  std::string_view name_id;
  std::string_view name;
  std::string_view validation;  // "ov", "ev", "dv"; "private"
  NameRule names;
  FreeNames free_names;
};

using enum NameRule;
constexpr FreeNames kTwin = FreeNames::kTolerated;
constexpr FreeNames kNoTwin = FreeNames::kNone;
// A single-name EV order whose free names make a duplicate fail (riboseinc/digicert issue 135).
constexpr FreeNames kTrap = FreeNames::kRefused;

constexpr Row kRows[] = {
    {"ssl_plus", "Standard SSL", "ov", kEqual, kTwin},
    {"ssl_multi_domain", "Multi-Domain SSL", "ov", kSameNames, kTwin},
    {"ssl_wildcard", "Wildcard", "ov", kBelowWildcard, kTwin},
    {"ssl_cloud_wildcard", "Cloud wildcard", "ov", kSameNames, kTwin},
    {"ssl_ev_plus", "Extended Validation SSL", "ev", kEqual, kTrap},
    {"ssl_ev_multi_domain", "EV Multi-Domain", "ev", kSameNames, kTwin},
    {"ssl_basic", "Basic OV", "ov", kSubset, kTwin},
    {"ssl_ev_basic", "Basic EV", "ev", kSubset, kTwin},
    {"ssl_securesite_flex", "Secure Site OV", "ov", kSubset, kTwin},
    {"ssl_ev_securesite_flex", "Secure Site EV", "ev", kSubset, kTwin},
    {"ssl_securesite_pro", "Secure Site Pro OV", "ov", kSubset, kTwin},
    {"ssl_ev_securesite_pro", "Secure Site Pro EV", "ev", kSubset, kTwin},
    {"ssl_geotrust_truebizid", "GeoTrust TrueBusiness ID OV", "ov", kSubset, kTwin},
    {"ssl_ev_geotrust_truebizid", "GeoTrust TrueBusiness ID EV", "ev", kSubset, kTwin},
    {"ssl_thawte_webserver", "Thawte SSL Webserver OV", "ov", kSubset, kTwin},
    {"ssl_ev_thawte_webserver", "Thawte SSL Webserver EV", "ev", kSubset, kTwin},
    {"ssl_dv_geotrust", "GeoTrust Standard DV", "dv", kEqual, kTwin},
    {"ssl_dv_geotrust_flex", "GeoTrust DV SSL", "dv", kSubset, kTwin},
    {"wildcard_dv_geotrust", "GeoTrust Wildcard DV", "dv", kEqual, kTwin},
    {"cloud_dv_geotrust", "GeoTrust Cloud DV", "dv", kEqual, kTwin},
    {"ssl_dv_rapidssl", "RapidSSL Standard DV", "dv", kEqual, kTwin},
    {"wildcard_dv_rapidssl", "RapidSSL Wildcard DV", "dv", kEqual, kTwin},
    {"ssl_dv_thawte", "Thawte SSL123 DV", "dv", kEqual, kTwin},
    {"private_ssl_plus", "Private SSL", "private", kEqual, kNoTwin},
    {"private_ssl_wildcard", "Private SSL Wildcard", "private", kBelowWildcard, kTwin},
    {"private_ssl_multi_domain", "Private SSL Multi-Domain", "private", kSameNames, kNoTwin},
    {"private_ssl_flex", "Private SSL (flex)", "private", kSubset, kNoTwin},
};

Product product_of(const Row& row) {
  Product product;
  product.name_id = row.name_id;
  product.name = row.name;
  product.names = row.names;
  product.free_names = row.free_names;
  product.is_private = row.validation == "private";
  product.validation_type = product.is_private ? "ov" : std::string(row.validation);
  product.type = row.validation == "dv" ? "dv_ssl_certificate" : "ssl_certificate";
  if (product.is_private) product.type = "private_ssl_certificate";
  product.group = product.type;
  product.duplicates_allowed = row.validation != "dv";
  return product;
}

}  // namespace

std::optional<Product> known_product(std::string_view name_id) {
  const auto* found = std::ranges::find(kRows, name_id, &Row::name_id);
  if (found == std::end(kRows)) return std::nullopt;
  return product_of(*found);
}

std::vector<Product> known_products() {
  std::vector<Product> products;
  for (const Row& row : kRows) products.push_back(product_of(row));
  return products;
}

}  // namespace simulator
