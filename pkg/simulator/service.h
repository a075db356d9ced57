// Service: the simulated CertCentral behind the HTTP server: who calls, what it may, what goes
// wrong, what is answered, and the journal of it all. Entry points: Service::open, handle.
// Thread-safe: one lock lets one call at a time into the state; waits happen outside it.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/thread_annotations.h"
#include "http/server.h"
#include "simulator/person.h"
#include "simulator/rate_limit.h"
#include "simulator/routes.h"
#include "simulator/simulator.h"
#include "simulator/world.h"

namespace simulator {

class Service {
 public:
  // Opens the state in options.data_dir and loads the seed if it is new. Errors as
  // Simulator::start, but for those of the address. `clock` must outlive the service.
  static base::Result<std::unique_ptr<Service>> open(const SimulatorOptions& options,
                                                     const base::Clock& clock);

  // Answers one HTTP request: /services/v2/... and /_sim/...
  http::ServerResponse handle(const http::ServerRequest& request);
  // Ends waits of slow answers; later ones do not wait.
  void stop();

  base::TimePoint now() const;
  void advance(std::chrono::seconds by);
  Faults& faults() { return faults_; }
  Manner manner() const { return manner_; }
  const Issuer& issuer() const { return issuer_; }
  const std::string& data_dir() const { return data_dir_; }

  // Runs `work` with the state under the lock, in one transaction that is committed if it succeeds.
  template <class Work>
  auto with_state(Work work) -> decltype(work(std::declval<const IssueWorld&>())) {
    const base::MutexLock lock(mutex_);
    store_.begin();
    auto result = work(IssueWorld{store_, issuer_, now()});
    if (!result) {
      store_.roll_back();
      return result;
    }
    if (auto committed = store_.commit(); !committed) {
      return std::unexpected(committed.error());
    }
    return result;
  }
  // The same for reading.
  template <class Work>
  auto read_state(Work work) -> decltype(work(std::declval<Store&>())) {
    const base::MutexLock lock(mutex_);
    return work(store_);
  }

 private:
  struct Draft;  // one call on its way, see service.cpp
  Service(Store store, Issuer issuer, const SimulatorOptions& options, const base::Clock& clock);

  http::ServerResponse handle_call(const http::ServerRequest& request);
  bool fail_before(Draft& draft) REQUIRES(mutex_);
  void admit_and_run(Draft& draft) REQUIRES(mutex_);
  std::optional<Refusal> admit(Draft& draft, Caller& caller) REQUIRES(mutex_);
  std::optional<Refusal> identify(Draft& draft, Caller& caller) REQUIRES(mutex_);
  std::optional<Refusal> check_rate(Draft& draft, const Caller& caller) REQUIRES(mutex_);
  void run(Draft& draft, const Caller& caller) REQUIRES(mutex_);
  void fail_after(Draft& draft);
  void record(Draft& draft) REQUIRES(mutex_);
  void wait(std::chrono::milliseconds time);

  const base::Clock& clock_;
  const Issuer issuer_;
  const Manner manner_;
  const std::string data_dir_;
  Faults faults_;
  std::atomic<std::int64_t> offset_ms_{0};

  base::Mutex wait_mutex_;
  base::ConditionVariable stopping_;
  bool stopped_ GUARDED_BY(wait_mutex_) = false;

  base::Mutex mutex_;
  Store store_ GUARDED_BY(mutex_);
  RateLimit rate_ GUARDED_BY(mutex_);
};

}  // namespace simulator
