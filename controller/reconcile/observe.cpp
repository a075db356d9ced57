#include "reconcile/observe.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "api/names.h"
#include "api/validate.h"
#include "base/random.h"
#include "reconcile/ledger.h"
#include "reconcile/order_facts.h"
#include "rules/adoption.h"
#include "rules/profile.h"
#include "rules/schedule.h"

namespace reconcile {
namespace {

using rules::SecretOwner;

std::string label_of(const api::ObjectMeta& meta, std::string_view name) {
  const auto at = meta.labels.find(std::string(name));
  return at == meta.labels.end() ? "" : at->second;
}

bool is_ours(const api::ObjectMeta& secret) {
  return label_of(secret, api::kManagedByLabel) == api::kManagedByValue &&
         !label_of(secret, api::kRequestLabel).empty();
}

// Who seems to own a Secret that is not ours, in a person's words.
std::string owner_text(const api::ObjectMeta& secret) {
  for (const api::OwnerReference& owner : secret.owner_references) {
    if (owner.controller) return fmt::format("it belongs to {} {}", owner.kind, owner.name);
  }
  const std::string manager = label_of(secret, api::kManagedByLabel);
  if (!manager.empty()) return fmt::format("it is managed by {}", manager);
  return "it has no label of Duplicert";
}

// What the CA told about the certificate that is there: what a label of ours would say.
void note_ownership(const rules::OwnershipFacts& ownership, rules::Observed& facts) {
  facts.ca.ownership = ownership;
  facts.installed->order_id = ownership.order_id;
  facts.installed->certificate_id = ownership.certificate_id;
}

// A certificate that SwitchToDigiCert has found to be the account's: the status remembers it, so
// that a restart costs no call and an outage of the CA does not fail a good pair.
void recall_ownership(rules::Observed& facts) {
  const auto& known = facts.request.status.certificate;
  const auto& order = facts.request.status.order;
  if (facts.request.spec.action != api::Action::kSwitchToDigiCert || !known || !order) return;
  if (!facts.installed->leaf || !rules::is_first_pass(facts)) return;
  if (known->sha256_fingerprint != facts.installed->leaf->sha256_fingerprint) return;
  note_ownership({order->id, known->id.value_or(0)}, facts);
}

// Why a Secret of ours cannot be written any more, or "".
std::string not_writable(const nlohmann::json& secret) {
  const std::string type = secret.value("type", "");
  if (type != api::kTlsSecretType) return fmt::format("its type is {}", type);
  return secret.value("immutable", false) ? "it is immutable" : "";
}

bool is_older(const api::ObjectMeta& a, const api::ObjectMeta& b) {
  return std::tie(a.creation_time, a.name) < std::tie(b.creation_time, b.name);
}

IssuedCertificate certificate_of(const rules::InstalledFacts& installed) {
  return {.order_id = installed.order_id, .serial_number = installed.leaf->serial_number};
}

bool waits_for_approval_step(const api::Conditions& conditions) {
  const std::string reason(api::name_of(api::Reason::kApprovalStepEnabled));
  return std::ranges::any_of(conditions,
                             [&](const api::Condition& one) { return one.reason == reason; });
}

// Who shows first whether the approval step is gone: the soonest to expire, then those without a
// certificate.
std::pair<base::TimePoint, std::string> probe_rank(
    const api::DuplicateCertificateRequest& request) {
  base::TimePoint end = base::TimePoint::max();
  const auto& certificate = request.status.certificate;
  if (certificate && certificate->not_after) end = *certificate->not_after;
  return {end, api::key_of(request.meta)};
}

void add_problems(const api::DuplicateCertificateRequestSpec& spec, rules::Observed& facts) {
  for (const api::Violation& violation : api::validate(spec)) {
    facts.spec_problems.push_back(fmt::format("{}: {}", violation.field, violation.message));
  }
  for (std::string& problem : rules::window_problems(spec.schedule.windows)) {
    facts.spec_problems.push_back(std::move(problem));
  }
}

}  // namespace

certcentral::Turn turn_of(const rules::Observed& facts) {
  using certcentral::Urgency;
  const bool has_leaf = facts.installed && facts.installed->leaf;
  if (facts.request.spec.suspend) return {.urgency = Urgency::kBackground};
  if (!has_leaf) return {.urgency = Urgency::kNew};
  return {.urgency = Urgency::kExpiring, .needed_by = facts.installed->leaf->not_after};
}

rules::IssuedFacts issued_facts(const std::string& pem, std::int64_t certificate_id,
                                const std::string& public_key_sha256,
                                std::optional<x509::Chain>& chain, x509::ParseMemo& parsed) {
  rules::IssuedFacts facts{.certificate_id = certificate_id};
  auto built = parsed.chain(pem, public_key_sha256);
  if (!built) {
    facts.problem = built.error().message;
    return facts;
  }
  facts.leaf = leaf_facts(built->leaf);
  chain = *std::move(built);
  return facts;
}

std::optional<rules::InstalledFacts> verified_before(
    const api::DuplicateCertificateRequest& request, const SecretMeta& secret) {
  const auto& known = request.status.certificate;
  const bool same = known && !known->secret_uid.empty() && known->secret_uid == secret.meta.uid &&
                    known->secret_resource_version == secret.meta.resource_version;
  // The status does not tell the kind of key, nor the keystore: a spec that demands one, or perhaps
  // no longer does, needs a read.
  const bool same_spec = request.status.observed_generation == request.meta.generation;
  const bool demands = request.spec.private_key || request.spec.keystores.pkcs12;
  if (!same || !same_spec || demands || !known->not_after || !known->not_before) {
    return std::nullopt;
  }
  rules::InstalledFacts facts = installed_marks(secret.meta);
  facts.key_matches = true;
  facts.leaf = rules::LeafFacts{.common_name = known->common_name,
                                .dns_names = {known->dns_names.begin(), known->dns_names.end()},
                                .not_before = *known->not_before,
                                .not_after = *known->not_after,
                                .serial_number = known->serial_number,
                                .sha256_fingerprint = known->sha256_fingerprint};
  return facts;
}

base::Result<Observation> Observer::observe(const api::DuplicateCertificateRequest& request,
                                            bool known_pending, Source source,
                                            std::shared_ptr<ItemMemory> memory,
                                            std::stop_token stop) {
  Observation seen;
  seen.memory = std::move(memory);
  seen.facts.request = request;
  seen.facts.settle_window = options_.duplicate_settle_window;
  seen.facts.jitter = base::random_unit();
  add_problems(request.spec, seen.facts);
  observe_profile(seen);
  observe_claims(seen);
  TRY_VOID(observe_pending(seen, known_pending, stop));
  TRY_VOID(observe_password(seen, stop));
  TRY_VOID(observe_target(seen, source, stop));
  TRY_VOID(observe_backup(seen, stop));
  TRY_VOID(observe_what_is_left(seen, stop));
  observe_answer(seen);
  seen.facts.ledger = ledger_of(caches_.entries, seen.facts);
  seen.facts.now = clock_.now();
  observe_revocation(seen);
  rules::link_pending(seen.facts);
  return seen;
}

void Observer::observe_profile(Observation& seen) {
  const auto& request = seen.facts.request;
  const std::string key =
      kube::ObjectKey{api::profile_namespace(request), request.spec.profile_ref.name}.text();
  const auto profile = caches_.profiles.get(key);
  seen.facts.renewal =
      api::effective_renewal(profile ? profile->spec : api::AutomationProfileSpec{}, request.spec);
  seen.facts.key = api::effective_private_key(
      profile ? profile->spec : api::AutomationProfileSpec{}, request.spec);
  seen.facts.windows =
      api::effective_windows(profile ? profile->spec : api::AutomationProfileSpec{}, request.spec);
  if (!profile || profile->meta.deletion_time) return;

  const auto state = caches_.profile_states.get(key);
  const auto home = caches_.namespaces.get(request.meta.namespace_);
  const auto labels = home ? home->meta.labels : std::map<std::string, std::string>{};
  rules::ProfileFacts facts{
      .namespace_allowed = api::allows_namespace(*profile, request.meta.namespace_, labels),
      .product = profile->spec.product,
      .allowed_names = rules::allowed_names(profile->spec, labels),
      .name = key,
      .places_orders = profile->spec.on_no_matching_order == api::OnNoMatchingOrder::kPlaceOrder,
      .orders_per_day = profile->spec.limits.orders_per_day};
  if (!state) {
    facts.unusable = api::Reason::kPending;
    facts.problem = "it is being checked";
  } else {
    facts.unusable = state->unusable;
    facts.problem = state->problem;
    facts.account = state->preflight.account;
    facts.organization_id = state->preflight.organization_id.value_or(0);
    facts.product_allows_duplicates = state->preflight.duplicates_allowed.value_or(true);
    facts.fingerprint = state->fingerprint;
    facts.orders_today =
        orders_today(caches_.entries, facts.account, key, clock_.now(), "", /*unsent=*/true);
    facts.validation_problem = rules::validation_problem(state->preflight);
    seen.account = state->account;
  }
  if (seen.account && !facts.unusable && !seen.account->rejection().empty()) {
    facts.unusable = api::Reason::kCredentialsRejected;
    facts.problem = seen.account->rejection();
  }
  seen.needs_probe = seen.account && seen.account->approval_skipped() == false &&
                     profile->spec.approval == api::ApprovalPolicy::kRequireSkipped;
  if (seen.account) facts.approval_skipped = seen.account->approval_skipped();
  facts.approval_step_in_the_way =
      seen.needs_probe && !(seen.account->may_probe() && is_first_to_probe(seen));
  seen.facts.profile = std::move(facts);
}

// Of all requests of the API key that wait because of the approval step, the soonest to expire
// shows whether it is gone.
bool Observer::is_first_to_probe(const Observation& seen) const {
  const auto own = probe_rank(seen.facts.request);
  const auto goes_first = [&](const api::DuplicateCertificateRequest& other) {
    if (probe_rank(other) >= own || other.meta.deletion_time || other.spec.suspend) return false;
    if (!waits_for_approval_step(other.status.conditions)) return false;
    const auto state = caches_.profile_states.get(
        kube::ObjectKey{api::profile_namespace(other), other.spec.profile_ref.name}.text());
    return state && state->account == seen.account;
  };
  bool is_first = true;
  caches_.requests.visit([&](const auto& other) {
    is_first = !goes_first(other);
    return is_first;
  });
  return is_first;
}

void Observer::observe_claims(Observation& seen) {
  const auto& request = seen.facts.request;
  const std::string secret =
      kube::ObjectKey{request.meta.namespace_, request.spec.secret_name}.text();
  for (const auto& other : caches_.requests.by_index(kBySecret, secret)) {
    if (other->meta.uid == request.meta.uid || other->meta.deletion_time) continue;
    if (other->meta.name != request.meta.name && is_older(other->meta, request.meta)) {
      seen.facts.older_claim = other->meta.name;
    }
  }
}

base::Result<void> Observer::observe_pending(Observation& seen, bool known_pending,
                                             std::stop_token stop) {
  const auto& meta = seen.facts.request.meta;
  const kube::ObjectKey key{meta.namespace_, api::pending_secret_name(meta.name)};
  if (!known_pending && !caches_.secrets.get(key.text())) return {};
  const auto read = seen.memory->secret(client_, key, stop);
  if (!read) return std::unexpected(base::wrap("read the pending Secret", read.error()));
  const auto& secret = *read;
  if (!secret) return {};
  if (!is_pending_secret(*secret)) {
    seen.facts.pending_name_taken_by =
        fmt::format("Secret {} of type {}", key.name, secret->value("type", "Opaque"));
    return {};
  }
  seen.pending = secret;
  seen.facts.pending = pending_facts(*secret, meta.uid, seen.memory->parsed());
  return {};
}

base::Result<void> Observer::observe_password(Observation& seen, std::stop_token stop) {
  const auto& request = seen.facts.request;
  if (!request.spec.keystores.pkcs12) return {};
  const std::string& name = request.spec.keystores.pkcs12->password_secret_ref.name;
  auto secret = client_.get(kube::kSecrets, {request.meta.namespace_, name}, stop);
  if (!secret && secret.error().code != base::Code::kNotFound) {
    return std::unexpected(base::wrap("read the keystore's password", secret.error()));
  }
  seen.keystore_password = keystore_password(secret ? &*secret : nullptr, request);
  seen.facts.keystore = rules::KeystoreFacts{.unusable = seen.keystore_password->unusable,
                                             .problem = seen.keystore_password->problem};
  if (secret) wipe(*secret);
  return {};
}

base::Result<void> Observer::observe_target(Observation& seen, Source source,
                                            std::stop_token stop) {
  const auto& request = seen.facts.request;
  const kube::ObjectKey key{request.meta.namespace_, request.spec.secret_name};
  const auto cached = caches_.secrets.get(key.text());
  if (cached && source == Source::kCached && !seen.facts.pending && marks_fit(request, *cached)) {
    if (auto verified = verified_before(request, *cached)) {
      seen.source = Source::kCached;
      seen.facts.installed = std::move(verified);
      own(*cached, /*fits=*/true, seen);
      return {};
    }
  }
  const auto read = seen.memory->secret(client_, key, stop);
  if (!read) return std::unexpected(base::wrap("read the Secret", read.error()));
  const auto& target = *read;
  if (!target) return {};
  seen.facts.installed = installed_facts(*target, seen.memory->parsed());
  rules::InstalledFacts& installed = *seen.facts.installed;
  if (seen.keystore_password && installed.key_matches) {
    seen.facts.keystore = keystore_facts(*target, *seen.keystore_password);
  }
  const SecretMeta meta = TRY(decode_secret_meta(*target));
  own(meta, marks_fit(request, meta), seen);
  if (const std::string why = not_writable(*target); !why.empty()) {
    installed.owner = SecretOwner::kForeign;
    installed.owner_text = why;
  } else if (installed.owner == SecretOwner::kForeign) {
    const std::string obstacle = adoption_obstacle(*target);
    if (obstacle.empty()) installed.owner = SecretOwner::kUnclaimed;
    if (!obstacle.empty()) installed.owner_text = obstacle;
  }
  seen.target = target;
  recall_ownership(seen.facts);
  return {};
}

// Whether the pair that is about to be replaced has been kept, as it is now.
base::Result<void> Observer::observe_backup(Observation& seen, std::stop_token stop) {
  const auto& installed = seen.facts.installed;
  const bool adopting = seen.facts.pending && installed && installed->leaf &&
                        installed->owner == SecretOwner::kUnclaimed && rules::adopts(seen.facts);
  if (!adopting) return {};
  const auto& request = seen.facts.request;
  const std::string name =
      api::backup_secret_name(request.spec.secret_name, installed->leaf->sha256_fingerprint);
  auto secret = client_.get(kube::kSecrets, {request.meta.namespace_, name}, stop);
  if (!secret && secret.error().code == base::Code::kNotFound) return {};
  if (!secret) return std::unexpected(base::wrap("read the copy of the pair", secret.error()));
  seen.facts.backup =
      keeps_all_of(*secret, *seen.target) ? rules::Backup::kDone : rules::Backup::kNameTaken;
  wipe(*secret);
  return {};
}

// The names of the newest pair that was kept, when the Secret itself tells none.
base::Result<void> Observer::observe_what_is_left(Observation& seen, std::stop_token stop) {
  const auto& request = seen.facts.request;
  const bool told = (seen.facts.installed && seen.facts.installed->leaf) || seen.facts.pending ||
                    (request.spec.common_name && !request.spec.dns_names.empty());
  if (!rules::adopts(seen.facts) || told) return {};
  std::optional<api::ObjectMeta> newest;
  caches_.secrets.visit([&](const SecretMeta& secret) {
    const bool kept = secret.meta.namespace_ == request.meta.namespace_ &&
                      secret.meta.name.starts_with(request.spec.secret_name + "-before-");
    if (kept && (!newest || newest->creation_time < secret.meta.creation_time)) {
      newest = secret.meta;
    }
    return true;
  });
  if (!newest) return {};
  auto secret = client_.get(kube::kSecrets, {newest->namespace_, newest->name}, stop);
  if (!secret && secret.error().code == base::Code::kNotFound) return {};
  if (!secret) return std::unexpected(base::wrap("read the copy of the pair", secret.error()));
  if (const auto leaf = installed_facts(*secret, seen.memory->parsed()).leaf) {
    seen.facts.backup_names =
        rules::NamesWanted{leaf->common_name, {leaf->dns_names.begin(), leaf->dns_names.end()}};
  }
  wipe(*secret);
  return {};
}

void Observer::own(const SecretMeta& secret, bool fits, Observation& seen) {
  const auto& request = seen.facts.request;
  rules::InstalledFacts& installed = *seen.facts.installed;
  installed.owner_text = owner_text(secret.meta);
  installed.marks_fit = fits;
  const std::string owner = label_of(secret.meta, api::kRequestLabel);
  if (!is_ours(secret.meta)) {
    installed.owner = SecretOwner::kForeign;
    // Annotations of ours on a Secret that is not ours prove nothing: anybody can copy them.
    installed.order_id = installed.certificate_id = 0;
    installed.account.clear();
    installed.profile.clear();
    installed.renew_requested_at.clear();
  } else if (owner == request.meta.name) {
    installed.owner = SecretOwner::kThisRequest;
  } else {
    const auto other = caches_.requests.get(kube::ObjectKey{secret.meta.namespace_, owner}.text());
    // Of two requests for one Secret the older wins, whichever was faster.
    const bool wanted = other && !other->meta.deletion_time &&
                        other->spec.secret_name == request.spec.secret_name &&
                        is_older(other->meta, request.meta);
    installed.owner = wanted ? SecretOwner::kOtherRequest : SecretOwner::kNobody;
    if (wanted) installed.owner_text = fmt::format("it belongs to the request {}", owner);
  }
}

void Observer::observe_answer(Observation& seen) {
  if (!seen.facts.pending || !seen.account) return;
  // The CA's request id is noted only when an approver was asked.
  seen.facts.ca.awaits_approval = seen.facts.pending->request_id != 0;
  if (seen.facts.ca.awaits_approval && !seen.facts.pending->refusal) {
    seen.account->probe_still_waits(seen.facts.pending->public_key_sha256);
  }
  const auto answer = seen.account->answers().get(seen.facts.pending->public_key_sha256);
  if (!answer) return;
  seen.facts.ca.post = answer->post;
  seen.facts.ca.rate_limited = answer->rate_limited;
  seen.facts.ca.awaits_approval = answer->awaits_approval;
  if (!answer->chain_pem.empty()) {
    auto issued =
        issued_facts(answer->chain_pem, answer->certificate_id,
                     seen.facts.pending->public_key_sha256, seen.chain, seen.memory->parsed());
    if (issued.leaf) {
      seen.facts.ca.issued = std::move(issued);
      return;
    }
  }
  // The answer named the certificate: no listing is needed to find it.
  if (answer->certificate_id != 0) {
    seen.facts.ca.listed = {{.certificate_id = answer->certificate_id, .issued = true}};
  }
}

// Of a pair that this request installed: the annotations tell of which order it is.
void Observer::observe_revocation(Observation& seen) {
  const auto& installed = seen.facts.installed;
  const bool known = seen.account && installed && installed->leaf && installed->order_id != 0 &&
                     installed->owner == SecretOwner::kThisRequest &&
                     installed->account == seen.facts.profile->account;
  if (!known) return;
  const RevocationLooks looks = seen.account->revocations().of(certificate_of(*installed));
  const auto ahead = looks.next_look() - clock_.steady_now();
  seen.facts.revocation = rules::RevocationFacts{
      .revoked = looks.is_revoked(),
      .next_look = seen.facts.now + std::chrono::ceil<std::chrono::milliseconds>(ahead)};
}

bool Observer::answer(const rules::Action& action, Observation& seen, std::stop_token stop) {
  return std::visit(
      [&](const auto& question) {
        const bool is_question = requires { ask(question, seen, stop); };
        if constexpr (requires { ask(question, seen, stop); }) ask(question, seen, stop);
        return is_question;
      },
      action);
}

void Observer::note_error(const base::Error& error, Observation& seen) {
  seen.facts.ca_error = error;
  if (error.code == base::Code::kUnauthenticated) seen.account->reject_credentials(error);
}

void Observer::ask(const rules::AskOrders& question, Observation& seen, std::stop_token stop) {
  auto orders =
      seen.account->inventory().orders_for(*seen.account->ca(turn_of(seen.facts)),
                                           {.names = question.names,
                                            .product = seen.facts.profile->product,
                                            .organization_id = seen.facts.profile->organization_id,
                                            .order_id = question.order_id,
                                            .now = seen.facts.now},
                                           seen.account->inventory().usual(), stop);
  if (!orders) return note_error(orders.error(), seen);
  for (const std::int64_t id : question.also) {
    const auto order =
        seen.account->inventory().order(*seen.account->ca(turn_of(seen.facts)), id,
                                        seen.account->inventory().usual().details, stop);
    if (!order && order.error().code == base::Code::kNotFound) continue;
    if (!order) return note_error(order.error(), seen);
    std::erase_if(*orders, [&](const rules::OrderFacts& listed) { return listed.id == id; });
    orders->push_back(facts_of(**order));
  }
  seen.facts.ca.orders = *std::move(orders);
  rules::link_renewals(seen.facts);
}

void Observer::ask(const rules::AskDuplicates& question, Observation& seen, std::stop_token stop) {
  const std::string& key = seen.facts.pending->public_key_sha256;
  const base::Steady now = clock_.steady_now();
  const auto answer = seen.account->answers().get(key);
  const bool by_hand =
      !seen.facts.pending->submitted_at && seen.facts.profile->approval_step_in_the_way;
  const base::Steady since = std::max(now - (by_hand ? kManualAgeMax : kDuplicatesAgeMax),
                                      answer ? answer->ended_at : base::Steady::min());
  // What the CA has accepted is not sent again, whatever an older list shows.
  const Patience patience = answer && answer->post == rules::CaView::Post::kAccepted
                                ? Patience::kWithTheOthers
                                : Patience::kNone;
  const auto list = seen.account->inventory().duplicates().get(
      *seen.account->ca(turn_of(seen.facts)), question.order_id,
      {.since = since, .patience = patience, .issued_for = key}, stop);
  if (!list) return note_error(list.error(), seen);
  seen.facts.ca.listed = *list ? (*list)->with_key(key) : std::vector<rules::ListedDuplicate>{};
  if (!seen.facts.ca.listed->empty() || !*list || (*list)->looked_at < since) return;
  const auto looks = seen.account->answers().note_fruitless(key, (*list)->looked_at);
  seen.facts.ca.fruitless_looks = looks.count;
  seen.facts.ca.last_look =
      seen.facts.now - std::chrono::floor<std::chrono::milliseconds>(now - looks.last);
}

void Observer::ask(const rules::AskApproval& question, Observation& seen, std::stop_token stop) {
  const auto request = seen.account->ca({.urgency = certcentral::Urgency::kBackground})
                           ->request(question.request_id, stop);
  // A key that may not look at requests learns it from the list, if at all.
  if (!request && request.error().code != base::Code::kNotFound &&
      request.error().code != base::Code::kPermissionDenied) {
    return note_error(request.error(), seen);
  }
  seen.facts.ca.approval.emplace();
  if (!request) return;
  seen.facts.ca.approval->rejected = request->status == certcentral::RequestStatus::kRejected;
  seen.facts.ca.approval->comment = request->processor_comment;
}

void Observer::ask(const rules::AskCertificate& question, Observation& seen, std::stop_token stop) {
  const auto pem =
      seen.account->ca(turn_of(seen.facts))->download_certificate(question.certificate_id, stop);
  if (!pem) return note_error(pem.error(), seen);
  const std::string& key = seen.facts.pending->public_key_sha256;
  seen.facts.ca.issued =
      issued_facts(*pem, question.certificate_id, key, seen.chain, seen.memory->parsed());
  // What the POST's answer named was not ours: from now on the listing tells.
  if (!seen.facts.ca.issued->leaf) seen.account->answers().forget_certificate(key);
}

void Observer::ask(const rules::AskRevocation& /*question*/, Observation& seen,
                   std::stop_token stop) {
  const auto looked = seen.account->revocations().look(
      certificate_of(*seen.facts.installed),
      *seen.account->ca({.urgency = certcentral::Urgency::kBackground}), seen.account->inventory(),
      stop);
  if (!looked && looked.error().code == base::Code::kUnauthenticated) {
    seen.account->reject_credentials(looked.error());
  }
  observe_revocation(seen);
}

void Observer::ask(const rules::AskOwnership& /*question*/, Observation& seen,
                   std::stop_token stop) {
  const auto ownership = seen.account->ownership().of(
      *seen.facts.installed->leaf, *seen.account->ca(turn_of(seen.facts)),
      seen.account->inventory(), seen.facts.now, stop);
  if (!ownership) return note_error(ownership.error(), seen);
  note_ownership(*ownership, seen.facts);
}

}  // namespace reconcile
