#include "rules/ledger.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/names.h"

namespace rules {
namespace {

NameSet bought_names(const std::string& common_name, const std::vector<std::string>& names) {
  const auto kept = without_twins(common_name, names);
  NameSet set(kept.begin(), kept.end());
  set.insert(common_name);
  return set;
}

bool was_refused(const LedgerEntry& entry) {
  return entry.state == api::OrderState::kRefused || entry.state == api::OrderState::kRejected;
}

// The number behind the last hyphen of an entry's name.
int generation_of(std::string_view name) {
  const auto hyphen = name.rfind('-');
  const std::string_view digits = hyphen == name.npos ? name : name.substr(hyphen + 1);
  int generation = 1;
  std::from_chars(digits.data(), digits.data() + digits.size(), generation);
  return generation;
}

api::Reason reason_of(const api::CertificateOrder& object) {
  const auto* ready = api::find_condition(object.status.conditions, api::kReady);
  const auto reason = ready == nullptr ? std::nullopt : api::parse_reason(ready->reason);
  if (reason && *reason != api::Reason::kPending) return *reason;
  return object.spec.kind == api::OrderKind::kRenewal ? api::Reason::kAwaitingRenewedOrder
                                                      : api::Reason::kAwaitingIssuance;
}

}  // namespace

OrderGroup make_group(const std::string& account, const std::string& product,
                      std::int64_t organization_id, const FinalNames& names) {
  OrderGroup group{.account = account,
                   .product = product,
                   .organization_id = organization_id,
                   .names = {.common_name = names.common_name, .dns_names = {names.common_name}}};
  for (const std::string& name : bought_names(names.common_name, names.dns_names)) {
    if (name != names.common_name) group.names.dns_names.push_back(name);
  }
  return group;
}

OrderGroup group_of(const OrderFacts& order, const std::string& account) {
  return make_group(account, order.product, order.organization_id,
                    {order.common_name, order.dns_names});
}

std::string text_of(const OrderGroup& group) {
  return fmt::format("{}|{}|{}|{}", group.account, group.product, group.organization_id,
                     fmt::join(group.names.dns_names, ","));
}

LedgerEntry entry_of(const api::CertificateOrder& object) {
  const auto& [meta, spec, status] = object;
  return {.name = meta.name,
          .generation = generation_of(meta.name),
          .group = make_group(spec.account, spec.product_name_id, spec.organization_id,
                              {spec.common_name, spec.dns_names}),
          .kind = spec.kind,
          .renewal_of = spec.renewal_of.value_or(0),
          .public_key_sha256 = spec.public_key_sha256,
          .profile = spec.profile,
          .inputs = api::annotation(meta, std::string(api::kInputsAnnotation)).value_or(""),
          .state = status.state,
          .order_id = status.order_id.value_or(0),
          .submitted_at = status.submitted_at,
          .submissions = status.submissions,
          .closed_at = status.closed_at,
          .next_attempt = status.next_attempt_time,
          .reason = reason_of(object),
          .message = status.message,
          .being_deleted = meta.deletion_time.has_value()};
}

const LedgerEntry* latest_entry(std::span<const LedgerEntry> ledger, const OrderGroup& group) {
  const LedgerEntry* latest = nullptr;
  for (const LedgerEntry& entry : ledger) {
    const bool newer = latest == nullptr || entry.generation > latest->generation;
    if (newer && entry.group == group) latest = &entry;
  }
  return latest;
}

const LedgerEntry* find_entry(std::span<const LedgerEntry> ledger, std::string_view name) {
  const auto at = std::ranges::find(ledger, name, &LedgerEntry::name);
  return at == ledger.end() ? nullptr : &*at;
}

int refusals_up_to(std::span<const LedgerEntry> ledger, const LedgerEntry& entry) {
  int count = 0;
  for (int generation = entry.generation; generation > 0; --generation) {
    const auto at = std::ranges::find_if(ledger, [&](const LedgerEntry& other) {
      return other.generation == generation && other.group == entry.group;
    });
    if (at == ledger.end() || !was_refused(*at)) break;
    ++count;
  }
  return count;
}

bool succeeds(const OrderFacts& later, const OrderFacts& order) {
  if (later.id == order.id || later.product != order.product ||
      later.organization_id != order.organization_id) {
    return false;
  }
  const bool newer = later.date_created != order.date_created
                         ? later.date_created > order.date_created
                         : later.id > order.id;
  return newer && bought_names(later.common_name, later.dns_names) ==
                      bought_names(order.common_name, order.dns_names);
}

}  // namespace rules
