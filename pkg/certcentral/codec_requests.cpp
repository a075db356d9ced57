#include <nlohmann/json.hpp>

#include "certcentral/codec.h"
#include "certcentral/codec_parts.h"
#include "certcentral/json_reader.h"

namespace certcentral {
namespace {

using base::Code;
using base::fail;
using base::Result;

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The fields that a duplicate and an order have in common.
template <class Request>
Json certificate_of(const Request& request) {
  Json certificate{{"common_name", request.common_name},
                   {"csr", request.csr},
                   {"signature_hash", request.signature_hash}};
  if (!request.dns_names.empty()) certificate["dns_names"] = request.dns_names;
  if (request.server_platform_id) {
    certificate["server_platform"] = {{"id", *request.server_platform_id}};
  }
  if (!request.ca_cert_id.empty()) certificate["ca_cert_id"] = request.ca_cert_id;
  return certificate;
}

std::optional<std::string> chain_of(const Json& answer) {
  std::string pem;
  for (const Json* item : list_of(answer, "certificate_chain")) {
    const std::string block = with_lf(text_of(*item, "pem"));
    if (!block.empty()) pem += block + "\n";
  }
  return pem.empty() ? std::nullopt : std::optional(std::move(pem));
}

}  // namespace

Result<ApprovalRequest> decode_request(std::string_view text) {
  const Json json = TRY(parse_object("read request", text));
  ApprovalRequest request = read_request(json);
  if (request.id == 0) return fail(Code::kCorrupt, "read request: it has no id");
  return request;
}

Result<Submission> decode_submission(std::string_view text) {
  const Json json = TRY(parse_object("read answer to a submission", text));
  const auto id = id_of(json, "id");
  if (!id) return fail(Code::kCorrupt, "read answer to a submission: it has no id");
  Submission submission;
  submission.order_id = *id;
  if (const Json* first = find_object(json, "requests")) {
    const ApprovalRequest request = read_request(*first);
    if (request.id != 0) submission.request_id = request.id;
    if (!request.status_text.empty()) submission.request_status = request.status;
  }
  submission.certificate_id = id_of(json, "certificate_id");
  submission.chain_pem = chain_of(json);
  return submission;
}

std::string encode(const DuplicateRequest& request) {
  return dump({{"certificate", certificate_of(request)}, {"skip_approval", request.skip_approval}});
}

std::string encode(const OrderRequest& request) {
  Json body{{"certificate", certificate_of(request)},
            {"organization", {{"id", request.organization_id}}},
            {"order_validity", {{"years", request.order_validity_years}}},
            {"payment_method", request.payment_method},
            {"skip_approval", request.skip_approval},
            // Orders are renewed by us or by a person, never by the CA behind our back.
            {"auto_renew", 0},
            {"auto_reissue", request.auto_reissue ? 1 : 0}};
  if (request.container_id) body["container"] = {{"id", *request.container_id}};
  if (request.renewal_of_order_id) body["renewal_of_order_id"] = *request.renewal_of_order_id;
  if (!request.alternative_order_id.empty()) {
    body["alternative_order_id"] = request.alternative_order_id;
  }
  if (!request.comments.empty()) body["comments"] = request.comments;
  return dump(body);
}

}  // namespace certcentral
