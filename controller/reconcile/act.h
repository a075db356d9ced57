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
  struct Options {
    std::string ledger_namespace{};
    // Whether this process surely leads: asked right before each POST. Empty: it always does.
    std::function<bool()> may_act{};
    // A request has shown something new about an account's approval step.
    std::function<void()> evidence{};
    // A key of its own for one certificate. Empty: PrivateKey::generate.
    std::function<base::Result<x509::PrivateKey>(const x509::KeyParams&)> make_key{};
  };

  Actor(kube::Client& client, const Caches& caches, const base::Clock& clock, Options options)
      : client_(client),
        caches_(caches),
        clock_(clock),
        ledger_namespace_(std::move(options.ledger_namespace)),
        may_act_(std::move(options.may_act)),
        evidence_(std::move(options.evidence)),
        make_key_(options.make_key ? std::move(options.make_key) : x509::PrivateKey::generate) {}

  // Asks the CA for one duplicate. In this order: the pending Secret with its key, or a moved mark
  // (precondition: its version); then the POST. The intent first: if the answer is lost, the next
  // pass can tell "maybe sent" from "never sent".
  // Errors: of the API server only - kConflict or kAlreadyExists: observe again. What the CA said
  // is a fact for the next pass: in the account's Answers, or as a refusal in the pending Secret.
  // Returns how the POST ended.
  base::Result<Sent> submit(const rules::SubmitDuplicate& action, const Observation& seen,
                            std::stop_token stop);

  // Makes the pending Secret with its key, and sends nothing.
  base::Result<void> prepare(const rules::PrepareKey& action, const Observation& seen,
                             std::stop_token stop);

  // Notes in the pending Secret that an approver said no.
  base::Result<void> record(const rules::RecordRejection& action, const Observation& seen,
                            std::stop_token stop);

  // Writes the target Secret: key, chain and keystore in one write. A Secret that is not there is
  // created, not taking over what appeared meanwhile (kAlreadyExists); one that is there is written
  // only at the version that was observed (kConflict). After both, observe again.
  base::Result<void> install(const rules::InstallCertificate& action, const Observation& seen,
                             std::stop_token stop);

  // Copies the pair of the observed target Secret into an immutable Secret of its own.
  // kAlreadyExists: observe again.
  base::Result<void> back_up(const Observation& seen, std::stop_token stop);

  // Writes the target Secret's labels, annotations and owner, at the version that was observed.
  // kConflict: observe again.
  base::Result<void> apply_marks(const Observation& seen, std::stop_token stop);

  // Opens an entry of the ledger with the key of the pending Secret, which is made first if there
  // is none; nothing is sent. Calls `opening` with the entry's name before it is there, and returns
  // the version of what was created. kConflict: there is such an entry by now, observe again.
  base::Result<std::string> open_ledger(const rules::OpenLedger& action, const Observation& seen,
                                        const std::function<void(const std::string&)>& opening,
                                        std::stop_token stop);

  // Notes in the target Secret what was tried without gain. kConflict: it has changed.
  base::Result<void> remember_no_gain(const rules::RememberNoGain& action, const Observation& seen,
                                      std::stop_token stop);

  // Writes or removes keystore.p12 beside the installed pair, in the Secret at the version that was
  // observed and no other. kConflict: observe again.
  base::Result<void> update_keystore(const Observation& seen, std::stop_token stop);

  // Deletes the pending Secret that was observed, and no other. kPermissionDenied: a Secret of that
  // name is not of our type; it stays. kConflict: an open entry of the ledger uses its key.
  base::Result<void> drop(const Observation& seen, std::stop_token stop);

 private:
  base::Result<void> write_target(nlohmann::json wanted, const Observation& seen,
                                  std::string_view words, std::stop_token stop);
  base::Result<rules::PendingFacts> create_pending(const rules::PrepareKey& key,
                                                   const std::optional<Mark>& mark,
                                                   const Observation& seen, std::stop_token stop);
  base::Result<rules::PendingFacts> create_key(const Intent& intent,
                                               const std::optional<Mark>& mark,
                                               const Observation& seen, std::stop_token stop);
  rules::PendingFacts note_pending(nlohmann::json&& secret, const Observation& seen);
  base::Result<void> expect_unused(const rules::PendingFacts& pending, std::stop_token stop);
  base::Result<rules::PendingFacts> move_mark(const rules::SubmitDuplicate& action,
                                              const Observation& seen, std::stop_token stop);
  base::Result<Sent> post(const rules::SubmitDuplicate& action, const Observation& seen,
                          const rules::PendingFacts& pending, std::stop_token stop);
  void note_request_id(std::int64_t request_id, const Observation& seen,
                       const rules::PendingFacts& pending, std::stop_token stop);
  void note_approval(const certcentral::Submission& answer, const Observation& seen);
  base::Result<Sent> post_failed(const base::Error& error, const Observation& seen,
                                 const rules::PendingFacts& pending, std::stop_token stop);
  base::Result<void> record_refusal(const rules::Refusal& refusal, const Observation& seen,
                                    const rules::PendingFacts& pending, std::stop_token stop);

  kube::Client& client_;
  const Caches caches_;
  const base::Clock& clock_;
  const std::string ledger_namespace_;
  const std::function<bool()> may_act_;
  const std::function<void()> evidence_;
  const std::function<base::Result<x509::PrivateKey>(const x509::KeyParams&)> make_key_;
};

}  // namespace reconcile
