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
                 fmt::format("spec.secretName {} is already used by the older request {}; give "
                             "each request a Secret of its own",
                             seen.request.spec.secret_name, *seen.older_claim)};
  }
  if (!seen.installed) {
    return Fault{api::Reason::kPending, "the Secret does not exist yet"};
  }
  const SecretOwner owner = seen.installed->owner;
  if (owner == SecretOwner::kThisRequest || owner == SecretOwner::kNobody) return std::nullopt;
  return Fault{
      api::Reason::kSecretConflict,
      fmt::format("Secret {} exists and is not this request's ({}); it is left alone. Delete it, "
                  "or create the request again with another spec.secretName",
                  seen.request.spec.secret_name, seen.installed->owner_text)};
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
  if (!leaf_satisfies(names_wanted(spec), leaf.dns_names, leaf.common_name, known_names)) {
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
         leaf_satisfies(names_wanted(seen.request.spec), leaf.dns_names, leaf.common_name,
                        leaf.dns_names);
}

std::optional<Fault> find_fault(const Observed& seen, Standing& standing) {
  if (!seen.spec_problems.empty()) {
    return Fault{api::Reason::kInvalidSpec, fmt::format("{}", fmt::join(seen.spec_problems, "; "))};
  }
  if (auto fault = ownership_fault(seen)) return fault;
  if (auto fault = pair_fault(*seen.installed)) return fault;
  const LeafFacts& leaf = *seen.installed->leaf;
  const NameSet known_names = order_names(seen, seen.installed->order_id);
  const bool in_doubt = !leaf_satisfies(names_wanted(seen.request.spec), leaf.dns_names,
                                        leaf.common_name, known_names) &&
                        order_could_explain(seen, leaf);
  auto fault = spec_fault(seen, leaf, in_doubt ? leaf.dns_names : known_names);
  standing.needs_order_names = in_doubt && !fault;
  return fault;
}

void find_need(const Observed& seen, Standing& standing) {
  if (!standing.usable) {
    // A renewal that came too late is still one: its order may be renewed for some days more.
    const bool late = standing.reason == api::Reason::kExpired && seen.renewal.automatic &&
                      renew_requested(seen).empty();
    standing.need = late ? Need::kExpiring : Need::kReplace;
    standing.need_text = standing.problem;
    return;
  }
  const LeafFacts& leaf = *seen.installed->leaf;
  if (!renew_requested(seen).empty()) {
    standing.need = Need::kReplace;
    standing.need_text = fmt::format("a new certificate was asked for by the annotation {}",
                                     api::kRenewRequestedAtAnnotation);
  } else if (seen.renewal.automatic && seen.now >= *standing.renewal_time) {
    standing.need = Need::kExpiring;
    standing.need_text =
        fmt::format("the certificate ends at {}", base::format_time(leaf.not_after));
  }
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

NamesWanted names_wanted(const api::DuplicateCertificateRequestSpec& spec) {
  return {.common_name = spec.common_name, .dns_names = spec.dns_names};
}

std::string inputs_fingerprint(const Observed& seen) {
  return fmt::format("{}/{}/{}", seen.request.meta.generation,
                     seen.profile ? seen.profile->fingerprint : "", renew_requested(seen));
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
