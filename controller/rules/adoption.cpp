#include "rules/adoption.h"

#include <algorithm>

#include "base/text.h"

namespace rules {
namespace {

// As a request would give them: without what the CA adds by itself, and without a common name that
// is no name of a server, as certificates from elsewhere may have.
NamesWanted names_of(std::string common_name, const std::vector<std::string>& dns_names) {
  common_name = base::lower_case(common_name);
  const bool is_name =
      dns_names.empty() || std::ranges::find(dns_names, common_name) != dns_names.end();
  if (common_name.empty() || !is_name) common_name.clear();
  NamesWanted names;
  if (!common_name.empty()) names.common_name = common_name;
  if (!dns_names.empty()) {
    names.dns_names =
        without_twins(common_name.empty() ? dns_names.front() : common_name, dns_names);
  }
  return names;
}

NamesWanted names_at_hand(const Observed& seen) {
  if (seen.installed && seen.installed->leaf) {
    const LeafFacts& leaf = *seen.installed->leaf;
    return names_of(leaf.common_name, {leaf.dns_names.begin(), leaf.dns_names.end()});
  }
  if (seen.pending && seen.pending->usable) {
    return {.common_name = seen.pending->names.common_name,
            .dns_names = seen.pending->names.dns_names};
  }
  if (seen.backup_names)
    return names_of(seen.backup_names->common_name.value_or(""), seen.backup_names->dns_names);
  if (const auto& last = seen.request.status.certificate) {
    return names_of(last->common_name, last->dns_names);
  }
  return {};
}

// Set when this request installed what its status tells: of a certificate that it found, the
// status has no such mark.
bool has_installed(const Observed& seen) {
  const auto& last = seen.request.status.certificate;
  return last && !last->secret_uid.empty();
}

bool holds_what_was_installed(const Observed& seen) {
  return has_installed(seen) && seen.installed->leaf &&
         seen.installed->leaf->sha256_fingerprint ==
             seen.request.status.certificate->sha256_fingerprint;
}

bool is_unclaimed(const Observed& seen) {
  return adopts(seen) && seen.installed && seen.installed->owner == SecretOwner::kUnclaimed;
}

}  // namespace

bool adopts(const Observed& seen) {
  return seen.request.spec.action != api::Action::kRequestCertificate;
}

bool is_first_pass(const Observed& seen) {
  if (is_unclaimed(seen)) return !has_lost_its_label(seen);
  return seen.request.spec.action == api::Action::kRenew && seen.installed &&
         seen.installed->owner == SecretOwner::kNobody;
}

bool has_lost_its_label(const Observed& seen) {
  return is_unclaimed(seen) && holds_what_was_installed(seen);
}

bool is_taken_over(const Observed& seen) {
  return is_unclaimed(seen) && has_installed(seen) && !holds_what_was_installed(seen);
}

bool serves_meanwhile(const Observed& seen) {
  return is_first_pass(seen) && seen.installed->leaf && seen.now < seen.installed->leaf->not_after;
}

NamesWanted names_wanted(const Observed& seen) {
  const auto& spec = seen.request.spec;
  NamesWanted wanted{.common_name = spec.common_name, .dns_names = spec.dns_names};
  if (!adopts(seen) || (wanted.common_name && !wanted.dns_names.empty())) return wanted;
  NamesWanted left = names_at_hand(seen);
  if (!wanted.common_name) wanted.common_name = std::move(left.common_name);
  if (wanted.dns_names.empty()) wanted.dns_names = std::move(left.dns_names);
  return wanted;
}

}  // namespace rules
