#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "api/codec_shared.h"
#include "api/names.h"

namespace api {

template <class Io, Is<CertificateOrderSpec> T>
void fields(Io& io, T& spec) {
  io.required("kind", spec.kind);
  io.required("account", spec.account);
  io.required("profile", spec.profile);
  io.field("renewalOf", spec.renewal_of);
  io.required("productNameID", spec.product_name_id);
  io.required("organizationID", spec.organization_id);
  io.required("commonName", spec.common_name);
  io.field("dnsNames", spec.dns_names);
  io.required("csr", spec.csr);
  io.required("publicKeySHA256", spec.public_key_sha256);
  io.required("attemptID", spec.attempt_id);
  io.required("requestedBy", spec.requested_by);
}

template <class Io, Is<CertificateOrderStatus> T>
void fields(Io& io, T& status) {
  io.field("state", status.state);
  io.field("orderID", status.order_id);
  io.field("submittedAt", status.submitted_at);
  io.field("submissions", status.submissions);
  io.field("placedAt", status.placed_at);
  io.field("closedAt", status.closed_at);
  io.field("validTill", status.valid_till);
  io.field("message", status.message);
  io.field("nextAttemptTime", status.next_attempt_time);
  io.field("conditions", status.conditions);
}

base::Result<CertificateOrder> decode_certificate_order(const nlohmann::json& object) {
  return decode_object<CertificateOrder>(object, kCertificateOrderKind);
}

nlohmann::json encode_spec(const CertificateOrderSpec& spec) {
  return to_json_object(spec);
}

nlohmann::json encode_status(const CertificateOrderStatus& status) {
  return to_json_object(status);
}

nlohmann::json encode_object(const CertificateOrder& object) {
  nlohmann::json encoded = encode_frame(kCertificateOrderKind, object.meta);
  encoded["spec"] = encode_spec(object.spec);
  return encoded;
}

}  // namespace api
