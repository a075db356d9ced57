#include "certcentral/codec_parts.h"

#include <nlohmann/json.hpp>

namespace certcentral {
namespace {

using base::Code;
using base::fail;

bool says_no_rows(const Json& answer, const char* key) {
  return answer.is_object() && (answer.empty() || answer.contains("page") || answer.contains(key));
}

}  // namespace

base::Result<std::vector<const Json*>> rows_of(std::string_view what, const Json& answer,
                                               const char* key) {
  std::vector<const Json*> rows;
  if (answer.is_array()) {
    for (const Json& row : answer) rows.push_back(&row);
  } else if (find(answer, key) != nullptr) {
    rows = list_of(answer, key);
  } else if (!says_no_rows(answer, key)) {
    return fail(Code::kCorrupt, std::string(what) + ": the answer has no \"" + key + "\"");
  }
  for (const Json* row : rows) {
    if (row->is_object()) continue;
    return fail(Code::kCorrupt, std::string(what) + ": a row is not an object");
  }
  return rows;
}

std::optional<std::int64_t> total_of(const Json& answer) {
  const Json* page = find_object(answer, "page");
  return page == nullptr ? std::nullopt : int_of(*page, "total");
}

std::optional<ContainerId> container_of(const Json& object) {
  const Json* container = find_object(object, "container");
  return container == nullptr ? std::nullopt : id_of(*container, "id");
}

std::optional<OrganizationId> organization_of(const Json& object) {
  const Json* organization = find_object(object, "organization");
  return organization == nullptr ? std::nullopt : id_of(*organization, "id");
}

std::string product_name_id_of(const Json& object) {
  const Json* product = find_object(object, "product");
  std::string name_id = product == nullptr ? std::string() : text_of(*product, "name_id");
  return name_id.empty() ? text_of(object, "product_name_id") : name_id;
}

ApprovalRequest read_request(const Json& object) {
  ApprovalRequest request;
  request.id = id_of(object, "id").value_or(0);
  request.type = text_of(object, "type");
  for (char& c : request.type) c = c == ' ' ? '_' : c;  // an older shape says "new request"
  request.status_text = text_of(object, "status");
  request.status = request_status_of(request.status_text);
  request.date = start_of(object, "date");
  request.comments = text_of(object, "comments");
  request.processor_comment = text_of(object, "processor_comment");
  return request;
}

std::string with_lf(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    if (c != '\r') result += c;
  }
  return result;
}

}  // namespace certcentral
