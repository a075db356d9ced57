// OrderReconciler: works on the entries of the ledger, one pass at a time: what is bought is bought
// here and nowhere else. Decisions are rules::decide_order's alone.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "api/certificate_order.h"
#include "base/clock.h"
#include "base/thread_annotations.h"
#include "kube/client.h"
#include "reconcile/observe.h"
#include "reconcile/sponsors.h"
#include "rules/order_decide.h"
#include "runtime/event_recorder.h"
#include "runtime/informer.h"
#include "runtime/reconciler.h"
#include "runtime/write_gate.h"

namespace reconcile {

struct OrderOptions {
  std::chrono::seconds settle_window{3600};  // --order-settle-window
  // Whether this process surely leads: asked right before each POST.
  std::function<bool()> may_act{};
  // The CA has taken an order.
  std::function<void(const rules::LedgerEntry&)> placed{};
  // As Telemetry::stale.
  std::function<void(runtime::WriteGate::Verdict verdict)> stale{};
};

// Its controller must have one worker: the fuse counts what this process has just written.
class OrderReconciler final : public runtime::Reconciler {
 public:
  // Everything must outlive the reconciler. `entries` is the informer behind caches.entries.
  OrderReconciler(const runtime::Informer<api::CertificateOrder>& entries, Caches caches,
                  const Sponsors& sponsors, kube::Client& client, runtime::EventRecorder& events,
                  const base::Clock& clock, OrderOptions options);

  runtime::Outcome reconcile(const std::string& key, std::stop_token stop) override;

 private:
  // What this process remembers of an entry. Lost without harm: the ledger and the CA tell.
  struct Memory {
    std::string uid{};
    int failures = 0;
    std::optional<rules::OrderPost> post{};
    std::string post_version{};  // of the entry with the mark of that POST: nobody changed it since
    std::optional<base::Steady> first_look{};  // since the entry was last seen as sent
    std::optional<base::Steady> last_look{};
    int looks = 0;
    // The mark that the looks belong to. Not the number of submissions: one that was not sent gives
    // its number back, and another process would take the looks at it for looks at the next one.
    std::optional<base::TimePoint> submitted_at{};
    std::optional<base::Steady> unsponsored_since{};
  };
  // What a pass works with besides the facts.
  struct Pass {
    api::CertificateOrder object{};
    rules::OrderObserved facts{};
    std::shared_ptr<const api::AutomationProfile> profile{};  // that asks and pays
    std::shared_ptr<Account> account{};
  };

  Memory& memory_of(const api::CertificateOrder& object);
  Pass observe(const api::CertificateOrder& object, Memory& memory);
  std::vector<Sponsorship> living_sponsors(const std::string& entry) const;
  void observe_profile(Pass& pass, const std::vector<Sponsorship>& sponsors);
  void look(Pass& pass, Memory& memory, const std::stop_token& stop);
  base::Result<api::CertificateOrder> send(Pass& pass, const rules::OrderDecision& made,
                                           Memory& memory, const std::stop_token& stop);
  rules::OrderPost post(const Pass& pass, base::Steady marked_at, const std::stop_token& stop);
  base::Result<api::CertificateOrder> write(const api::CertificateOrder& object,
                                            const rules::OrderDecision& made,
                                            const std::stop_token& stop);
  base::Result<api::CertificateOrder> record(const Pass& pass, const rules::OrderDecision& made,
                                             Memory& memory, const std::stop_token& stop);
  void forget_what_was_told(const Pass& pass, const rules::OrderRecord& action) const;
  base::Result<void> forget(const api::CertificateOrder& object, const std::stop_token& stop);
  void tell(const api::CertificateOrder& object, const rules::OrderDecision& made);

  const runtime::Informer<api::CertificateOrder>& entries_;
  const Caches caches_;
  const Sponsors& sponsors_;
  kube::Client& client_;
  runtime::EventRecorder& events_;
  const base::Clock& clock_;
  const OrderOptions options_;

  // The worker's own.
  std::map<std::string, Memory> memories_;
  runtime::WriteGate gate_;  // the last entry that this process wrote
};

}  // namespace reconcile
