// Pieces of JSON that several files of the codec read. Pure; for the codec's .cpp files only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "certcentral/json_reader.h"
#include "certcentral/types.h"

namespace certcentral {

// The rows of the list called `key` in an answer of the shape {"<key>":[...], "page":{...}}.
// Empty for "{}", "[]" and an answer that has only a page; a bare list counts as the list.
// kCorrupt, naming `what`, for anything else and for rows that are not objects.
base::Result<std::vector<const Json*>> rows_of(std::string_view what, const Json& answer,
                                               const char* key);

// page.total
std::optional<std::int64_t> total_of(const Json& answer);

std::optional<ContainerId> container_of(const Json& object);
// `organization` is an empty list for orders without one.
std::optional<OrganizationId> organization_of(const Json& object);
std::string product_name_id_of(const Json& object);

ApprovalRequest read_request(const Json& object);

// CR LF to LF.
std::string with_lf(std::string_view text);

}  // namespace certcentral
