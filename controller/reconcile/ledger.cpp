#include "reconcile/ledger.h"

#include <algorithm>

#include <fmt/format.h>

#include "api/names.h"
#include "x509/digest.h"

namespace reconcile {
namespace {

using Entries = runtime::Store<api::CertificateOrder>;

constexpr std::size_t kHashDigits = 20;
constexpr std::chrono::hours kDay{24};

rules::NameSet names_of(const rules::Observed& facts) {
  const auto& spec = facts.request.spec;
  rules::NameSet names(spec.dns_names.begin(), spec.dns_names.end());
  if (spec.common_name) names.insert(*spec.common_name);
  if (facts.installed && facts.installed->leaf) {
    names.insert(facts.installed->leaf->common_name);
    names.insert(facts.installed->leaf->dns_names.begin(), facts.installed->leaf->dns_names.end());
  }
  return names;
}

bool shares_a_name(const api::CertificateOrderSpec& spec, const rules::NameSet& names) {
  if (names.empty() || names.contains(spec.common_name)) return true;
  return std::ranges::any_of(spec.dns_names,
                             [&](const std::string& name) { return names.contains(name); }) ||
         std::ranges::any_of(names, [&](const std::string& name) {
           return rules::is_below_wildcard(name, spec.common_name);
         });
}

bool counts(const api::CertificateOrder& entry, base::TimePoint now, bool unsent) {
  const auto& status = entry.status;
  if (status.state == api::OrderState::kRefused) return false;
  if (!status.submitted_at) return unsent && !api::is_closed(status.state);
  return now - *status.submitted_at < kDay;
}

}  // namespace

std::string entry_name(const rules::OrderGroup& group, int generation) {
  return fmt::format("order-{}-{}", x509::sha256_hex(rules::text_of(group)).substr(0, kHashDigits),
                     generation);
}

std::vector<rules::LedgerEntry> ledger_of(const Entries& entries, const rules::Observed& facts) {
  std::vector<rules::LedgerEntry> found;
  if (!facts.profile || facts.profile->account.empty()) return found;
  const rules::NameSet names = names_of(facts);
  const std::string ours = facts.pending ? facts.pending->entry : "";
  for (const auto& entry : entries.by_index(kByAccount, facts.profile->account)) {
    if (entry->meta.name != ours && !shares_a_name(entry->spec, names)) continue;
    found.push_back(rules::entry_of(*entry));
  }
  return found;
}

int orders_today(const Entries& entries, const std::string& account, const std::string& profile,
                 base::TimePoint now, const std::string& except, bool unsent) {
  int count = 0;
  for (const auto& entry : entries.by_index(kByAccount, account)) {
    if (entry->spec.profile != profile || entry->meta.name == except) continue;
    if (counts(*entry, now, unsent)) ++count;
  }
  return count;
}

api::CertificateOrder entry_object(const Opening& opening) {
  const rules::OpenLedger& action = opening.action;
  const std::string name = entry_name(action.group, action.generation);
  api::CertificateOrder object;
  object.meta.namespace_ = opening.ledger_namespace;
  object.meta.name = name;
  object.meta.labels[std::string(api::kManagedByLabel)] = api::kManagedByValue;
  object.meta.annotations[std::string(api::kInputsAnnotation)] = opening.inputs;
  object.spec = {.kind = action.kind,
                 .account = action.group.account,
                 .profile = opening.profile,
                 .product_name_id = action.group.product,
                 .organization_id = action.group.organization_id,
                 .common_name = action.group.names.common_name,
                 .dns_names = action.group.names.dns_names,
                 .csr = opening.csr,
                 .public_key_sha256 = opening.public_key_sha256,
                 .attempt_id = name,
                 .requested_by = opening.requested_by};
  if (action.renewal_of != 0) object.spec.renewal_of = action.renewal_of;
  return object;
}

}  // namespace reconcile
