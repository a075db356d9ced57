#include "simulator/admin.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "simulator/body.h"
#include "simulator/service.h"
#include "simulator/wire.h"

namespace simulator {
namespace {

using base::Code;
using base::fail;
using nlohmann::json;

struct Task {
  Service& service;
  const AdminRequest& request;
  const json& body;
  Id id = 0;  // from the path
};
using AdminResult = base::Result<json>;

std::string query_value(const AdminRequest& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? "" : found->second;
}

AdminResult get_health(Task& task) {
  return json{{"status", "ok"}, {"now", base::format_time(task.service.now())}};
}

json call_json(const Call& call) {
  return {{"id", call.id},
          {"at", base::format_time(call.at)},
          {"method", call.method},
          {"path", call.path},
          {"query", call.query},
          {"operation", call.operation},
          {"http_status", call.http_status},
          {"key_hash", call.key_hash},
          {"fault", call.fault},
          {"took_effect", call.took_effect},
          {"answered", call.answered},
          {"order_id", call.order_id},
          {"duration_ms", call.duration_ms}};
}

AdminResult get_journal(Task& task) {
  CallFilter filter;
  filter.method = query_value(task.request, "method");
  filter.path = query_value(task.request, "path");
  filter.operation = query_value(task.request, "operation");
  filter.after_id = parse_id(query_value(task.request, "after")).value_or(0);
  filter.limit =
      static_cast<std::size_t>(parse_id(query_value(task.request, "limit")).value_or(10'000));
  const auto calls = task.service.read_state([&](Store& store) { return store.calls(filter); });
  json rows = json::array();
  for (const Call& call : calls) rows.push_back(call_json(call));
  return json{{"count", rows.size()}, {"calls", std::move(rows)}};
}

AdminResult get_counts(Task& task) {
  return json{{"effects", task.service.read_state([](Store& store) { return store.effects(); })}};
}

AdminResult get_violations(Task& task) {
  json rows = json::array();
  for (const Violation& row :
       task.service.read_state([](Store& store) { return store.violations(); })) {
    rows.push_back({{"id", row.id},
                    {"at", base::format_time(row.at)},
                    {"operation", row.operation},
                    {"path", row.path},
                    {"key_hash", row.key_hash},
                    {"detail", row.detail}});
  }
  return json{{"count", rows.size()}, {"violations", std::move(rows)}};
}

json certificate_json(const Copy& copy, base::TimePoint now) {
  const Certificate& row = copy.certificate;
  const bool primary = row.kind == CertificateKind::kPrimary;
  const std::string kind = row.is_reissue ? "reissue" : (primary ? "primary" : "duplicate");
  return {{"id", row.id},
          {"kind", kind},
          {"request_id", row.request_id},
          {"request_status", copy.request_status},
          {"status", duplicate_status(stage_of(row, copy.request_status, now))},
          {"common_name", row.common_name},
          {"dns_names", row.dns_names},
          {"serial_number", row.serial},
          {"valid_till", base::format_time(row.valid_till)},
          {"issued_at", row.issued_at == kNever ? "" : base::format_time(row.issued_at)},
          {"csr", row.csr}};
}

json order_json(Store& store, const Order& order, base::TimePoint now) {
  const OrderView view = store.view(order);
  json copies = json::array();
  for (const Copy& copy : view.primaries) copies.push_back(certificate_json(copy, now));
  for (const Copy& copy : store.duplicates(order.id)) {
    copies.push_back(certificate_json(copy, now));
  }
  return {{"id", order.id},
          {"account_id", order.account_id},
          {"organization_id", order.organization_id},
          {"product", order.product},
          {"status", order_status(view, now)},
          {"common_name", order.common_name},
          {"dns_names", order.dns_names},
          {"free_names", order.free_names},
          {"order_valid_till", base::format_time(order.valid_till)},
          {"renewal_of", order.renewal_of},
          {"renewed_by", order.renewed_by},
          {"allow_duplicates", order.allow_duplicates},
          {"alternative_order_id", order.alternative_order_id},
          {"certificates", std::move(copies)}};
}

AdminResult get_dump(Task& task) {
  const base::TimePoint now = task.service.now();
  json orders = json::array();
  json accounts = json::array();
  task.service.read_state([&](Store& store) {
    for (const Account& account : store.accounts()) {
      accounts.push_back({{"id", account.id},
                          {"name", account.name},
                          {"approval_step", account.approval == Approval::kRequired},
                          {"duplicates", account.duplicates}});
      for (const Order& order : store.orders(account.id)) {
        orders.push_back(order_json(store, order, now));
      }
    }
    return 0;
  });
  return json{{"now", base::format_time(now)},
              {"accounts", std::move(accounts)},
              {"orders", std::move(orders)}};
}

AdminResult get_clock(Task& task) {
  return json{{"now", base::format_time(task.service.now())}};
}

AdminResult post_clock(Task& task) {
  const auto by = TRY(base::parse_duration(text_of(task.body, "advance")));
  task.service.advance(by);
  return get_clock(task);
}

AdminResult get_faults(Task& task) {
  json rows = json::array();
  for (const FaultRule& rule : task.service.faults().rules()) {
    rows.push_back({{"name", name_of(rule.fault)},
                    {"operation", rule.operation},
                    {"probability", rule.probability},
                    {"duration_ms", rule.duration.count()},
                    {"times", rule.times}});
  }
  return json{{"faults", std::move(rows)}};
}

AdminResult put_faults(Task& task) {
  TRY_VOID(task.service.faults().set(Manner::kPolite, texts_of(task.body, "faults")));
  return get_faults(task);
}

base::Result<PersonOrder> read_person_order(const json& body) {
  PersonOrder order;
  order.renewal_of = id_of(body, "renewal_of").value_or(0);
  order.product = text_of(body, "product");
  order.organization_id = id_of(body, "organization_id").value_or(0);
  order.common_name = text_of(body, "common_name");
  order.dns_names = texts_of(body, "dns_names");
  order.id = id_of(body, "id").value_or(0);
  order.linked = !body.contains("linked") || flag_of(body, "linked");
  order.pending = flag_of(body, "pending");
  if (const auto text = text_of(body, "order_validity"); !text.empty()) {
    order.order_validity = TRY(base::parse_duration(text));
  }
  return order;
}

AdminResult post_order(Task& task) {
  const PersonOrder order = TRY(read_person_order(task.body));
  const Id id = TRY(task.service.with_state(
      [&](const IssueWorld& world) { return person_orders(world, order); }));
  return json{{"id", id}};
}

AdminResult post_reissue(Task& task) {
  TRY_VOID(task.service.with_state(
      [&](const IssueWorld& world) { return person_reissues(world, task.id); }));
  return json{{"id", task.id}};
}

AdminResult post_duplicate(Task& task) {
  const std::string csr = text_of(task.body, "csr");
  std::chrono::seconds ago{0};
  if (const auto text = text_of(task.body, "issued_ago"); !text.empty()) {
    ago = TRY(base::parse_duration(text));
  }
  json answer;
  const auto done = task.service.with_state([&](const IssueWorld& world) -> base::Result<void> {
    const IssueWorld then{world.store, world.issuer, world.now - ago};
    const Id id = TRY(person_duplicates(then, task.id, csr));
    json chain = json::array();
    if (const auto made = world.store.certificate(id)) {
      for (const ChainLink& link : chain_of(world.issuer, *made)) chain.push_back(link.pem);
    }
    answer = {{"certificate_id", id}, {"chain", std::move(chain)}};
    return {};
  });
  TRY_VOID(done);
  return answer;
}

AdminResult put_order(Task& task) {
  return task.service.with_state([&](const IssueWorld& world) -> AdminResult {
    auto order = world.store.order(task.id);
    if (!order) return fail(Code::kNotFound, fmt::format("there is no order {}", task.id));
    if (task.body.contains("allow_duplicates")) {
      order->allow_duplicates = flag_of(task.body, "allow_duplicates");
    }
    if (task.body.contains("status")) order->forced_status = text_of(task.body, "status");
    world.store.put(*order);
    return json{{"id", task.id}};
  });
}

AdminResult get_requests(Task& task) {
  const std::string status = query_value(task.request, "status");
  json rows = json::array();
  task.service.read_state([&](Store& store) {
    for (const Account& account : store.accounts()) {
      for (const CertRequest& row : store.requests_of_account(account.id)) {
        if (!status.empty() && row.status != status) continue;
        rows.push_back({{"id", row.id},
                        {"order_id", row.order_id},
                        {"certificate_id", row.certificate_id},
                        {"type", row.type},
                        {"status", row.status}});
      }
    }
    return 0;
  });
  return json{{"requests", std::move(rows)}};
}

AdminResult put_request(Task& task) {
  const std::string status = text_of(task.body, "status");
  if (status != "approved" && status != "rejected") {
    return fail(Code::kInvalid, "status: wanted approved or rejected");
  }
  const std::string comment = text_of(task.body, "comment");
  TRY_VOID(task.service.with_state([&](const IssueWorld& world) {
    return status == "approved" ? person_approves(world, task.id, comment)
                                : person_rejects(world, task.id, comment);
  }));
  return json{{"id", task.id}, {"status", status}};
}

AdminResult post_revoke(Task& task) {
  TRY_VOID(task.service.with_state(
      [&](const IssueWorld& world) { return person_revokes(world, task.id); }));
  return json{{"id", task.id}};
}

base::Result<void> change_account(const json& body, Account& account) {
  if (body.contains("approval_step")) {
    account.approval = flag_of(body, "approval_step") ? Approval::kRequired : Approval::kSkip;
  }
  if (body.contains("duplicates")) account.duplicates = flag_of(body, "duplicates");
  if (const auto end = text_of(body, "duplicate_validity"); !end.empty()) {
    if (end != "original" && end != "order") {
      return fail(Code::kInvalid, "duplicate_validity: wanted original or order");
    }
    account.duplicate_end = end == "order" ? DuplicateEnd::kOrder : DuplicateEnd::kOriginal;
  }
  const auto number = [&](const char* name, int& value) {
    value = static_cast<int>(id_of(body, name).value_or(value));
  };
  number("certificate_days_max", account.certificate_days_max);
  number("requests_per_3_minutes", account.requests_per_3_minutes);
  number("requests_per_5_seconds", account.requests_per_5_seconds);
  return {};
}

AdminResult put_account(Task& task) {
  return task.service.with_state([&](const IssueWorld& world) -> AdminResult {
    auto account = world.store.account(task.id);
    if (!account) return fail(Code::kNotFound, fmt::format("there is no account {}", task.id));
    TRY_VOID(change_account(task.body, *account));
    world.store.put(*account);
    return json{{"id", task.id}};
  });
}

AdminResult put_organization(Task& task) {
  return task.service.with_state([&](const IssueWorld& world) -> AdminResult {
    auto row = world.store.organization(task.id);
    if (!row) return fail(Code::kNotFound, fmt::format("there is no organization {}", task.id));
    if (task.body.contains("status")) row->status = text_of(task.body, "status");
    if (const auto until = text_of(task.body, "validated_until"); !until.empty()) {
      row->validated_until = TRY(base::parse_time(until));
    }
    world.store.put(*row);
    return json{{"id", task.id}};
  });
}

// {"account_id", "name", "dcv_expires"}; without a time the domain is validated for ever.
AdminResult put_domain(Task& task) {
  base::TimePoint expires = kNever;
  if (const auto text = text_of(task.body, "dcv_expires"); !text.empty()) {
    expires = TRY(base::parse_time(text));
  }
  const std::string name = text_of(task.body, "name");
  if (name.empty()) return fail(Code::kInvalid, "name: it is required");
  const Id account = id_of(task.body, "account_id").value_or(0);
  TRY_VOID(task.service.with_state(
      [&](const IssueWorld& world) { return person_validates(world, account, name, expires); }));
  return json{{"name", name}};
}

struct AdminRoute {
  std::string_view method;
  std::string_view pattern;  // {} stands for a number
  AdminResult (*work)(Task&);
};

constexpr AdminRoute kAdminRoutes[] = {
    {"GET", "/health", get_health},
    {"GET", "/journal", get_journal},
    {"GET", "/counts", get_counts},
    {"GET", "/violations", get_violations},
    {"GET", "/dump", get_dump},
    {"GET", "/clock", get_clock},
    {"POST", "/clock", post_clock},
    {"GET", "/faults", get_faults},
    {"PUT", "/faults", put_faults},
    {"GET", "/requests", get_requests},
    {"PUT", "/requests/{}", put_request},
    {"POST", "/orders", post_order},
    {"PUT", "/orders/{}", put_order},
    {"POST", "/orders/{}/reissue", post_reissue},
    {"POST", "/orders/{}/duplicates", post_duplicate},
    {"POST", "/certificates/{}/revoke", post_revoke},
    {"PUT", "/accounts/{}", put_account},
    {"PUT", "/organizations/{}", put_organization},
    {"PUT", "/domains", put_domain},
};

// True if `path` fits; the number goes to `id`.
bool fits(std::string_view pattern, std::string_view path, Id& id) {
  const auto open = pattern.find("{}");
  if (open == std::string_view::npos) return pattern == path;
  const std::string_view head = pattern.substr(0, open);
  const std::string_view tail = pattern.substr(open + 2);
  if (path.size() <= head.size() + tail.size()) return false;
  if (!path.starts_with(head) || !path.ends_with(tail)) return false;
  const auto number = parse_id(path.substr(head.size(), path.size() - head.size() - tail.size()));
  if (number) id = *number;
  return number.has_value();
}

int status_of(const base::Error& error) {
  switch (error.code) {
    case Code::kNotFound:
      return 404;
    case Code::kInvalid:
      return 400;
    case Code::kConflict:
    case Code::kAlreadyExists:
      return 409;
    default:
      return 500;
  }
}

AdminAnswer answer_of(const AdminResult& result) {
  if (result) {
    return {200, "application/json", result->dump(1, ' ', false, json::error_handler_t::replace)};
  }
  const json body = {{"error", result.error().message}};
  return {status_of(result.error()), "application/json",
          body.dump(-1, ' ', false, json::error_handler_t::replace)};
}

}  // namespace

AdminAnswer answer_admin(Service& service, const AdminRequest& request) {
  if (request.method == "GET" && request.path == "/root.pem") {
    return {200, "application/x-pem-file", service.issuer().root_pem()};
  }
  json body = json::object();
  if (!request.body.empty()) body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) return answer_of(fail(Code::kInvalid, "the body is not a JSON object"));
  Task task{service, request, body};
  for (const AdminRoute& route : kAdminRoutes) {
    if (route.method != request.method) continue;
    if (fits(route.pattern, request.path, task.id)) return answer_of(route.work(task));
  }
  return answer_of(
      fail(Code::kNotFound, fmt::format("there is no {} /_sim{}", request.method, request.path)));
}

}  // namespace simulator
