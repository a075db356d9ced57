// lease_step: leader election over one Lease object, without a clock and without a network.
// Pure: the driver (leader_elector.h) makes the calls that it asks for.
//
// The algorithm and the numbers are client-go's (tools/leaderelection): whether another's lease has
// run out is judged by our own clock since we last saw the record change, never by its renewTime,
// so clocks need not agree; every write carries the resourceVersion that was read.
// Not guaranteed, as there: a paused process may believe that it leads until it looks at its clock.
// So held_until() ends lease_duration - renew_deadline before anyone else may take over, counted
// from *before* the write was sent, and it is checked right before an effect that must not happen
// twice. Clock rates may differ by lease_duration / renew_deadline (1.5 by default).
// A version of the Lease that is older than one seen before means that the API server has gone
// back, as after a restore of etcd from a backup: what the process has in its caches may never have
// been, and a watch from a version of the future says nothing. It ends, leading or not, and begins
// anew (kubernetes.io/docs/tasks/administer-cluster/configure-upgrade-etcd: restart the
// components).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>

#include "base/clock.h"

namespace runtime {

struct LeaseLimits {
  std::chrono::milliseconds lease_duration{std::chrono::seconds{15}};
  std::chrono::milliseconds renew_deadline{std::chrono::seconds{10}};
  std::chrono::milliseconds retry_period{std::chrono::seconds{2}};
};

// spec of a coordination.k8s.io/v1 Lease.
struct LeaseRecord {
  std::string holder{};  // empty: released
  std::chrono::seconds duration{0};
  base::TimePoint acquire_time{};
  base::TimePoint renew_time{};
  int transitions = 0;

  bool operator==(const LeaseRecord&) const = default;
};

// A record as the API server has it.
struct StoredLease {
  LeaseRecord record{};
  std::string resource_version{};  // empty: there is no such object
};

struct LeaseState {
  enum class Role { kStandby, kLeader, kReleasing, kEnded };

  Role role = Role::kStandby;
  // As last read or written. If the object vanishes, its last record stays: whoever held it may
  // not know yet.
  StoredLease seen{};
  std::string newest_version{};  // of all that were seen
  base::Steady changed_at{};     // our clock when `seen.record` last changed
  bool must_read = true;         // `seen` may be out of date: read before the next write
  bool has_read = false;         // since the last wait
  LeaseRecord sent{};            // what the write under way writes
  base::Steady sent_at{};        // and when it was sent
  base::Steady held_until{};     // kLeader: nobody else can lead before this instant
  base::Steady give_up_at{};     // kReleasing: the others will notice without us
};

// What the driver tells.
struct LeaseTick {};  // the first input, and the end of each wait
struct LeaseRead {
  StoredLease lease{};
};
struct LeaseWritten {
  std::string resource_version{};  // of the object after our write
};
struct LeaseCallFailed {};  // of a read or a write, whatever the reason: its outcome is unknown
struct LeaseStop {};        // a clean stop was requested, and all work has ended
using LeaseInput = std::variant<LeaseTick, LeaseRead, LeaseWritten, LeaseCallFailed, LeaseStop>;

// What the driver does next.
struct LeaseGet {};
struct LeasePut {  // create if resource_version is empty, else replace with this precondition
  LeaseRecord record{};
  std::string resource_version{};
};
struct LeaseWait {
  std::chrono::milliseconds delay{0};
};
struct LeaseEnd {};  // no more calls: lost, released, or gone back
using LeaseCall = std::variant<LeaseGet, LeasePut, LeaseWait, LeaseEnd>;

enum class LeaseNews {
  kNone,
  kStarted,   // to lead
  kLost,      // leads no longer
  kGoneBack,  // the API server shows an older state than before
};

struct LeaseTransition {
  LeaseState state{};
  LeaseCall call{};
  LeaseNews news = LeaseNews::kNone;
};

struct LeaseContext {
  std::string identity{};
  LeaseLimits limits{};
  base::Steady now{};
  base::TimePoint wall_now{};  // written into the record, never compared
  double jitter = 0;           // in [0, 1): standbys wait 0.5 to 1.1 retry periods
};

LeaseTransition lease_step(LeaseState state, const LeaseInput& input, const LeaseContext& context);

}  // namespace runtime
