// LeaseRecord <-> coordination.k8s.io/v1 Lease. Pure.
// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "kube/resource.h"
#include "runtime/lease_step.h"

namespace runtime {

// Fields that are absent or unreadable stay at their defaults: a Lease may come from anyone.
StoredLease decode_lease(const nlohmann::json& lease);
// `lease` with the five fields of `record`; all other fields stay (strategy, preferredHolder).
nlohmann::json encode_lease(nlohmann::json lease, const LeaseRecord& record);
// A Lease without a spec.
nlohmann::json new_lease(const kube::ObjectKey& key);

}  // namespace runtime
