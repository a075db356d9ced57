// Planner: asks what a pass asks, decides as a pass does, and does nothing.
// Entry point: make_plan. The same observe, decide and decide_order as the controller's.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "kube/kubeconfig.h"
#include "plan/catalog.h"
#include "plan/plan.h"

namespace plan {

struct PlannerOptions {
  std::optional<kube::Config> cluster{};        // nullopt: the manifests are all there is
  std::vector<std::string> allowed_ca_hosts{};  // the API key goes to no other
  std::string ledger_namespace{};               // "": all namespaces
  base::SecretString api_key{};  // instead of the profiles' Secrets; empty: not given
  bool offline = false;          // check the manifests, ask nobody
  std::string user_agent = "duplicert-plan";
};

// Blocks for the calls to the API server and to the CA; GET is all that either of them gets.
// Errors: the API server cannot be reached or read. What is wrong with single objects is in the
// plan.
base::Result<Plan> make_plan(Catalog catalog, const PlannerOptions& options,
                             const base::Clock& clock, std::stop_token stop);

}  // namespace plan
