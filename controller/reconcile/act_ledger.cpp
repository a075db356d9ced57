#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "reconcile/act.h"
#include "reconcile/ledger.h"
#include "reconcile/resources.h"

namespace reconcile {

base::Result<std::string> Actor::open_ledger(const rules::OpenLedger& action,
                                             const Observation& seen,
                                             const std::function<void(const std::string&)>& opening,
                                             std::stop_token stop) {
  const auto& facts = seen.facts;
  const std::string name = entry_name(action.group, action.generation);
  // A key that was made for another entry is of no use; decide() knows only the generation.
  if (facts.pending && facts.pending->entry != name) {
    TRY_VOID(drop(seen, stop));
    return base::fail(base::Code::kConflict, "the pending key was for another purchase");
  }
  const rules::PendingFacts pending = facts.pending
                                          ? *facts.pending
                                          : TRY(create_key({.account = facts.profile->account,
                                                            .names = action.group.names,
                                                            .key = facts.key,
                                                            .entry = name},
                                                           std::nullopt, seen, stop));
  opening(name);
  const auto entry = entry_object({.action = action,
                                   .ledger_namespace = ledger_namespace_,
                                   .csr = pending.csr,
                                   .public_key_sha256 = pending.public_key_sha256,
                                   .profile = facts.profile->name,
                                   .inputs = facts.profile->fingerprint,
                                   .requested_by = api::key_of(facts.request.meta)});
  const auto created = client_.create(kOrders, ledger_namespace_, api::encode_object(entry), stop);
  if (!created && created.error().code == base::Code::kAlreadyExists) {
    return base::fail(base::Code::kConflict, "the ledger has such an entry by now");
  }
  if (!created) return std::unexpected(base::wrap("open the ledger", created.error()));
  return (*created)["metadata"].value("resourceVersion", "");
}

base::Result<void> Actor::remember_no_gain(const rules::RememberNoGain& action,
                                           const Observation& seen, std::stop_token stop) {
  const auto& request = seen.facts.request;
  auto patched =
      client_.patch(kube::kSecrets, {request.meta.namespace_, request.spec.secret_name},
                    kube::PatchKind::kMerge, no_gain_patch(*seen.facts.installed, action), stop);
  if (!patched) return std::unexpected(base::wrap("mark the Secret", patched.error()));
  seen.memory->wrote({request.meta.namespace_, request.spec.secret_name}, *std::move(patched));
  return {};
}

}  // namespace reconcile
