#include "simulator/routes.h"

namespace simulator {
namespace {

using enum Area;
using enum Conduct;

// Fixed parts stand before open ones, so that "status-changes" is not taken for an order.
constexpr Route kRoutes[] = {
    {"user_me", "GET", "user/me", kSelf, handle_user_me},
    {"account", "GET", "account", kOrganizations, handle_account},
    {"metadata", "POST", "account/metadata", kOrganizations, handle_metadata, kForbidden},
    {"metadata", "PUT", "account/metadata/{}", kOrganizations, handle_metadata, kForbidden},
    {"metadata", "DELETE", "account/metadata/{}", kOrganizations, handle_metadata, kForbidden},
    {"organization_list", "GET", "organization", kOrganizations, handle_organization_list},
    {"organization_info", "GET", "organization/{}", kOrganizations, handle_organization_info},
    {"domain_list", "GET", "domain", kOrganizations, handle_domain_list},
    {"domain_info", "GET", "domain/{}", kOrganizations, handle_domain_info},
    {"product_list", "GET", "product", kOrders, handle_product_list},
    {"product_info", "GET", "product/{}", kOrders, handle_product_info},
    {"order_list", "GET", "order/certificate", kOrders, handle_order_list},
    {"status_changes", "GET", "order/certificate/status-changes", kOrders, handle_status_changes},
    {"order_alternate", "GET", "order/alternate/{}", kOrders, handle_order_alternate},
    {"order_info", "GET", "order/certificate/{}", kOrders, handle_order_info},
    {"order_place", "POST", "order/certificate/{}", kOrders, handle_order_place},
    {"duplicate_create", "POST", "order/certificate/{}/duplicate", kOrders,
     handle_duplicate_create},
    {"duplicate_list", "GET", "order/certificate/{}/duplicate", kOrders, handle_duplicate_list},
    {"reissue_list", "GET", "order/certificate/{}/reissue", kOrders, handle_reissue_list},
    {"order_reissue", "POST", "order/certificate/{}/reissue", kOrders, handle_reissue, kForbidden},
    {"note_create", "POST", "order/certificate/{}/note", kOrders, handle_note_create},
    {"note_list", "GET", "order/certificate/{}/note", kOrders, handle_note_list},
    {"custom_field", "POST", "order/certificate/{}/custom-field", kOrders, handle_custom_field},
    {"check_dcv", "PUT", "order/certificate/{}/check-dcv", kOrders, handle_check_dcv},
    {"auto_reissue", "PUT", "order/certificate/{}/auto-reissue", kOrders, handle_auto_reissue,
     kForbidden},
    {"order_status", "PUT", "order/certificate/{}/status", kOrders, handle_order_status,
     kForbidden},
    {"order_revoke", "PUT", "order/certificate/{}/revoke", kOrders, handle_order_revoke,
     kForbidden},
    {"request_list", "GET", "request", kOrders, handle_request_list},
    {"request_info", "GET", "request/{}", kOrders, handle_request_info},
    {"request_status", "PUT", "request/{}/status", kOrders, handle_request_status, kForbidden},
    {"intermediates", "GET", "certificate/intermediates", kOrders, handle_intermediates},
    {"download_by_order", "GET", "certificate/download/order/{}/format/{}", kOrders,
     handle_download_by_order},
    {"download", "GET", "certificate/{}/download/format/{}", kOrders, handle_download},
    {"download_platform", "GET", "certificate/{}/download/platform", kOrders,
     handle_download_platform},
    {"download_platform", "GET", "certificate/{}/download/platform/{}", kOrders,
     handle_download_platform},
    {"certificate_chain", "GET", "certificate/{}/chain", kOrders, handle_chain},
    {"certificate_revoke", "PUT", "certificate/{}/revoke", kOrders, handle_certificate_revoke,
     kForbidden},
    {"certificate_archive", "PUT", "certificate/{}/archive", kOrders, handle_archive, kForbidden},
};

std::string_view take_part(std::string_view& path) {
  const auto slash = path.find('/');
  const std::string_view part = path.substr(0, slash);
  path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  return part;
}

std::optional<std::vector<std::string>> fit(std::string_view pattern, std::string_view path) {
  std::vector<std::string> parameters;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = take_part(pattern);
    const std::string_view part = take_part(path);
    if (part.empty()) return std::nullopt;
    if (wanted == "{}") {
      parameters.emplace_back(part);
    } else if (wanted != part) {
      return std::nullopt;
    }
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return parameters;
}

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

std::optional<Match> find_route(std::string_view method, std::string_view path) {
  for (const Route& route : kRoutes) {
    if (route.method != method) continue;
    if (auto parameters = fit(route.pattern, path)) return Match{&route, *std::move(parameters)};
  }
  return std::nullopt;
}

}  // namespace simulator
