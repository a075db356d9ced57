// World: the caches that a pass reads, filled once from manifests and, if there is one, from a
// cluster. Entry point: World::load. Reads only. Used by one thread.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "api/automation_profile.h"
#include "api/certificate_order.h"
#include "api/duplicate_certificate_request.h"
#include "base/clock.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "plan/catalog.h"
#include "reconcile/observe.h"

namespace plan {

struct WorldOptions {
  std::optional<kube::Config> cluster{};  // nullopt: the manifests are all there is
  std::string ledger_namespace{};         // of the CertificateOrders; "": all namespaces
  std::set<std::string> namespaces{};     // looked at if the caller may not list all of them
  std::string user_agent{};
};

class World {
 public:
  // `clock` must outlive the world. Errors of the API server pass through, but for what the caller
  // may not read: that becomes a note.
  static base::Result<std::unique_ptr<World>> load(Catalog catalog, const WorldOptions& options,
                                                   const base::Clock& clock, std::stop_token stop);

  reconcile::Caches caches();
  // Reads the cluster with the manifests' Secrets in front of its own. Writes are refused.
  kube::Client& client() { return *client_; }
  reconcile::ProfileStates& profile_states() { return profile_states_; }
  // The keys ("namespace/name") of the requests to plan: those of the manifests, and those in the
  // cluster that use one of the manifests' profiles.
  std::vector<std::string> planned() const;
  // Where an object is from: a manifest's place, or "cluster".
  std::string place_of_request(const std::string& key) const;
  std::string place_of_profile(const std::string& key) const;
  const std::vector<std::string>& notes() const { return notes_; }
  bool has_cluster() const { return has_cluster_; }
  // Puts an entry into the ledger of this world alone.
  void add_entry(const api::CertificateOrder& entry);

 private:
  World(Catalog catalog, const base::Clock& clock) : clock_(clock), catalog_(std::move(catalog)) {}
  base::Result<void> connect(const WorldOptions& options);
  base::Result<void> read_cluster(const WorldOptions& options, const std::stop_token& stop);
  base::Result<nlohmann::json> list(const kube::Resource& resource, const WorldOptions& options,
                                    const kube::ListOptions& how, const std::string& note,
                                    const std::stop_token& stop);
  base::Result<void> read_requests(const WorldOptions& options, const std::stop_token& stop);
  base::Result<void> read_profiles(const WorldOptions& options, const std::stop_token& stop);
  base::Result<void> read_secrets(const WorldOptions& options, const std::stop_token& stop);
  base::Result<void> read_ledger(const WorldOptions& options, const std::stop_token& stop);
  base::Result<void> read_namespaces(const WorldOptions& options, const std::stop_token& stop);
  void recall_secrets();
  void add_manifests();
  void add_namespaces();

  const base::Clock& clock_;
  Catalog catalog_;
  bool has_cluster_ = false;
  std::unique_ptr<kube::Client> client_;
  runtime::Store<api::DuplicateCertificateRequest> requests_;
  runtime::Store<api::AutomationProfile> profiles_;
  runtime::Store<reconcile::NamespaceMeta> namespaces_;
  runtime::Store<reconcile::SecretMeta> secrets_;
  runtime::Store<api::CertificateOrder> entries_;
  reconcile::ProfileStates profile_states_;
  std::vector<std::string> notes_;
};

}  // namespace plan
