#include "plugin/gather.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "api/names.h"
#include "plugin/inquiry.h"
#include "reconcile/resources.h"
#include "rules/decide.h"
#include "rules/report.h"

namespace plugin {
namespace {

using Request = api::DuplicateCertificateRequest;

bool is_about(const api::CertificateOrder& entry, std::int64_t order_id) {
  return entry.spec.renewal_of == order_id || entry.status.order_id == order_id;
}

}  // namespace

base::Result<Gatherer> Gatherer::create(const cli::PluginOptions& options,
                                        const base::Clock& clock) {
  Gatherer made(options, clock);
  made.config_ =
      TRY(kube::load_config(kube::system_config_source(options.kubeconfig, options.context)));
  made.home_ = options.namespace_.empty() ? made.config_.namespace_ : options.namespace_;
  made.client_ =
      TRY(kube::connect(made.config_, {.field_manager = "kubectl-duplicert"},
                        fmt::format("kubectl-duplicert/{} (linux)", cli::version()), clock));
  return made;
}

base::Result<std::vector<Request>> Gatherer::requests(const std::string& namespace_,
                                                      std::stop_token stop) {
  const auto found = TRY(client_->list_all(reconcile::kRequests, namespace_, {}, stop));
  std::vector<Request> all;
  for (const auto& item : found["items"]) {
    auto request = TRY(api::decode_duplicate_certificate_request(item));
    all.push_back(std::move(request));
  }
  return all;
}

base::Result<Request> Gatherer::request(const std::string& name, std::stop_token stop) {
  const auto found = client_->get(reconcile::kRequests, {home_, name}, stop);
  if (found) return api::decode_duplicate_certificate_request(*found);
  if (found.error().code != base::Code::kNotFound) return std::unexpected(found.error());
  return base::fail(base::Code::kNotFound,
                    fmt::format("there is no request {}/{}; kubectl duplicert status -n {} lists "
                                "those that exist",
                                home_, name, home_));
}

// Those that were named, else all.
base::Result<std::vector<Request>> Gatherer::wanted(std::stop_token stop) {
  if (options_.names.empty()) return requests(options_.all_namespaces ? "" : home_, stop);
  std::vector<Request> some;
  for (const std::string& name : options_.names) {
    auto one = TRY(request(name, stop));
    some.push_back(std::move(one));
  }
  return some;
}

base::Result<ListView> Gatherer::list(std::stop_token stop) {
  ListView view;
  view.requests = TRY(wanted(stop));
  return view;
}

base::Result<StatusView> Gatherer::status(const std::string& name, std::stop_token stop) {
  StatusView view;
  view.request = TRY(request(name, stop));
  view.now = clock_.now();
  if (!view.request.status.order) return view;
  add_copies(view, stop);
  add_entries(view, stop);
  return view;
}

void Gatherer::add_copies(StatusView& view, std::stop_token stop) {
  auto all = requests("", stop);
  if (!all) {
    view.notes.push_back(
        fmt::format("copies are shown of namespace {} alone ({})", home_, all.error().message));
    all = requests(home_, stop);
  }
  if (!all) return;
  const std::int64_t order = view.request.status.order->id;
  for (Request& other : *all) {
    const bool same = other.status.order && other.status.order->id == order;
    if (same && other.meta.uid != view.request.meta.uid) view.copies.push_back(std::move(other));
  }
}

void Gatherer::add_entries(StatusView& view, std::stop_token stop) {
  const auto found = client_->list_all(reconcile::kOrders, options_.ledger_namespace, {}, stop);
  if (!found) {
    view.notes.push_back(fmt::format("the ledger cannot be read ({})", found.error().message));
    return;
  }
  for (const auto& item : (*found)["items"]) {
    auto entry = api::decode_certificate_order(item);
    if (entry && is_about(*entry, view.request.status.order->id)) {
      view.entries.push_back(*std::move(entry));
    }
  }
}

base::Result<OrdersView> Gatherer::orders(std::stop_token stop) {
  OrdersView view{.direct = options_.direct};
  for (const Request& one : TRY(wanted(stop))) {
    OrdersOf orders{.key = api::key_of(one.meta), .candidates = one.status.candidates};
    if (options_.direct) orders = TRY(direct_orders(one, view.notes, stop));
    if (one.status.order) orders.in_use = one.status.order->id;
    if (orders.candidates.empty() && orders.problem.empty()) {
      orders.problem =
          "the status has no candidates: the controller writes them while it looks for an order, "
          "and while spec.suspend is true. --direct asks the CA now";
    }
    view.requests.push_back(std::move(orders));
  }
  return view;
}

// The candidates of a request that is suspended: what the rules show without doing anything.
base::Result<OrdersOf> Gatherer::direct_orders(const Request& request,
                                               std::vector<std::string>& notes,
                                               std::stop_token stop) {
  const kube::ObjectKey key{request.meta.namespace_, request.meta.name};
  const Finding found = TRY(inquire(key, true, config_, options_, clock_, stop));
  for (const std::string& note : found.notes) {
    if (std::ranges::find(notes, note) == notes.end()) notes.push_back(note);
  }
  OrdersOf orders{.key = key.text(),
                  .candidates = rules::report(found.facts, found.made).candidates};
  if (!orders.candidates.empty()) return orders;
  const auto& error = found.facts.ca_error;
  orders.problem = error                   ? error->message
                   : found.facts.ca.orders ? "no order of the account shares a name with it"
                                           : found.made.message;
  return orders;
}

base::Result<ExplainView> Gatherer::explain(const std::string& name, std::stop_token stop) {
  const Finding found = TRY(inquire({home_, name}, false, config_, options_, clock_, stop));
  const rules::Decision& made = found.made;
  const auto rules = rules::rule_names();
  const auto at = std::ranges::find(rules, made.rule);
  const Readiness ready = readiness_of(found.facts.request);
  return ExplainView{.key = home_ + "/" + name,
                     .facts = rules::describe(found.facts),
                     .rule = std::string(made.rule),
                     .rule_number = static_cast<std::size_t>(at - rules.begin()) + 1,
                     .rules = rules.size(),
                     .action = rules::describe(made.action),
                     .reason = std::string(api::name_of(made.reason)),
                     .message = made.message,
                     .first = found.first,
                     .candidates = rules::report(found.facts, made).candidates,
                     .needs_ca = found.needs_ca,
                     .reported = fmt::format("Ready is {} ({}): {}", api::name_of(ready.status),
                                             ready.reason, ready.message),
                     .changes = rules::what_would_change(found.facts, made),
                     .notes = found.notes};
}

}  // namespace plugin
