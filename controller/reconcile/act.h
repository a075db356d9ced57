// Effects: the only code that writes Secrets or asks the CA for something that it then does.
// Each leaves behind what the next pass needs if the process dies right after it.
#pragma once

#include <functional>
#include <stop_token>

#include "base/clock.h"
#include "kube/client.h"
#include "reconcile/observe.h"
#include "rules/action.h"

namespace reconcile {

// How a POST ended, as far as this process knows.
struct Sent {
  rules::CaView::Post post = rules::CaView::Post::kUnknown;
  bool rate_limited = false;  // kNotSent, and no failure
};

// Everything must outlive the actor. Thread-safe.
class Actor {
 public:
  // `evidence` is called when a request has shown something new about an account's approval step.
  Actor(kube::Client& client, const Caches& caches, const base::Clock& clock,
        std::function<void()> evidence)
      : client_(client), caches_(caches), clock_(clock), evidence_(std::move(evidence)) {}

  // Asks the CA for one duplicate. In this order: the pending Secret with its key, or a moved mark
  // (precondition: its version); then the POST. The intent first: if the answer is lost, the next
  // pass can tell "maybe sent" from "never sent".
  // Errors: of the API server only - kConflict or kAlreadyExists: observe again. What the CA said
  // is a fact for the next pass: in the account's Answers, or as a refusal in the pending Secret.
  // Returns how the POST ended.
  base::Result<Sent> submit(const rules::SubmitDuplicate& action, const Observation& seen,
                            std::stop_token stop);

  // Writes the target Secret, key and chain in one write. A Secret that is not there is created
  // without taking over what appeared meanwhile; one of ours is written only at the version that
  // was observed. kConflict: observe again.
  base::Result<void> install(const rules::InstallCertificate& action, const Observation& seen,
                             std::stop_token stop);

  // Copies the pair of the observed target Secret into an immutable Secret of its own.
  // kAlreadyExists: observe again.
  base::Result<void> back_up(const Observation& seen, std::stop_token stop);

  // Writes the target Secret's labels, annotations and owner, at the version that was observed; key
  // and chain go along unchanged. kConflict: observe again.
  base::Result<void> apply_marks(const Observation& seen, std::stop_token stop);

  // Deletes the pending Secret that was observed, and no other. kPermissionDenied: a Secret of that
  // name is not of our type; it stays.
  base::Result<void> drop(const Observation& seen, std::stop_token stop);

 private:
  base::Result<rules::PendingFacts> create_pending(const rules::SubmitDuplicate& action,
                                                   const Observation& seen, std::stop_token stop);
  base::Result<rules::PendingFacts> move_mark(const rules::SubmitDuplicate& action,
                                              const Observation& seen, std::stop_token stop);
  base::Result<Sent> post(const rules::SubmitDuplicate& action, const Observation& seen,
                          const rules::PendingFacts& pending, std::stop_token stop);
  void note_request_id(std::int64_t request_id, const Observation& seen,
                       const rules::PendingFacts& pending, std::stop_token stop);
  void note_approval(const certcentral::Submission& answer, const Observation& seen);
  base::Result<Sent> post_failed(const base::Error& error, const Observation& seen,
                                 const rules::PendingFacts& pending, std::stop_token stop);
  base::Result<void> record_refusal(const base::Error& error, const Observation& seen,
                                    const rules::PendingFacts& pending, std::stop_token stop);

  kube::Client& client_;
  const Caches caches_;
  const base::Clock& clock_;
  const std::function<void()> evidence_;
};

}  // namespace reconcile
