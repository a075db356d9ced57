#include "rules/standing.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/names.h"
#include "base/hash.h"
#include "rules/renewal.h"

namespace rules {
namespace {

struct Fault {
  api::Reason reason{};
  std::string text{};
};

std::optional<Fault> ownership_fault(const Observed& seen) {
  if (seen.older_claim) {
    return Fault{api::Reason::kSecretConflict,
                 fmt::format("spec.secretName {} is already used by the older request {}; create "
                             "this request again with a spec.secretName of its own, or delete that "
                             "one",
                             seen.request.spec.secret_name, *seen.older_claim)};
  }
  if (!seen.installed) return std::nullopt;
  const auto& name = seen.request.spec.secret_name;
  const SecretOwner owner = seen.installed->owner;
  if (owner == SecretOwner::kThisRequest || owner == SecretOwner::kNobody) return std::nullopt;
  if (is_taken_over(seen)) {
    return Fault{api::Reason::kSecretConflict,
                 fmt::format("somebody took the label {} off Secret {} and put another certificate "
                             "into it; it is left alone. Give it the label {}: {} again, or delete "
                             "it to get a new certificate",
                             api::kRequestLabel, name, api::kRequestLabel, seen.request.meta.name)};
  }
  const bool unclaimed = owner == SecretOwner::kUnclaimed;
  if (unclaimed && adopts(seen)) return std::nullopt;
  return Fault{
      api::Reason::kSecretConflict,
      fmt::format("Secret {} exists and is not this request's ({}); it is left alone. Delete it, "
                  "or create the request again with another spec.secretName{}",
                  name, seen.installed->owner_text,
                  unclaimed ? "; to replace what it holds, set spec.action to Renew (a certificate "
                              "of this account) or SwitchToDigiCert (one from elsewhere)"
                            : "")};
}

// What stands in the way before the pair itself is looked at.
std::optional<Fault> early_fault(const Observed& seen) {
  if (!seen.spec_problems.empty()) {
    return Fault{api::Reason::kInvalidSpec, fmt::format("{}", fmt::join(seen.spec_problems, "; "))};
  }
  if (auto fault = ownership_fault(seen)) return fault;
  if (adopts(seen) && !seen.request.spec.order_id && all_of(names_wanted(seen)).empty()) {
    return Fault{api::Reason::kSecretNotFound,
                 fmt::format("there is no Secret {} with a certificate that tells the names; give "
                             "commonName, dnsNames or orderID",
                             seen.request.spec.secret_name)};
  }
  if (!seen.installed) return Fault{api::Reason::kPending, "the Secret does not exist yet"};
  return std::nullopt;
}

std::optional<Fault> pair_fault(const InstalledFacts& installed) {
  if (!installed.leaf) return Fault{api::Reason::kSecretInvalid, installed.problem};
  if (!installed.key_matches) {
    return Fault{api::Reason::kSecretInvalid, installed.problem.empty()
                                                  ? "tls.key is not the key of tls.crt"
                                                  : installed.problem};
  }
  return std::nullopt;
}

std::optional<Fault> spec_fault(const Observed& seen, const LeafFacts& leaf,
                                const NameSet& known_names) {
  if (seen.now >= leaf.not_after) {
    return Fault{api::Reason::kExpired,
                 fmt::format("the certificate expired at {}", base::format_time(leaf.not_after))};
  }
  const auto& spec = seen.request.spec;
  if (!leaf_satisfies(names_wanted(seen), leaf.dns_names, leaf.common_name, known_names)) {
    return Fault{api::Reason::kPending,
                 fmt::format("the installed certificate ({}) does not have exactly the names of "
                             "the spec",
                             fmt::join(leaf.dns_names, ", "))};
  }
  if (spec.private_key && leaf.key != api::key_parameters(*spec.private_key)) {
    return Fault{api::Reason::kPending, "the installed key is not of the kind in spec.privateKey"};
  }
  return std::nullopt;
}

// Whether knowing the order's names could make the leaf satisfy the spec.
bool order_could_explain(const Observed& seen, const LeafFacts& leaf) {
  return seen.installed->order_id != 0 && !seen.ca.orders &&
         leaf_satisfies(names_wanted(seen), leaf.dns_names, leaf.common_name, leaf.dns_names);
}

// Renew and SwitchToDigiCert: whose certificate it is decides what may be done with it.
std::optional<Fault> adoption_fault(const Observed& seen, Standing& standing) {
  if (!is_first_pass(seen)) return std::nullopt;
  const std::string& name = seen.request.spec.secret_name;
  if (!seen.ca.ownership) {
    standing.needs_ownership = true;
    return Fault{api::Reason::kPending,
                 fmt::format("whether the certificate in Secret {} is of this account is not known "
                             "yet",
                             name)};
  }
  const bool own = seen.ca.ownership->order_id != 0;
  const bool is_switch = seen.request.spec.action == api::Action::kSwitchToDigiCert;
  if (own || is_switch) {
    if (own) return std::nullopt;
    return Fault{api::Reason::kPending,
                 fmt::format("the certificate in Secret {} is from elsewhere", name)};
  }
  return Fault{
      api::Reason::kNotADigiCertCertificate,
      fmt::format("no order of the account has the certificate in Secret {} (serial number "
                  "{}); it is left alone. Set spec.action to SwitchToDigiCert to replace a "
                  "certificate from elsewhere",
                  name, seen.installed->leaf->serial_number)};
}

std::optional<Fault> revocation_fault(const Observed& seen) {
  if (!seen.revocation || !seen.revocation->revoked) return std::nullopt;
  return Fault{api::Reason::kRevoked,
               fmt::format("the CA lists the certificate (order {}, serial number {}) as revoked",
                           seen.installed->order_id, seen.installed->leaf->serial_number)};
}

// SwitchToDigiCert found a certificate of the account: it is kept as if it were this request's.
bool is_found_and_kept(const Observed& seen) {
  return seen.request.spec.action == api::Action::kSwitchToDigiCert && is_first_pass(seen) &&
         seen.ca.ownership && seen.ca.ownership->order_id != 0;
}

Fault kept_although(const Observed& seen, const Fault& fault) {
  return {api::Reason::kAlreadyDigiCert,
          fmt::format("Secret {} already holds a certificate of order {} of this account, and it "
                      "is kept, but {}. Set spec.action to Renew to replace it",
                      seen.request.spec.secret_name, seen.ca.ownership->order_id, fault.text)};
}

std::optional<Fault> find_fault(const Observed& seen, Standing& standing) {
  if (auto fault = early_fault(seen)) return fault;
  if (auto fault = pair_fault(*seen.installed)) return fault;
  if (auto fault = adoption_fault(seen, standing)) return fault;
  const LeafFacts& leaf = *seen.installed->leaf;
  const NameSet known_names = order_names(seen, seen.installed->order_id);
  const bool in_doubt =
      !leaf_satisfies(names_wanted(seen), leaf.dns_names, leaf.common_name, known_names) &&
      order_could_explain(seen, leaf);
  // Without dnsNames the order alone tells which further names belong there: one that the CA does
  // not show proves nothing.
  const bool unknowable = known_names.empty() && names_wanted(seen).dns_names.empty();
  auto fault = spec_fault(seen, leaf, in_doubt || unknowable ? leaf.dns_names : known_names);
  if (!fault) fault = revocation_fault(seen);
  standing.needs_order_names = in_doubt && !fault;
  if (is_found_and_kept(seen)) {
    standing.ready_reason = api::Reason::kAlreadyDigiCert;
    if (fault && fault->reason != api::Reason::kExpired) return kept_although(seen, *fault);
  }
  return fault;
}

struct ProductAndOrganization {
  std::string product{};
  std::int64_t organization_id = 0;
};

// Of the installed order, as the CA told in this pass or before; nullopt: not known.
std::optional<ProductAndOrganization> installed_order(const Observed& seen) {
  const std::int64_t id = seen.installed->order_id;
  if (seen.ca.orders) {
    const auto at = std::ranges::find(*seen.ca.orders, id, &OrderFacts::id);
    if (at != seen.ca.orders->end())
      return ProductAndOrganization{at->product, at->organization_id};
  }
  const auto& known = seen.request.status.order;
  if (!known || known->id != id || known->product_name_id.empty()) return std::nullopt;
  return ProductAndOrganization{known->product_name_id, known->organization_id.value_or(0)};
}

// How the installed certificate differs from what the profile stands for, or "".
std::string other_home(const Observed& seen) {
  const auto& profile = seen.profile;
  if (!profile || profile->unusable || seen.installed->order_id == 0) return {};
  const std::string& account = seen.installed->account;
  if (!account.empty() && account != profile->account) {
    return fmt::format("it is of account {}, the profile's is {}", account, profile->account);
  }
  const auto order = installed_order(seen);
  if (!order) return {};
  if (order->product != profile->product) {
    return fmt::format("its product is {}, the profile's is {}", order->product, profile->product);
  }
  if (order->organization_id == profile->organization_id) return {};
  return fmt::format("its organization is {}, the profile's is {}", order->organization_id,
                     profile->organization_id);
}

// spec.profileRef names another profile than at the installation: an edit of the request, which
// applies now. An edit of the profile itself applies at the next issuance.
bool has_another_profile(const Observed& seen) {
  return seen.profile && !seen.installed->profile.empty() &&
         seen.installed->profile != seen.profile->name;
}

// Whether spec.orderID leads to the installed order; nullopt: only the CA can tell.
std::optional<bool> follows_order_id(const Observed& seen) {
  const auto& wanted = seen.request.spec.order_id;
  const std::int64_t installed = seen.installed->order_id;
  if (!wanted || installed == 0 || installed == *wanted) return true;
  // The CA shows links at times and at times not: what it has told once holds.
  const auto& known = seen.request.status.order;
  if (known && known->id == installed && known->renewal_of == wanted) return true;
  if (!seen.ca.orders) return std::nullopt;
  return is_in_chain(*seen.ca.orders, *wanted, installed);
}

// Edits of the request that the installed pair does not show by its names or key.
std::string replaced_by_an_edit(const Observed& seen, Standing& standing) {
  const auto follows = follows_order_id(seen);
  const bool moved = has_another_profile(seen);
  const bool product_unknown = moved && seen.installed->order_id != 0 && !installed_order(seen);
  standing.needs_order_chain = !seen.ca.orders && (!follows || product_unknown);
  if (follows == false) {
    return fmt::format("the certificate is of order {}, which spec.orderID {} does not lead to",
                       seen.installed->order_id, *seen.request.spec.order_id);
  }
  const std::string other = moved ? other_home(seen) : "";
  return other.empty() ? "" : "spec.profileRef names another profile: " + other;
}

std::string why_replace(const Observed& seen, Standing& standing) {
  if (!renew_requested(seen).empty()) {
    return fmt::format("a new certificate was asked for by the annotation {}",
                       api::kRenewRequestedAtAnnotation);
  }
  if (seen.request.spec.action == api::Action::kRenew && is_first_pass(seen)) {
    return "spec.action is Renew: the certificate is replaced once now";
  }
  return replaced_by_an_edit(seen, standing);
}

void find_need(const Observed& seen, Standing& standing) {
  if (!standing.usable) {
    // A renewal that came too late is still one: its order may be renewed for some days more.
    // The first pass of Renew or SwitchToDigiCert, and an order of another home, are exchanged.
    const bool late = standing.reason == api::Reason::kExpired && seen.renewal.automatic &&
                      renew_requested(seen).empty() && !is_first_pass(seen) &&
                      other_home(seen).empty();
    standing.need = late ? Need::kExpiring : Need::kReplace;
    standing.need_text = standing.problem;
    return;
  }
  const std::string why = why_replace(seen, standing);
  if (!why.empty()) {
    standing.need = Need::kReplace;
    standing.need_text = why;
  } else if (seen.renewal.automatic && seen.now >= *standing.renewal_time) {
    const LeafFacts& leaf = *seen.installed->leaf;
    // An order of another home is never renewed: its successor is an exchange, which buys nothing.
    const std::string other = other_home(seen);
    standing.need = other.empty() ? Need::kExpiring : Need::kReplace;
    standing.need_text =
        fmt::format("the certificate ends at {}{}", base::format_time(leaf.not_after),
                    other.empty() ? "" : "; " + other);
  }
}

std::string state_of(const OrderFacts& order) {
  const auto text = [](const std::optional<base::TimePoint>& time) {
    return time ? base::format_time(*time) : "";
  };
  return fmt::format("{} {} {} {} {}", order.status, order.certificate_id,
                     text(order.certificate_valid_till), text(order.order_valid_till),
                     order.allow_duplicates);
}

}  // namespace

Standing standing_of(const Observed& seen) {
  Standing standing;
  if (const auto fault = find_fault(seen, standing)) {
    standing.reason = fault->reason;
    standing.problem = fault->text;
  } else {
    standing.usable = true;
  }
  if (seen.installed && seen.installed->leaf) {
    const Validity validity{seen.installed->leaf->not_before, seen.installed->leaf->not_after};
    standing.expires_soon_time = validity.not_after - effective_before(validity, seen.renewal) / 4;
    standing.renewal_time =
        renewal_time(validity, seen.renewal, base::stable_hash(seen.request.meta.uid));
  }
  find_need(seen, standing);
  return standing;
}

bool lacks_keystore(const Observed& seen) {
  if (!seen.keystore || seen.keystore->is_current) return false;
  return !seen.keystore->unusable || !seen.installed || !seen.installed->has_keystore;
}

std::string inputs_fingerprint(const Observed& seen) {
  return fmt::format("{}/{}/{}", seen.request.meta.generation,
                     seen.profile ? seen.profile->fingerprint : "", renew_requested(seen));
}

std::string refusal_inputs(const Observed& seen) {
  std::string state;
  if (seen.ca.orders && seen.pending) {
    const auto at = std::ranges::find(*seen.ca.orders, seen.pending->order_id, &OrderFacts::id);
    if (at != seen.ca.orders->end()) state = state_of(*at);
  }
  return fmt::format("{}/{}", inputs_fingerprint(seen), state);
}

std::string rejection_inputs(const Observed& seen) {
  const auto skipped = seen.profile ? seen.profile->approval_skipped : std::nullopt;
  return fmt::format("{}/{}", inputs_fingerprint(seen),
                     !skipped   ? "unknown"
                     : *skipped ? "skipped"
                                : "asked");
}

std::string renew_requested(const Observed& seen) {
  const auto asked =
      api::annotation(seen.request.meta, std::string(api::kRenewRequestedAtAnnotation));
  const bool acted_on = seen.installed && asked == seen.installed->renew_requested_at;
  return acted_on ? "" : asked.value_or("");
}

NameSet order_names(const Observed& seen, std::int64_t id) {
  if (!seen.ca.orders) return {};
  const auto at = std::ranges::find(*seen.ca.orders, id, &OrderFacts::id);
  if (at == seen.ca.orders->end()) return {};
  NameSet names(at->dns_names.begin(), at->dns_names.end());
  names.insert(at->common_name);
  return names;
}

}  // namespace rules
