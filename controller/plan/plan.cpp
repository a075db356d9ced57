#include "plan/plan.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"

namespace plan {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 7> kNames{"current", "wait",   "issue",  "renew",
                                                 "buy",     "refuse", "unknown"};

json item_json(const Item& item) {
  json object{{"namespace", item.namespace_},
              {"name", item.name},
              {"source", item.place},
              {"outcome", name_of(item.outcome)},
              {"reason", api::name_of(item.reason)},
              {"rule", item.rule},
              {"message", item.message},
              {"secretName", item.secret_name}};
  if (!item.first.empty()) object["first"] = item.first;
  if (item.order_id) object["orderID"] = *item.order_id;
  if (!item.purchase.empty()) object["purchase"] = item.purchase;
  if (!item.dns_names.empty()) object["dnsNames"] = item.dns_names;
  if (item.next) object["next"] = base::format_time(*item.next);
  for (const api::Candidate& one : item.candidates) {
    json candidate{{"id", one.id},
                   {"commonName", one.common_name},
                   {"dnsNames", one.dns_names},
                   {"dnsNamesCount", one.dns_names_count},
                   {"eligible", one.eligible},
                   {"reason", one.reason}};
    if (one.valid_till) candidate["validTill"] = base::format_time(*one.valid_till);
    object["candidates"].push_back(std::move(candidate));
  }
  return object;
}

json purchase_json(const Purchase& purchase) {
  json object{{"entry", purchase.entry},
              {"kind", purchase.renewal ? "Renewal" : "New"},
              {"account", purchase.account},
              {"product", purchase.product},
              {"profile", purchase.profile},
              {"dnsNames", purchase.dns_names},
              {"validityYears", purchase.validity_years},
              {"requests", purchase.requests}};
  if (purchase.renewal) object["renewalOf"] = purchase.renewal_of;
  return object;
}

json fault_json(const Fault& fault) {
  return {{"source", fault.place},
          {"object", fault.object},
          {"field", fault.field},
          {"message", fault.message}};
}

bool any(const Plan& plan, std::initializer_list<Outcome> outcomes) {
  return std::ranges::any_of(plan.items, [&](const Item& item) {
    return std::ranges::find(outcomes, item.outcome) != outcomes.end();
  });
}

}  // namespace

std::string_view name_of(Outcome outcome) {
  return kNames[static_cast<std::size_t>(outcome)];
}

int exit_code(const Plan& plan, bool no_orders) {
  if (no_orders && !plan.purchases.empty()) return kExitOrders;
  if (!plan.faults.empty() || any(plan, {Outcome::kRefuse, Outcome::kUnknown})) return kExitError;
  if (any(plan, {Outcome::kIssue, Outcome::kRenew, Outcome::kBuy})) return kExitChanges;
  return kExitNothing;
}

json to_json(const Plan& plan, bool no_orders) {
  json object{{"version", 1},
              {"exitCode", exit_code(plan, no_orders)},
              {"summary", summary_of(plan)},
              {"counts", json::object()},
              {"requests", json::array()},
              {"purchases", json::array()},
              {"profiles", json::array()},
              {"errors", json::array()},
              {"notes", plan.notes}};
  for (const std::string_view name : kNames) object["counts"][std::string(name)] = 0;
  for (const Item& item : plan.items) {
    object["requests"].push_back(item_json(item));
    json& count = object["counts"][std::string(name_of(item.outcome))];
    count = count.get<int>() + 1;
  }
  for (const Purchase& one : plan.purchases) object["purchases"].push_back(purchase_json(one));
  for (const ProfileItem& one : plan.profiles) {
    object["profiles"].push_back({{"name", one.name},
                                  {"source", one.place},
                                  {"usable", one.usable},
                                  {"problem", one.problem}});
  }
  for (const Fault& fault : plan.faults) object["errors"].push_back(fault_json(fault));
  return object;
}

std::string summary_of(const Plan& plan) {
  constexpr std::array<std::string_view, 7> kPhrases{
      "current", "waiting", "to issue", "to renew", "to buy an order for", "refused", "not known"};
  constexpr std::array kOrder{Outcome::kBuy,    Outcome::kIssue,   Outcome::kRenew,
                              Outcome::kRefuse, Outcome::kUnknown, Outcome::kWait,
                              Outcome::kCurrent};
  std::vector<std::string> parts;
  for (const Outcome outcome : kOrder) {
    const auto count = std::ranges::count(plan.items, outcome, &Item::outcome);
    const auto phrase = kPhrases[static_cast<std::size_t>(outcome)];
    if (count > 0) parts.push_back(fmt::format("{} {}", count, phrase));
  }
  if (!plan.faults.empty())
    parts.push_back(fmt::format("{} wrong in manifests", plan.faults.size()));
  return parts.empty() ? "no requests" : fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace plan
