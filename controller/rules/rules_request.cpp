// Rules about the request itself, its Secret, and the profile it refers to.
#include <algorithm>

#include <fmt/format.h>

#include "api/names.h"
#include "rules/rule.h"

namespace rules {
namespace {

using namespace std::chrono_literals;

// Changes of profiles, Secrets and namespaces wake a request at once; this is the safety net, and
// no longer than the grace after which report() calls a person.
constexpr auto kLookAgain = 5min;
// Nothing wakes a request when its password comes: the Secret is not ours and not watched.
constexpr auto kLookForPassword = 1min;
// A suspended request shows its candidates, refreshed slowly.
constexpr auto kSuspendedLook = 6h;
constexpr auto kUnwatchedLook = 1h;

// The first name that the profile's nameConstraints refuse.
std::optional<std::string> refused_name(const Observed& seen) {
  if (!seen.profile->allowed_names) return std::nullopt;
  const NameSet asked = all_of(names_wanted(seen));
  return first_not_allowed({asked.begin(), asked.end()}, *seen.profile->allowed_names);
}

std::string no_such_profile(const Observed& seen) {
  return fmt::format(
      "spec.profileRef: there is no AutomationProfile {}/{}; create it or correct the reference",
      api::profile_namespace(seen.request), seen.request.spec.profile_ref.name);
}

std::string problem_of_profile(const ProfileFacts& profile) {
  return fmt::format("AutomationProfile {}: {}", profile.name, profile.problem);
}

// Whether a question to the CA is allowed and can lead to something.
bool may_ask(const Observed& seen) {
  return is_allowed(seen) && !seen.profile->unusable && seen.profile->product_allows_duplicates;
}

}  // namespace

bool is_allowed(const Observed& seen) {
  return seen.profile && seen.profile->namespace_allowed && !refused_name(seen);
}

MaybeDecision request_is_being_deleted(const Pass& pass) {
  if (!pass.seen.request.meta.deletion_time) return std::nullopt;
  return decision(Nothing{}, api::Reason::kPending, "the request is being deleted");
}

MaybeDecision spec_is_invalid(const Pass& pass) {
  if (pass.seen.spec_problems.empty()) return std::nullopt;
  return decision(Wait{}, api::Reason::kInvalidSpec, pass.standing.problem);
}

MaybeDecision secret_is_not_ours(const Pass& pass) {
  const Observed& seen = pass.seen;
  const Standing& standing = pass.standing;
  // A pair that cannot be read is never adopted: nobody knows what it is.
  const bool unreadable = standing.reason == api::Reason::kSecretInvalid &&
                          seen.installed->owner == SecretOwner::kUnclaimed;
  if (standing.reason != api::Reason::kSecretConflict && !unreadable) return std::nullopt;
  return decision(Wait{seen.now + kLookAgain}, standing.reason,
                  unreadable ? fmt::format("Secret {}: {}; it is left alone. Put a whole pair into "
                                           "it, or delete it",
                                           seen.request.spec.secret_name, standing.problem)
                             : standing.problem);
}

MaybeDecision names_are_unknown(const Pass& pass) {
  if (pass.standing.reason != api::Reason::kSecretNotFound) return std::nullopt;
  return decision(Wait{pass.seen.now + kLookAgain}, api::Reason::kSecretNotFound,
                  pass.standing.problem);
}

// The last step of an issuance, or what a crash right before it left behind.
MaybeDecision pending_key_is_installed(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  const bool installed = is_allowed(seen) && seen.pending && seen.pending->usable &&
                         seen.installed && seen.installed->leaf && seen.installed->key_matches &&
                         seen.installed->leaf->public_key_sha256 == seen.pending->public_key_sha256;
  if (!installed) return std::nullopt;
  return decision(DropPending{}, api::Reason::kIssued, "the pending key is installed");
}

MaybeDecision order_names_are_needed(const Pass& pass) {
  const Observed& seen = pass.seen;
  const bool needed = pass.standing.needs_order_names || pass.standing.needs_order_chain;
  if (!needed || !may_ask(seen)) return std::nullopt;
  if (seen.ca_error) return ca_did_not_answer(pass);
  const std::int64_t order_id = seen.request.spec.order_id.value_or(seen.installed->order_id);
  return decision(AskOrders{.names = names_wanted(seen), .order_id = order_id},
                  api::Reason::kPending, "looking up the names of the installed order");
}

MaybeDecision request_is_suspended(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  if (!seen.request.spec.suspend) return std::nullopt;
  if (may_ask(seen) && !seen.ca.orders && !seen.ca_error) {
    return decision(ask_orders(seen), api::Reason::kSuspended, "looking for orders");
  }
  std::string message = "spec.suspend is true: nothing is issued; set it to false to go on";
  if (!seen.profile) message += ". " + no_such_profile(seen);
  if (seen.profile && seen.profile->unusable) message += ". " + problem_of_profile(*seen.profile);
  Decision made = decision(Wait{seen.now + kSuspendedLook}, api::Reason::kSuspended, message);
  made.candidates = match.candidates;
  return made;
}

// The pair stays: a new password, or another wish, needs no new certificate.
MaybeDecision keystore_is_outdated(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  if (!standing.usable || !is_allowed(seen)) return std::nullopt;
  const bool outdated = seen.keystore && !seen.keystore->unusable && !seen.keystore->is_current;
  const bool surplus = !seen.keystore && seen.installed->has_own_keystore;
  if (!outdated && !surplus) return std::nullopt;
  return decision(
      UpdateKeystore{}, api::Reason::kIssued,
      fmt::format("{} {} {} Secret {}", outdated ? "writing" : "removing", api::kKeystoreKey,
                  outdated ? "into" : "from", seen.request.spec.secret_name));
}

// Key, chain and keystore change in one write, so nothing is installed until all can be made. A
// keystore that is there is taken for right until then.
MaybeDecision keystore_cannot_be_made(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  if (!seen.keystore || !seen.keystore->unusable || !is_allowed(seen)) return std::nullopt;
  if (standing.need == Need::kNone && !lacks_keystore(seen)) return std::nullopt;
  return decision(Wait{seen.now + kLookForPassword}, *seen.keystore->unusable,
                  seen.keystore->problem);
}

// Beside whatever goes on: a pair that may be revoked serves until the CA has said so twice, and
// one that is goes on being looked at, for the CA's lists may have been wrong.
MaybeDecision revocation_is_looked_for(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  const bool is_pair = standing.usable || standing.reason == api::Reason::kRevoked;
  if (!is_pair || !seen.revocation || seen.now < seen.revocation->next_look) return std::nullopt;
  if (!may_ask(seen) || seen.ca_error) return std::nullopt;
  return decision(AskRevocation{}, standing.ready_reason,
                  fmt::format("looking whether order {} shows the certificate as revoked",
                              seen.installed->order_id));
}

// The process died between the Secret and the status, or the ledger changed between them, so that
// what was known of the orders no longer holds: only the CA can tell what the status shall say.
MaybeDecision order_is_to_be_described(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  if (standing.need != Need::kNone || !may_ask(seen)) return std::nullopt;
  if (seen.ca.orders || seen.ca_error) return std::nullopt;
  const InstalledFacts& installed = *seen.installed;
  const auto& told = seen.request.status.order;
  if (installed.owner != SecretOwner::kThisRequest || installed.order_id == 0) return std::nullopt;
  if (told && told->id == installed.order_id) return std::nullopt;
  return decision(ask_orders(seen), standing.ready_reason,
                  fmt::format("looking up order {} for the status", installed.order_id));
}

MaybeDecision certificate_is_current(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  if (standing.need != Need::kNone || lacks_keystore(seen)) return std::nullopt;
  const base::TimePoint end = seen.installed->leaf->not_after;
  // Without automatic renewal the next change is that of the report: ExpiresSoon, then Expired.
  const base::TimePoint reported =
      std::min(end, seen.now < *standing.expires_soon_time ? *standing.expires_soon_time : end);
  base::TimePoint until = seen.renewal.automatic ? *standing.renewal_time : reported;
  if (seen.revocation && seen.revocation->next_look > seen.now) {
    until = std::min(until, seen.revocation->next_look);
  }
  // Nothing tells of changes to a Secret that has no label of ours.
  if (standing.ready_reason != api::Reason::kIssued)
    until = std::min(until, seen.now + kUnwatchedLook);
  return decision(Nothing{until}, standing.ready_reason,
                  fmt::format("the certificate is valid until {}", base::format_time(end)));
}

MaybeDecision profile_is_missing(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  if (seen.profile) return std::nullopt;
  return decision(Wait{seen.now + kLookAgain}, api::Reason::kProfileNotFound,
                  no_such_profile(seen));
}

MaybeDecision namespace_is_not_allowed(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  if (seen.profile->namespace_allowed) return std::nullopt;
  return decision(Wait{seen.now + kLookAgain}, api::Reason::kNamespaceNotAllowed,
                  fmt::format("AutomationProfile {} does not let namespace {} use it; its owner "
                              "can add the namespace to spec.allowedNamespaces",
                              seen.profile->name, seen.request.meta.namespace_));
}

MaybeDecision profile_is_unusable(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  if (!seen.profile->unusable) return std::nullopt;
  return decision(Wait{seen.now + kLookAgain}, *seen.profile->unusable,
                  problem_of_profile(*seen.profile));
}

MaybeDecision product_has_no_duplicates(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  if (seen.profile->product_allows_duplicates) return std::nullopt;
  return decision(
      Wait{seen.now + 1h}, api::Reason::kDuplicatesNotAllowed,
      fmt::format("spec.product {} of AutomationProfile {} has no duplicates in this account; an "
                  "administrator enables them for the account (DV products have none)",
                  seen.profile->product, seen.profile->name));
}

MaybeDecision name_is_not_allowed(const Pass& pass) {
  const auto& [seen, standing, match, course] = pass;
  const auto refused = refused_name(seen);
  if (!refused) return std::nullopt;
  return decision(Wait{}, api::Reason::kNameNotAllowed,
                  fmt::format("the name {} is not allowed for namespace {} by spec.nameConstraints "
                              "of AutomationProfile {}; take it out of the request, or ask the "
                              "profile's owner to allow it",
                              *refused, seen.request.meta.namespace_, seen.profile->name));
}

}  // namespace rules
