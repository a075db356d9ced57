// DuplicateReconciler: runs passes for one request until there is nothing to do now, then reports
// once. A pass is observe, decide, act; decisions are rules::decide's alone.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/thread_annotations.h"
#include "kube/client.h"
#include "metrics/registry.h"
#include "reconcile/act.h"
#include "reconcile/observe.h"
#include "reconcile/sponsors.h"
#include "runtime/event_recorder.h"
#include "runtime/informer.h"
#include "runtime/reconciler.h"
#include "runtime/write_gate.h"

namespace reconcile {

// What the reconciler counts and who hears of it. All may be called from several workers.
struct Telemetry {
  std::function<void(const rules::Observed&, const rules::Decision&)> decided{};
  // The last decision of a work item: the one that waits, or whose effect failed.
  std::function<void(const rules::Observed&, const rules::Decision&)> concluded{};
  // A certificate was installed `since` the request became due.
  std::function<void(const rules::Observed&, std::chrono::milliseconds since)> issued{};
  std::function<void(const std::string& key, const api::DuplicateCertificateRequestStatus&,
                     const std::string& profile)>
      reported{};
  std::function<void(const std::string& key)> gone{};
  // Each pass has ended with this.
  std::function<void(const std::string& key, const runtime::Outcome&)> ended{};
  // The cache was older than our own last write; `verdict` is what followed: kWait or kGaveUp.
  std::function<void(runtime::WriteGate::Verdict verdict)> stale{};
};

class DuplicateReconciler final : public runtime::Reconciler {
 public:
  struct Options {
    ObserveOptions observe{};
    Actor::Options act{};
  };

  // Everything must outlive the reconciler. `requests` and `entries` are the informers behind the
  // caches.
  DuplicateReconciler(const runtime::Informer<api::DuplicateCertificateRequest>& requests,
                      const runtime::Informer<api::CertificateOrder>& entries, Caches caches,
                      Sponsors& sponsors, kube::Client& client, runtime::EventRecorder& events,
                      const base::Clock& clock, Options options, Telemetry telemetry);

  runtime::Outcome reconcile(const std::string& key, std::stop_token stop) override;

 private:
  using Request = std::shared_ptr<const api::DuplicateCertificateRequest>;

  // What this process remembers of a request between its passes. Never needed for correctness, and
  // dropped when it says nothing any more, so that ten thousand that are Ready take no memory here.
  struct Memory {
    std::string uid{};
    int failures = 0;          // of calls to the CA, in a row
    bool has_pending = false;  // a pending Secret of ours may be there before the cache shows it
    runtime::WriteGate status_gate{};         // our last write of the request's status
    runtime::WriteGate ledger_gate{};         // the entry that we opened
    std::optional<base::Steady> due_since{};  // when work on the current need began
  };

  Memory recall(const api::DuplicateCertificateRequest& request);
  void remember(const std::string& key, const Memory& memory);
  void forget(const std::string& key);
  bool is_blank(const std::string& key, const Memory& memory) const;
  void tidy_one() REQUIRES(mutex_);

  runtime::Outcome work_on(const std::string& key, const std::stop_token& stop);
  // Runs passes until a decision waits. The last observation is left in `seen`.
  base::Result<rules::Decision> run_passes(const Request& request, Memory& memory,
                                           Observation& seen, std::stop_token stop);
  base::Result<Observation> observe_again(const Request& request, const Memory& memory,
                                          Source source, Observation&& before,
                                          const std::shared_ptr<ItemMemory>& item,
                                          std::stop_token stop);
  base::Result<bool> is_as_it_was(const Request& request, const Observation& seen,
                                  std::stop_token stop) const;
  void conclude(const rules::Decision& made, const Observation& seen) const;
  void tell_trouble(rules::Decision made, const base::Error& error, const Observation& seen,
                    Memory& memory, std::stop_token stop);
  void note_progress(const rules::Decision& made, const rules::Observed& seen,
                     Memory& memory) const;
  rules::Decision decide_asking(Observation& seen, Memory& memory, std::stop_token stop);
  base::Result<void> act(const rules::Action& action, const Observation& seen, Memory& memory,
                         std::stop_token stop);
  base::Result<void> report(const Observation& seen, const rules::Decision& made, Memory& memory,
                            std::stop_token stop);
  void tell_ignored_window(const rules::Action& action, const Observation& seen);
  void tell(const Observation& seen, const api::DuplicateCertificateRequestStatus& status);
  void record(const Observation& seen, runtime::EventType type, api::Reason reason,
              const std::string& action, const std::string& note);

  bool has_caught_up(const api::DuplicateCertificateRequest& request, Memory& memory) const;
  void sponsor(const rules::Observed& seen, const rules::Decision& made);
  bool has_moved(const rules::Observed& seen, const std::string& entry) const;

  const runtime::Informer<api::DuplicateCertificateRequest>& requests_;
  const runtime::Informer<api::CertificateOrder>& entries_;
  const Caches caches_;
  Sponsors& sponsors_;
  kube::Client& client_;
  runtime::EventRecorder& events_;
  const base::Clock& clock_;
  const std::string ledger_namespace_;
  const Telemetry telemetry_;
  Observer observer_;
  Actor actor_;

  base::Mutex mutex_;
  // Of requests that are being worked on, or were so lately.
  std::map<std::string, Memory> memories_ GUARDED_BY(mutex_);
  std::string tidied_ GUARDED_BY(mutex_);  // the key at which tidy_one() was last
};

}  // namespace reconcile
