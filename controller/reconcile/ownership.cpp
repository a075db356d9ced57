#include "reconcile/ownership.h"

#include <algorithm>

#include "base/text.h"
#include "x509/certificate.h"

namespace reconcile {
namespace {

using rules::OwnershipFacts;
using Found = std::optional<OwnershipFacts>;

// A duplicate is issued after its order was placed; the CA's days have no time of day.
bool may_have_issued(const rules::OrderFacts& order, const rules::LeafFacts& leaf) {
  return order.date_created <= leaf.not_before + std::chrono::days{2};
}

std::vector<rules::OrderFacts> candidates(std::vector<rules::OrderFacts> orders,
                                          const rules::LeafFacts& leaf) {
  std::erase_if(orders, [&](const auto& order) { return !may_have_issued(order, leaf); });
  std::ranges::sort(orders, [](const auto& a, const auto& b) {
    return std::pair(a.date_created, a.id) > std::pair(b.date_created, b.id);
  });
  if (orders.size() > kCandidatesMax) orders.resize(kCandidatesMax);
  return orders;
}

}  // namespace

std::string serial_key(std::string_view text) {
  std::string key = base::lower_case(text);
  key.erase(0, std::min(key.find_first_not_of('0'), key.size()));
  return key;
}

base::Result<OwnershipFacts> Ownership::of(const rules::LeafFacts& leaf, certcentral::CaApi& ca,
                                           Inventory& inventory, base::TimePoint now,
                                           std::stop_token stop) {
  const base::Steady began = clock_.steady_now();
  if (const Found known = TRY(confirm(leaf, ca, stop))) return *known;
  {
    const base::MutexLock lock(mutex_);
    const auto absent = absent_.find(leaf.sha256_fingerprint);
    if (absent != absent_.end() && began - absent->second < kAbsenceAgeMax) return OwnershipFacts{};
  }
  if (const Found found = TRY(by_serial(leaf, ca, stop))) return *found;
  if (const Found found = TRY(by_names(leaf, ca, inventory, now, stop))) return *found;
  const base::MutexLock lock(mutex_);
  std::erase_if(absent_, [&](const auto& old) { return began - old.second >= kAbsenceAgeMax; });
  absent_[leaf.sha256_fingerprint] = began;
  return OwnershipFacts{};
}

base::Result<Found> Ownership::by_serial(const rules::LeafFacts& leaf, certcentral::CaApi& ca,
                                         std::stop_token stop) {
  const std::string serial = base::upper_case(leaf.serial_number);
  const auto order = ca.order_by_serial(serial, stop);
  if (!order) {
    // A serial number of another CA's may not even have the form that this one knows.
    const bool unknown =
        order.error().code == base::Code::kNotFound || order.error().code == base::Code::kInvalid;
    if (!unknown) return std::unexpected(order.error());
    return std::nullopt;
  }
  note(serial, {order->certificate.thumbprint, {order->id, order->certificate.id.value_or(0)}});
  return confirm(leaf, ca, stop);
}

base::Result<Found> Ownership::by_names(const rules::LeafFacts& leaf, certcentral::CaApi& ca,
                                        Inventory& inventory, base::TimePoint now,
                                        std::stop_token stop) {
  rules::MatchQuery query{.names = {.dns_names = {leaf.dns_names.begin(), leaf.dns_names.end()}},
                          .now = now};
  if (!leaf.common_name.empty()) query.names.common_name = leaf.common_name;
  for (const auto& order :
       candidates(TRY(inventory.orders_for(ca, query, inventory.usual(), stop)), leaf)) {
    const auto duplicates = ca.list_duplicates(order.id, stop);
    if (!duplicates && duplicates.error().code == base::Code::kNotFound) continue;
    if (!duplicates) return std::unexpected(duplicates.error());
    for (const certcentral::Duplicate& entry : *duplicates) {
      if (!entry.serial_number.empty()) {
        note(entry.serial_number, {entry.thumbprint, {order.id, entry.id}});
      }
    }
    if (const Found found = TRY(confirm(leaf, ca, stop))) return found;
  }
  return std::nullopt;
}

base::Result<Found> Ownership::confirm(const rules::LeafFacts& leaf, certcentral::CaApi& ca,
                                       std::stop_token stop) {
  Listed listed;
  {
    const base::MutexLock lock(mutex_);
    const auto at = listed_.find(serial_key(leaf.serial_number));
    if (at == listed_.end()) return std::nullopt;
    listed = at->second;
  }
  if (!listed.thumbprint.empty()) {
    return listed.thumbprint == leaf.sha1_thumbprint ? Found(listed.facts) : std::nullopt;
  }
  if (listed.facts.certificate_id == 0) return std::nullopt;
  const auto pem = TRY(ca.download_certificate(listed.facts.certificate_id, stop));
  const auto sent = x509::Certificate::parse_all(pem);
  const bool same = sent && std::ranges::any_of(*sent, [&](const x509::Certificate& one) {
                      return one.sha256_fingerprint() == leaf.sha256_fingerprint;
                    });
  return same ? Found(listed.facts) : std::nullopt;
}

void Ownership::note(const std::string& serial_number, Listed listed) {
  const base::MutexLock lock(mutex_);
  listed_[serial_key(serial_number)] = std::move(listed);
}

}  // namespace reconcile
