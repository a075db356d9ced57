// Rules about a Secret that is to be adopted, and about the marks on one that is ours.
#include <fmt/format.h>

#include "api/names.h"
#include "rules/rule.h"

namespace rules {
namespace {

using namespace std::chrono_literals;

// Nothing tells of changes to a Secret that has no label of ours.
constexpr auto kLookAgain = 5min;

}  // namespace

MaybeDecision ownership_is_needed(const Pass& pass) {
  const Observed& seen = pass.seen;
  if (!pass.standing.needs_ownership) return std::nullopt;
  if (seen.ca_error) return ca_did_not_answer(pass);
  return decision(
      AskOwnership{}, api::Reason::kPending,
      fmt::format("looking up whose certificate Secret {} holds", seen.request.spec.secret_name));
}

MaybeDecision certificate_is_foreign(const Pass& pass) {
  if (pass.standing.reason != api::Reason::kNotADigiCertCertificate) return std::nullopt;
  return decision(Wait{pass.seen.now + kLookAgain}, api::Reason::kNotADigiCertCertificate,
                  pass.standing.problem);
}

MaybeDecision certificate_is_the_accounts_own(const Pass& pass) {
  if (pass.standing.reason != api::Reason::kAlreadyDigiCert) return std::nullopt;
  return decision(Wait{pass.seen.now + kLookAgain}, api::Reason::kAlreadyDigiCert,
                  pass.standing.problem);
}

// Right before the write, so that the copy is of what the write replaces.
MaybeDecision old_pair_is_not_kept(const Pass& pass) {
  const Observed& seen = pass.seen;
  const bool adopting = seen.pending && seen.ca.issued && seen.installed &&
                        seen.installed->owner == SecretOwner::kUnclaimed &&
                        seen.backup != Backup::kDone;
  if (!adopting) return std::nullopt;
  const std::string name = api::backup_secret_name(seen.request.spec.secret_name,
                                                   seen.installed->leaf->sha256_fingerprint);
  if (seen.backup == Backup::kNone) {
    return decision(BackUpForeignSecret{}, api::Reason::kAwaitingIssuance,
                    fmt::format("keeping the old pair in Secret {}", name));
  }
  return decision(Wait{seen.now + kLookAgain}, api::Reason::kSecretConflict,
                  fmt::format("Secret {} has the name under which the old pair of Secret {} is to "
                              "be kept, and holds something else; nothing is replaced. Rename or "
                              "delete it",
                              name, seen.request.spec.secret_name));
}

// A take-over or an edit of spec.secretTemplate or spec.deletionPolicy applies now.
MaybeDecision marks_are_outdated(const Pass& pass) {
  const Observed& seen = pass.seen;
  if (!pass.standing.usable || !is_allowed(seen) || is_first_pass(seen) ||
      seen.installed->marks_fit) {
    return std::nullopt;
  }
  return decision(ApplyMarks{}, api::Reason::kIssued,
                  fmt::format("writing the labels, annotations and owner of Secret {}",
                              seen.request.spec.secret_name));
}

}  // namespace rules
