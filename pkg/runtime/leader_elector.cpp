#include "runtime/leader_elector.h"

#include <array>
#include <unistd.h>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/log.h"
#include "base/random.h"
#include "runtime/lease_codec.h"
#include "runtime/pause.h"

namespace runtime {
namespace {

metrics::Gauge status_gauge(metrics::Registry& registry, const std::string& lease) {
  return registry.gauge(
      {"leader_election_master_status",
       "Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 "
       "indicates master."},
      {{"name", lease}});
}

metrics::Counter slowpath_counter(metrics::Registry& registry, const std::string& lease) {
  return registry.counter({"leader_election_slowpath_total",
                           "Total number of slow path exercised in renewing leader leases. 'name' "
                           "is the string used to identify the lease."},
                          {{"name", lease}});
}

}  // namespace

std::string make_identity() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return fmt::format("{}_{}", host.data(), base::random_hex(32));
}

LeaderElector::LeaderElector(kube::Client& client, LeaderElectorOptions options,
                             LeaderCallbacks callbacks, const base::Clock& clock,
                             metrics::Registry& registry)
    : client_(client),
      options_(std::move(options)),
      callbacks_(std::move(callbacks)),
      clock_(clock),
      master_status_(status_gauge(registry, options_.lease.name)),
      slow_path_(slowpath_counter(registry, options_.lease.name)) {}

LeaderElector::~LeaderElector() {
  stop();
}

void LeaderElector::start() {
  BASE_CHECK(!thread_.joinable());
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void LeaderElector::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

base::Steady LeaderElector::held_until() const {
  return base::Steady{base::Steady::duration{held_until_.load()}};
}

base::Result<void> LeaderElector::healthy(std::chrono::milliseconds tolerance) const {
  if (!leads_ || clock_.steady_now() < held_until() + tolerance) return {};
  return base::fail(base::Code::kUnavailable,
                    "leader election: the lease ran out and was not given up");
}

void LeaderElector::run(const std::stop_token& stop) {
  LeaseState state;
  LeaseInput input = LeaseTick{};
  bool stopping = false;
  while (true) {
    const LeaseContext context{.identity = options_.identity,
                               .limits = options_.limits,
                               .now = clock_.steady_now(),
                               .wall_now = clock_.now(),
                               .jitter = base::random_unit()};
    LeaseTransition next = lease_step(std::move(state), input, context);
    state = std::move(next.state);
    publish(state, stopping ? LeaseNews::kNone : next.news);
    if (std::holds_alternative<LeaseEnd>(next.call)) return;
    if (const auto* wait = std::get_if<LeaseWait>(&next.call)) {
      // A stop is told once; the release may take several calls and waits after it.
      const bool interrupted = !stopping && !pause(wait->delay, stop);
      if (stopping) pause(wait->delay, std::stop_token{});
      input = interrupted ? LeaseInput{LeaseStop{}} : LeaseInput{LeaseTick{}};
      stopping = stopping || interrupted;
      continue;
    }
    // A leader renews by one write; what it has to read first is the slow path.
    if (leads_ && std::holds_alternative<LeaseGet>(next.call)) slow_path_.add();
    input = carry_out(next.call);
  }
}

// Calls are not cancelled by a stop: the client's timeout bounds them, and the release needs to
// know what came of them.
LeaseInput LeaderElector::carry_out(const LeaseCall& call) {
  const auto* put = std::get_if<LeasePut>(&call);
  return put == nullptr ? read() : write(*put);
}

LeaseInput LeaderElector::read() {
  auto lease = client_.get(kube::kLeases, options_.lease, std::stop_token{});
  if (!lease && lease.error().code == base::Code::kNotFound) {
    stored_ = nullptr;
    return LeaseRead{};
  }
  if (!lease) return failed("read lease", lease.error());
  stored_ = std::make_unique<nlohmann::json>(*std::move(lease));
  if (callbacks_.on_trouble) callbacks_.on_trouble(std::nullopt);
  return LeaseRead{decode_lease(*stored_)};
}

LeaseInput LeaderElector::write(const LeasePut& put) {
  const bool exists = !put.resource_version.empty() && stored_;
  const nlohmann::json object =
      encode_lease(exists ? *stored_ : new_lease(options_.lease), put.record);
  auto written =
      exists ? client_.replace(kube::kLeases, options_.lease, object, std::stop_token{})
             : client_.create(kube::kLeases, options_.lease.namespace_, object, std::stop_token{});
  if (!written) return failed("write lease", written.error());
  stored_ = std::make_unique<nlohmann::json>(*std::move(written));
  if (callbacks_.on_trouble) callbacks_.on_trouble(std::nullopt);
  return LeaseWritten{decode_lease(*stored_).resource_version};
}

LeaseInput LeaderElector::failed(std::string_view what, const base::Error& error) const {
  const auto level =
      error.code == base::Code::kConflict ? base::LogLevel::kDebug : base::LogLevel::kWarn;
  base::log(level, what, {{"key", options_.lease.text()}, {"error", error.message}});
  if (callbacks_.on_trouble) callbacks_.on_trouble(error);
  return LeaseCallFailed{};
}

void LeaderElector::publish(const LeaseState& state, LeaseNews news) {
  const bool leads = state.role == LeaseState::Role::kLeader;
  held_until_ = state.held_until.time_since_epoch().count();
  leads_ = leads;
  master_status_.set(leads ? 1 : 0);
  if (news == LeaseNews::kStarted) {
    base::log_info("became leader", {{"key", options_.lease.text()}});
    if (callbacks_.on_started) callbacks_.on_started();
  }
  if (news == LeaseNews::kLost) {
    base::log_error("lost the lease", {{"key", options_.lease.text()}});
  }
  if (news == LeaseNews::kGoneBack) {
    base::log_error(
        "the API server shows an older state than before, as after a restore of etcd: the caches "
        "are worth nothing",
        {{"key", options_.lease.text()}, {"newest_version", state.newest_version}});
  }
  const bool over = news == LeaseNews::kLost || news == LeaseNews::kGoneBack;
  if (over && callbacks_.on_lost) callbacks_.on_lost();
}

}  // namespace runtime
