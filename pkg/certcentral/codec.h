// Codec: CertCentral's JSON and our values. Pure functions of text; tolerant where the CA is known
// to be odd (see json_reader.h), strict where a wrong reading would hide an order or a duplicate:
// a list is empty only if the CA says so ("{}", "[]", or a page without rows).
// All errors are kCorrupt and name what could not be read, never the text itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "certcentral/types.h"

namespace certcentral {

// One page of a list.
template <class Row>
struct Page {
  std::vector<Row> rows{};
  std::optional<std::int64_t> total{};  // of all pages; nullopt: not said
};

// codec_account.cpp
base::Result<User> decode_user(std::string_view text);
base::Result<Page<Organization>> decode_organizations(std::string_view text);
base::Result<Organization> decode_organization(std::string_view text);
base::Result<Product> decode_product(std::string_view text);

// codec_orders.cpp
base::Result<Page<OrderSummary>> decode_orders(std::string_view text);
base::Result<Order> decode_order(std::string_view text);
base::Result<std::vector<OrderReference>> decode_order_references(std::string_view text);

// codec_duplicates.cpp
base::Result<std::vector<Duplicate>> decode_duplicates(std::string_view text);
// A downloaded bundle: LF line ends, at least one certificate block.
base::Result<std::string> decode_certificates(std::string_view text);

// codec_requests.cpp
base::Result<ApprovalRequest> decode_request(std::string_view text);
base::Result<Submission> decode_submission(std::string_view text);
// The JSON bodies of the two POSTs; parts that are empty or absent are left out. Invalid UTF-8 is
// replaced.
std::string encode(const DuplicateRequest& request);
std::string encode(const OrderRequest& request);

}  // namespace certcentral
