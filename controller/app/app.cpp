#include "app/app.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "api/defaults.h"
#include "api/names.h"
#include "app/heap.h"
#include "app/servers.h"
#include "base/log.h"
#include "http/curl_transport.h"
#include "kube/kubeconfig.h"
#include "reconcile/resources.h"
#include "runtime/pause.h"

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kLeaseName = "duplicert";
// SIGTERM to exit: 12 s for running passes, 5 s for Events, then the release of the lease; together
// below 20 s, and far below Kubernetes' 30 s of grace.
constexpr auto kDrain = 12s;
constexpr auto kNamespaceInterval = 10min;
constexpr auto kTidyInterval = 1s;
constexpr auto kCacheWait = 1s;
constexpr auto kTellAgain = 2min;
constexpr runtime::WatchLimits kWatchLimits{.streamed_lists = true};

std::string user_agent() {
  return fmt::format("duplicert/{} (linux)", cli::version());
}

base::Result<reconcile::NamespaceMeta> decode_namespace(const nlohmann::json& object) {
  reconcile::NamespaceMeta namespace_{};
  namespace_.meta = TRY(api::decode_metadata(object));
  return namespace_;
}

std::string our_secrets() {
  return fmt::format("{}={}", api::kManagedByLabel, api::kManagedByValue);
}

base::Result<std::unique_ptr<http::Transport>> connect_to_ca(
    const reconcile::AccountAccess& access) {
  std::unique_ptr<http::Transport> made = TRY(http::CurlTransport::create(
      {.extra_ca_pem = access.ca_bundle_pem, .user_agent = user_agent()}));
  return made;
}

}  // namespace

base::Result<std::unique_ptr<App>> App::create(const cli::RunOptions& options) {
  const auto source = kube::system_config_source(options.kubeconfig, options.context);
  const kube::Config config = TRY(kube::load_config(source));
  const auto reload = [source] { return kube::load_config(source); };
  base::log_info(
      "starting",
      {{"version", cli::version()}, {"cluster", config.server}, {"source", config.source}});
  if (config.insecure) {
    base::log_error(
        "THE API SERVER'S CERTIFICATE IS NOT VERIFIED: insecure-skip-tls-verify is set in the "
        "kubeconfig; whoever is on the network path can read every private key",
        {{"cluster", config.server}, {"source", config.source}});
  }
  static const base::SystemClock clock;
  // Filled in once there is an App; until then nothing is called.
  auto self = std::make_shared<App*>(nullptr);
  kube::ClientOptions client_options{
      .field_manager = std::string(api::kFieldManager),
      .queries_per_second = options.kube_api_qps,
      .burst = options.kube_api_burst,
      .may_write = [self] { return *self != nullptr && (*self)->surely_leads(); },
      .on_request = [self](const auto& facts) { (*self)->rest_client_metrics_.observe(facts); },
      .on_wait = [self](auto method,
                        auto delay) { (*self)->rest_client_metrics_.waited(method, delay); }};
  // What we have written to a Secret is compared with what is wanted.
  client_options.drops_managed_fields = [](const kube::Resource& resource) {
    return resource != kube::kSecrets;
  };
  auto client = TRY(kube::connect(config, client_options, user_agent(), clock, reload));
  client_options.may_write = nullptr;
  client_options.timeout = 5s;
  auto lease_client =
      TRY(kube::connect(config, client_options, user_agent() + "/leader-election", clock, reload));
  auto app = std::unique_ptr<App>(new App(
      options, {std::move(client), std::move(lease_client), config.server, config.namespace_}));
  *self = app.get();
  TRY_VOID(app->start_servers());
  return app;
}

App::App(const cli::RunOptions& options, Connection connection)
    : options_(options),
      home_namespace_(options.leader_elect_namespace.empty() ? connection.namespace_
                                                             : options.leader_elect_namespace),
      ledger_namespace_(options.ledger_namespace.empty() ? home_namespace_
                                                         : options.ledger_namespace),
      process_metrics_(registry_),
      telemetry_(registry_),
      rest_client_metrics_(registry_, connection.server),
      client_(std::move(connection.client)),
      lease_client_(std::move(connection.lease_client)),
      requests_(*client_,
                {.resource = reconcile::kRequests,
                 .namespaces = options.namespaces,
                 .limits = kWatchLimits},
                api::decode_duplicate_certificate_request, clock_),
      profiles_(*client_,
                {.resource = reconcile::kProfiles,
                 .namespaces = options.namespaces,
                 .limits = kWatchLimits},
                api::decode_automation_profile, clock_),
      secrets_(*client_,
               {.resource = kube::kSecrets,
                .namespaces = options.namespaces,
                .label_selector = our_secrets(),
                .view = kube::View::kMetadata,
                .limits = kWatchLimits},
               reconcile::decode_secret_meta, clock_),
      namespaces_(
          *client_,
          {.resource = kube::kNamespaces, .view = kube::View::kMetadata, .limits = kWatchLimits},
          decode_namespace, clock_),
      entries_(*client_,
               {.resource = reconcile::kOrders,
                .namespaces = {ledger_namespace_},
                .limits = kWatchLimits},
               api::decode_certificate_order, clock_),
      accounts_(accounts_options(), clock_),
      sponsors_([this](const std::string& entry) {
        queues().entries.add(kube::ObjectKey{ledger_namespace_, entry}.text());
      }),
      events_(*client_,
              {.controller = "duplicert.io/duplicert", .instance = runtime::make_identity()},
              runtime::EventMetrics(registry_, "duplicert"), clock_),
      duplicate_reconciler_(requests_, entries_, caches(), sponsors_, *client_, events_, clock_,
                            request_options(), request_hooks()),
      profile_reconciler_(profiles_, *client_, accounts_, profile_states_, clock_, profile_hooks()),
      order_reconciler_(entries_, caches(), sponsors_, *client_, events_, clock_, order_options()),
      duplicate_controller_({.name = "request", .workers = options.workers}, duplicate_reconciler_,
                            clock_, registry_),
      profile_controller_({.name = "profile"}, profile_reconciler_, clock_, registry_),
      order_controller_({.name = "order"}, order_reconciler_, clock_, registry_),
      credential_watches_(*client_, clock_,
                          [this](const std::string& secret) {
                            reconcile::wake_by_credentials(informers(), queues(), secret);
                          }),
      debug_(caches(), queues(), decisions_) {
  telemetry_.watch_budgets([this] { return accounts_.remaining(); });
  reconcile::connect(informers(), queues(), sponsors_, own_writes_);
  reconcile::connect_namespaces(namespaces_, informers(), queues());
  want_keys();
  add_readiness();
  if (options_.leader_elect) make_elector();
}

App::~App() {
  credential_watches_.stop();
  namespaces_.stop();
  entries_.stop();
  secrets_.stop();
  profiles_.stop();
  requests_.stop();
}

reconcile::Caches App::caches() {
  return {requests_.store(),
          profiles_.store(),
          options_.namespaces.empty() ? namespaces_.store() : named_namespaces_,
          secrets_.store(),
          entries_.store(),
          profile_states_};
}

reconcile::Informers App::informers() {
  return {requests_, profiles_, secrets_, entries_};
}

reconcile::Queues App::queues() {
  return {duplicate_controller_.queue(), profile_controller_.queue(), order_controller_.queue()};
}

reconcile::AccountsOptions App::accounts_options() {
  return {.allowed_hosts = options_.allowed_ca_hosts,
          .user_agent = user_agent(),
          .on_call =
              [this](std::string_view operation, std::string_view code, double seconds) {
                telemetry_.count_ca_call(operation, code, seconds);
                base::log_debug("called the CA", {{"operation", operation},
                                                  {"code", code},
                                                  {"duration_ms", std::llround(seconds * 1000)}});
              },
          .rejected = [this] { check_profiles(); },
          .inventory = {.full_interval = options_.inventory_interval},
          .connect = connect_to_ca};
}

// Asked right before each write and each POST to the CA: nobody else can lead before the lease
// runs out.
bool App::surely_leads() const {
  return !options_.leader_elect || (elector_ && elector_->holds_lease());
}

reconcile::DuplicateReconciler::Options App::request_options() {
  return {.observe = {.duplicate_settle_window = options_.duplicate_settle_window,
                      .own_writes = &own_writes_},
          .act = {.ledger_namespace = ledger_namespace_,
                  .may_act = [this] { return surely_leads(); },
                  .evidence = [this] { check_profiles(); },
                  .make_key = [this](const auto& params) { return keys_.key(params); }}};
}

// What requests have shown of an API key is the profiles' to tell.
void App::check_profiles() {
  for (const auto& profile : profiles_.store().list()) {
    queues().profiles.add(api::key_of(profile->meta));
  }
}

// Keys are made ahead of time for whoever may ask for RSA, and only then.
void App::want_keys() {
  const auto want = [this](const api::AutomationProfileSpec& profile,
                           const api::DuplicateCertificateRequestSpec& request) {
    keys_.want(reconcile::key_params(api::effective_private_key(profile, request)));
  };
  profiles_.on_change([want](const auto& change) {
    if (change.after) want(change.after->spec, {});
  });
  requests_.on_change([want](const auto& change) {
    if (change.after && change.after->spec.private_key) want({}, change.after->spec);
  });
}

bool App::is_idle() {
  return duplicate_controller_.queue().is_idle() && order_controller_.queue().is_idle() &&
         profile_controller_.queue().is_idle();
}

reconcile::OrderOptions App::order_options() {
  return {.settle_window = options_.order_settle_window,
          .may_act = [this] { return surely_leads(); },
          .placed = [this](const rules::LedgerEntry& entry) { telemetry_.count_order(entry); },
          .stale = [this](auto verdict) { telemetry_.count_stale("order", verdict); }};
}

reconcile::Telemetry App::request_hooks() {
  return decisions_.listen(telemetry_.hooks());
}

reconcile::ProfileReconciler::Hooks App::profile_hooks() {
  return {.changed =
              [this](const std::string& key) {
                reconcile::wake_by_profile(informers(), queues(), key);
              },
          .reported =
              [this](const api::AutomationProfile& profile, bool ready) {
                telemetry_.set_profile_ready(api::key_of(profile.meta), profile.spec.product,
                                             ready);
              },
          .gone = [this](const std::string& key) { telemetry_.remove_profile(key); },
          .refresh_watches = [this] { refresh_credential_watches(); },
          .stale = [this](auto verdict) { telemetry_.count_stale("profile", verdict); }};
}

void App::refresh_credential_watches() {
  std::set<kube::ObjectKey> secrets;
  for (const auto& profile : profiles_.store().list()) {
    secrets.insert({profile->meta.namespace_, profile->spec.account.api_key_secret_ref.name});
  }
  credential_watches_.watch(secrets);
}

base::Result<void> App::start_servers() {
  health_server_ = TRY(serve_health(options_.health, alive_, ready_));
  metrics_server_ = TRY(serve_metrics(
      options_.metrics, registry_,
      [this](const http::ServerRequest& request) { return debug_.answer(request); },
      certificate_in(options_.metrics_cert_dir,
                     [this](bool usable) { telemetry_.count_certificate_read(usable); })));
  return {};
}

void App::start_informers() {
  requests_.start();
  profiles_.start();
  secrets_.start();
  entries_.start();
  if (options_.namespaces.empty()) namespaces_.start();
}

// With --namespace there is no right to watch all namespaces: their labels are read one by one.
void App::follow_namespaces(const std::stop_token& stop) {
  for (const std::string& name : options_.namespaces) {
    const auto object =
        client_->get(kube::kNamespaces, {.name = name}, stop, kube::View::kMetadata);
    auto meta = object ? decode_namespace(*object)
                       : base::Result<reconcile::NamespaceMeta>(std::unexpected(object.error()));
    if (!meta) {
      base::log_warn("labels of the namespace cannot be read",
                     {{"namespace", name}, {"error", meta.error().message}});
      continue;
    }
    const auto changed = named_namespaces_.upsert(
        std::make_shared<const reconcile::NamespaceMeta>(*std::move(meta)));
    if (changed) reconcile::wake_by_namespace(informers(), queues(), name);
  }
}

void App::add_readiness() {
  ready_.add_open("caches", [this]() -> runtime::CheckResult {
    if (caches_synced()) return {};
    const std::string problem = cache_problem();
    return {.ok = false, .told = problem.empty() ? "the first listing is under way" : problem};
  });
  schemas_.set({.ok = false, .told = "not compared with this program yet"});
  ready_.add_open("crds", [this] { return schemas_.get(); });
  ready_.add_open("lease", [this] { return lease_.get(); });
}

bool App::caches_synced() const {
  return wait_synced(0ms, {});
}

bool App::wait_synced(std::chrono::milliseconds at_most, const std::stop_token& stop) const {
  const base::Steady until = clock_.steady_now() + at_most;
  const auto is_there = [&](const auto& informer) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock_.steady_now());
    return informer.wait_synced(std::max(left, 0ms), stop);
  };
  return is_there(requests_) && is_there(profiles_) && is_there(secrets_) && is_there(entries_) &&
         (!options_.namespaces.empty() || is_there(namespaces_));
}

std::string App::cache_problem() const {
  const std::pair<kube::Resource, std::optional<base::Error>> listings[] = {
      {reconcile::kRequests, requests_.problem()}, {reconcile::kProfiles, profiles_.problem()},
      {reconcile::kOrders, entries_.problem()},    {kube::kSecrets, secrets_.problem()},
      {kube::kNamespaces, namespaces_.problem()},
  };
  for (const auto& [resource, error] : listings) {
    if (error) return listing_problem(resource, error);
  }
  return "";
}

bool App::wait_for_caches(const std::stop_token& stop) {
  std::string told;
  base::Steady tell_again = clock_.steady_now() + kTellAgain;
  while (!stop.stop_requested()) {
    if (wait_synced(kCacheWait, stop)) return true;
    const std::string problem = cache_problem();
    const base::Steady now = clock_.steady_now();
    if ((!problem.empty() && problem != told) || now >= tell_again) {
      base::log_warn(
          (problem.empty() ? "the first listing of the API server is not complete" : problem) +
          "; waiting for that, it goes on by itself");
      told = problem;
      tell_again = now + kTellAgain;
    }
  }
  return false;
}

void App::start_controllers() {
  profile_controller_.start();
  duplicate_controller_.start();
  order_controller_.start();
  key_filler_ = std::make_unique<KeyFiller>(keys_, [this] { return is_idle(); });
}

// Not started yet, so that a process that waits has its metrics too.
void App::make_elector() {
  elector_ = std::make_unique<runtime::LeaderElector>(
      *lease_client_,
      runtime::LeaderElectorOptions{.lease = {home_namespace_, std::string(kLeaseName)},
                                    .identity = runtime::make_identity()},
      runtime::LeaderCallbacks{.on_started =
                                   [this] {
                                     base::log_info("leading");
                                     start_controllers();
                                   },
                               .on_lost =
                                   [this] {
                                     base::log_error("leader election is over; ending at once");
                                     ended_.request_stop();
                                   },
                               .on_trouble =
                                   [this](const std::optional<base::Error>& error) {
                                     const std::string problem = lease_problem(error);
                                     lease_.set({.ok = problem.empty(), .told = problem});
                                   }},
      clock_, registry_);
}

void App::wait_for_end(const std::stop_token& ended) {
  MemoryTrimmer memory;
  base::Steady follow_at = clock_.steady_now() + kNamespaceInterval;
  while (runtime::pause(kTidyInterval, ended)) {
    if (is_idle()) memory.trim_after_burst();
    if (clock_.steady_now() < follow_at) continue;
    follow_namespaces(ended);
    follow_at = clock_.steady_now() + kNamespaceInterval;
  }
}

base::Result<void> App::run(std::stop_token stop) {
  // Either way out, by a signal or by a lost lease, ends the same waits.
  const std::stop_callback on_signal(stop, [this] { ended_.request_stop(); });
  const std::stop_token ended = ended_.get_token();
  start_informers();
  // The lists come meanwhile.
  if (wait_for_schemas(*client_, schemas_, ended) && wait_for_caches(ended)) {
    follow_namespaces(ended);
    base::log_info("caches are complete", {{"requests", requests_.store().size()},
                                           {"profiles", profiles_.store().size()}});
    if (options_.leader_elect) {
      elector_->start();
    } else {
      start_controllers();
    }
  }
  wait_for_end(ended);
  const bool lost = !stop.stop_requested();
  base::log_info("stopping");
  // Both share the time: one after the other they could use up Kubernetes' grace.
  const base::Steady deadline = clock_.steady_now() + (lost ? 0s : kDrain);
  const auto left = [&] {
    return std::max(std::chrono::floor<std::chrono::milliseconds>(deadline - clock_.steady_now()),
                    0ms);
  };
  order_controller_.stop(left());
  duplicate_controller_.stop(left());
  profile_controller_.stop(left());
  events_.stop();
  if (elector_) elector_->stop();  // last: without the lease nothing can be written
  if (!lost) return {};
  return base::fail(
      base::Code::kUnavailable,
      "leader election is over: the Lease was lost, or the API server has gone back to "
      "an older state");
}

}  // namespace app
