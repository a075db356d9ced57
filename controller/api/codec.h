// Codec: JSON of the API server to typed objects and back. Pure.
// Unknown fields are ignored; null counts as absent; absent optional fields take the defaults of
// the schema, so that an object from a file means the same as one from the API server.
// Every decoder fails with kInvalid and a message that begins with the field's path, for example
// "spec.dnsNames[2]: expected a string, got a number".
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "api/automation_profile.h"
#include "api/certificate_order.h"
#include "api/duplicate_certificate_request.h"
#include "base/result.h"

namespace api {

// Whole objects with metadata, spec and status (absent status: empty). kInvalid also if apiVersion
// or kind are present and name something else.
base::Result<AutomationProfile> decode_automation_profile(const nlohmann::json& object);
base::Result<DuplicateCertificateRequest> decode_duplicate_certificate_request(
    const nlohmann::json& object);
base::Result<CertificateOrder> decode_certificate_order(const nlohmann::json& object);

// Any object's metadata, for example of a Secret; `object` is the whole object.
base::Result<ObjectMeta> decode_metadata(const nlohmann::json& object);

// The value of "spec". Empty texts, lists, maps and objects are left out unless required.
nlohmann::json encode_spec(const AutomationProfileSpec& spec);
nlohmann::json encode_spec(const DuplicateCertificateRequestSpec& spec);
nlohmann::json encode_spec(const CertificateOrderSpec& spec);

// The value of "status", as above. Instants are cut to whole seconds.
nlohmann::json encode_status(const AutomationProfileStatus& status);
nlohmann::json encode_status(const DuplicateCertificateRequestStatus& status);
nlohmann::json encode_status(const CertificateOrderStatus& status);

// A body to create or apply: apiVersion, kind, metadata (name, namespace, labels, annotations,
// ownerReferences; uid and resourceVersion as preconditions when they are set) and spec; no status.
nlohmann::json encode_object(const AutomationProfile& object);
nlohmann::json encode_object(const DuplicateCertificateRequest& object);
nlohmann::json encode_object(const CertificateOrder& object);

}  // namespace api
