#include "api/defaults.h"

#include "base/bytes.h"

namespace api {

KeyParameters key_parameters(const PrivateKeySpec& spec) {
  const std::int32_t size_default = spec.algorithm == KeyAlgorithm::kEcdsa ? 256 : 2048;
  return {.algorithm = spec.algorithm, .size = spec.size.value_or(size_default)};
}

KeyParameters effective_private_key(const AutomationProfileSpec& profile,
                                    const DuplicateCertificateRequestSpec& request) {
  return key_parameters(request.private_key.value_or(profile.private_key));
}

EffectiveRenewal effective_renewal(const AutomationProfileSpec& profile,
                                   const DuplicateCertificateRequestSpec& request) {
  const Renewal& base = profile.renewal;
  const RequestRenewal& own = request.renewal;
  const bool own_time = own.before || own.before_percentage;
  const auto before = own_time ? own.before : base.before;
  return {
      .automatic = base.auto_ && own.auto_.value_or(true),
      .before = before.value_or(kRenewBeforeDefault),
      .before_percentage = own_time ? own.before_percentage : base.before_percentage,
      .on_no_renewed_order = own.on_no_renewed_order == OnNoRenewedOrder::kWait
                                 ? OnNoRenewedOrder::kWait
                                 : base.on_no_renewed_order,
  };
}

std::chrono::seconds renew_before(const EffectiveRenewal& renewal, std::chrono::seconds lifetime) {
  if (!renewal.before_percentage) return renewal.before;
  return lifetime * *renewal.before_percentage / 100;
}

std::vector<Window> effective_windows(const AutomationProfileSpec& profile,
                                      const DuplicateCertificateRequestSpec& request) {
  return request.schedule.windows.empty() ? profile.schedule.windows : request.schedule.windows;
}

base::Result<std::string> ca_bundle_pem(const Account& account) {
  if (!account.ca_bundle) return std::string{};
  auto pem = base::from_base64(*account.ca_bundle);
  if (!pem) return std::unexpected(base::wrap("spec.account.caBundle", std::move(pem).error()));
  return pem;
}

std::string profile_namespace(const DuplicateCertificateRequest& request) {
  return request.spec.profile_ref.namespace_.value_or(request.meta.namespace_);
}

bool allows_namespace(const AutomationProfile& profile, const std::string& namespace_name,
                      const std::map<std::string, std::string>& namespace_labels) {
  if (namespace_name == profile.meta.namespace_) return true;
  const AllowedNamespaces& allowed = profile.spec.allowed_namespaces;
  switch (allowed.from) {
    case NamespacesFrom::kSame:
      return false;
    case NamespacesFrom::kAll:
      return true;
    case NamespacesFrom::kSelector:
      return allowed.selector && matches(*allowed.selector, namespace_labels);
  }
  return false;
}

}  // namespace api
