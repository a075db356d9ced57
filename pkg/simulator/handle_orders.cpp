
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "simulator/body.h"
#include "simulator/handlers.h"
#include "simulator/listing.h"
#include "simulator/mountain_time.h"
#include "simulator/names.h"
#include "simulator/quote.h"
#include "simulator/rules.h"

namespace simulator {
namespace {

using nlohmann::json;
using std::chrono::days;
using std::chrono::minutes;
using std::chrono::seconds;

// The account's orders that the caller may see and that listings show by now.
std::vector<ListedOrder> visible_orders(const World& world, const Exchange& exchange,
                                        std::string_view common_name = "") {
  std::vector<ListedOrder> listed;
  const Caller& caller = exchange.caller;
  for (const Order& order : world.store.orders(caller.account.id, common_name)) {
    if (order.listed_at > world.now) continue;
    if (!may_see(caller.user, order, caller.root_container)) continue;
    ListedOrder row;
    row.view = world.store.view(order);
    row.status = order_status(row.view, world.now);
    row.email = user_of(world, order.user_id).email;
    listed.push_back(std::move(row));
  }
  return listed;
}

json short_row(const ListedOrder& row, base::TimePoint now) {
  const Copy* primary = row.view.primary(now);
  json result = {{"order_id", row.view.order.id}, {"status", row.status}};
  if (primary != nullptr) result["certificate_id"] = primary->certificate.id;
  return result;
}

// {id} is an order, or the serial number or thumbprint of a primary certificate.
std::optional<Order> find_by_any_id(const World& world, const Exchange& exchange,
                                    const std::string& text) {
  if (auto order = find_order(world, exchange, text)) return order;
  const auto certificate = world.store.certificate_by_print(base::upper_case(text));
  if (!certificate || certificate->kind != CertificateKind::kPrimary) return std::nullopt;
  return find_order(world, exchange, std::to_string(certificate->order_id));
}

struct Window {
  base::TimePoint from{};
  base::TimePoint to{};
};

std::optional<base::TimePoint> read_mountain(std::string_view text) {
  const auto local = base::parse_time(std::string(text) + "Z");
  if (!local) return std::nullopt;
  return utc_of_mountain_time(*local);
}

// minutes=N, seconds=N, or filters[status_last_updated]=a...b in Mountain time.
std::expected<Window, Refusal> window_of(const Query& query, base::TimePoint now) {
  const Refusal invalid{400, "invalid_value:status_last_updated", "The time frame is not valid."};
  if (const auto count = query.plain("minutes")) {
    const auto number = parse_id(*count);
    if (!number) return std::unexpected(invalid);
    return Window{now - minutes{*number}, now};
  }
  if (const auto count = query.plain("seconds")) {
    const auto number = parse_id(*count);
    if (!number) return std::unexpected(invalid);
    return Window{now - seconds{*number}, now};
  }
  const std::string range = query.filter("status_last_updated").value_or("");
  const auto dots = range.find("...");
  if (dots == std::string::npos) return std::unexpected(invalid);
  const auto from = read_mountain(std::string_view(range).substr(0, dots));
  const auto to = read_mountain(std::string_view(range).substr(dots + 3));
  if (!from || !to) return std::unexpected(invalid);
  return Window{*from, *to};
}

}  // namespace

Answer handle_order_list(World& world, Exchange& exchange) {
  const Query query(exchange.request);
  const bool ignore = query.has_filters() && world.fires(Fault::kIgnoredFilters, exchange);
  const std::string name = ignore ? "" : normalise_name(query.filter("common_name").value_or(""));
  std::vector<ListedOrder> rows = visible_orders(world, exchange, name);
  if (!ignore) {
    std::erase_if(rows, [&](const auto& row) { return !fits_filters(row, query, world.now); });
  }
  sort_orders(rows, query.plain("sort").value_or(""), world.now);
  if (rows.empty() && world.fires(Fault::kEmptyBody, exchange)) {
    return {200, "application/json", "{}"};
  }
  json list = json::array();
  for (std::size_t i = query.offset(); i < rows.size() && list.size() < query.limit(); ++i) {
    list.push_back(wire::order_row(row_facts(world, rows[i].view.order), world.now));
  }
  shuffle_rows(world, exchange, list);
  const json page = wire::page(rows.size(), query.limit(), query.offset());
  return json_answer(world, exchange, 200, {{"orders", std::move(list)}, {"page", page}});
}

Answer handle_order_info(World& world, Exchange& exchange) {
  const auto order = find_by_any_id(world, exchange, exchange.parameters[0]);
  if (!order) return refuse(not_found("order"));
  exchange.order_id = order->id;
  return json_answer(world, exchange, 200,
                     wire::order_info(info_facts(world, exchange, *order), world.now));
}

Answer handle_order_alternate(World& world, Exchange& exchange) {
  json rows = json::array();
  const Id account = exchange.caller.account.id;
  for (const Order& order : world.store.orders_by_alternative_id(account, exchange.parameters[0])) {
    if (order.listed_at > world.now) continue;
    ListedOrder row{world.store.view(order), "", ""};
    row.status = order_status(row.view, world.now);
    rows.push_back(short_row(row, world.now));
  }
  return paged_answer(world, exchange, "orders", std::move(rows));
}

Answer handle_status_changes(World& world, Exchange& exchange) {
  const auto window = window_of(Query(exchange.request), world.now);
  if (!window) return refuse(window.error());
  if (window->to - window->from > days{7}) {
    return refuse({400, "time_frame_too_long", "The time frame must not exceed seven days."});
  }
  json rows = json::array();
  for (const ListedOrder& row : visible_orders(world, exchange)) {
    const base::TimePoint changed = last_change(row.view, world.now);
    if (window->from <= changed && changed <= window->to) rows.push_back(short_row(row, world.now));
  }
  shuffle_rows(world, exchange, rows);
  return rows.empty() ? Answer{200, "application/json", "{}"}
                      : json_answer(world, exchange, 200, {{"orders", std::move(rows)}});
}

Answer handle_note_create(World& world, Exchange& exchange) {
  const auto order = find_order(world, exchange, exchange.parameters[0]);
  if (!order) return refuse(not_found("order"));
  Note note;
  note.text = text_of(exchange.body, "text");
  if (note.text.empty()) return refuse({400, "required_param:text", "text is required."});
  note.id = world.store.next_id("other");
  note.order_id = order->id;
  note.user_id = exchange.caller.user.id;
  note.created_at = world.now;
  world.store.put(note);
  exchange.took_effect = true;
  exchange.order_id = order->id;
  return json_answer(world, exchange, 201, wire::note(note, exchange.caller.user));
}

Answer handle_note_list(World& world, Exchange& exchange) {
  const auto order = find_order(world, exchange, exchange.parameters[0]);
  if (!order) return refuse(not_found("order"));
  json rows = json::array();
  for (const Note& note : world.store.notes(order->id)) {
    rows.push_back(wire::note(note, user_of(world, note.user_id)));
  }
  return list_answer(world, exchange, "notes", std::move(rows));
}

Answer handle_custom_field(World& world, Exchange& exchange) {
  auto order = find_order(world, exchange, exchange.parameters[0]);
  if (!order) return refuse(not_found("order"));
  const auto metadata = id_of(exchange.body, "metadata_id");
  if (!metadata) return refuse({400, "required_param:metadata_id", "metadata_id is required."});
  json fields = json::parse(order->custom_fields, nullptr, false);
  std::erase_if(fields.get_ref<json::array_t&>(),
                [&](const json& field) { return id_of(field, "metadata_id") == metadata; });
  fields.push_back({{"metadata_id", *metadata}, {"value", text_of(exchange.body, "value")}});
  order->custom_fields = fields.dump();
  world.store.put(*order);
  exchange.took_effect = true;
  exchange.order_id = order->id;
  return no_content();
}

Answer handle_check_dcv(World& world, Exchange& exchange) {
  const auto order = find_order(world, exchange, exchange.parameters[0]);
  if (!order) return refuse(not_found("order"));
  const auto domains = world.store.domains(order->account_id);
  const bool valid = unvalidated_name(order->dns_names, domains, world.now).empty();
  return json_answer(world, exchange, 200,
                     {{"dcv_status", valid ? "valid" : "pending"},
                      {"order_status", order_status(world.store.view(*order), world.now)}});
}

}  // namespace simulator
