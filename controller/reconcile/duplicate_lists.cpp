#include "reconcile/duplicate_lists.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "x509/csr.h"

namespace reconcile {
namespace {

// A CSR never changes for a certificate id, and parsing checks a signature: do it once.
std::string key_of(const certcentral::Duplicate& entry, std::map<std::int64_t, std::string>& keys) {
  if (entry.csr.empty()) return {};
  const auto known = keys.find(entry.id);
  if (entry.id != 0 && known != keys.end()) return known->second;
  const auto csr = x509::Csr::parse(entry.csr);
  const std::string key = csr ? csr->public_key_sha256() : "";
  if (entry.id != 0) keys[entry.id] = key;  // 0: the CA did not say
  return key;
}

}  // namespace

std::vector<rules::ListedDuplicate> DuplicateList::with_key(
    const std::string& public_key_sha256) const {
  std::vector<rules::ListedDuplicate> found;
  for (const KnownDuplicate& entry : entries) {
    if (entry.public_key_sha256 == public_key_sha256) found.push_back(entry.listed);
  }
  return found;
}

bool DuplicateList::shows_issued(const std::string& public_key_sha256) const {
  return !public_key_sha256.empty() && std::ranges::any_of(entries, [&](const auto& entry) {
    return entry.listed.issued && entry.public_key_sha256 == public_key_sha256;
  });
}

base::Result<void> DuplicateLists::look(certcentral::CaApi& ca, std::int64_t order_id,
                                        std::stop_token stop) {
  auto made = std::make_shared<DuplicateList>();
  made->looked_at = clock_.steady_now();
  Keys keys;
  {
    const base::MutexLock lock(mutex_);
    keys = orders_[order_id].keys;
  }
  for (const certcentral::Duplicate& entry : TRY(ca.list_duplicates(order_id, stop))) {
    made->entries.push_back(
        {.public_key_sha256 = key_of(entry, keys),
         .serial_number = base::lower_case(entry.serial_number),
         .listed = {.certificate_id = entry.id,
                    .status = entry.status,
                    .issued = entry.looks_issued() && entry.id != 0,
                    .valid_till = entry.valid_till.value_or(base::TimePoint{})}});
  }
  const base::MutexLock lock(mutex_);
  OfOrder& known = orders_[order_id];
  known.list = std::move(made);
  known.keys = std::move(keys);
  known.pace.note_look();
  return {};
}

base::Result<SharedDuplicates> DuplicateLists::get(certcentral::CaApi& ca, std::int64_t order_id,
                                                   const ListNeed& need, std::stop_token stop) {
  SharedDuplicates found;
  const auto is_fresh = [&] {
    const base::MutexLock lock(mutex_);
    const OfOrder& known = orders_[order_id];
    found = known.list;
    const base::Steady now = clock_.steady_now();
    if (found && found->looked_at >= need.since) return true;
    if (found && now - found->looked_at <= kShownAgeMax && found->shows_issued(need.issued_for)) {
      return true;
    }
    return need.patience == Patience::kWithTheOthers && !known.pace.may_look(now);
  };
  const auto look_now = [&] { return look(ca, order_id, stop); };
  TRY_VOID(looks_.once(fmt::format("duplicates of {}", order_id), is_fresh, look_now));
  is_fresh();
  return found;
}

void DuplicateLists::begin_request(std::int64_t order_id) {
  const base::MutexLock lock(mutex_);
  orders_[order_id].pace.begin_request(clock_.steady_now());
}

void DuplicateLists::end_request(std::int64_t order_id) {
  const base::MutexLock lock(mutex_);
  orders_[order_id].pace.end_request(clock_.steady_now());
}

}  // namespace reconcile
