#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "api/codec_shared.h"
#include "api/names.h"

namespace api {

template <class Io, Is<ApiKeySecretRef> T>
void fields(Io& io, T& ref) {
  io.required("name", ref.name);
  io.field("key", ref.key);
}

template <class Io, Is<RateLimit> T>
void fields(Io& io, T& limit) {
  io.field("requestsPer3Minutes", limit.requests_per_3_minutes);
  io.field("requestsPer5Seconds", limit.requests_per_5_seconds);
}

template <class Io, Is<Account> T>
void fields(Io& io, T& account) {
  io.field("url", account.url);
  io.required("apiKeySecretRef", account.api_key_secret_ref);
  io.field("caBundle", account.ca_bundle);
  io.field("rateLimit", account.rate_limit);
}

template <class Io, Is<OrganizationRef> T>
void fields(Io& io, T& organization) {
  io.field("id", organization.id);
  io.field("name", organization.name);
}

template <class Io, Is<CertificateParameters> T>
void fields(Io& io, T& certificate) {
  io.field("signatureHash", certificate.signature_hash);
  io.field("serverPlatform", certificate.server_platform);
  io.field("caCertID", certificate.ca_cert_id);
}

template <class Io, Is<Renewal> T>
void fields(Io& io, T& renewal) {
  io.field("auto", renewal.auto_);
  io.field("before", renewal.before);
  io.field("beforePercentage", renewal.before_percentage);
  io.field("onNoRenewedOrder", renewal.on_no_renewed_order);
}

template <class Io, Is<OrderParameters> T>
void fields(Io& io, T& order) {
  io.field("validityYears", order.validity_years);
  io.field("paymentMethod", order.payment_method);
  io.field("containerID", order.container_id);
  io.field("autoReissue", order.auto_reissue);
}

template <class Io, Is<Limits> T>
void fields(Io& io, T& limits) {
  io.field("ordersPerDay", limits.orders_per_day);
}

template <class Io, Is<ProfileSchedule> T>
void fields(Io& io, T& schedule) {
  io.field("windows", schedule.windows);
}

template <class Io, Is<AllowedNamespaces> T>
void fields(Io& io, T& allowed) {
  io.field("from", allowed.from);
  io.field("selector", allowed.selector);
}

template <class Io, Is<NameConstraint> T>
void fields(Io& io, T& constraint) {
  io.field("namespaceSelector", constraint.namespace_selector);
  io.required("dnsNames", constraint.dns_names);
}

template <class Io, Is<AutomationProfileSpec> T>
void fields(Io& io, T& spec) {
  io.required("account", spec.account);
  io.required("product", spec.product);
  io.required("organization", spec.organization);
  io.field("certificate", spec.certificate);
  io.field("privateKey", spec.private_key);
  io.field("renewal", spec.renewal);
  io.field("onNoMatchingOrder", spec.on_no_matching_order);
  io.field("order", spec.order);
  io.field("limits", spec.limits);
  io.field("approval", spec.approval);
  io.field("schedule", spec.schedule);
  io.field("allowedNamespaces", spec.allowed_namespaces);
  io.field("nameConstraints", spec.name_constraints);
}

template <class Io, Is<AutomationProfileStatus> T>
void fields(Io& io, T& status) {
  io.field("observedGeneration", status.observed_generation);
  io.field("accountID", status.account_id);
  io.field("organizationID", status.organization_id);
  io.field("conditions", status.conditions);
}

base::Result<AutomationProfile> decode_automation_profile(const nlohmann::json& object) {
  return decode_object<AutomationProfile>(object, kAutomationProfileKind);
}

nlohmann::json encode_spec(const AutomationProfileSpec& spec) {
  return to_json_object(spec);
}

nlohmann::json encode_status(const AutomationProfileStatus& status) {
  return to_json_object(status);
}

nlohmann::json encode_object(const AutomationProfile& object) {
  nlohmann::json encoded = encode_frame(kAutomationProfileKind, object.meta);
  encoded["spec"] = encode_spec(object.spec);
  return encoded;
}

}  // namespace api
