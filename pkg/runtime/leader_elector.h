// LeaderElector: the driver of lease_step over a Lease object. Entry points: start, held_until,
// stop. Give it a Client of its own with a timeout of at most renew_deadline / 2, so that one hung
// request cannot lose the lease.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include <nlohmann/json_fwd.hpp>

#include "base/clock.h"
#include "kube/client.h"
#include "metrics/registry.h"
#include "runtime/lease_step.h"

namespace runtime {

struct LeaderElectorOptions {
  kube::ObjectKey lease{};
  std::string identity{};  // unique to this process: make_identity()
  LeaseLimits limits{};
};

// Both are called on the elector's thread, each at most once. They must not call stop().
struct LeaderCallbacks {
  std::function<void()> on_started{};  // quick: renewals wait for it
  // The lease is lost, or the API server has gone back to an older state: stop at once, without
  // draining, and exit. Never called after stop().
  std::function<void()> on_lost{};
  // The Lease could not be read or written; nullopt: it can be again. Quick. Empty: not called.
  std::function<void(const std::optional<base::Error>&)> on_trouble{};
};

// "<host name>_<random>", as client-go's.
std::string make_identity();

// start() and stop() are called by the owner's thread; the rest is thread-safe.
class LeaderElector {
 public:
  // `client`, `clock` and `registry` must outlive the elector. Publishes
  // leader_election_master_status{name} (0 or 1).
  LeaderElector(kube::Client& client, LeaderElectorOptions options, LeaderCallbacks callbacks,
                const base::Clock& clock, metrics::Registry& registry);
  ~LeaderElector();  // stop()
  LeaderElector(const LeaderElector&) = delete;
  LeaderElector& operator=(const LeaderElector&) = delete;

  void start();
  // Releases the lease if it is held, and ends; blocks for at most renew_deadline and one timeout
  // of the client. Only after all work that needs the lease has ended. May be called twice.
  void stop();

  // Until when, on the monotonic clock, nobody else can lead. In the past if we do not lead.
  // Check it right before each effect that must not happen twice (fencing).
  base::Steady held_until() const;
  bool holds_lease() const { return clock_.steady_now() < held_until(); }
  // For /healthz: an error if we believe that we lead, but the lease ran out longer ago than
  // `tolerance`: this thread hangs, and only a restart helps.
  base::Result<void> healthy(std::chrono::milliseconds tolerance) const;

 private:
  void run(const std::stop_token& stop);
  LeaseInput carry_out(const LeaseCall& call);
  LeaseInput read();
  LeaseInput write(const LeasePut& put);
  LeaseInput failed(std::string_view what, const base::Error& error) const;
  void publish(const LeaseState& state, LeaseNews news);

  // Constant after construction, or with their own synchronisation.
  kube::Client& client_;
  const LeaderElectorOptions options_;
  const LeaderCallbacks callbacks_;
  const base::Clock& clock_;
  const metrics::Gauge master_status_;
  const metrics::Counter slow_path_;
  std::atomic<base::Steady::rep> held_until_{0};
  std::atomic<bool> leads_{false};

  std::unique_ptr<nlohmann::json> stored_;  // the thread's own: the Lease as last seen
  std::jthread thread_;                     // last: it ends before what it uses
};

}  // namespace runtime
