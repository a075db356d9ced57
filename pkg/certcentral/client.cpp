#include "certcentral/client.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/text.h"
#include "certcentral/codec.h"
#include "certcentral/errors.h"
#include "certcentral/http_date.h"
#include "certcentral/order_query.h"
#include "certcentral/paging.h"
#include "http/url.h"

namespace certcentral {
namespace {

using base::Code;
using base::Error;
using base::fail;
using base::Result;

constexpr std::size_t kListBytesMax = std::size_t{32} << 20U;
constexpr std::size_t kAnswerBytesMax = std::size_t{4} << 20U;
constexpr std::size_t kOrganizationsMax = 20'000;

std::string of_order(std::string_view what, OrderId id) {
  return std::string(what) + " order " + std::to_string(id);
}

bool is_header_value(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string without(std::string text, std::string_view secret) {
  constexpr std::string_view kInstead = "[redacted]";
  if (secret.empty()) return text;
  for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
    text.replace(at, secret.size(), kInstead);
    at += kInstead.size();
  }
  return text;
}

// A path segment with nothing to encode: no dots that a URL parser could resolve, no slash.
bool is_plain_segment(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-';
  });
}

// An error of ours before anything was sent.
std::unexpected<Error> refuse(Code code, std::string message) {
  return std::unexpected(Error{.code = code, .message = std::move(message), .not_sent = true});
}

bool newest_first(const OrderSummary& a, const OrderSummary& b) {
  if (a.date_created != b.date_created) return a.date_created > b.date_created;
  return a.id > b.id;
}

bool equal_hex(std::string_view a, std::string_view b) {
  const auto digits = [](std::string_view text) {
    const auto first = text.find_first_not_of('0');
    return base::upper_case(first == std::string_view::npos ? "" : text.substr(first));
  };
  return digits(a) == digits(b);
}

}  // namespace

struct Client::Call {
  std::string what{};  // "list duplicates of order 12"
  std::string path{};  // below the base URL, already encoded
  http::QueryParameters query{};
  std::string body{};        // of a POST; empty: GET
  bool may_be_warm = false;  // http::Request; of a POST that costs nothing
  std::string accept = "application/json";
  std::size_t bytes_max = kAnswerBytesMax;
};

Client::Client(http::Transport& transport, const base::Clock& clock, ClientOptions options)
    : transport_(transport), clock_(clock), options_(std::move(options)) {
  // Secrets made from files often end in a line break.
  options_.api_key = base::SecretString(std::string(base::trimmed(options_.api_key.expose())));
}

http::Request Client::build(const Call& call) const {
  http::Request request;
  request.url = http::join_url(options_.base_url, call.path) + http::query_string(call.query);
  request.headers = {{"X-DC-DEVKEY", std::string(options_.api_key.expose())},
                     {"Accept", call.accept},
                     {"Content-Type", "application/json"},
                     {"User-Agent", options_.user_agent}};
  request.timeout = options_.timeout;
  request.response_bytes_max = call.bytes_max;
  if (call.body.empty()) return request;
  request.method = "POST";
  request.body = call.body;
  request.once = true;
  request.may_be_warm = call.may_be_warm;
  return request;
}

void Client::note_date(const http::Response& answer) {
  const auto header = answer.header("date");
  const auto date = header ? parse_http_date(*header) : std::nullopt;
  if (!date) return;
  const auto skew = std::chrono::round<std::chrono::seconds>(*date - clock_.now());
  clock_skew_seconds_.store(skew.count(), std::memory_order_relaxed);
}

Result<http::Response> Client::exchange(const Call& call, std::stop_token stop) {
  const std::string_view key = options_.api_key.expose();
  if (!is_header_value(key)) {
    return refuse(Code::kUnauthenticated, call.what + ": the API key is empty or not plain text");
  }
  auto answer = transport_.send(build(call), std::move(stop));
  if (!answer) {
    Error error = base::wrap(call.what, std::move(answer).error());
    error.message = without(std::move(error.message), key);
    return std::unexpected(std::move(error));
  }
  note_date(*answer);
  if (answer->status >= 200 && answer->status < 300) return answer;
  answer->body = without(std::move(answer->body), key);
  return std::unexpected(error_of_answer(call.what, *answer, clock_.now()));
}

template <class T>
Result<T> Client::ask(const Call& call, Decoder<T> decode, std::stop_token stop) {
  const http::Response answer = TRY(exchange(call, std::move(stop)));
  Result<T> value = decode(answer.body);
  if (value) return value;
  Error error = base::wrap(call.what, std::move(value).error());
  error.http_status = answer.status;
  return std::unexpected(std::move(error));
}

Result<User> Client::user_me(std::stop_token stop) {
  const Call call{.what = "look at the API key's user", .path = "user/me"};
  return ask(call, decode_user, std::move(stop));
}

Result<std::vector<Organization>> Client::list_organizations(const OrganizationFilter& filter,
                                                             std::stop_token stop) {
  const std::string what = "list organizations";
  const auto fetch = [&](std::size_t offset) -> Result<Page<Organization>> {
    Call call{.what = what, .path = "organization", .bytes_max = kListBytesMax};
    if (filter.active_only) call.query.emplace_back("filters[status]", "active");
    if (!filter.search.empty()) call.query.emplace_back("filters[search]", filter.search);
    call.query.emplace_back("include_validation", "true");
    call.query.emplace_back("limit", std::to_string(options_.page_size));
    call.query.emplace_back("offset", std::to_string(offset));
    return ask(call, decode_organizations, stop);
  };
  auto all = TRY(read_pages<Organization>(options_.page_size, kOrganizationsMax, fetch));
  if (filter.active_only) std::erase_if(all, [](const auto& row) { return !row.is_active; });
  return all;
}

Result<Organization> Client::organization(OrganizationId id, std::stop_token stop) {
  const Call call{.what = "look at organization " + std::to_string(id),
                  .path = "organization/" + std::to_string(id)};
  auto found = TRY(ask(call, decode_organization, std::move(stop)));
  if (found.id == id) return found;
  return fail(Code::kCorrupt, call.what + ": the answer is about another organization");
}

Result<Product> Client::product(const std::string& name_id, std::stop_token stop) {
  const Call call{.what = "look at product " + printable(name_id), .path = "product/" + name_id};
  if (!is_plain_segment(name_id)) return refuse(Code::kInvalid, call.what + ": not a name_id");
  auto found = TRY(ask(call, decode_product, std::move(stop)));
  if (found.name_id == name_id) return found;
  return fail(Code::kCorrupt, call.what + ": the answer is about another product");
}

Result<std::vector<OrderSummary>> Client::list_orders(const OrderFilter& filter,
                                                      std::stop_token stop) {
  const std::string what = "list orders";
  const std::size_t limit = options_.page_size;
  const auto fetch = [&](std::size_t offset) -> Result<Page<OrderSummary>> {
    const Call call{.what = what,
                    .path = "order/certificate",
                    .query = query_of(filter, {.offset = offset, .limit = limit}),
                    .bytes_max = kListBytesMax};
    return ask(call, decode_orders, stop);
  };
  auto all = TRY(read_pages<OrderSummary>(limit, filter.orders_max, fetch));
  std::erase_if(all, [&](const OrderSummary& order) { return !matches(order, filter); });
  std::ranges::sort(all, newest_first);
  return all;
}

Result<Order> Client::order(OrderId id, std::stop_token stop) {
  const Call call{.what = of_order("look at", id),
                  .path = "order/certificate/" + std::to_string(id)};
  auto found = TRY(ask(call, decode_order, std::move(stop)));
  if (found.id == id) return found;
  return fail(Code::kCorrupt, call.what + ": the answer is about another order");
}

Result<Order> Client::order_by_serial(const std::string& serial_number, std::stop_token stop) {
  const Call call{.what = "look for the order of serial number " + printable(serial_number, 64),
                  .path = "order/certificate/" + serial_number};
  // Without it the path would list all orders.
  if (!is_plain_segment(serial_number)) return refuse(Code::kInvalid, call.what + ": not hex");
  auto found = TRY(ask(call, decode_order, std::move(stop)));
  // One without letters may also be read as an order's id.
  if (equal_hex(found.certificate.serial_number, serial_number)) return found;
  return fail(Code::kNotFound, call.what + ": the CA knows another certificate by that number");
}

Result<std::vector<Duplicate>> Client::list_duplicates(OrderId id, std::stop_token stop) {
  const Call call{.what = of_order("list duplicates of", id),
                  .path = "order/certificate/" + std::to_string(id) + "/duplicate",
                  .bytes_max = kListBytesMax};
  return ask(call, decode_duplicates, std::move(stop));
}

Result<std::string> Client::download_certificate(CertificateId id, std::stop_token stop) {
  const Call call{.what = "download certificate " + std::to_string(id),
                  .path = "certificate/" + std::to_string(id) + "/download/format/pem_all",
                  .accept = "*/*"};
  return ask(call, decode_certificates, std::move(stop));
}

Result<ApprovalRequest> Client::request(RequestId id, std::stop_token stop) {
  const Call call{.what = "look at request " + std::to_string(id),
                  .path = "request/" + std::to_string(id)};
  auto found = TRY(ask(call, decode_request, std::move(stop)));
  if (found.id == id) return found;
  return fail(Code::kCorrupt, call.what + ": the answer is about another request");
}

Result<Submission> Client::submit_duplicate(OrderId id, const DuplicateRequest& request,
                                            std::stop_token stop) {
  const Call call{.what = of_order("submit a duplicate of", id),
                  .path = "order/certificate/" + std::to_string(id) + "/duplicate",
                  .body = encode(request),
                  .may_be_warm = true};
  return ask(call, decode_submission, std::move(stop));
}

Result<Submission> Client::submit_order(const OrderRequest& request, std::stop_token stop) {
  const Call call{.what = "submit an order of " + printable(request.product_name_id),
                  .path = "order/certificate/" + request.product_name_id,
                  .body = encode(request)};
  if (!is_plain_segment(request.product_name_id)) {
    return refuse(Code::kInvalid, call.what + ": not a product name_id");
  }
  return ask(call, decode_submission, std::move(stop));
}

Result<std::vector<OrderReference>> Client::orders_by_alternative_id(
    const std::string& alternative_order_id, std::stop_token stop) {
  const Call call{.what = "look for orders by alternative id",
                  .path = "order/alternate/" + http::percent_encode(alternative_order_id)};
  if (alternative_order_id.empty()) return refuse(Code::kInvalid, call.what + ": it is empty");
  auto all = ask(call, decode_order_references, std::move(stop));
  if (!all && all.error().code == Code::kNotFound) return std::vector<OrderReference>{};
  if (!all) return all;
  std::erase_if(*all, [&](const OrderReference& row) {
    return !row.alternative_order_id.empty() && row.alternative_order_id != alternative_order_id;
  });
  return all;
}

Result<std::vector<StatusChange>> Client::status_changes(std::chrono::minutes window,
                                                         std::stop_token stop) {
  const auto minutes = std::clamp(window, std::chrono::minutes{1}, kStatusChangesMax);
  const Call call{.what = "list status changes",
                  .path = "order/certificate/status-changes",
                  .query = {{"minutes", std::to_string(minutes.count())}},
                  .bytes_max = kListBytesMax};
  return ask(call, decode_order_references, std::move(stop));
}

std::optional<std::chrono::seconds> Client::clock_skew() const {
  const std::int64_t skew = clock_skew_seconds_.load(std::memory_order_relaxed);
  if (skew == kNoSkew) return std::nullopt;
  return std::chrono::seconds{skew};
}

}  // namespace certcentral
