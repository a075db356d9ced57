#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "api/codec_shared.h"
#include "api/names.h"
#include "api/packing.h"

namespace api {

template <class Io, Is<ProfileRef> T>
void fields(Io& io, T& ref) {
  io.required("name", ref.name);
  io.field("namespace", ref.namespace_);
}

template <class Io, Is<SecretTemplate> T>
void fields(Io& io, T& secret) {
  io.field("labels", secret.labels);
  io.field("annotations", secret.annotations);
}

template <class Io, Is<RequestRenewal> T>
void fields(Io& io, T& renewal) {
  io.field("auto", renewal.auto_);
  io.field("before", renewal.before);
  io.field("beforePercentage", renewal.before_percentage);
  io.field("onNoRenewedOrder", renewal.on_no_renewed_order);
}

template <class Io, Is<RequestSchedule> T>
void fields(Io& io, T& schedule) {
  io.field("notBefore", schedule.not_before);
  io.field("windows", schedule.windows);
}

template <class Io, Is<PasswordSecretRef> T>
void fields(Io& io, T& ref) {
  io.required("name", ref.name);
  io.field("key", ref.key);
}

template <class Io, Is<Pkcs12Keystore> T>
void fields(Io& io, T& keystore) {
  io.required("passwordSecretRef", keystore.password_secret_ref);
}

template <class Io, Is<Keystores> T>
void fields(Io& io, T& keystores) {
  io.field("pkcs12", keystores.pkcs12);
}

template <class Io, Is<DuplicateCertificateRequestSpec> T>
void fields(Io& io, T& spec) {
  io.required("profileRef", spec.profile_ref);
  io.field("action", spec.action);
  io.field("commonName", spec.common_name);
  io.field("dnsNames", spec.dns_names);
  io.field("orderID", spec.order_id);
  io.required("secretName", spec.secret_name);
  io.field("secretTemplate", spec.secret_template);
  io.field("deletionPolicy", spec.deletion_policy);
  io.field("privateKey", spec.private_key);
  io.field("renewal", spec.renewal);
  io.field("schedule", spec.schedule);
  io.field("keystores", spec.keystores);
  io.field("suspend", spec.suspend);
}

template <class Io, Is<OrderInUse> T>
void fields(Io& io, T& order) {
  io.required("id", order.id);
  io.field("productNameID", order.product_name_id);
  io.field("organizationID", order.organization_id);
  io.field("validTill", order.valid_till);
  io.field("renewalOf", order.renewal_of);
}

template <class Io, Is<InstalledCertificate> T>
void fields(Io& io, T& certificate) {
  io.field("id", certificate.id);
  io.field("serialNumber", certificate.serial_number);
  io.field("sha256Fingerprint", certificate.sha256_fingerprint);
  io.field("notBefore", certificate.not_before);
  io.field("notAfter", certificate.not_after);
  io.field("commonName", certificate.common_name);
  io.field("dnsNames", certificate.dns_names);
  io.field("secretUID", certificate.secret_uid);
  io.field("secretResourceVersion", certificate.secret_resource_version);
}

template <class Io, Is<Candidate> T>
void fields(Io& io, T& candidate) {
  io.required("id", candidate.id);
  io.field("commonName", candidate.common_name);
  io.field("dnsNames", candidate.dns_names);
  io.field("dnsNamesCount", candidate.dns_names_count);
  io.field("validTill", candidate.valid_till);
  io.field("dateCreated", candidate.date_created);
  io.required("eligible", candidate.eligible);
  io.field("reason", candidate.reason);
}

template <class Io, Is<DuplicateCertificateRequestStatus> T>
void fields(Io& io, T& status) {
  io.field("observedGeneration", status.observed_generation);
  io.field("conditions", status.conditions);
  io.field("order", status.order);
  io.field("certificate", status.certificate);
  io.field("renewalTime", status.renewal_time);
  io.field("nextAttemptTime", status.next_attempt_time);
  io.field("failedAttempts", status.failed_attempts);
  io.field("lastRenewRequestedAt", status.last_renew_requested_at);
  io.field("candidates", status.candidates);
  io.field("csr", status.csr);
}

base::Result<DuplicateCertificateRequest> decode_duplicate_certificate_request(
    const nlohmann::json& object) {
  return decode_object<DuplicateCertificateRequest>(object, kDuplicateCertificateRequestKind);
}

nlohmann::json encode_spec(const DuplicateCertificateRequestSpec& spec) {
  return to_json_object(spec);
}

nlohmann::json encode_status(const DuplicateCertificateRequestStatus& status) {
  return to_json_object(status);
}

nlohmann::json encode_object(const DuplicateCertificateRequest& object) {
  nlohmann::json encoded = encode_frame(kDuplicateCertificateRequestKind, object.meta);
  encoded["spec"] = encode_spec(object.spec);
  return encoded;
}

base::Packed pack(const DuplicateCertificateRequest& object) {
  PackOut out;
  out.required("metadata", object.meta);
  out.required("spec", object.spec);
  out.field("status", object.status);
  return out.packed();
}

void unpack(const base::Packed& packed, DuplicateCertificateRequest& object) {
  PackIn in(packed);
  in.required("metadata", object.meta);
  in.required("spec", object.spec);
  in.field("status", object.status);
}

}  // namespace api
