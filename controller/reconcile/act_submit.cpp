#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/names.h"
#include "base/log.h"
#include "certcentral/errors.h"
#include "reconcile/act.h"
#include "rules/standing.h"
#include "x509/csr.h"

namespace reconcile {

using Post = rules::CaView::Post;

namespace {

certcentral::DuplicateRequest body_of(const rules::PendingFacts& pending,
                                      const api::AutomationProfile& profile) {
  const auto& certificate = profile.spec.certificate;
  return {.common_name = pending.names.common_name,
          .dns_names = pending.names.dns_names,
          .csr = pending.csr,
          .signature_hash = std::string(api::name_of(certificate.signature_hash)),
          .server_platform_id = certificate.server_platform,
          .ca_cert_id = certificate.ca_cert_id.value_or("")};
}

Answer answer_of(const certcentral::Submission& submission, base::Steady ended_at) {
  return {.post = Post::kAccepted,
          .awaits_approval = submission.request_status == certcentral::RequestStatus::kPending,
          .certificate_id = submission.certificate_id.value_or(0),
          .chain_pem = submission.chain_pem.value_or(""),
          .ended_at = ended_at};
}

api::Reason reason_of(const base::Error& error, const rules::ProfileFacts& profile) {
  if (certcentral::has_reason(error, "not_found")) return api::Reason::kOrderNotEligible;
  const bool lapsed =
      certcentral::tells_of_validation(error) || !profile.validation_problem.empty();
  return lapsed ? api::Reason::kValidationExpired : api::Reason::kCaRejected;
}

base::Result<certcentral::Submission> send(std::int64_t order_id,
                                           const certcentral::DuplicateRequest& body,
                                           const Observation& seen, std::stop_token stop) {
  const RequestUnderWay under_way(seen.account->inventory().duplicates(), order_id);
  return seen.account->ca(turn_of(seen.facts))->submit_duplicate(order_id, body, stop);
}

}  // namespace

base::Result<Sent> Actor::submit(const rules::SubmitDuplicate& action, const Observation& seen,
                                 std::stop_token stop) {
  const bool is_first = !seen.facts.pending || !seen.facts.pending->submitted_at;
  if (seen.needs_probe && is_first && !seen.account->take_probe()) {
    return base::fail(base::Code::kConflict,
                      "another request shows whether approvals are asked for");
  }
  const Mark mark{.submitted_at = clock_.now(), .sends = action.sends};
  const rules::PendingFacts pending =
      TRY(seen.facts.pending ? move_mark(action, seen, stop)
                             : create_pending({action.order_id, action.names}, mark, seen, stop));
  return post(action, seen, pending, stop);
}

base::Result<void> Actor::prepare(const rules::PrepareKey& action, const Observation& seen,
                                  std::stop_token stop) {
  TRY_VOID(create_pending(action, std::nullopt, seen, stop));
  return {};
}

base::Result<void> Actor::record(const rules::RecordRejection& action, const Observation& seen,
                                 std::stop_token stop) {
  const rules::PendingFacts& pending = *seen.facts.pending;
  seen.account->forget_probe(pending.public_key_sha256);
  return record_refusal({.reason = api::Reason::kApprovalRejected,
                         .message = action.message,
                         .at = clock_.now(),
                         .count = pending.refusals + 1,
                         .inputs = action.inputs},
                        seen, pending, stop);
}

base::Result<rules::PendingFacts> Actor::create_pending(const rules::PrepareKey& wanted,
                                                        const std::optional<Mark>& mark,
                                                        const Observation& seen,
                                                        std::stop_token stop) {
  return create_key({.account = seen.facts.profile->account,
                     .order_id = wanted.order_id,
                     .asked_order_id = seen.facts.request.spec.order_id,
                     .names = wanted.names,
                     .key = seen.facts.key},
                    mark, seen, stop);
}

base::Result<rules::PendingFacts> Actor::create_key(const Intent& intent,
                                                    const std::optional<Mark>& mark,
                                                    const Observation& seen, std::stop_token stop) {
  const auto& request = seen.facts.request;
  const x509::PrivateKey key = TRY(make_key_(key_params(intent.key)));
  // The CA takes the names from the JSON; a common name beyond 64 characters cannot be in a CSR.
  const std::string csr = TRY(x509::make_csr(key, {.common_name = intent.names.common_name}));
  const base::SecretString pem = key.to_pem();
  nlohmann::json body = pending_secret(request, pem, csr, intent, mark);
  auto created = client_.create(kube::kSecrets, request.meta.namespace_, body, stop);
  wipe(body);
  if (!created) return std::unexpected(base::wrap("create the pending Secret", created.error()));
  seen.memory->parsed().made(key, pem.expose(), csr);
  return note_pending(*std::move(created), seen);
}

base::Result<rules::PendingFacts> Actor::move_mark(const rules::SubmitDuplicate& action,
                                                   const Observation& seen, std::stop_token stop) {
  const auto& meta = seen.facts.request.meta;
  auto patched = client_.patch(
      kube::kSecrets, {meta.namespace_, api::pending_secret_name(meta.name)},
      kube::PatchKind::kMerge,
      mark_patch(*seen.facts.pending, {.submitted_at = clock_.now(), .sends = action.sends}), stop);
  if (!patched) return std::unexpected(base::wrap("mark the pending Secret", patched.error()));
  return note_pending(*std::move(patched), seen);
}

// The next pass goes on from what was written.
rules::PendingFacts Actor::note_pending(nlohmann::json&& secret, const Observation& seen) {
  const auto& meta = seen.facts.request.meta;
  rules::PendingFacts facts = pending_facts(secret, meta.uid, seen.memory->parsed());
  seen.memory->wrote({meta.namespace_, api::pending_secret_name(meta.name)}, std::move(secret));
  return facts;
}

base::Result<Sent> Actor::post(const rules::SubmitDuplicate& action, const Observation& seen,
                               const rules::PendingFacts& pending, std::stop_token stop) {
  const auto profile = caches_.profiles.get(seen.facts.profile->name);
  if (!profile) return base::fail(base::Code::kConflict, "the profile is gone");
  if (may_act_ && !may_act_()) {
    return base::fail(base::Code::kCancelled, "this replica may not lead any more");
  }
  const auto answer = send(action.order_id, body_of(pending, *profile), seen, stop);
  if (!answer) return post_failed(answer.error(), seen, pending, stop);
  note_approval(*answer, seen);
  const Answer known = answer_of(*answer, clock_.steady_now());
  seen.account->answers().put(pending.public_key_sha256, known);
  if (known.awaits_approval && answer->request_id) {
    if (seen.needs_probe) seen.account->probe_waits(pending.public_key_sha256);
    note_request_id(*answer->request_id, seen, pending, stop);
  }
  return Sent{.post = Post::kAccepted};
}

// So that a later process knows that an approver was asked. Best effort: without it the request
// is followed all the same.
void Actor::note_request_id(std::int64_t request_id, const Observation& seen,
                            const rules::PendingFacts& pending, std::stop_token stop) {
  const auto& meta = seen.facts.request.meta;
  auto patched =
      client_.patch(kube::kSecrets, {meta.namespace_, api::pending_secret_name(meta.name)},
                    kube::PatchKind::kMerge, request_id_patch(pending, request_id), stop);
  if (patched) return void(note_pending(*std::move(patched), seen));
  base::log_warn("the CA's request id could not be noted",
                 {{"key", api::key_of(meta)}, {"error", patched.error().message}});
}

// The evidence for the profile's condition ApprovalStepSkipped.
void Actor::note_approval(const certcentral::Submission& answer, const Observation& seen) {
  const bool waits = answer.request_status == certcentral::RequestStatus::kPending;
  const bool done = answer.request_status == certcentral::RequestStatus::kApproved ||
                    answer.certificate_id.has_value();
  if (!waits && !done) return;
  if (seen.account->note_approval(done) && evidence_) evidence_();
}

base::Result<Sent> Actor::post_failed(const base::Error& error, const Observation& seen,
                                      const rules::PendingFacts& pending, std::stop_token stop) {
  const auto error_class = certcentral::class_of(error, certcentral::CallKind::kPost);
  base::log_warn("the request for a duplicate did not succeed",
                 {{"key", api::key_of(seen.facts.request.meta)},
                  {"order_id", pending.order_id},
                  {"class", certcentral::name_of(error_class)},
                  {"error", error.message}});
  const bool bad_key = error.code == base::Code::kUnauthenticated;
  if (bad_key) seen.account->reject_credentials(error);
  const bool rate_limited = error_class == certcentral::ErrorClass::kRateLimited;
  const auto note = [&](Post post) {
    seen.account->answers().put(
        pending.public_key_sha256,
        {.post = post, .rate_limited = rate_limited, .ended_at = clock_.steady_now()});
    return Sent{post, rate_limited};
  };
  switch (error_class) {
    case certcentral::ErrorClass::kAmbiguous:
      return note(Post::kUnknown);
    case certcentral::ErrorClass::kTransient:
    case certcentral::ErrorClass::kRateLimited:
      return note(Post::kNotSent);
    case certcentral::ErrorClass::kConfiguration:
    case certcentral::ErrorClass::kTerminal:
      break;
  }
  if (bad_key) return note(Post::kNotSent);
  seen.account->inventory().forget(pending.order_id);
  TRY_VOID(record_refusal({.reason = reason_of(error, *seen.facts.profile),
                           .message = error.message,
                           .at = clock_.now(),
                           .count = pending.refusals + 1,
                           .inputs = rules::refusal_inputs(seen.facts)},
                          seen, pending, stop));
  return Sent{};
}

base::Result<void> Actor::record_refusal(const rules::Refusal& refusal, const Observation& seen,
                                         const rules::PendingFacts& pending, std::stop_token stop) {
  const auto& meta = seen.facts.request.meta;
  seen.account->answers().forget(pending.public_key_sha256);
  auto patched =
      client_.patch(kube::kSecrets, {meta.namespace_, api::pending_secret_name(meta.name)},
                    kube::PatchKind::kMerge, refusal_patch(pending, refusal), stop);
  if (!patched) return std::unexpected(base::wrap("note the CA's refusal", patched.error()));
  note_pending(*std::move(patched), seen);
  return {};
}

}  // namespace reconcile
