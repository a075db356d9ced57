#include "reconcile/revocations.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/hash.h"
#include "reconcile/ownership.h"

namespace reconcile {
namespace {

using std::chrono::seconds;

// How long one list answers all copies of the order that come due for a look together.
constexpr seconds kSharedFor{60};
// Certificates that nobody has asked about for so many intervals are no longer installed.
constexpr int kForgottenAfter = 4;

constexpr std::string_view kRevoked = "revoked";

struct Shown {
  ListedAs as = ListedAs::kNotAtAll;
  base::Steady began{};
};

ListedAs listed_as(std::string_view status) {
  return status == kRevoked ? ListedAs::kRevoked : ListedAs::kGood;
}

base::Result<Shown> look_at(const IssuedCertificate& certificate, certcentral::CaApi& ca,
                            Inventory& inventory, base::Steady since, base::Steady now,
                            const std::stop_token& stop) {
  const std::string serial = serial_key(certificate.serial_number);
  const auto list =
      TRY(inventory.duplicates().get(ca, certificate.order_id, {.since = since}, stop));
  for (const KnownDuplicate& entry : list->entries) {
    if (serial_key(entry.serial_number) != serial) continue;
    return Shown{listed_as(entry.listed.status), list->looked_at};
  }
  const auto order = TRY(inventory.order(ca, certificate.order_id, now, stop));
  const bool is_primary = serial_key(order->certificate.serial_number) == serial;
  return Shown{is_primary ? listed_as(order->status_text) : ListedAs::kNotAtAll, now};
}

}  // namespace

Revocations::Revocations(const base::Clock& clock, seconds interval)
    : clock_(clock), interval_(std::max(interval, seconds{1})), began_(clock.steady_now()) {}

// The next of the instants at which this order is looked at.
base::Steady Revocations::first_look(std::int64_t order_id) const {
  const base::Steady now = clock_.steady_now();
  const auto phase = static_cast<std::int64_t>(base::stable_hash(fmt::format("{}", order_id)) %
                                               static_cast<std::uint64_t>(interval_.count()));
  const seconds age = std::chrono::floor<seconds>(now - began_);
  const auto turns = (age.count() - phase) / interval_.count() + (age.count() >= phase ? 1 : 0);
  return began_ + seconds{phase} + turns * interval_;
}

RevocationLooks& Revocations::known(const IssuedCertificate& certificate) {
  const auto made = looks_.try_emplace(serial_key(certificate.serial_number),
                                       first_look(certificate.order_id), interval_);
  return made.first->second;
}

RevocationLooks Revocations::of(const IssuedCertificate& certificate) {
  const base::MutexLock lock(mutex_);
  return known(certificate);
}

base::Result<void> Revocations::look(const IssuedCertificate& certificate, certcentral::CaApi& ca,
                                     Inventory& inventory, std::stop_token stop) {
  const base::Steady now = clock_.steady_now();
  const base::Steady since = now - std::min<std::chrono::milliseconds>(kSharedFor, interval_ / 2);
  auto shown = look_at(certificate, ca, inventory, since, now, stop);
  // An order that is gone shows nothing.
  if (!shown && shown.error().code == base::Code::kNotFound) shown = Shown{.began = now};
  const base::MutexLock lock(mutex_);
  if (!shown) {
    known(certificate).note_failure(now);
    return std::unexpected(std::move(shown).error());
  }
  known(certificate).note(shown->as, shown->began);
  std::erase_if(looks_, [&](const auto& old) {
    return old.second.next_look() + kForgottenAfter * interval_ < now;
  });
  return {};
}

}  // namespace reconcile
