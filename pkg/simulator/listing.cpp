#include "simulator/listing.h"

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include "simulator/body.h"
#include "simulator/names.h"
#include "simulator/wire.h"

namespace simulator {
namespace {

using nlohmann::json;
using std::chrono::days;

constexpr std::size_t kPageMax = 1000;

std::size_t number_or(const std::optional<std::string>& text, std::size_t otherwise) {
  if (!text) return otherwise;
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  return error == std::errc{} && end == text->data() + text->size() ? value : otherwise;
}

// A date, or a date and time with or without an offset (then UTC).
std::optional<base::TimePoint> read_date(std::string_view text) {
  if (const auto date = base::parse_date(text)) return *date;
  if (const auto time = base::parse_time(text)) return *time;
  if (const auto time = base::parse_time(std::string(text) + "Z")) return *time;
  return std::nullopt;
}

bool fits_span(base::TimePoint time, std::string_view text, std::size_t dots) {
  const auto from = read_date(text.substr(0, dots));
  const auto to = read_date(text.substr(dots + 3));
  return from && to && *from <= time && time <= *to;
}

bool has_name(const Certificate& certificate, const std::string& name) {
  return std::ranges::find(certificate.dns_names, name) != certificate.dns_names.end();
}

bool same_or_absent(const std::optional<std::string>& wanted, const std::string& value) {
  return !wanted || *wanted == value;
}

bool fits_status(const std::optional<std::string>& wanted, const std::string& status) {
  if (!wanted || *wanted == status) return true;
  if (*wanted == "issued") return status == "expired";
  if (*wanted == "pending") {
    return status == "needs_approval" || status == "processing" || status == "needs_csr";
  }
  return *wanted == "reissue_pending" && status == "reissue_processing";
}

bool fits_search(const std::optional<std::string>& wanted, const ListedOrder& order) {
  if (!wanted) return true;
  std::string_view text = *wanted;
  const std::string& name = order.view.order.common_name;
  if (!text.starts_with('%')) return text == name || text == order.email;
  text.remove_prefix(1);
  return name.contains(text) || order.email.contains(text);
}

bool fits_names(const ListedOrder& order, const Query& query, const Certificate& certificate) {
  const auto common_name = query.filter("common_name");
  if (common_name && normalise_name(*common_name) != certificate.common_name) return false;
  const auto domain_name = query.filter("domain_name");
  if (domain_name && !has_name(certificate, normalise_name(*domain_name))) return false;
  return fits_search(query.filter("search"), order);
}

std::string flag(bool value) {
  return value ? "1" : "0";
}

bool fits_certificate(const Query& query, const Certificate& certificate) {
  if (!same_or_absent(query.filter("certificate_id"), std::to_string(certificate.id))) return false;
  if (!same_or_absent(query.filter("serial_number"), certificate.serial)) return false;
  const auto valid_till = query.filter("valid_till");
  return !valid_till || fits_dates(certificate.valid_till, *valid_till);
}

bool has_field(const Order& order, const std::string& metadata_id) {
  const json fields = json::parse(order.custom_fields, nullptr, false);
  const auto wanted = parse_id(metadata_id);
  return fields.is_array() && std::ranges::any_of(fields, [&](const json& field) {
           return wanted && id_of(field, "metadata_id") == wanted;
         });
}

bool fits_order(const Query& query, const ListedOrder& listed) {
  const Order& order = listed.view.order;
  const auto same = [&](const char* name, const std::string& value) {
    return same_or_absent(query.filter(name), value);
  };
  const auto created = query.filter("date_created");
  if (created && !fits_dates(order.created_at, *created)) return false;
  const auto metadata = query.filter("metadata_id");
  if (metadata && !has_field(order, *metadata)) return false;
  return same("id", std::to_string(order.id)) &&
         same("organization_id", std::to_string(order.organization_id)) &&
         same("product_name_id", order.product) && same("user_id", std::to_string(order.user_id)) &&
         same("container_id", std::to_string(order.container_id)) &&
         same("is_renewed", flag(order.renewed_by != 0)) &&
         same("disable_renewal_notifications", flag(order.disable_renewal_notifications)) &&
         same("email", listed.email);
}

base::TimePoint end_of(const ListedOrder& order, base::TimePoint now) {
  const Copy* primary = order.view.primary(now);
  return primary == nullptr ? base::TimePoint{} : primary->certificate.valid_till;
}

// -1, 0, 1 by one key; unknown keys find all equal.
int compare(const ListedOrder& a, const ListedOrder& b, std::string_view key, base::TimePoint now) {
  const auto order = [](const auto& x, const auto& y) { return x < y ? -1 : (y < x ? 1 : 0); };
  const Order& left = a.view.order;
  const Order& right = b.view.order;
  if (key == "id" || key == "order_id") return order(left.id, right.id);
  if (key == "date_created") return order(left.created_at, right.created_at);
  if (key == "valid_till") return order(end_of(a, now), end_of(b, now));
  if (key == "common_name") return order(left.common_name, right.common_name);
  if (key == "status") return order(a.status, b.status);
  if (key == "product_name_id") return order(left.product, right.product);
  return 0;
}

std::vector<std::string> split_keys(std::string_view keys) {
  std::vector<std::string> parts;
  while (!keys.empty()) {
    const auto comma = keys.find(',');
    parts.emplace_back(keys.substr(0, comma));
    keys.remove_prefix(comma == std::string_view::npos ? keys.size() : comma + 1);
  }
  return parts;
}

}  // namespace

std::optional<std::string> Query::filter(const std::string& name) const {
  return request_.query_value("filters[" + name + "]");
}

std::optional<std::string> Query::plain(const std::string& name) const {
  return request_.query_value(name);
}

bool Query::has_filters() const {
  return std::ranges::any_of(request_.query,
                             [](const auto& entry) { return entry.first.starts_with("filters["); });
}

std::size_t Query::limit() const {
  return std::min(number_or(request_.query_value("limit"), kPageMax), kPageMax);
}

std::size_t Query::offset() const {
  return number_or(request_.query_value("offset"), 0);
}

bool fits_dates(base::TimePoint time, std::string_view range) {
  if (const auto dots = range.find("..."); dots != std::string_view::npos) {
    return fits_span(time, range, dots);
  }
  const bool after = range.starts_with('>');
  const bool before = range.starts_with('<');
  if (after || before) range.remove_prefix(1);
  const bool or_equal = range.starts_with('=');
  if (or_equal) range.remove_prefix(1);
  const auto date = read_date(range);
  if (!date) return false;
  if (after) return or_equal ? time >= *date : time > *date;
  if (before) return or_equal ? time <= *date : time < *date;
  return std::chrono::floor<days>(time) == std::chrono::floor<days>(*date);
}

bool fits_filters(const ListedOrder& order, const Query& query, base::TimePoint now) {
  const Copy* primary = order.view.primary(now);
  if (primary == nullptr) return false;
  return fits_status(query.filter("status"), order.status) && fits_order(query, order) &&
         fits_names(order, query, primary->certificate) &&
         fits_certificate(query, primary->certificate);
}

void sort_orders(std::vector<ListedOrder>& orders, std::string_view keys, base::TimePoint now) {
  const auto parts = split_keys(keys.empty() ? "-id" : keys);
  std::ranges::stable_sort(orders, [&](const ListedOrder& a, const ListedOrder& b) {
    for (std::string_view key : parts) {
      const bool descending = key.starts_with('-');
      if (descending || key.starts_with('+')) key.remove_prefix(1);
      const int order = compare(a, b, key, now);
      if (order != 0) return descending ? order > 0 : order < 0;
    }
    return false;
  });
}

void shuffle_rows(const World& world, Exchange& exchange, json& rows) {
  if (rows.size() < 2 || !world.fires(Fault::kShuffledOrder, exchange)) return;
  for (std::size_t i = rows.size() - 1; i > 0; --i) {
    const double number = world.faults.number(Fault::kShuffledOrder);
    std::swap(rows[i], rows[static_cast<std::size_t>(number * static_cast<double>(i + 1))]);
  }
}

Answer paged_answer(const World& world, Exchange& exchange, std::string_view name, json rows) {
  const Query query(exchange.request);
  const std::size_t total = rows.size();
  if (total == 0 && world.fires(Fault::kEmptyBody, exchange)) {
    return {200, "application/json", "{}"};
  }
  shuffle_rows(world, exchange, rows);
  json cut = json::array();
  for (std::size_t i = query.offset(); i < total && cut.size() < query.limit(); ++i) {
    cut.push_back(std::move(rows[i]));
  }
  return json_answer(world, exchange, 200,
                     {{std::string(name), std::move(cut)},
                      {"page", wire::page(total, query.limit(), query.offset())}});
}

}  // namespace simulator
