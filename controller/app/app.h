// App: owns every long-lived object of `duplicert run`, in construction order; destruction in
// reverse order is the shutdown. Decides nothing.
//
// Threads: main waits for signals; one per watched kind (and namespace); --workers for requests,
// one for profiles, one for orders; one for Events; one for the Lease; one that makes RSA keys when
// it is idle; two small pools for probes and metrics.
#pragma once

#include <memory>
#include <stop_token>

#include "app/debug.h"
#include "app/key_filler.h"
#include "app/rest_client_metrics.h"
#include "app/startup.h"
#include "app/telemetry.h"
#include "base/clock.h"
#include "cli/options.h"
#include "http/server.h"
#include "kube/client.h"
#include "metrics/process_metrics.h"
#include "metrics/registry.h"
#include "reconcile/credential_watches.h"
#include "reconcile/duplicate_reconciler.h"
#include "reconcile/order_reconciler.h"
#include "reconcile/profile_reconciler.h"
#include "reconcile/watches.h"
#include "runtime/controller.h"
#include "runtime/event_recorder.h"
#include "runtime/health.h"
#include "runtime/informer.h"
#include "runtime/leader_elector.h"
#include "x509/key_pool.h"

namespace app {

class App {
 public:
  // Connects to the API server's address without calling it, and starts the probes.
  // kInvalid and kUnavailable with a message that names the option or file.
  static base::Result<std::unique_ptr<App>> create(const cli::RunOptions& options);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // Blocks until `stop` is requested and all work has ended, or the lease is lost (kUnavailable).
  base::Result<void> run(std::stop_token stop);

 private:
  // The two clients, and where we are.
  struct Connection {
    std::unique_ptr<kube::Client> client{};
    std::unique_ptr<kube::Client> lease_client{};
    std::string server{};
    std::string namespace_{};
  };
  App(const cli::RunOptions& options, Connection connection);

  base::Result<void> start_servers();
  void start_informers();
  void follow_namespaces(const std::stop_token& stop);
  void start_controllers();
  void check_profiles();
  void want_keys();
  bool is_idle();
  void wait_for_end(const std::stop_token& ended);
  void make_elector();
  void add_readiness();
  // Why the caches are not complete, in one sentence; "" if no listing has failed.
  std::string cache_problem() const;
  bool caches_synced() const;
  bool wait_synced(std::chrono::milliseconds at_most, const std::stop_token& stop) const;
  bool wait_for_caches(const std::stop_token& stop);
  void refresh_credential_watches();
  reconcile::Caches caches();
  reconcile::Informers informers();
  reconcile::Queues queues();
  reconcile::Telemetry request_hooks();
  reconcile::ProfileReconciler::Hooks profile_hooks();
  reconcile::AccountsOptions accounts_options();
  reconcile::DuplicateReconciler::Options request_options();
  reconcile::OrderOptions order_options();
  bool surely_leads() const;

  const cli::RunOptions options_;
  const std::string home_namespace_;    // of the Lease
  const std::string ledger_namespace_;  // of the CertificateOrders
  const base::SystemClock clock_{};
  metrics::Registry registry_;
  metrics::ProcessMetrics process_metrics_;
  TelemetryRegistry telemetry_;
  RestClientMetrics rest_client_metrics_;
  DecisionLog decisions_;
  const std::unique_ptr<kube::Client> client_;
  const std::unique_ptr<kube::Client> lease_client_;

  runtime::Informer<api::DuplicateCertificateRequest> requests_;
  runtime::Informer<api::AutomationProfile> profiles_;
  runtime::Informer<reconcile::SecretMeta> secrets_;
  runtime::Informer<reconcile::NamespaceMeta> namespaces_;  // all namespaces: not started otherwise
  runtime::Informer<api::CertificateOrder> entries_;        // the ledger
  runtime::Store<reconcile::NamespaceMeta> named_namespaces_;  // --namespace: read one by one

  reconcile::Accounts accounts_;
  reconcile::ProfileStates profile_states_;
  reconcile::OwnWrites own_writes_;
  reconcile::Sponsors sponsors_;
  runtime::EventRecorder events_;
  x509::KeyPool keys_;
  reconcile::DuplicateReconciler duplicate_reconciler_;
  reconcile::ProfileReconciler profile_reconciler_;
  reconcile::OrderReconciler order_reconciler_;
  runtime::Controller duplicate_controller_;
  runtime::Controller profile_controller_;
  runtime::Controller order_controller_;
  reconcile::CredentialWatches credential_watches_;
  const DebugViews debug_;

  Notice schemas_;
  Notice lease_;
  std::stop_source ended_;  // the lease is lost
  std::unique_ptr<runtime::LeaderElector> elector_;
  std::unique_ptr<KeyFiller> key_filler_;
  runtime::HealthChecks alive_{"healthz"};
  runtime::HealthChecks ready_{"readyz"};
  std::unique_ptr<http::Server> health_server_;
  std::unique_ptr<http::Server> metrics_server_;
};

}  // namespace app
