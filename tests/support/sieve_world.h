// SieveTest: runs a workload once without faults, records every write of the operator and every
// call to the CA, and derives from that record one plan for each of them: the same workload, with
// the operator killed just before the call is sent, after the server has done it, or after the
// answer; or with the answer lost. After Sieve (OSDI '22): a run with a fault must end as the quiet
// one did, with as many objects created and deleted, and as many orders and duplicates at the CA.
// Entry point: SieveTest::run.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "support/fault_proxy.h"
#include "support/renewal_world.h"

namespace support {

// One call of the record, told apart by what it is about, not by when it was made.
struct SieveCall {
  bool to_ca = false;
  bool writes = false;
  std::string text{};  // "PUT duplicatecertificaterequests/wN/status"
  int occurrence = 0;  // of that text, counted from 0

  auto operator<=>(const SieveCall&) const = default;
  std::string name() const { return text + "#" + std::to_string(occurrence); }
};

enum class SieveFault { kKillBefore, kKillAfterCommit, kKillAfterAnswer, kLoseAnswer };
inline constexpr SieveFault kSieveFaults[] = {SieveFault::kKillBefore, SieveFault::kKillAfterCommit,
                                              SieveFault::kKillAfterAnswer,
                                              SieveFault::kLoseAnswer};
const char* name_of(SieveFault fault);

// What one run did and how it ended. Equal for equal behaviour.
struct SieveOutcome {
  nlohmann::json objects{};                 // by kind and name, without what is random
  std::map<std::string, int> changes{};     // "create secrets/wN-tls": how often
  std::map<std::string, std::size_t> ca{};  // "duplicate_create", "order_place": effects

  bool operator==(const SieveOutcome&) const = default;
  std::string text() const;
};

class SieveTest : public RenewalTest {
 protected:
  // A workload: `id` is different in each run ("w7"), and every name is made from it.
  struct Workload {
    std::function<void(const std::string& id)> set_up = [](const std::string&) {};
    std::function<void(const std::string& id)> act{};
    std::function<bool(const std::string& id)> has_settled{};
    // The names of the requests and Secrets whose end is compared.
    std::vector<std::string> requests{""};  // suffixes to the id
    // More flags of the operator in this run.
    std::function<std::vector<std::string>(const std::string& id)> flags{};
    // Compares the CA's counts only by an upper limit: how far a run comes is a race.
    bool may_do_less = false;
    // By default every so manyth of the plans that belong to the share runs.
    std::size_t share = 1;
  };

  void SetUp() override;
  void TearDown() override;
  std::string seed_file() const override;  // orders r0.example.com, r1..., due for renewal
  std::string ca_url() override;
  std::string ca_trust_pem() override;
  std::filesystem::path operator_kubeconfig() override;

  // Simulator, both proxies, profiles "basic", "wildcard", "second" and "buyer", and the operator.
  void start_world();
  void run(const Workload& workload);

  // One run from the start to the settled end, with `plan` for one call, or quiet.
  struct Planned {
    SieveCall call{};
    SieveFault fault = SieveFault::kKillBefore;
  };
  struct Result {
    SieveOutcome outcome{};
    std::vector<SieveCall> calls{};
    bool fired = false;
    bool settled = false;
  };
  Result run_once(const Workload& workload, const Planned* planned);
  static std::vector<Planned> plans_of(const Workload& workload,
                                       const std::vector<SieveCall>& calls);
  void expect_one_duplicate_per_key();
  void run_planned(const Workload& workload, const Planned& planned, const Result& quiet);
  void ensure_operator(const std::vector<std::string>& flags);

  // Small changes through the API, quicker than kubectl.
  nlohmann::json read(const std::string& kind, const std::string& name,
                      const std::string& namespace_ = {});
  void make_request(const std::string& name, nlohmann::json spec,
                    const std::string& namespace_ = {});
  void merge(const std::string& name, const nlohmann::json& patch);
  void remove(const std::string& kind, const std::string& name);
  // Ready is True for the newest generation.
  bool is_ready(const std::string& name, const std::string& namespace_ = {});
  void await(const std::function<bool()>& holds, const std::string& what);

  FaultProxy& api() { return *api_proxy_; }
  FaultProxy& ca_proxy() { return *ca_proxy_; }
  kube::Client& admin() { return *admin_; }
  void kill_operator();
  // How many plans ran, and how many of them met their call.
  struct Tally {
    int plans = 0;
    int fired = 0;
  };
  Tally tally_{};
  bool reaches_api_directly_ = false;  // operators that are started from now on: no proxy

 private:
  SieveOutcome outcome_of(const Workload& workload, const std::string& id,
                          const std::map<std::string, std::size_t>& ca_before);
  nlohmann::json object_facts(const std::string& id, const std::string& suffix);
  Fault fault_at(bool to_ca, const ProxyCall& call);
  std::string normal(const std::string& text) const;

  std::unique_ptr<FaultProxy> api_proxy_;
  std::unique_ptr<FaultProxy> ca_proxy_;
  std::unique_ptr<kube::Client> admin_;
  const base::SystemClock system_clock_{};
  std::vector<std::string> flags_{};
  std::atomic<pid_t> operator_pid_{0};
  int starts_ = 0;

  std::mutex record_mutex_;
  bool recording_ = false;
  std::string id_{};
  int next_id_ = 0;
  std::vector<SieveCall> record_{};
  std::map<std::string, int> seen_{};
  std::optional<Planned> planned_{};
  bool fired_ = false;
};

// Which part of the plans a run covers: $DUPLICERT_FAULT_PLANS, "all" or "some" (the default).
bool all_fault_plans();
// Why a suite that takes minutes is skipped in the share.
inline constexpr const char* kOnlyInFull = "only in full: hack/faults.sh, or hack/test.sh --all";

// A suite that runs only in full, each of its tests in a world that has begun. A SetUp of its own
// goes on only if that neither skipped nor failed.
class SieveInFull : public SieveTest {
 protected:
  void SetUp() override;
};

}  // namespace support
