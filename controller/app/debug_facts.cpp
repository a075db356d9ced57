#include "app/debug_facts.h"

#include <nlohmann/json.hpp>

#include "rules/standing.h"

namespace app {
namespace {

using nlohmann::json;

json instant(const std::optional<base::TimePoint>& time) {
  return time ? json(base::format_time(*time)) : json();
}

std::string_view word(rules::Need need) {
  switch (need) {
    case rules::Need::kNone:
      return "none";
    case rules::Need::kReplace:
      return "replace";
    case rules::Need::kExpiring:
      return "expiring";
  }
  return "";
}

std::string_view word(rules::SecretOwner owner) {
  switch (owner) {
    case rules::SecretOwner::kThisRequest:
      return "this request";
    case rules::SecretOwner::kNobody:
      return "nobody any more";
    case rules::SecretOwner::kOtherRequest:
      return "another request";
    case rules::SecretOwner::kUnclaimed:
      return "unclaimed";
    case rules::SecretOwner::kForeign:
      return "somebody else";
  }
  return "";
}

json standing(const rules::Observed& seen) {
  const rules::Standing standing = rules::standing_of(seen);
  return {{"usable", standing.usable},
          {"problem", standing.problem},
          {"need", word(standing.need)},
          {"needText", standing.need_text},
          {"renewalTime", instant(standing.renewal_time)},
          {"expiresSoonTime", instant(standing.expires_soon_time)}};
}

json profile(const std::optional<rules::ProfileFacts>& profile) {
  if (!profile) return nullptr;
  return {{"name", profile->name},
          {"account", profile->account},
          {"product", profile->product},
          {"organizationID", profile->organization_id},
          {"namespaceAllowed", profile->namespace_allowed},
          {"problem", profile->problem},
          {"placesOrders", profile->places_orders},
          {"ordersToday", profile->orders_today}};
}

json installed(const std::optional<rules::InstalledFacts>& secret) {
  if (!secret) return nullptr;
  json view = {{"owner", word(secret->owner)},
               {"ownerText", secret->owner_text},
               {"keyMatches", secret->key_matches},
               {"problem", secret->problem},
               {"orderID", secret->order_id},
               {"resourceVersion", secret->resource_version},
               {"renewRequestedAt", secret->renew_requested_at}};
  if (!secret->leaf) return view;
  view["serialNumber"] = secret->leaf->serial_number;
  view["notAfter"] = base::format_time(secret->leaf->not_after);
  view["commonName"] = secret->leaf->common_name;
  return view;
}

json pending(const std::optional<rules::PendingFacts>& pending) {
  if (!pending) return nullptr;
  return {{"usable", pending->usable},
          {"publicKeySHA256", pending->public_key_sha256},
          {"orderID", pending->order_id},
          {"entry", pending->entry},
          {"submittedAt", instant(pending->submitted_at)},
          {"sends", pending->sends},
          {"requestID", pending->request_id},
          {"refusal", pending->refusal ? json(pending->refusal->message) : json()}};
}

json ca(const rules::Observed& seen) {
  const rules::CaView& view = seen.ca;
  json answers = {{"fruitlessLooks", view.fruitless_looks},
                  {"awaitsApproval", view.awaits_approval},
                  {"rateLimited", view.rate_limited},
                  {"error", seen.ca_error ? json(seen.ca_error->message) : json()},
                  {"failures", seen.failures}};
  answers["orders"] = nullptr;
  if (view.orders) {
    answers["orders"] = json::array();
    for (const rules::OrderFacts& order : *view.orders) answers["orders"].push_back(order.id);
  }
  answers["listed"] = nullptr;
  if (view.listed) {
    answers["listed"] = json::array();
    for (const auto& one : *view.listed) answers["listed"].push_back(one.certificate_id);
  }
  return answers;
}

json ledger(const std::vector<rules::LedgerEntry>& entries) {
  json list = json::array();
  for (const rules::LedgerEntry& entry : entries) {
    list.push_back({{"name", entry.name},
                    {"state", api::name_of(entry.state)},
                    {"orderID", entry.order_id},
                    {"message", entry.message}});
  }
  return list;
}

json until(const rules::Action& action) {
  if (const auto* wait = std::get_if<rules::Wait>(&action)) return instant(wait->until);
  if (const auto* nothing = std::get_if<rules::Nothing>(&action)) return instant(nothing->until);
  return nullptr;
}

}  // namespace

std::string describe_decision(const rules::Observed& seen, const rules::Decision& made) {
  const json view = {
      {"observed",
       {{"at", base::format_time(seen.now)},
        {"generation", seen.request.meta.generation},
        {"specProblems", seen.spec_problems},
        {"standing", standing(seen)},
        {"profile", profile(seen.profile)},
        {"installed", installed(seen.installed)},
        {"pending", pending(seen.pending)},
        {"ledger", ledger(seen.ledger)},
        {"ca", ca(seen)}}},
      {"decision",
       {{"action", rules::name_of(made.action)},
        {"rule", made.rule},
        {"reason", api::name_of(made.reason)},
        {"message", made.message},
        {"trouble", made.trouble},
        {"entry", made.entry},
        {"until", until(made.action)}}},
  };
  return view.dump();
}

}  // namespace app
